/* SPDX-License-Identifier: Apache-2.0 */
#include "client/test.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "client/check.h"
#include "client/command_line.h"
#include "client/test_invariants.h"
#include "client/test_report.h"
#include "config/attribute.h"
#include "config/definition_load.h"
#include "policy/script_cover.h"
#include "region/walker.h"
#include "sandbox/sources.h"

static const char usage[] =
	"usage: sallyport test [DIR] [--region FILE] [--filter PATTERN] [--cover [--threshold N]] [--bench] [--json]\n"
	"       sallyport test [DIR] [--region FILE] --invariants [--seconds N] [--seed N] [--json]\n"
	"Runs every row of every NAME_spec.lua of a directory of scripts, as the engine asks its doors, and prints the rows that do not\n"
	"hold, each with its checks.\n"
	"  DIR              the directory of scripts, or one with a region.lua (default: that of the definition)\n"
	"  --region FILE    the definition with the limits of the scripts (default DIR/region.lua or DIR/../region.lua, if there is one;\n"
	"                   without DIR " COMMAND_LINE_REGION_FILE ")\n"
	"  --filter PATTERN only rows whose name or script contains it; * and ? stand for other characters\n"
	"  --cover          also print the lines of each script that no row has run, and the checks (policy.check) that were not both\n"
	"                   true and false\n"
	"  --threshold N    with --cover: exit with 1 when less than N percent of a script's lines, or of its checks, are covered\n"
	"  --bench          also print the cost of each door of each script: instructions, bytes, nanoseconds\n"
	"  --invariants     run no row: look for connections by which a claim of NAME_invariant.lua does not hold\n"
	"  --seconds N      with --invariants: how long (default 10)\n"
	"  --seed N         with --invariants: another order of the connections (default 1)\n"
	"  --json           print one object {passed, failed, seconds, cover, failures}; with --invariants {claims, failed, walks,\n"
	"                   seconds, seed, failures}\n"
	"Exit status: 0 every row or claim holds, 1 one does not hold, a fault, none was found, or coverage is below N, 2 usage.\n";

struct asked {
	const char *dir, *region, *filter;
	bool json, cover, bench;
	double threshold; /* percent; 0: none */
	bool invariants;
	double seconds;   /* of the search */
	long seed;
};

struct test {
	const struct asked *asked;
	struct definition *definition; /* owned; NULL: no definition was found */
	struct region_def region;      /* the directory of scripts and the limits */
	struct test_report report;
	struct script_cover cover;
	struct script_bench bench;
	struct faults faults;
};

/* --- the directory and the definition --------------------------------------------------------- */

static int
load(struct test *t, const char *file)
{
	t->definition = definition_load_draft(file, &t->faults);
	if (t->definition == NULL)
		return -1;
	t->region = t->definition->region;
	return 0;
}

static int
use_directory(struct test *t)
{
	const char *dir = t->asked->dir;
	size_t n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		n--;
	if (snprintf(t->region.policies, sizeof t->region.policies, "%.*s", (int)n, dir) < (int)sizeof t->region.policies)
		return 0;
	faults_add(&t->faults, FAULT_ERROR, "file", dir, 0, "the name of the directory is too long");
	return -1;
}

/* Takes the definition when its scripts are those of the directory. The faults of another definition do not count. */
static void
take_neighbour(struct test *t, const char *file)
{
	struct faults faults = { 0 };
	struct definition *d = definition_load_draft(file, &faults);

	if (d != NULL && file_same(d->region.policies, t->asked->dir)) {
		t->definition = d;
		t->region = d->region;
		faults_merge(&t->faults, &faults, FAULT_ERROR);
		d = NULL;
	}
	definition_free(d);
	faults_free(&faults);
}

/* Without --region: the definition in the directory, or the one beside it that takes its scripts from there. */
static int
find_beside(struct test *t)
{
	char file[PATH_SIZE + 20];
	int n = snprintf(file, sizeof file, "%s/region.lua", t->asked->dir);

	if (n < (int)sizeof file && access(file, F_OK) == 0)
		return load(t, file);
	n = snprintf(file, sizeof file, "%s/../region.lua", t->asked->dir);
	if (n < (int)sizeof file && access(file, F_OK) == 0)
		take_neighbour(t, file);
	return use_directory(t);
}

static int
find_rows(struct test *t)
{
	const struct asked *a = t->asked;

	attribute_defaults(resource_region, &t->region);
	if (a->region == NULL && a->dir != NULL)
		return find_beside(t);
	if (load(t, a->region != NULL ? a->region : COMMAND_LINE_REGION_FILE) < 0)
		return -1;
	return a->dir != NULL ? use_directory(t) : 0;
}

/* --- the run ---------------------------------------------------------------------------------- */

static void
complain_none(struct test *t)
{
	if (t->asked->filter != NULL)
		faults_add(&t->faults, FAULT_ERROR, "no_rows", t->region.policies, 0, "no row has a name or a script with '%s' in it", t->asked->filter);
	else
		faults_add(&t->faults, FAULT_ERROR, "no_rows", t->region.policies, 0,
			"there is no NAME_spec.lua with rows in it; write a decision table beside a script");
}

static void
run(struct test *t)
{
	char library[PATH_SIZE];
	struct policy_specs_order o = { .region = &t->region, .definition = t->definition, .library_dir = library, .level = FAULT_ERROR, .filter = t->asked->filter,
		.cover = t->asked->cover ? &t->cover : NULL, .bench = t->asked->bench ? &t->bench : NULL, .told = test_report_row, .arg = &t->report };
	struct walker walker = { .file = t->definition != NULL ? t->definition->file : NULL, .policies = t->region.policies };
	const struct policy_specs_walk walk = walker_walk(&walker);
	struct policy_specs_result result;
	double start = clock_span();
	struct fault f;

	if (sources_library(library, sizeof library, &f) < 0) {
		faults_add(&t->faults, FAULT_ERROR, "library", NULL, 0, "%s", f.text);
		return;
	}
	o.walk = t->definition != NULL ? &walk : NULL;
	policy_specs_run(&o, &result, &t->faults);
	walker_free(&walker);
	t->report.seconds = clock_span() - start;
	if (result.rows == 0 && t->faults.errors == 0)
		complain_none(t);
}

/* Adds a fault for each script below the threshold. */
static void
judge_cover(struct test *t)
{
	for (size_t i = 0; i < t->cover.n; i++) {
		const struct cover_script *s = t->cover.script[i];
		struct cover_counts n = script_cover_count(s);

		if (script_cover_below(s, t->asked->threshold))
			faults_add(&t->faults, FAULT_ERROR, "coverage", s->path, 0,
				"coverage is below %g %%: %zu of %zu lines were run, %zu of %zu checks were true and false; add rows to %s_spec.lua",
				t->asked->threshold, n.covered, n.lines, n.both, n.checks, s->name);
	}
}

/* Searches in place of running rows. */
static int
search(const struct asked *a)
{
	struct test t = { .asked = a };
	struct test_invariants order = { .region = &t.region, .seconds = a->seconds, .seed = (uint64_t)a->seed,
		.print = a->json ? TEST_INVARIANTS_JSON : TEST_INVARIANTS_TEXT };
	int failed;

	if (find_rows(&t) == 0 && t.definition != NULL)
		order.file = t.definition->file;
	else if (t.faults.errors == 0)
		faults_add(&t.faults, FAULT_ERROR, "file", a->dir, 0, "claims are about the doors of a region: name its definition by --region FILE");
	failed = test_invariants_run(&order, &t.faults);
	check_print(&t.faults);
	faults_free(&t.faults);
	definition_free(t.definition);
	return failed == 0 ? EXIT_DONE : EXIT_FAILED;
}

static int
test(const struct asked *a)
{
	struct test t = { .asked = a };
	bool bad;

	t.report.cover = a->cover ? &t.cover : NULL;
	t.report.bench = a->bench ? &t.bench : NULL;
	if (find_rows(&t) == 0)
		run(&t);
	judge_cover(&t);
	bad = t.faults.errors > 0 || t.report.failed > 0;
	check_print(&t.faults);
	bad |= test_report_print(&t.report, &t.faults, a->json) < 0;
	test_report_free(&t.report);
	script_cover_free(&t.cover);
	script_bench_free(&t.bench);
	faults_free(&t.faults);
	definition_free(t.definition);
	return bad ? EXIT_FAILED : EXIT_DONE;
}

/* --- the command line ------------------------------------------------------------------------- */

static bool
read_percent(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	if (end != text && *end == '\0' && *out >= 0 && *out <= 100)
		return true;
	fprintf(stderr, "test: --threshold %s is not a number of percent from 0 to 100\n", text);
	return false;
}

static bool
read_seconds(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	if (end != text && *end == '\0' && *out > 0 && *out <= 86400)
		return true;
	fprintf(stderr, "test: --seconds %s is not a number of seconds above 0, at most 86400\n", text);
	return false;
}

static bool
read_seed(const char *text, long *out)
{
	char *end;

	*out = strtol(text, &end, 10);
	if (end != text && *end == '\0' && *out >= 0)
		return true;
	fprintf(stderr, "test: --seed %s is not a number from 0 on\n", text);
	return false;
}

int
test_run(int argc, char **argv)
{
	static const struct option options[] = { { "region", required_argument, NULL, 'r' }, { "filter", required_argument, NULL, 'f' },
		{ "cover", no_argument, NULL, 'c' }, { "bench", no_argument, NULL, 'b' }, { "threshold", required_argument, NULL, 't' },
		{ "invariants", no_argument, NULL, 'i' }, { "seconds", required_argument, NULL, 's' }, { "seed", required_argument, NULL, 'd' }, { "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	struct asked a = { .seconds = 10, .seed = 1 };
	int opt;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (opt == 'r')
			a.region = optarg;
		else if (opt == 'f')
			a.filter = optarg;
		else if (opt == 'c')
			a.cover = true;
		else if (opt == 'b')
			a.bench = true;
		else if (opt == 't' && read_percent(optarg, &a.threshold))
			a.cover = true;
		else if (opt == 'i')
			a.invariants = true;
		else if (opt == 's' && read_seconds(optarg, &a.seconds))
			a.invariants = true;
		else if (opt == 'd' && read_seed(optarg, &a.seed))
			a.invariants = true;
		else if (opt == 'j')
			a.json = true;
		else
			return fputs(usage, opt == 'h' ? stdout : stderr) < 0 ? EXIT_FAILED : opt == 'h' ? EXIT_DONE : EXIT_USAGE;
	}
	if (argc - optind <= 1) {
		a.dir = optind < argc ? argv[optind] : NULL;
		if (a.invariants && (a.filter != NULL || a.cover || a.bench)) {
			fputs("test: --filter, --cover, --threshold and --bench are for rows, and --invariants runs none\n", stderr);
			return EXIT_USAGE;
		}
		a.cover |= a.json;
		return a.invariants ? search(&a) : test(&a);
	}
	fprintf(stderr, "test: takes one directory; not understood: '%s'\n", argv[optind + 1]);
	return fputs(usage, stderr) < 0 ? EXIT_FAILED : EXIT_USAGE;
}
