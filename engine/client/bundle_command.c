/* SPDX-License-Identifier: Apache-2.0 */
#include "client/bundle_command.h"

#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digits.h"
#include "base/file.h"
#include "client/bundle_saf.h"
#include "client/command_line.h"
#include "client/control_client.h"
#include "client/kept_version.h"
#include "client/moment.h"
#include "client/typed.h"
#include "region/bundle.h"
#include "region/published.h"
#include "region/version_text.h"
#include "security/scrypt.h"
#include "store/rules.h"

#define COMMAND "policy"

#define TO_MAX 64 /* files of --to */

struct bundle_word;

struct words {
	const char *region, *control, *out, *key, *serial, *sysplex, *expires, *note, *canary;
	const struct bundle_word *word;
	const char *subject; /* a generation, or a bundle */
	char given[24];      /* the letters of the options */
	const char *to[TO_MAX]; /* files of public keys */
	size_t ntos;
	bool saf, help;
};

static int
complain(const char *what)
{
	fprintf(stderr, COMMAND ": %s\n", what);
	return EXIT_FAILED;
}

static int
complain_of(const char *file, const struct fault *f)
{
	fprintf(stderr, COMMAND ": %s: %s\n", file, f->text);
	return EXIT_FAILED;
}

/* --- files ------------------------------------------------------------------------------------ */

static struct bundle *
read_bundle(const char *path)
{
	static const struct file_rule rule = { .class = FILE_PLAIN, .max = BUNDLE_MAX, .advice = "a bundle has at most 16 MiB" };
	struct file_content c;
	struct fault f;
	struct bundle *b;

	if (file_read(path, &rule, &c, &f) < 0) {
		complain_of(path, &f);
		return NULL;
	}
	b = bundle_read(c.bytes, c.len, &f);
	if (b == NULL)
		complain_of(path, &f);
	file_free(&c);
	return b;
}

/* Writes the bundle to the file; path NULL: to stdout. */
static int
write_bundle(const char *path, const struct buf *b)
{
	struct fault f;

	if (path != NULL)
		return file_replace(path, buf_bytes(b), buf_len(b), &f) == 0 ? EXIT_DONE : complain_of(path, &f);
	if (fwrite(buf_bytes(b), 1, buf_len(b), stdout) != buf_len(b) || fflush(stdout) != 0)
		return complain("stdout: the bundle could not be written");
	return EXIT_DONE;
}

/* --- export ----------------------------------------------------------------------------------- */

/* Leaves out the files that have local resources, and says so. */
static bool
bundle_command_leave(void *arg, const struct version_file *file)
{
	const struct definition *d = arg;
	char what[40];

	for (size_t i = 0; strcmp(file->kind, VERSION_KIND_INCLUDE) == 0 && i < d->nincludes; i++) {
		if (strcmp(d->include[i].name, file->name) != 0 || !published_is_local(d, i, what, sizeof what))
			continue;
		fprintf(stderr, "%s: left out: it defines %s, which is local to each region\n", file->name, what);
		return true;
	}
	return false;
}

/* With --saf adds the encrypted saf to v. -1: said. */
static int
add_saf(const struct words *w, struct version *v, const struct definition *d)
{
	struct fault f;
	int n = w->saf ? bundle_saf_add(v, d, w->to, w->ntos, &f) : 0;

	if (n < 0)
		complain(f.text);
	else if (n > 0)
		fprintf(stderr, COMMAND ": the saf is encrypted for %d key%s\n", n, n > 1 ? "s" : "");
	return n < 0 ? -1 : 0;
}

static int
export_version(const struct words *w, struct version *v)
{
	struct faults faults = { 0 };
	struct definition *d = version_definition(v, w->region != NULL ? w->region : COMMAND_LINE_REGION_FILE, &faults);
	struct fault f = { "" };
	char line[1024];
	struct buf out;
	int status = EXIT_FAILED;

	if (d == NULL)
		fprintf(stderr, COMMAND ": %s\n", faults.n > 0 ? faults_print(&faults, 0, line, sizeof line) : "no memory");
	faults_free(&faults);
	if (d == NULL)
		return EXIT_FAILED;
	buf_init(&out, 0);
	if (add_saf(w, v, d) == 0) {
		if (bundle_write(NULL, v, bundle_command_leave, d, NULL, &out, &f) == 0)
			status = write_bundle(w->out, &out);
		else
			complain(f.text);
	}
	buf_free(&out);
	definition_free(d);
	return status;
}

static int
do_export(const struct words *w)
{
	const char *region = w->region != NULL ? w->region : COMMAND_LINE_REGION_FILE;
	struct fault f;
	struct version *v;
	uint64_t number;
	int status;

	if (w->saf != (w->ntos > 0))
		return complain("--saf and --to FILE go together: FILE has the public keys of the regions that follow, for which the saf is encrypted");
	if (!version_number(w->subject, &number))
		return complain("export needs a generation; policy list shows the kept ones");
	v = kept_version_find(number, region, w->control, &f);
	if (v == NULL)
		return complain(f.text);
	status = export_version(w, v);
	version_unref(v);
	return status;
}

/* --- sign ------------------------------------------------------------------------------------- */

/* The time of --expires: so long from now, or a date. -1: said. */
static int
read_expires(const char *text, double now, uint64_t *out)
{
	double at;
	size_t n = strlen(text);

	*out = 0;
	if (moment_read(text, now, &at) < 0) {
		fprintf(stderr, COMMAND ": --expires %s is not understood; write 30d or 12h from now on, or 2026-12-24, in UTC\n", text);
		return -1;
	}
	if (strchr("smhd", text[n - 1]) != NULL)
		at = 2 * now - at;
	if (at > now) {
		*out = (uint64_t)at;
		return 0;
	}
	fprintf(stderr, COMMAND ": --expires %s is over\n", text);
	return -1;
}

/* The head of the signed bundle: the options, and for those that are missing the values that b has. */
static int
make_head(const struct words *w, const struct bundle *b, struct bundle_head *h)
{
	const char *sysplex = w->sysplex != NULL ? w->sysplex : b->head.sysplex, *note = w->note != NULL ? w->note : b->head.note;
	struct fault f;
	double now = clock_wall();

	*h = (struct bundle_head){ .created = (uint64_t)now };
	if (!name_ok(sysplex, strlen(sysplex)))
		return complain(sysplex[0] == '\0' ? "--sysplex NAME is missing: the sysplex whose regions may take the rules" : "--sysplex: a name has 1 to 8 of A-Z 0-9 $ @ #");
	if (w->serial == NULL || !version_number(w->serial, &h->serial))
		return complain("--serial N is missing, or no number from 1: it must be higher than the serial of the rules that the regions have");
	if (version_judge_note(note, &f) < 0)
		return complain(f.text);
	snprintf(h->sysplex, sizeof h->sysplex, "%s", sysplex);
	snprintf(h->note, sizeof h->note, "%s", note);
	return w->expires != NULL && read_expires(w->expires, now, &h->expires) < 0 ? EXIT_FAILED : EXIT_DONE;
}

static struct signing_key *
unlock(const char *path, const struct file_content *c)
{
	struct typed t = { .len = 0 };
	bool locked = signing_key_is_locked(c->bytes, c->len);
	struct signing_key *k = NULL;
	struct fault f;

	if (locked && (isatty(STDIN_FILENO) ? typed_ask(COMMAND, "Passphrase: ", &t) : typed_line(COMMAND, &t)) < 0)
		return NULL;
	k = signing_key_read(c->bytes, c->len, locked ? t.text : NULL, &f);
	scrypt_wipe(&t, sizeof t);
	if (k == NULL)
		complain_of(path, &f);
	else if (!locked)
		fprintf(stderr, "%s: warning: the key has no passphrase\n", path);
	return k;
}

static struct signing_key *
read_key(const char *path)
{
	static const struct file_rule rule = { .class = FILE_SECRET, .max = SIGNING_FILE };
	struct file_content c;
	struct signing_key *k;
	struct fault f;

	if (file_read(path, &rule, &c, &f) < 0) {
		complain_of(path, &f);
		return NULL;
	}
	k = unlock(path, &c);
	file_free(&c);
	return k;
}

static int
sign(const struct words *w, const struct bundle *b)
{
	struct bundle_head h;
	struct signing_key *k = make_head(w, b, &h) == EXIT_DONE ? read_key(w->key) : NULL;
	struct fault f;
	struct buf out;
	int status;

	if (k == NULL)
		return EXIT_FAILED;
	if (bundle_write(&h, b->files, NULL, NULL, k, &out, &f) == 0)
		status = write_bundle(w->out != NULL ? w->out : w->subject, &out);
	else
		status = complain(f.text);
	buf_free(&out);
	signing_key_free(k);
	return status;
}

static int
do_sign(const struct words *w)
{
	struct bundle *b;
	int status;

	if (w->key == NULL)
		return complain("sign needs --key FILE: a private key of Ed25519 (openssl genpkey -algorithm ed25519 -aes256)");
	b = read_bundle(w->subject);
	if (b == NULL)
		return EXIT_FAILED;
	status = sign(w, b);
	bundle_unref(b);
	return status;
}

/* --- publish ---------------------------------------------------------------------------------- */

#define CALL_SECONDS 60

/* Sends the request (taken). -1: said. */
static int
call_region(const char *path, json_t *request)
{
	struct fault f = { "" };
	json_t *answer = request != NULL ? control_client_call(path, request, CALL_SECONDS, &f) : NULL;
	const char *error = json_string_value(json_object_get(answer, "error"));
	bool done = answer != NULL && json_integer_value(json_object_get(answer, "status")) == 0;

	if (!done)
		complain(error != NULL ? error : f.text[0] != '\0' ? f.text : "no memory");
	json_decref(request);
	json_decref(answer);
	return done ? 0 : -1;
}

static int
send_piece(const char *path, const struct bundle *b, size_t from, size_t n)
{
	char *hex = malloc(2 * n + 1), at[24];
	int rc;

	if (hex == NULL)
		return complain("no memory");
	digits_of_bytes(hex, b->bytes + from, n);
	snprintf(at, sizeof at, "%zu", from);
	rc = call_region(path, json_pack("{s:s, s:[s, s, s], s:{}, s:s}", "command", "policy", "args", "piece", b->digest, at, "options", "piece", hex));
	free(hex);
	return rc;
}

static int
send_bundle(const struct words *w, const char *path, const struct bundle *b)
{
	char serial[24], size[24];
	int rc = 0;

	for (size_t from = 0; rc == 0 && from < b->len; from += RULES_WRITE)
		rc = send_piece(path, b, from, b->len - from < RULES_WRITE ? b->len - from : RULES_WRITE);
	snprintf(serial, sizeof serial, "%" PRIu64, b->head.serial);
	snprintf(size, sizeof size, "%zu", b->len);
	if (rc != 0 || call_region(path, json_pack("{s:s, s:[s, s, s, s], s:{s:s*}}", "command", "policy", "args", "publish", b->digest, serial, size, "options",
		"canary", w->canary)) < 0)
		return EXIT_FAILED;
	if (bundle_has_expired(b, clock_wall()))
		fprintf(stderr, COMMAND ": warning: these rules have expired\n");
	fprintf(stderr, COMMAND ": serial %s is published to %s; inquire sysplex shows which regions have taken it\n", serial,
		w->canary != NULL ? w->canary : "all regions");
	return EXIT_DONE;
}

static int
do_publish(const struct words *w)
{
	struct bundle *b = read_bundle(w->subject);
	char path[CONTROL_CLIENT_PATH];
	int status = EXIT_FAILED;

	if (b != NULL && b->head.serial == 0)
		complain("the bundle is not signed; sign it first");
	else if (b != NULL && control_client_find(COMMAND, w->region, w->control, true, path) == 0)
		status = send_bundle(w, path, b);
	bundle_unref(b);
	return status;
}

/* --- the command line ------------------------------------------------------------------------- */

static const struct bundle_word {
	const char *name;
	int (*run)(const struct words *w);
	const char *options; /* the letters of its options */
	const char *needs;   /* its arguments, for a message */
} bundle_words[] = { { "export", do_export, "rcoat", " needs one argument, a generation" },
	{ "sign", do_sign, "oksxen", " needs one argument, a bundle" }, { "publish", do_publish, "rcy", " needs one argument, a bundle" } };

static const struct bundle_word *
find_word(const char *name)
{
	for (size_t i = 0; i < sizeof bundle_words / sizeof bundle_words[0]; i++)
		if (strcmp(bundle_words[i].name, name) == 0)
			return &bundle_words[i];
	return NULL;
}

static int
say_misused(const char *word, const char *what)
{
	fprintf(stderr, COMMAND ": %s%s\n", word, what);
	return -1;
}

/* -1: said. */
static int
take_to(struct words *w, const char *file)
{
	if (w->ntos == TO_MAX) {
		complain("more than 64 files --to; put several keys into one file");
		return -1;
	}
	w->to[w->ntos++] = file;
	return 0;
}

/* Keeps the value of an option. -1: getopt has refused the option, or said. */
static int
take_option(struct words *w, int opt)
{
	switch (opt) {
	case 'r': w->region = optarg; break;
	case 'c': w->control = optarg; break;
	case 'o': w->out = optarg; break;
	case 'k': w->key = optarg; break;
	case 's': w->serial = optarg; break;
	case 'x': w->sysplex = optarg; break;
	case 'e': w->expires = optarg; break;
	case 'n': w->note = optarg; break;
	case 'y': w->canary = optarg; break;
	case 'a': w->saf = true; break;
	case 't':
		if (take_to(w, optarg) < 0)
			return -1;
		break;
	case 'h': w->help = true; break;
	case 'j': break;
	default: return -1;
	}
	if (strchr(w->given, opt) == NULL)
		w->given[strlen(w->given)] = (char)opt;
	return 0;
}

static int
next_option(int argc, char **argv)
{
	static const struct option options[] = { { "region", required_argument, NULL, 'r' }, { "control", required_argument, NULL, 'c' },
		{ "output", required_argument, NULL, 'o' }, { "key", required_argument, NULL, 'k' }, { "serial", required_argument, NULL, 's' }, { "sysplex", required_argument, NULL, 'x' },
		{ "expires", required_argument, NULL, 'e' }, { "note", required_argument, NULL, 'n' }, { "saf", no_argument, NULL, 'a' },
		{ "to", required_argument, NULL, 't' }, { "canary", required_argument, NULL, 'y' },
		{ "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };

	return getopt_long(argc, argv, "ho:", options, NULL);
}

/* Options that only words of this file have count too: "policy --key FILE sign BUNDLE". */
bool
bundle_command_is(int argc, char **argv)
{
	bool own = false;
	int opt;

	opterr = 0;
	optind = 0; /* resets getopt */
	while ((opt = next_option(argc, argv)) != -1)
		own |= strchr("oksxeayt", opt) != NULL;
	opterr = 1;
	return own || (optind < argc && find_word(argv[optind]) != NULL);
}

static int
read_words(struct words *w, int argc, char **argv)
{
	const struct bundle_word *word;
	int opt;

	optind = 0;
	while ((opt = next_option(argc, argv)) != -1)
		if (take_option(w, opt) < 0)
			return -1;
	if (w->help)
		return 0;
	word = optind < argc ? find_word(argv[optind]) : NULL;
	if (word == NULL)
		return say_misused("the options are of export, sign and publish; one of these words is missing", "");
	if (argc - optind != 2)
		return say_misused(word->name, word->needs);
	if (strspn(w->given, word->options) != strlen(w->given))
		return say_misused(word->name, " does not have one of these options");
	w->word = word;
	w->subject = argv[optind + 1];
	return 0;
}

int
bundle_command_run(int argc, char **argv, const char *usage)
{
	struct words w = { .region = NULL };

	if (read_words(&w, argc, argv) < 0) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (w.help)
		return fputs(usage, stdout) < 0 ? EXIT_FAILED : EXIT_DONE;
	return w.word->run(&w);
}
