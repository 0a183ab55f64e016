/* SPDX-License-Identifier: Apache-2.0 */
#include "client/command.h"

#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "config/attribute.h"
#include "policy/verdict_codes.h"
#include "client/bundle_command.h"
#include "client/command_line.h"
#include "client/control_client.h"
#include "client/explain.h"
#include "client/explain_row.h"
#include "client/explain_file.h"
#include "client/record_place.h"
#include "client/row_filter.h"
#include "client/replay_reload.h"
#include "client/table.h"
#include "client/command_words.h"
#include "client/policy_command.h"
#include "client/candidate_request.h"


static void
command_show_inquired(const struct command *c, const json_t *rows)
{
	struct terminal t = terminal_of(stdout);

	if (c->wide)
		t.columns = 0;
	if (c->cemt)
		table_cemt(stdout, command_words_kind(c), rows);
	else if (candidate_request_show(command_words_kind(c), rows, &t))
		return;
	else if (c->nargs == 2 && !row_filter_is_pattern(c->arg[1]) && json_array_size(rows) == 1 && strcmp(command_words_kind(c), "conversation") != 0)
		table_listing(stdout, json_array_get(rows, 0));
	else
		table_columns(stdout, command_words_kind(c), rows, &t);
}

static void
command_show_explained(const struct command *c, const json_t *rows)
{
	if (json_array_size(rows) == 0)
		fprintf(stderr, "no record of a connection fits\n");
	if (!c->row)
		explain_print(stdout, rows);
	else
		explain_row_print(stdout, rows);
}

static void
command_show_done(const struct command *c, const json_t *rows)
{
	(void)rows;
	fprintf(stderr, "%s: done\n", c->name);
}

/* Waits until the region's process has ended, so that the next region can open its ports. */
static void
command_show_ended(const struct command *c, const json_t *rows)
{
	control_client_await_end(c->process);
	command_show_done(c, rows);
}

static void
command_show_reloaded(const struct command *c, const json_t *rows)
{
	const json_t *row = json_array_get(rows, 0), *changes = json_object_get(row, "changes"), *one;
	const json_t *failed = json_object_get(row, "failed_rows");
	json_int_t further = json_integer_value(json_object_get(row, "further"));
	const char *unstored = json_string_value(json_object_get(row, "unstored"));
	size_t i;

	printf("generation %lld %s\n", (long long)json_integer_value(json_object_get(row, "generation")),
		c->check ? "could be taken; nothing was changed" : "is in use");
	json_array_foreach(changes, i, one) {
		const char *code = json_string_value(json_object_get(one, "code")), *text = json_string_value(json_object_get(one, "text"));

		printf("  %s %s %s%s", json_string_value(json_object_get(one, "kind")), json_string_value(json_object_get(one, "name")),
			c->check ? "would be " : "", json_string_value(json_object_get(one, "change")));
		if (code[0] == '\0' && text[0] != '\0')
			printf(": %s", text);
		if (code[0] != '\0')
			printf(": %s %s (%s)", json_string_value(json_object_get(one, "door")), code, json_string_value(json_object_get(one, "text")));
		putchar('\n');
	}
	if (further > 0)
		printf("  and %lld further changes%s\n", (long long)further, c->check ? "" : "; the log has each");
	json_array_foreach(failed, i, one)
		printf("  %s\n", json_string_value(one));
	if (unstored != NULL)
		fprintf(stderr, "not on disk yet: %s\n", unstored);
}

/* Use and rollback are reloads. */
static void
command_show_policy(const struct command *c, const json_t *rows)
{
	const char *word = command_words_kind(c);

	if (strcmp(word, "use") == 0 || strcmp(word, "rollback") == 0)
		command_show_reloaded(c, rows);
	else
		policy_command_show(word, rows);
}

#define RELOAD_SECONDS 600
#define CALL_SECONDS 10

#define COMMON \
	"  --region FILE    the definition of the region, which names the control socket (default " COMMAND_LINE_REGION_FILE ")\n" \
	"  --control PATH   the control socket\n" \
	"  --json           prints one JSON array on stdout\n"

static const struct verb {
	const char *name;
	bool (*fits)(const struct command *c);
	void (*show)(const struct command *c, const json_t *rows);
	const char *usage;
} verbs[] = {
	{ "inquire", command_words_inquire, command_show_inquired,
		"usage: sallyport inquire region|tcpipservice|ipconn|session|conversation|program|transaction|socket|worker|policy|door|counter|rate|user|shadow|canary|store|sysplex|statistics [NAME]\n"
		"Shows the state of the running region; with NAME, every attribute of one object (session, conversation: of one ipconn).\n"
		"A NAME with * or ? is a pattern: the rows whose name fits.\n" COMMON
		"  --status S       only rows in that state, such as ACQUIRED, OUTSERVICE, OPEN\n"
		"  --busiest N      the N ipconns with most requests, at most 100\n"
		"  --wide           all columns, also when the terminal is narrower\n"
		"  --cemt           prints the two-line form of CEMT (ipconn and tcpipservice)\n"
		"  --reset          statistics: after printing, sets totals to zero and peaks to the present values\n" },
	{ "set", command_words_set, command_show_done,
		"usage: sallyport set tcpipservice NAME open|closed|immclose|urm=SCRIPT|urm=NO\n"
		"       sallyport set ipconn NAME acquired|released|inservice|outservice|norecovdata\n"
		"       sallyport set ipconn NAME released cancel|forcecancel|purge|forcepurge|kill\n"
		"       sallyport set user NAME unrevoke\n"
		"Changes the running region. closed keeps the connections that came in, immclose ends them. urm= counts from the next CAPEX.\n" COMMON },
	{ "discard", command_words_discard, command_show_done,
		"usage: sallyport discard ipconn NAME\n"
		"Removes an installed ipconn. It must be OUTSERVICE and RELEASED.\n" COMMON },
	{ "release", command_words_release, command_show_done,
		"usage: sallyport release [ipconn] NAME\n"
		"Releases an ipconn when its work has ended; deletes an autoinstalled ipconn. The same as set ipconn NAME released.\n" COMMON },
	{ "reload", command_words_none, command_show_reloaded,
		"usage: sallyport reload [--check] [--force] [--note TEXT] [--replay T [--expect FILE]]\n"
		"Loads definitions, rings and policies, re-asks the doors of every connected ipconn, and puts the new generation in use when\n"
		"no fault was found. Exit status 1: refused; the old generation stays.\n" COMMON
		"  --check          prints the changes and makes none\n"
		"  --force          a policy that fails on a live ipconn refuses that ipconn instead of the reload; rows of decision\n"
		"                   tables that do not hold are warnings\n"
		"  --note TEXT      kept with the new generation, for policy list\n"
		"  --replay T       puts the connections recorded since T (1h, 7d, 2026-11-25) to the files first, as replay does; refuses when\n"
		"                   one is newly accepted, or unknown, and not in the --expect FILE; loads the files as they were replayed\n" },
	{ "policy", command_words_policy, command_show_policy,
		"usage: sallyport policy list\n"
		"       sallyport policy show N FILE\n"
		"       sallyport policy diff N [M]\n"
		"       sallyport policy use N [--note TEXT]\n"
		"       sallyport policy rollback [--note TEXT]\n"
		"       sallyport policy export N [-o FILE] [--saf --to FILE...]\n"
		"       sallyport policy sign --key FILE --serial N [--sysplex NAME] [--expires T] [--note TEXT] [-o FILE] BUNDLE\n"
		"       sallyport policy publish BUNDLE [--canary REGION]\n"
		"The generations that the region keeps. show prints a file of one: region.lua or a script. diff prints the changes from N to\n"
		"M (without M, to the current generation). use takes the definitions and scripts of N, with the rings and the saf as they are\n"
		"on disk, as reload does, and pins them; rollback uses the generation that was current before. export writes the scripts, data\n"
		"files and included files of N as a bundle for the regions of a sysplex; sign signs one, or signs it anew under another serial,\n"
		"and needs no region: it asks for the passphrase of the key, or reads a line of stdin. publish brings a\n"
		"signed bundle into the store of the region's sysplex: each region with follow = \"yes\" verifies and takes it. Exit status 1:\n"
		"refused.\n" COMMON
		"  --note TEXT      kept with the new generation\n"
		"  -o, --output FILE   the file to write (export: without it stdout; sign: without it the bundle itself)\n"
		"  --saf            export: also the saf, encrypted; regions take it with the rules\n"
		"  --to FILE        the public keys (EC P-256) of the regions that may decrypt the saf; may be repeated\n"
		"  --key FILE       a private key of Ed25519 in PKCS #8\n"
		"  --serial N       of the rules: a region takes no rules whose serial is not above the last one\n"
		"  --sysplex NAME   the sysplex whose regions may take the rules\n"
		"  --canary REGION  publish: only this region, NETWORKID.APPLID, takes the rules, until they are published without it\n"
		"  --expires T      30d or 12h from now on, or a date in UTC: after it regions warn, and go on\n" },
	{ "shadow", command_words_shadow, command_show_done,
		"usage: sallyport shadow N|DIR [--share 10%] [--tcpipservice T]\n"
		"       sallyport shadow stop\n"
		"Asks other scripts the same questions as the live ones, for a share of the new connections, in a thread of its own. It changes\n"
		"no verdict; inquire shadow shows the differences. N is a kept generation; DIR has scripts, or a region.lua. Its definitions\n"
		"must be the live ones, except for the names of scripts and their parameters. Exit status 1: refused.\n" COMMON
		"  --share P        that share of the addresses and ipconns, by a keyed hash (default 100%)\n"
		"  --tcpipservice T only connections of that listener\n" },
	{ "canary", command_words_canary, command_show_done,
		"usage: sallyport canary N|DIR --share 5%|--peer CIDR|--tcpipservice T [--rollback-on RULE]...\n"
		"       sallyport canary stop\n"
		"Lets other scripts decide about a share of the new connections, chosen when the socket is accepted or dialled; the options that\n"
		"are given must all hold. inquire canary shows it. N is a kept generation; DIR has scripts, or a region.lua. Its definitions must\n"
		"be the live ones, except for the names of scripts and their parameters. At its end the live generation asks again about the\n"
		"ipconns that it let in. Exit status 1: refused.\n" COMMON
		"  --share P        that share of the addresses and of the ipconns that the region dials, by a keyed hash\n"
		"  --peer CIDR      only peers of that network\n"
		"  --tcpipservice T only connections that this listener accepts\n"
		"  --rollback-on R  ends it when R holds: refused>2%/1m, refused>live+2%/1m (each from 50 askings on) or error>0; may be repeated\n" },
	{ "explain", command_words_explain, command_show_explained,
		"usage: sallyport explain ID\n"
		"       sallyport explain --peer IP [--last N] [--refused]\n"
		"       sallyport explain --last N [--refused]\n"
		"       sallyport explain --refused\n"
		"       sallyport explain --code CODE\n"
		"Prints why a connection was accepted or refused: each door, its policy and the line of the verdict, every check, the facts\n"
		"and the events in order.\n" COMMON
		"  --peer IP        the connections of one address\n"
		"  --last N         the last N connections\n"
		"  --refused        connections that were refused, that a later reload refused, or that had a request refused\n"
		"  --row            prints each decision of a script as a row of a decision table\n"
		"  --record FILE    the file of records, in place of the one that the definition names\n"
		"  --code CODE      prints the meaning of a verdict code of the engine; asks no region\n" },
	{ "shutdown", command_words_none, command_show_ended,
		"usage: sallyport shutdown [--now]\n"
		"Drains the region, as SIGTERM does, and waits until its process has ended (with --json: returns at once).\n" COMMON
		"  --now            does not wait for the work that runs\n" },
};

static const struct verb *
find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static int
read_line(struct command *c, int argc, char **argv)
{
	static const struct option options[] = { { "region", required_argument, NULL, 'r' }, { "control", required_argument, NULL, 'c' },
		{ "peer", required_argument, NULL, 'p' }, { "code", required_argument, NULL, 'd' }, { "last", required_argument, NULL, 'l' }, { "refused", no_argument, NULL, 'f' },
		{ "row", no_argument, NULL, 'w' },
		{ "record", required_argument, NULL, 'e' }, { "check", no_argument, NULL, 'k' }, { "force", no_argument, NULL, 'o' }, { "note", required_argument, NULL, 'm' },
		{ "replay", required_argument, NULL, 'y' }, { "expect", required_argument, NULL, 'x' },
		{ "share", required_argument, NULL, 'S' }, { "tcpipservice", required_argument, NULL, 'T' }, { "rollback-on", required_argument, NULL, 'R' },
		{ "json", no_argument, NULL, 'j' }, { "cemt", no_argument, NULL, 't' },
		{ "wide", no_argument, NULL, 'W' }, { "status", required_argument, NULL, 's' }, { "busiest", required_argument, NULL, 'b' }, { "reset", no_argument, NULL, 'z' }, { "now", no_argument, NULL, 'n' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 } };
	int opt;

	optind = 0; /* resets getopt */
	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case 'r': c->region = optarg; break;
		case 'c': c->control = optarg; break;
		case 'p': c->peer = optarg; break;
		case 'd': c->code = optarg; break;
		case 'l': c->last = optarg; break;
		case 'e': c->record = optarg; break;
		case 'f': c->refused = true; break;
		case 'w': c->row = true; break;
		case 'k': c->check = true; break;
		case 'o': c->force = true; break;
		case 'm': c->note = optarg; break;
		case 'y': c->replay = optarg; break;
		case 'x': c->expect = optarg; break;
		case 'S': c->share = optarg; break;
		case 'T': c->tcpipservice = optarg; break;
		case 'R':
			if (c->nrules == RULES_MAX || strlen(optarg) >= RULE_TEXT) {
				fprintf(stderr, "%s: --rollback-on may be given %d times, with at most %d characters\n", c->name, RULES_MAX, RULE_TEXT - 1);
				return -1;
			}
			c->rule[c->nrules++] = optarg;
			break;
		case 'j': c->json = true; break;
		case 't': c->cemt = true; break;
		case 'z': c->reset = true; break;
		case 'W': c->wide = true; break;
		case 's': c->status = optarg; break;
		case 'b': c->busiest = optarg; break;
		case 'n': c->now = true; break;
		case 'h': c->help = true; break;
		default: return -1;
		}
	}
	for (; optind < argc && c->nargs < ARGS_MAX; optind++)
		c->arg[c->nargs++] = argv[optind];
	if (c->nargs > 1 || (c->nargs == 1 && strcmp(c->name, "inquire") == 0)) /* a kind, no name */
		for (char *p = c->arg[0]; *p != '\0'; p++)
			*p = (char)(*p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p);
	return optind == argc ? 0 : -1;
}

static bool
is_candidate(const struct command *c)
{
	return strcmp(c->name, "shadow") == 0 || strcmp(c->name, "canary") == 0;
}

static bool
has_pattern(const struct command *c)
{
	return strcmp(c->name, "inquire") == 0 && c->nargs == 2 && row_filter_is_pattern(c->arg[1]);
}

/* The number of arguments that the region gets: the client looks for a pattern itself. */
static int
sent(const struct command *c)
{
	return has_pattern(c) ? c->nargs - 1 : c->nargs;
}

static json_t *
request(const struct command *c)
{
	json_t *args = json_array(), *options = json_object();

	for (int i = 0; i < sent(c); i++)
		json_array_append_new(args, json_string(c->arg[i]));
	if (c->peer != NULL)
		json_object_set_new(options, "peer", json_string(c->peer));
	if (c->last != NULL)
		json_object_set_new(options, "last", json_string(c->last));
	if (c->busiest != NULL)
		json_object_set_new(options, "busiest", json_string(c->busiest));
	if (c->refused)
		json_object_set_new(options, "refused", json_string("yes"));
	if (c->check)
		json_object_set_new(options, "check", json_string("yes"));
	if (c->reset)
		json_object_set_new(options, "reset", json_string("yes"));
	if (c->now)
		json_object_set_new(options, "now", json_string("yes"));
	if (c->force)
		json_object_set_new(options, "force", json_string("yes"));
	if (c->content[0] != '\0')
		json_object_set_new(options, "content", json_string(c->content));
	if (is_candidate(c))
		candidate_request_options(c, options);
	if (c->note != NULL && json_object_set_new(options, "note", json_string(c->note)) < 0) { /* not UTF-8 */
		json_decref(args);
		args = NULL;
	}
	if (args != NULL && (int)json_array_size(args) != sent(c)) { /* not UTF-8 */
		json_decref(args);
		args = NULL;
	}
	return json_pack("{s:s, s:o, s:o}", "command", c->name, "args", args, "options", options);
}

static void
complain(const struct command *c, const char *sentence)
{
	fprintf(stderr, "%s: ", c->name);
	for (; *sentence != '\0'; sentence++) /* it may quote a script */
		fputc((unsigned char)*sentence < 0x20 && *sentence != '\n' ? '?' : *sentence, stderr);
	fputc('\n', stderr);
}

/* The seconds to wait for the answer. A reload may re-ask thousands of ipconns. */
static unsigned
seconds(const struct command *c)
{
	bool loads = strcmp(c->name, "reload") == 0 || strcmp(c->name, "policy") == 0 || is_candidate(c) || (c->nargs == 3 && strncasecmp(c->arg[2], "urm=", 4) == 0);

	return loads ? RELOAD_SECONDS : CALL_SECONDS;
}

/* quiet: a region that does not answer is no fault. */
static json_t *
call(struct command *c, bool quiet)
{
	char path[CONTROL_CLIENT_PATH];
	struct fault f = { "" };
	json_t *answer = NULL, *asked;

	if (control_client_find(c->name, c->region, c->control, quiet || strcmp(c->name, "reload") == 0, path) < 0)
		return NULL;
	asked = request(c);
	if (asked == NULL)
		complain(c, "the arguments are not UTF-8");
	else if ((answer = control_client_call_process(path, asked, seconds(c), &c->process, &f)) == NULL && !quiet)
		complain(c, f.text);
	json_decref(asked);
	return answer;
}

/* Prints the rows: as JSON (an empty array after a failure), or as the verb shows them. */
static int
show(const struct command *c, const struct verb *v, const json_t *answer)
{
	const json_t *rows = json_object_get(answer, "rows");
	const char *error = json_string_value(json_object_get(answer, "error"));
	bool done = answer != NULL && json_integer_value(json_object_get(answer, "status")) == 0 && json_is_array(rows);

	if (answer != NULL && !done)
		complain(c, error != NULL ? error : "the region's answer is not understood");
	if (c->json) {
		if (!done || json_dumpf(rows, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(16)) < 0)
			fputs("[]", stdout);
		fputc('\n', stdout);
	} else if (done) {
		v->show(c, rows);
	}
	return done && fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

/*
 * Takes the region's answer to `explain` (NULL: none came) and returns it with the records of the file. A region that
 * does not know a connection has answered with a sentence, which stays when the file does not know it either.
 */
static json_t *
join_file(const struct command *c, const struct explain_search *q, json_t *answer, const char *path)
{
	json_t *told = json_object_get(answer, "rows"), *rows;
	struct fault f = { "" };

	if (q->connection != NULL ? json_array_size(told) > 0 : answer != NULL && !json_is_array(told))
		return answer;
	rows = explain_file_rows(path, q, told, &f);
	if (rows == NULL)
		complain(c, f.text);
	else if (answer == NULL)
		fprintf(stderr, "explain: no region answers; these are the records of %s\n", path);
	if (answer != NULL && json_array_size(rows) == 0) {
		json_decref(rows);
		return answer;
	}
	json_decref(answer);
	return rows != NULL ? json_pack("{s:i, s:o}", "status", 0, "rows", rows) : NULL;
}

static void
add_shadows(const struct command *c, json_t *rows, const char *path)
{
	struct fault f = { "" };

	if (json_array_size(rows) > 0 && explain_file_shadows(path, rows, &f) < 0)
		complain(c, f.text);
}

static json_t *
explained(struct command *c)
{
	struct explain_search q = { .connection = c->nargs > 0 ? c->arg[0] : NULL, .peer = c->peer, .last = c->last != NULL ? strtoul(c->last, NULL, 10) : 0,
		.refused = c->refused };
	char path[RECORD_PLACE_SIZE];
	bool placed = (c->control == NULL || c->record != NULL) && record_place_find(c->region, c->record, path);
	json_t *answer = call(c, placed);

	if (!placed)
		return answer;
	answer = join_file(c, &q, answer, path);
	add_shadows(c, json_object_get(answer, "rows"), path);
	return answer;
}

/* Leaves the rows of the answer that fit a pattern and a status. False: such rows have no status. */
static bool
filter(const struct command *c, json_t *answer)
{
	const char *kind = command_words_kind(c);
	json_t *rows = json_object_get(answer, "rows");
	char states[200];

	if (!json_is_array(rows) || (!has_pattern(c) && c->status == NULL))
		return true;
	if (c->status != NULL && !row_filter_tells_status(rows)) {
		fprintf(stderr, "inquire: a %s has no state; leave --status out\n", kind);
		return false;
	}
	if (c->status != NULL && !row_filter_is_status(kind, c->status, states, sizeof states)) {
		fprintf(stderr, "inquire: a %s has no state %s; there are %s\n", kind, c->status, states);
		return false;
	}
	json_object_set_new(answer, "rows", row_filter_rows(kind, rows, has_pattern(c) ? c->arg[1] : NULL, c->status));
	return true;
}

/* Sends the command and shows the answer. Returns the exit status. */
static int
carry_out(struct command *c, const struct verb *v)
{
	json_t *answer = strcmp(c->name, "explain") == 0 ? explained(c) : call(c, false);
	int status = EXIT_USAGE;

	if (filter(c, answer)) {
		if (strcmp(c->name, "policy") == 0)
			policy_command_prepare(command_words_kind(c), c->json, answer);
		status = show(c, v, answer);
	}
	json_decref(answer);
	return status;
}

int
command_run(int argc, char **argv)
{
	struct command c = { .name = argv[0] };
	const struct verb *v = find_verb(c.name);
	int status;

	if (v == NULL)
		return EXIT_USAGE;
	if (strcmp(c.name, "policy") == 0 && bundle_command_is(argc, argv))
		return bundle_command_run(argc, argv, v->usage);
	status = read_line(&c, argc, argv);
	if (status == 0 && !c.help && !(command_words_options(&c) && v->fits(&c))) {
		command_words_misused(&c);
		status = -1;
	}
	if (status < 0) {
		fputs(v->usage, stderr);
		return EXIT_USAGE;
	}
	if (c.help)
		return fputs(v->usage, stdout) < 0 ? EXIT_FAILED : EXIT_DONE;
	if (c.code != NULL)
		return verdict_codes_say(c.code, c.json) ? EXIT_DONE : EXIT_FAILED;
	if (c.replay != NULL && !replay_reload_reads(&c))
		return EXIT_USAGE;
	if (c.replay != NULL && !replay_reload_allows(&c))
		return EXIT_FAILED;
	return carry_out(&c, v);
}
