/* SPDX-License-Identifier: Apache-2.0 */
#include "client/replay_run.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "candidate/past_text.h"
#include "client/account_memory.h"
#include "records/record_reader.h"

#define REQUESTS_MAX 1000   /* of one connection */
#define PROGRESS_SECONDS 0.2
#define PROGRESS_WIDTH 40

struct replaying {
	struct replay *replay;
	struct record_reader *reader;
	int64_t total, done; /* records; total 0: no bar */
	double shown;        /* clock_span of the last progress line */
	char *text;          /* owned: the last account, cut (past_text.h) */
	size_t size;
	struct account_memory memory;
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
	json_t *list = arg, *one = json_loadb(account, len, JSON_ALLOW_NUL, NULL);

	(void)id;
	if (one != NULL)
		json_array_insert_new(list, 0, one);
	return true;
}

/* The account as far as a replay reads it. NULL: it is no JSON, or there is no memory. */
static json_t *
read_account(struct replaying *r, const char *account, size_t len)
{
	if (r->size < len + 1) {
		free(r->text);
		r->size = 2 * len + 1;
		r->text = malloc(r->size);
	}
	if (r->text == NULL)
		r->size = 0;
	return r->text != NULL ? account_memory_read(&r->memory, r->text, past_text_cut(r->text, account, len)) : NULL;
}

static bool
replay_run_take(void *arg, int64_t id, const char *account, size_t len)
{
	struct replaying *r = arg;
	json_t *row = read_account(r, account, len), *requests = json_array();

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
run_range(struct replaying *r, const struct record_reader_range *range)
{
	int64_t n = range->connections == NULL && isatty(STDERR_FILENO) ? record_reader_count(r->reader, range, r->fault) : 0;
	int rc;

	if (n < 0)
		return -1;
	r->total = n;
	rc = record_reader_each(r->reader, range, replay_run_take, r, r->fault);
	show_progress(r, true);
	if (rc == 0 && !r->failed && range->nconnections > (size_t)r->done)
		return fault_set(r->fault, "the file of records has %lld of the %zu connections", (long long)r->done, range->nconnections);
	return r->failed ? -1 : rc;
}

struct replay *
replay_run(struct worker *candidate, const char *records, const struct record_reader_range *range, struct fault *f)
{
	struct replaying r = { .reader = record_reader_open(records, f), .fault = f };
	bool ok;

	if (r.reader == NULL)
		return NULL;
	r.replay = account_memory_begin(&r.memory) == 0 ? replay_new(candidate, r.reader) : NULL;
	if (r.replay == NULL)
		fault_set(f, "no memory");
	ok = r.replay != NULL && run_range(&r, range) == 0;
	record_reader_close(r.reader);
	free(r.text);
	if (!ok) {
		replay_free(r.replay);
		r.replay = NULL;
	}
	account_memory_end(&r.memory);
	return r.replay;
}
