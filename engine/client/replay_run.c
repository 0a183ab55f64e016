/* SPDX-License-Identifier: Apache-2.0 */
#include "client/replay_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "candidate/account.h"
#include "records/record_reader.h"

#define REQUESTS_MAX 1000   /* of one connection */
#define PROGRESS_SECONDS 0.2
#define PROGRESS_WIDTH 40

struct replaying {
	struct replay *replay;
	struct record_reader *reader;
	int64_t total, done; /* records; total 0: no bar */
	double shown;        /* clock_span of the last progress line */
	struct account connection;
	struct account *request; /* owned: those of the connection; their memory is used again */
	size_t requests, cap;
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

/* One more account in the array of requests; NULL: no memory. */
static struct account *
add_request(struct replaying *r)
{
	size_t cap = r->cap > 0 ? 2 * r->cap : 16;
	struct account *larger = r->requests < r->cap ? r->request : realloc(r->request, cap * sizeof *larger);

	if (larger == NULL)
		return NULL;
	if (r->requests == r->cap) {
		memset(larger + r->cap, 0, (cap - r->cap) * sizeof *larger);
		r->cap = cap;
	}
	r->request = larger;
	return &r->request[r->requests++];
}

static bool
take_request(void *arg, int64_t id, const char *account, size_t len)
{
	struct replaying *r = arg;
	struct account *one = add_request(r);

	(void)id;
	if (one == NULL) {
		fault_set(r->fault, "no memory");
		r->failed = true;
		return false;
	}
	account_read(one, account, len);
	return true;
}

/* The file gives the last request first. */
static void
order_requests(struct replaying *r)
{
	for (size_t i = 0; i < r->requests / 2; i++) {
		struct account one = r->request[i];

		r->request[i] = r->request[r->requests - 1 - i];
		r->request[r->requests - 1 - i] = one;
	}
}

static bool
replay_run_take(void *arg, int64_t id, const char *account, size_t len)
{
	struct replaying *r = arg;

	account_read(&r->connection, account, len); /* one that is no JSON is unknown */
	r->requests = 0;
	if (record_reader_requests(r->reader, id, REQUESTS_MAX, take_request, r, r->fault) < 0)
		r->failed = true;
	if (r->failed)
		return false;
	order_requests(r);
	replay_put(r->replay, &r->connection, &(struct replay_requests){ r->request, r->requests });
	r->done++;
	show_progress(r, false);
	return true;
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

static void
free_accounts(struct replaying *r)
{
	account_free(&r->connection);
	for (size_t i = 0; i < r->cap; i++)
		account_free(&r->request[i]);
	free(r->request);
}

struct replay *
replay_run(struct worker *candidate, const char *records, const struct record_reader_range *range, struct fault *f)
{
	struct replaying r = { .reader = record_reader_open(records, f), .fault = f };
	bool ok;

	if (r.reader == NULL)
		return NULL;
	r.replay = replay_new(candidate, r.reader);
	if (r.replay == NULL)
		fault_set(f, "no memory");
	ok = r.replay != NULL && (range->connections != NULL ? run_ids : run_range)(&r, range) == 0;
	record_reader_close(r.reader);
	free_accounts(&r);
	if (ok)
		return r.replay;
	replay_free(r.replay);
	return NULL;
}
