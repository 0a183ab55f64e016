/* SPDX-License-Identifier: Apache-2.0 */
#include "client/replay_command.h"

#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "candidate/expectations.h"
#include "candidate/past_text.h"
#include "candidate/replay.h"
#include "client/candidate_draft.h"
#include "client/command_line.h"
#include "client/moment.h"
#include "client/record_place.h"
#include "client/replay_report.h"
#include "records/record_reader.h"

#define FOREVER 1e11
#define REQUESTS_MAX 1000   /* of one connection */
#define PROGRESS_SECONDS 0.2
#define PROGRESS_WIDTH 40

static const char usage[] =
	"usage: sallyport replay --with DIR|FILE [--region FILE] [--from FILE] [--since T] [--until T] [--ids ID,...] [--expect FILE] [--json]\n"
	"Puts recorded connections to a candidate and prints the decisions that would be other ones. It changes nothing and needs no\n"
	"region that runs.\n"
	"  --with DIR       the candidate: a directory with a region.lua, or a directory of scripts for the definition of --region\n"
	"  --with FILE      a region.lua\n"
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

struct replaying {
	struct replay *replay;        /* owned */
	struct record_reader *reader; /* owned */
	const char **id;              /* owned; borrows from options.ids */
	struct record_reader_range range;
	int64_t total, done;          /* records; total 0: no bar */
	double shown;                 /* clock_span of the last progress line */
	struct fault *fault;
	bool failed;
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

/* Lists the ids of --ids. -1: no memory. */
static int
read_ids(struct replaying *r, char *ids)
{
	char *rest = NULL;

	r->id = ids != NULL ? calloc(strlen(ids) + 1, sizeof *r->id) : NULL;
	for (char *id = r->id != NULL ? strtok_r(ids, ",", &rest) : NULL; id != NULL; id = strtok_r(NULL, ",", &rest))
		r->id[r->range.nconnections++] = id;
	r->range.connections = r->id;
	return ids == NULL || r->id != NULL ? 0 : -1;
}

/* --- the walk --------------------------------------------------------------------------------- */

static void
show_progress(struct replaying *r, bool end)
{
	double now = clock_span();
	int full;

	if (r->total == 0 || (!end && now - r->shown < PROGRESS_SECONDS))
		return;
	r->shown = now;
	if (end) {
		fprintf(stderr, "\r%*s\r", PROGRESS_WIDTH + 30, "");
		return;
	}
	full = (int)(PROGRESS_WIDTH * r->done / r->total);
	fprintf(stderr, "\r[%.*s%*s] %lld of %lld ", full, "########################################", PROGRESS_WIDTH - full, "", (long long)r->done,
		(long long)r->total);
	fflush(stderr);
}

static bool
take_request(void *arg, int64_t id, const char *account, size_t len)
{
	json_t *list = arg, *one = json_loadb(account, len, JSON_ALLOW_NUL, NULL);

	(void)id;
	if (one != NULL)
		json_array_insert_new(list, 0, one);
	return true;
}

/* The account as far as a replay reads it. NULL: it is no JSON, or there is no memory. */
static json_t *
read_account(const char *account, size_t len)
{
	char *text = malloc(len + 1);
	json_t *row = text != NULL ? json_loadb(text, past_text_cut(text, account, len), JSON_ALLOW_NUL, NULL) : NULL;

	free(text);
	return row;
}

static bool
replay_command_take(void *arg, int64_t id, const char *account, size_t len)
{
	struct replaying *r = arg;
	json_t *row = read_account(account, len), *requests = json_array();

	if (record_reader_requests(r->reader, id, REQUESTS_MAX, take_request, requests, r->fault) < 0) {
		r->failed = true;
		json_decref(requests);
		json_decref(row);
		return false;
	}
	replay_put(r->replay, row, requests);
	r->done++;
	show_progress(r, false);
	return true;
}

static int
run_range(struct replaying *r)
{
	int64_t n = r->range.connections == NULL && isatty(STDERR_FILENO) ? record_reader_count(r->reader, &r->range, r->fault) : 0;
	int rc;

	if (n < 0)
		return -1;
	r->total = n;
	rc = record_reader_each(r->reader, &r->range, replay_command_take, r, r->fault);
	show_progress(r, true);
	if (rc == 0 && !r->failed && r->range.nconnections > (size_t)r->done)
		return fault_set(r->fault, "--ids: the file of records has %lld of the %zu connections", (long long)r->done, r->range.nconnections);
	return r->failed ? -1 : rc;
}

/* --- the command ------------------------------------------------------------------------------ */

static int
report(const struct options *o, const struct replaying *r, struct expectations *e, double seconds)
{
	const struct replay_result *result = replay_result(r->replay);
	size_t unexpected = replay_report_unexpected(result, e);

	if (o->json)
		replay_report_json(stdout, result, seconds);
	else
		replay_report_print(stdout, result, seconds);
	if (fflush(stdout) != 0)
		return EXIT_FAILED;
	return unexpected > 0 ? EXIT_REFUSED : EXIT_DONE;
}

/* Opens the file of records and loads the candidate. -1 with a sentence. */
static int
open_all(struct options *o, struct replaying *r, char path[RECORD_PLACE_SIZE], struct draft **d, struct fault *f)
{
	const char *region = o->region != NULL ? o->region : COMMAND_LINE_REGION_FILE;

	if (!record_place_find(o->region, o->from, path))
		return fault_set(f, "%s names no file of records; give region { record = ... } there, or use --from FILE", region);
	r->reader = record_reader_open(path, f);
	if (r->reader == NULL)
		return -1;
	*d = candidate_draft_load(o->with, region, f);
	if (*d == NULL)
		return -1;
	r->replay = replay_new(draft_worker(*d), r->reader);
	return r->replay != NULL && read_ids(r, o->ids) == 0 ? 0 : fault_set(f, "no memory");
}

static int
run(struct options *o)
{
	struct fault f = { "" };
	struct replaying r = { .range = { .since = 0, .until = FOREVER }, .fault = &f };
	struct expectations *e = o->expect != NULL ? expectations_read(o->expect, &f) : NULL;
	char path[RECORD_PLACE_SIZE];
	struct draft *d = NULL;
	double start = clock_span();
	int status = EXIT_FAILED;

	if (read_moment("since", o->since, &r.range.since) < 0 || read_moment("until", o->until, &r.range.until) < 0)
		status = EXIT_USAGE;
	else if ((o->expect != NULL && e == NULL) || open_all(o, &r, path, &d, &f) < 0 || run_range(&r) < 0)
		fprintf(stderr, "replay: %s\n", f.text);
	else
		status = report(o, &r, e, clock_span() - start);
	replay_free(r.replay);
	draft_free(d);
	record_reader_close(r.reader);
	expectations_free(e);
	free(r.id);
	return status;
}

int
replay_command_run(int argc, char **argv)
{
	struct options o = { .with = NULL };
	int status;

	json_set_alloc_funcs(malloc, free); /* records hold no secrets, so that their JSON need not be wiped */
	if (read_words(&o, argc, argv) < 0)
		status = fputs(usage, stderr) < 0 ? EXIT_FAILED : EXIT_USAGE;
	else if (o.help)
		status = fputs(usage, stdout) < 0 ? EXIT_FAILED : EXIT_DONE;
	else
		status = run(&o);
	free(o.ids);
	return status;
}
