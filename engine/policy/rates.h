/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rates: the region's named token buckets, shared by workers and kept over reloads (policy.rate of the library). A
 * bucket begins full with `burst` tokens and gets `count` tokens in `per` seconds, up to `burst`. A full bucket is like
 * one that was never used, so it takes no room. Times are seconds of clock_span(), or of a mock. Thread-safe.
 */
#ifndef SALLYPORT_RATES_H
#define SALLYPORT_RATES_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/named.h"

struct rates;

#define RATE_NAME_MAX NAMED_NAME_MAX
#define RATES_MAX NAMED_MAX
#define RATE_TOKENS_MAX 1000000 /* of `count` and `burst` */
#define RATE_PER_MIN 1e-3       /* seconds */
#define RATE_PER_MAX 1e9

/* X(id, text): the answer of a bucket, or the reason why no bucket answers. */
#define RATES_ANSWERS(X) \
	X(TAKEN, "taken") \
	X(WAIT, "wait") \
	X(FULL, "too many rates: the region keeps 65536 that are not full; let them fill sooner (a smaller burst or per), or use fewer names") \
	X(NO_MEMORY, "out of memory") \
	X(BAD_NAME, "bad name") \
	X(NONE, "no store")

enum rates_answer {
#define X(id, reason) RATES_##id,
	RATES_ANSWERS(X)
#undef X
};

/* The answer in words; static. */
const char *rates_reason(enum rates_answer a);

struct rate_terms {
	double count, per, burst; /* burst >= 1; per in seconds */
};

struct rate_take {
	double left; /* tokens before the take; INFINITY: the bucket was full */
	double wait; /* of RATES_WAIT: seconds until the bucket has the tokens */
};

struct rate_view {
	char name[RATE_NAME_MAX + 1];
	struct rate_terms terms; /* of the last take */
	double left;             /* tokens now */
	double full;             /* seconds until it is full */
};

/* Makes an empty set of buckets. NULL without memory. */
struct rates *rates_new(void);
void rates_free(struct rates *s); /* NULL is fine */

/*
 * Takes n tokens, at most t->burst, when the bucket has them. The bucket keeps the terms of its last take; its tokens
 * stay when the terms change, up to the new burst. RATES_FULL: RATES_MAX buckets are not full.
 */
enum rates_answer rates_take(struct rates *s, const char *name, size_t len, const struct rate_terms *t, double n, double now,
	struct rate_take *out);
/* The tokens of the bucket, by the terms of its last take; INFINITY: it is full. Changes nothing. */
double rates_left(struct rates *s, const char *name, size_t len, double now);
/*
 * The answer of a bucket with `left` tokens (INFINITY: full) under these terms: RATES_TAKEN, or RATES_WAIT with the
 * seconds in *wait.
 */
enum rates_answer rates_judge(const struct rate_terms *t, double left, double n, double *wait);
/*
 * Adds a bucket that has `left` tokens at `now`, for a mock. Its first take sets the terms. False: no memory, no room,
 * or the name is bad or exists.
 */
bool rates_set(struct rates *s, const char *name, size_t len, double left, double now);
/*
 * Makes the bucket hold `left` tokens (INFINITY: full) at `now` under these terms. Without memory or room there is no
 * bucket of that name, which is a full one.
 */
void rates_put(struct rates *s, const char *name, size_t len, const struct rate_terms *t, double left, double now);

/* Begins a walk over the buckets that are not full. It must end before the buckets are freed. */
void rates_walk(struct rates *s, struct cursor *c);
/* One step: writes the next bucket to *out; out->name is "" when the step found none. False: there are no more. */
bool rates_show(struct rates *s, struct cursor *c, double now, struct rate_view *out);
/* Ends a walk. */
void rates_leave(struct rates *s, struct cursor *c);
/* Whether a message about a full set is due: at most once in a minute. */
bool rates_complains(struct rates *s, double now);

#endif
