/* SPDX-License-Identifier: Apache-2.0 */
#include "region/rules_fetch.h"

#include "net/threadpool.h"

#include <stdlib.h>
#include <string.h>

struct rules_fetch {
	struct threadpool_job job; /* the first member */
	struct store *store;
	struct threadpool *pool;
	struct rules_head head;
	struct followed by;
	bool follows, working; /* working: the job has begun, and the threadpool owns the fetch */
	uint64_t last;
	struct buf bytes;
	struct store_call *call;
	struct bundle *bundle;
	struct fault fault;
	void (*done)(void *arg, enum rules_fetched outcome, struct bundle *b, const char *why);
	void *arg;
};

static void
fetch_free(struct rules_fetch *t)
{
	buf_free(&t->bytes);
	bundle_unref(t->bundle);
	free(t);
}

static void
fetch_end(struct rules_fetch *t, enum rules_fetched outcome, const char *why)
{
	struct bundle *b = outcome == RULES_FETCHED ? t->bundle : NULL;

	if (b != NULL)
		t->bundle = NULL;
	t->done(t->arg, outcome, b, why);
	fetch_free(t);
}

/* --- the thread ------------------------------------------------------------------------------- */

/* A region without keys publishes for others: they verify the signature. */
static int
judge(const struct rules_fetch *t, const struct bundle *b, struct fault *f)
{
	if (strcmp(b->digest, t->head.digest) != 0)
		return fault_set(f, "the bytes in the store do not have the SHA-256 of the head");
	if (b->head.serial != t->head.serial)
		return fault_set(f, "the head names serial %llu, and the bundle is of serial %llu", (unsigned long long)t->head.serial, (unsigned long long)b->head.serial);
	if (t->follows)
		return followed_judge(&t->by, b, t->last, f);
	if (b->head.key[0] == '\0')
		return fault_set(f, "it is not signed; sallyport policy sign signs it");
	return strcmp(b->head.sysplex, t->by.sysplex) == 0 ? 0 : fault_set(f, "serial %llu is for the sysplex %s, not for %s",
		(unsigned long long)b->head.serial, b->head.sysplex, t->by.sysplex);
}

static void
rules_fetch_verify(struct threadpool_job *job)
{
	struct rules_fetch *t = (struct rules_fetch *)job;

	t->bundle = bundle_read(buf_bytes(&t->bytes), buf_len(&t->bytes), &t->fault);
	if (t->bundle == NULL || judge(t, t->bundle, &t->fault) == 0)
		return;
	bundle_unref(t->bundle);
	t->bundle = NULL;
}

static void
rules_fetch_verified(struct threadpool_job *job)
{
	struct rules_fetch *t = (struct rules_fetch *)job;

	fetch_end(t, t->bundle != NULL ? RULES_FETCHED : RULES_REFUSED, t->bundle != NULL ? "" : t->fault.text);
}

static void
rules_fetch_drop(struct threadpool_job *job)
{
	fetch_free((struct rules_fetch *)job);
}

/* --- the pieces ------------------------------------------------------------------------------- */

static int ask_piece(struct rules_fetch *t, struct fault *f);

static void
verify(struct rules_fetch *t)
{
	t->working = true;
	if (threadpool_submit(t->pool, &t->job) == 0)
		return;
	t->working = false;
	fetch_end(t, RULES_UNREACHED, "no memory or no thread to verify the rules");
}

static void
rules_fetch_piece(void *arg, const struct store_reply *r, const char *why)
{
	struct rules_fetch *t = arg;
	size_t left = t->head.size - buf_len(&t->bytes);
	struct fault f;

	t->call = NULL;
	if (r == NULL)
		fetch_end(t, RULES_UNREACHED, why);
	else if (r->kind != STORE_TEXT || r->len == 0 || r->len > left)
		fetch_end(t, RULES_REFUSED, "the store does not have the bundle that the head names");
	else if (buf_add(&t->bytes, r->text, r->len) < 0)
		fetch_end(t, RULES_UNREACHED, "no memory for the rules");
	else if (buf_len(&t->bytes) == t->head.size)
		verify(t);
	else if (ask_piece(t, &f) < 0)
		fetch_end(t, RULES_UNREACHED, f.text);
}

static int
ask_piece(struct rules_fetch *t, struct fault *f)
{
	size_t have = buf_len(&t->bytes), left = t->head.size - have;

	t->call = rules_read(t->store, t->by.sysplex, t->head.digest, have, left < RULES_READ ? left : RULES_READ, rules_fetch_piece, t, f);
	return t->call != NULL ? 0 : -1;
}

struct rules_fetch *
rules_fetch_begin(const struct rules_fetch_order *o, void (*done)(void *arg, enum rules_fetched outcome, struct bundle *b, const char *why), void *arg,
	struct fault *f)
{
	struct rules_fetch *t = o->head->size > 0 && o->head->size <= BUNDLE_MAX ? calloc(1, sizeof *t) : NULL;

	if (t == NULL) {
		fault_set(f, "the head names a bundle of %zu bytes, or there is no memory", o->head->size);
		return NULL;
	}
	*t = (struct rules_fetch){ .job = { .work = rules_fetch_verify, .done = rules_fetch_verified, .drop = rules_fetch_drop }, .store = o->store,
		.pool = o->pool, .head = *o->head, .by = *o->by, .follows = o->follows, .last = o->last, .done = done, .arg = arg };
	buf_init(&t->bytes, BUNDLE_MAX);
	if (ask_piece(t, f) == 0)
		return t;
	fetch_free(t);
	return NULL;
}

void
rules_fetch_cancel(struct rules_fetch *t)
{
	if (t == NULL)
		return;
	if (t->working) {
		threadpool_cancel(t->pool, &t->job);
		return;
	}
	if (t->call != NULL)
		store_cancel(t->call);
	fetch_free(t);
}
