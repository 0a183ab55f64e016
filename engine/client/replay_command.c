/* SPDX-License-Identifier: Apache-2.0 */
#include "client/replay_command.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "candidate/expectations.h"
#include "candidate/replay.h"
#include "client/candidate_draft.h"
#include "client/command_line.h"
#include "client/moment.h"
#include "client/record_place.h"
#include "client/replay_report.h"
#include "client/replay_run.h"

#define FOREVER 1e11

static const char usage[] =
	"usage: sallyport replay --with DIR|FILE|N [--region FILE] [--from FILE] [--since T] [--until T] [--ids ID,...] [--expect FILE] [--json]\n"
	"Puts recorded connections to a candidate and prints the decisions that would be other ones. It changes nothing and needs no\n"
	"region that runs.\n"
	"  --with DIR       the candidate: a directory with a region.lua, or a directory of scripts for the definition of --region\n"
	"  --with FILE      a region.lua\n"
	"  --with N         a generation that the region keeps (policy list)\n"
	"  --region FILE    the definition of the region (default " COMMAND_LINE_REGION_FILE ")\n"
	"  --from FILE      the file of records (default: that of the definition of --region)\n"
	"  --since T        connections that were written since T: 90s, 30m, 1h or 7d before now, or 2026-11-25[T17:40[:10]] in UTC\n"
	"  --until T        not later than T\n"
	"  --ids ID,...     these connections only\n"
	"  --expect FILE    the connections that the candidate is meant to let in: lines of a partner and a door, such as\n"
	"                   SHOP.SHOPWEB1 bind, WEB1 *, 10.1.0.0/16 admit\n"
	"  --json           one JSON object\n"
	"Exit status: 0, 1 failed, 2 usage, 3 a connection is newly accepted, or unknown, and not expected.\n";

struct options {
	const char *with, *region, *from, *since, *until, *expect;
	char *ids; /* owned */
	bool json, help;
};

/* --- the command line ------------------------------------------------------------------------- */

static int
read_words(struct options *o, int argc, char **argv)
{
	static const struct option options[] = { { "with", required_argument, NULL, 'w' }, { "region", required_argument, NULL, 'r' },
		{ "from", required_argument, NULL, 'f' }, { "since", required_argument, NULL, 's' }, { "until", required_argument, NULL, 'u' },
		{ "ids", required_argument, NULL, 'i' }, { "expect", required_argument, NULL, 'e' }, { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	int opt;

	optind = 0; /* resets getopt */
	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case 'w': o->with = optarg; break;
		case 'r': o->region = optarg; break;
		case 'f': o->from = optarg; break;
		case 's': o->since = optarg; break;
		case 'u': o->until = optarg; break;
		case 'i': free(o->ids); o->ids = strdup(optarg); break;
		case 'e': o->expect = optarg; break;
		case 'j': o->json = true; break;
		case 'h': o->help = true; break;
		default: return -1;
		}
	}
	if (optind < argc)
		fprintf(stderr, "replay: not understood: '%s'\n", argv[optind]);
	else if (o->with == NULL && !o->help)
		fputs("replay: say which candidate is asked: --with DIR\n", stderr);
	return optind == argc && (o->with != NULL || o->help) ? 0 : -1;
}

static int
read_moment(const char *option, const char *text, double *out)
{
	if (text == NULL || moment_read(text, clock_wall(), out) == 0)
		return 0;
	fprintf(stderr, "replay: --%s %s is no time; give 90s, 30m, 1h or 7d before now, or 2026-11-25T17:40:10\n", option, text);
	return -1;
}

static bool
is_listed(const struct record_reader_range *range, const char *id)
{
	for (size_t i = 0; i < range->nconnections; i++)
		if (strcmp(range->connections[i], id) == 0)
			return true;
	return false;
}

/* Lists the ids of --ids in range, each once; range owns the list, which borrows from `ids`. -1: no memory, no id. */
static int
read_ids(struct record_reader_range *range, char *ids)
{
	const char **list = ids != NULL ? calloc(strlen(ids) + 1, sizeof *list) : NULL;
	char *rest = NULL;

	range->connections = list;
	for (char *id = list != NULL ? strtok_r(ids, ", ", &rest) : NULL; id != NULL; id = strtok_r(NULL, ", ", &rest))
		if (!is_listed(range, id))
			list[range->nconnections++] = id;
	if (ids == NULL || range->nconnections > 0)
		return 0;
	fputs("replay: --ids names no connection; give ids as decisions prints them: --ids 3f2a-17,3f2a-18\n", stderr);
	return -1;
}

/* --- the command ------------------------------------------------------------------------------ */

static int
report(const struct options *o, const struct replay_result *result, struct expectations *e, double seconds)
{
	size_t unexpected = replay_report_unexpected(result, e);

	if (o->json)
		replay_report_json(stdout, result, seconds);
	else
		replay_report_print(stdout, result, seconds);
	if (fflush(stdout) != 0)
		return EXIT_FAILED;
	return unexpected > 0 ? EXIT_REFUSED : EXIT_DONE;
}

/* Loads the candidate and walks the records of the range. NULL with a sentence. */
static struct replay_result *
walk(const struct options *o, const struct record_reader_range *range, struct fault *f)
{
	const char *region = o->region != NULL ? o->region : COMMAND_LINE_REGION_FILE;
	char path[RECORD_PLACE_SIZE];
	struct replay_result *r = NULL;
	struct draft *d;

	if (!record_place_find(o->region, o->from, path)) {
		fault_set(f, "%s names no file of records; give region { record = ... } there, or use --from FILE", region);
		return NULL;
	}
	d = candidate_draft_load(o->with, region, f);
	if (d != NULL)
		r = replay_run(d, path, range, f);
	draft_free(d);
	return r;
}

static int
run(struct options *o, const struct record_reader_range *range)
{
	struct fault f = { "" };
	struct expectations *e = o->expect != NULL ? expectations_read(o->expect, &f) : NULL;
	double start = clock_span();
	struct replay_result *r = o->expect == NULL || e != NULL ? walk(o, range, &f) : NULL;
	int status = EXIT_FAILED;

	if (r == NULL)
		fprintf(stderr, "replay: %s\n", f.text);
	else
		status = report(o, r, e, clock_span() - start);
	replay_result_free(r);
	expectations_free(e);
	return status;
}

static int
run_words(struct options *o)
{
	struct record_reader_range range = { .since = 0, .until = FOREVER };
	int status = EXIT_USAGE;

	if (read_ids(&range, o->ids) == 0 && read_moment("since", o->since, &range.since) == 0 && read_moment("until", o->until, &range.until) == 0)
		status = run(o, &range);
	free((void *)range.connections);
	return status;
}

int
replay_command_run(int argc, char **argv)
{
	struct options o = { .with = NULL };
	int status;

	if (read_words(&o, argc, argv) < 0)
		status = fputs(usage, stderr) < 0 ? EXIT_FAILED : EXIT_USAGE;
	else if (o.help)
		status = fputs(usage, stdout) < 0 ? EXIT_FAILED : EXIT_DONE;
	else
		status = run_words(&o);
	free(o.ids);
	return status;
}
