/* SPDX-License-Identifier: Apache-2.0 */
#include "client/replay_run.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "client/replay_crew.h"
#include "records/record_reader.h"

#define REQUESTS_MAX 1000   /* of one connection */
#define PROGRESS_SECONDS 0.2
#define PROGRESS_WIDTH 40

struct replaying {
	struct replay_crew *crew;
	struct record_reader *reader;
	int64_t total, done; /* records; total 0: no bar */
	double shown;        /* clock_span of the last progress line */
	struct fault *fault;
	bool failed;
};

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
	struct replaying *r = arg;

	(void)id;
	r->failed = replay_crew_request(r->crew, account, len, r->fault) < 0;
	return !r->failed;
}

static bool
replay_run_take(void *arg, int64_t id, const char *account, size_t len)
{
	struct replaying *r = arg;

	if (replay_crew_connection(r->crew, account, len, r->fault) < 0 ||
	    record_reader_requests(r->reader, id, REQUESTS_MAX, take_request, r, r->fault) < 0)
		r->failed = true;
	r->done++;
	show_progress(r, false);
	return !r->failed;
}

/* Walks the connections of the list; each must be there. */
static int
run_ids(struct replaying *r, const struct record_reader_range *range)
{
	for (size_t i = 0; i < range->nconnections; i++) {
		struct record_reader_range one = *range;
		int64_t before = r->done;

		one.connections = &range->connections[i];
		one.nconnections = 1;
		if (record_reader_each(r->reader, &one, replay_run_take, r, r->fault) < 0 || r->failed)
			return -1;
		if (r->done == before)
			return fault_set(r->fault, "the file of records has no connection %s of the given time; decisions lists the connections",
				range->connections[i]);
	}
	return 0;
}

static int
run_range(struct replaying *r, const struct record_reader_range *range)
{
	int rc;

	r->total = isatty(STDERR_FILENO) ? record_reader_count(r->reader, range, r->fault) : 0;
	if (r->total < 0)
		return -1;
	rc = record_reader_each(r->reader, range, replay_run_take, r, r->fault);
	show_progress(r, true);
	return r->failed ? -1 : rc;
}

struct replay_result *
replay_run(struct draft *candidate, const char *records, const struct record_reader_range *range, struct fault *f)
{
	struct replaying r = { .reader = record_reader_open(records, f), .fault = f };
	struct replay_result *result = NULL;

	if (r.reader == NULL)
		return NULL;
	r.crew = replay_crew_new(candidate, records, f);
	if (r.crew != NULL && (range->connections != NULL ? run_ids : run_range)(&r, range) == 0)
		result = replay_crew_end(r.crew, f);
	replay_crew_free(r.crew);
	record_reader_close(r.reader);
	return result;
}
