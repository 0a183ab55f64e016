/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counters: the region's named counters, shared by workers and kept over reloads (policies/README.md; IPIC.md 6.6, 10).
 * A counter may expire: a number of seconds after its first counters_next it is like a counter that was never used.
 * Times are seconds of clock_span(), or of a mock. Thread-safe.
 */
#ifndef SALLYPORT_COUNTERS_H
#define SALLYPORT_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/named.h"

struct counters;

#define COUNTER_NAME_MAX NAMED_NAME_MAX
#define COUNTERS_MAX NAMED_MAX
#define EXPIRES_MAX 1e9 /* seconds */

/* X(id, text): the answer of a counter: a number, or the reason why there is none. */
#define COUNTERS_ANSWERS(X) \
	X(NUMBER, "") \
	X(UNUSED, "never asked") \
	X(EXHAUSTED, "exhausted") \
	X(FULL, "too many counters: the region keeps 65536; let those expire that are made for addresses or partners, policy.counter(name, { expires = seconds })") \
	X(NO_MEMORY, "out of memory") \
	X(BAD_NAME, "bad name") \
	X(BAD_RANGE, "bad range") \
	X(OTHER_EXPIRES, "other expires") \
	X(NONE, "no store")

enum counters_answer {
#define X(id, reason) COUNTERS_##id,
	COUNTERS_ANSWERS(X)
#undef X
};

/* The reason in words ("exhausted"); static. */
const char *counters_reason(enum counters_answer a);

/* The arguments of a question to a counter. */
struct counter_use {
	int64_t min, max;
	bool wrap;
	double expires; /* seconds after the first counters_next; 0: never */
};

struct counter_view {
	char name[COUNTER_NAME_MAX + 1];
	int64_t last;
	double expires; /* as above */
	double left;    /* seconds until it expires; 0: it never does */
};

/* Makes an empty set of counters. NULL without memory. */
struct counters *counters_new(void);
void counters_free(struct counters *s); /* NULL is fine */

/*
 * Counts: *out is min for a new counter, then the value after the last one. Above max: min again when u->wrap, else
 * COUNTERS_EXHAUSTED with the last value in *out. COUNTERS_BAD_NAME: the name has not 1 to 64 bytes. COUNTERS_FULL:
 * there are COUNTERS_MAX counters, and none has expired. The first use sets `expires`; COUNTERS_OTHER_EXPIRES: u has
 * another value, and *expires is the counter's own.
 */
enum counters_answer counters_next(struct counters *s, const char *name, size_t len, const struct counter_use *u, double now, int64_t *out,
	double *expires);
/*
 * Reads the last value; COUNTERS_UNUSED, COUNTERS_BAD_NAME or COUNTERS_OTHER_EXPIRES with the counter's own expires in
 * *its.
 */
enum counters_answer counters_peek(struct counters *s, const char *name, size_t len, double expires, double now, int64_t *out, double *its);
/*
 * Adds a counter whose last value was `last` at `now`, for a mock. Its first use sets `expires`. False: no memory, no
 * room, or the name exists.
 */
bool counters_set(struct counters *s, const char *name, size_t len, int64_t last, double now);
/*
 * Makes `last` the last value of the counter, which begins anew at `now`, with these `expires`. Without memory or room
 * there is no counter of that name.
 */
void counters_put(struct counters *s, const char *name, size_t len, int64_t last, double expires, double now);

/*
 * Begins a walk over the counters, in the order in which they began. The walk must end before the counters are freed.
 */
void counters_walk(struct counters *s, struct cursor *c);
/*
 * One step: writes the next counter that has not expired to *out; out->name is "" when the step found none. False:
 * there are no more.
 */
bool counters_show(struct counters *s, struct cursor *c, double now, struct counter_view *out);
/* Ends a walk. */
void counters_leave(struct counters *s, struct cursor *c);
/* Whether a message about a full set is due: at most once in a minute. */
bool counters_complains(struct counters *s, double now);
/* The number of counters, with expired ones that still take room. */
size_t counters_count(struct counters *s);

#endif
