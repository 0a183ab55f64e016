/* SPDX-License-Identifier: Apache-2.0 */
#include "client/check.h"

#include "base/clock.h"
#include "base/osuser.h"
#include "client/check_user.h"
#include "client/command_line.h"
#include "client/test_invariants.h"
#include "config/definition_place.h"
#include "region/followed.h"
#include "policy/facts_json.h"
#include "policy/generation.h"
#include "policy/lint.h"
#include "config/warnings.h"
#include "conn/recovery.h"
#include "records/record_reader.h"
#include "policy/policy_specs.h"
#include "region/walker.h"
#include "store/store_probe.h"
#include "region/version_files.h"

#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


static const char usage[] =
	"usage: sallyport check [--region FILE] [--strict] [--specs] [--invariants] [--as USER] [--json]\n"
	"Loads definitions and policies, and prints every fault, warning and note with its place.\n"
	"  --strict   a warning counts like a fault\n"
	"  --specs    also runs every row of every NAME_spec.lua, and notes policies, doors and transactions that none covers\n"
	"  --invariants  also looks for 2 seconds for connections by which a claim of NAME_invariant.lua does not hold\n"
	"  --as USER  as this user of the machine, as the region with region { user = }: names the files that it cannot read or write\n"
	"  --json     prints one array of {level, file, line, rule, text} on stdout\n"
	"Exit status: 0 no fault, 1 a fault, 2 usage. Notes never count.\n";

#define INVARIANTS_SECONDS 2

struct asked {
	const char *file, *as; /* as: NULL: the user of this process */
	bool strict, specs, invariants, json;
};

void
check_print(const struct faults *faults)
{
	char line[1024];

	for (size_t i = 0; i < faults->n; i++) {
		const char *rule = faults->entry[i].rule;

		fputs(faults_print(faults, i, line, sizeof line), stderr);
		if (lint_has_rule(rule))
			fprintf(stderr, " [%s]", rule);
		fputc('\n', stderr);
	}
}

static json_t *
entry_json(const struct fault_entry *e)
{
	const char *text = fault_entry_text(e);

	return json_pack("{s:s, s:o, s:o, s:s, s:o}", "level", fault_level_name(e->level), "file",
		e->file != NULL ? facts_json_text(e->file, strlen(e->file)) : json_null(), "line", e->line > 0 ? json_integer(e->line) : json_null(),
		"rule", e->rule, "text", facts_json_sentence(text));
}

/* Prints the entries as one array. -1: no memory, or stdout cannot be written. */
static int
print_json(const struct faults *faults)
{
	json_t *rows = json_array();
	int status = 0;

	for (size_t i = 0; i < faults->n; i++)
		status |= json_array_append_new(rows, entry_json(&faults->entry[i]));
	if (status == 0)
		status = json_dumpf(rows, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_PRESERVE_ORDER);
	json_decref(rows);
	return status == 0 && putchar('\n') != EOF && fflush(stdout) == 0 ? 0 : -1;
}

/* A region starts without its store, so that nothing here is a fault. */
static void
check_store(const struct generation *g, struct faults *faults)
{
	const struct region_def *r = &g->definition->region;
	struct store_server server = { .role = "" };
	const char *rule, *text;
	struct fault f;

	if (g->store == NULL)
		return;
	if (store_probe(g->store, &server, &f) < 0) {
		definition_fault(g->definition, faults, FAULT_WARNING, "store", r->line, "region: store: %s", f.text);
		return;
	}
	for (unsigned i = 0; i < STORE_DOUBTS; i++) {
		text = store_server_doubt(&server, i, &rule);
		if (text != NULL)
			definition_fault(g->definition, faults, FAULT_WARNING, rule, r->line, "region: store: %s", text);
	}
}

/* Takes d: loads a generation of it and of the published rules, if there are some, and with --specs runs the rows. */
static void
check_scripts(struct definition *d, struct bundle *rules, const struct asked *a, struct policy_specs_result *result, struct faults *faults)
{
	char library[PATH_SIZE];
	struct generation_options o = { .number = 1, .library_dir = library, .now = clock_wall(), .all_scripts = rules == NULL };
	struct coverage coverage = { .n = 0 };
	struct policy_specs_order rows = { .region = &d->region, .library_dir = library, .level = FAULT_ERROR, .coverage = &coverage };
	struct walker walker = { .file = a->file };
	const struct policy_specs_walk walk = walker_walk(&walker);
	struct generation *g;
	struct fault f;

	if (sources_library(library, sizeof library, &f) < 0) {
		faults_add(faults, FAULT_ERROR, "library", NULL, 0, "%s", f.text);
		definition_free(d);
		return;
	}
	followed_give(rules, &o);
	g = generation_load(d, &o, faults);
	rows.walk = &walk;
	if (a->specs) /* also after a fault: rows need no ring */
		policy_specs_run(&rows, result, faults);
	if (a->specs && g != NULL)
		coverage_note(&coverage, d, g->saf, faults);
	coverage_free(&coverage);
	walker_free(&walker);
	if (g != NULL)
		check_store(g, faults);
	if (g == NULL)
		definition_free(d);
	else
		generation_unref(g);
}

/* A note and no warning: a region without security checks may be intended. */
static void
note_unchecked(const struct definition *d, struct faults *faults)
{
	const char *service = warnings_unchecked(d);

	if (service != NULL)
		definition_fault(d, faults, FAULT_NOTE, "unchecked", d->region.line,
			"security checks of requests are off: requests by tcpipservice %s run without a check; see sec, saf and attach", service);
}

/* A start refuses a user that this machine does not have, or that has the rights of root; the definition may be
 * meant for another machine. Root can read every file, which says nothing of the user that the region becomes. */
static void
note_user(const struct definition *d, struct faults *faults)
{
	struct osuser user;
	struct fault f;

	if (*d->region.user == '\0')
		return;
	if (osuser_find(d->region.user, &user, &f) < 0)
		definition_fault(d, faults, FAULT_WARNING, "user", d->region.line, "region: user: %s; a start on this machine is refused", f.text);
	else if (geteuid() == 0)
		definition_fault(d, faults, FAULT_NOTE, "user", d->region.line, "the region becomes user %s, and root made this check; check --as %s shows whether "
			"this user can read the files", d->region.user, d->region.user);
}

/* Checks the recovery file, which a load does not open. */
static void
check_recovery(const struct definition *d, struct faults *faults)
{
	struct fault f;
	struct recovery *r = recovery_open(d->region.recovery, NULL, &f);

	if (r == NULL)
		definition_fault(d, faults, FAULT_ERROR, "recovery", d->region.line, "%s", f.text);
	recovery_close(r);
}

/* Checks the file of records, if it is there. A region may be writing to it. */
static void
check_record(const struct definition *d, struct faults *faults)
{
	struct record_reader *r;
	struct stat st;
	struct fault f;

	if (d->region.record[0] == '\0' || stat(d->region.record, &st) < 0 || st.st_size == 0)
		return;
	r = record_reader_open(d->region.record, &f);
	if (r == NULL)
		definition_fault(d, faults, FAULT_ERROR, "record", d->region.line, "region: record: %s", f.text);
	record_reader_close(r);
}

/* Checks the directory of versions, if it is there. A region may be writing to it. */
static void
check_versions(const struct definition *d, struct faults *faults)
{
	struct version_files *files;
	struct stat st;
	struct fault f;

	if (d->region.versions[0] == '\0' || stat(d->region.versions, &st) < 0)
		return;
	files = version_files_open(d->region.versions, false, &f);
	if (files == NULL || version_files_check(files, &f) < 0)
		definition_fault(d, faults, FAULT_ERROR, "versions", d->region.line, "region: versions: %s", f.text);
	else if (version_files_pinned(files) != 0)
		definition_fault(d, faults, FAULT_NOTE, "pinned", d->region.line, "generation %llu is pinned: a start loads it, and not these files, until sallyport reload",
			(unsigned long long)version_files_pinned(files));
	version_files_close(files);
}

/* A definition with faults is no region to search in. */
static void
check_invariants(const struct region_def *region, const char *file, struct faults *faults)
{
	const struct test_invariants t = { .file = file, .region = region, .seconds = INVARIANTS_SECONDS, .seed = 1, .print = TEST_INVARIANTS_QUIET };
	struct faults found = { 0 };

	if (faults->errors > 0)
		return;
	test_invariants_run(&t, &found);
	faults_merge(faults, &found, FAULT_ERROR); /* warnings of the load are there already */
	faults_free(&found);
}

static void
gather(const struct asked *a, struct policy_specs_result *result, struct faults *faults)
{
	struct definition *d;
	struct region_def region;
	struct bundle *rules;

	if (a->as != NULL && check_user_become(a->as, faults) < 0)
		return;
	if ((d = followed_definition(&(struct followed_order){ .file = a->file, .draft = true }, &rules, faults)) == NULL)
		return;
	note_unchecked(d, faults);
	if (a->as != NULL)
		check_user_places(d, faults);
	else
		note_user(d, faults);
	check_recovery(d, faults);
	check_record(d, faults);
	check_versions(d, faults);
	if (faults->errors == 0) /* a value with a fault was replaced by the default, which needs no warning */
		warnings_check(d, faults);
	region = d->region;
	check_scripts(d, rules, a, result, faults);
	bundle_unref(rules);
	if (a->invariants)
		check_invariants(&region, a->file, faults);
}

static const char *
plural(size_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

/* Prints the counts of rows, faults and warnings. */
static void
print_counts(FILE *to, const struct asked *a, const struct policy_specs_result *result, const struct faults *faults)
{
	if (a->specs)
		fprintf(to, "%u rows, %u failed", result->rows, result->failed);
	if (a->specs && result->unread > 0)
		fprintf(to, "; %u decision %s did not run", result->unread, plural(result->unread, "table", "tables"));
	if (a->specs)
		fputc('\n', to);
	fprintf(to, "%s: %zu %s, %zu %s\n", a->file, faults->errors, plural(faults->errors, "fault", "faults"), faults->warnings,
		plural(faults->warnings, "warning", "warnings"));
}

static int
check(const struct asked *a)
{
	struct faults faults = { 0 };
	struct policy_specs_result result = { 0 };
	bool bad;

	gather(a, &result, &faults);
	bad = faults.errors > 0 || (a->strict && faults.warnings > 0);
	if (a->json)
		bad |= print_json(&faults) < 0;
	else
		check_print(&faults);
	print_counts(a->json ? stderr : stdout, a, &result, &faults);
	faults_free(&faults);
	return bad ? EXIT_FAILED : EXIT_DONE;
}

int
check_run(int argc, char **argv)
{
	static const struct option options[] = { { "region", required_argument, NULL, 'r' }, { "strict", no_argument, NULL, 's' },
		{ "specs", no_argument, NULL, 'p' }, { "invariants", no_argument, NULL, 'i' }, { "as", required_argument, NULL, 'a' }, { "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	struct asked a = { .file = COMMAND_LINE_REGION_FILE };
	int opt;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (opt == 'r')
			a.file = optarg;
		else if (opt == 's')
			a.strict = true;
		else if (opt == 'p')
			a.specs = true;
		else if (opt == 'i')
			a.invariants = true;
		else if (opt == 'a')
			a.as = optarg;
		else if (opt == 'j')
			a.json = true;
		else
			return fputs(usage, opt == 'h' ? stdout : stderr) < 0 ? EXIT_FAILED : opt == 'h' ? EXIT_DONE : EXIT_USAGE;
	}
	if (optind == argc)
		return check(&a);
	fprintf(stderr, "check: --region FILE names the definition; not understood: '%s'\n", argv[optind]);
	return fputs(usage, stderr) < 0 ? EXIT_FAILED : EXIT_USAGE;
}
