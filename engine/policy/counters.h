/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counters: the region's named counters: shared by workers, kept over reloads (policies/README.md; IPIC.md 6.6, 10). A counter may expire: so many seconds
 * after its first next it is as one that was never used. Times are clock_span()'s, or a mock's. Thread-safe.
 */
#ifndef SALLYPORT_COUNTERS_H
#define SALLYPORT_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"

struct counters;

#define COUNTER_NAME_MAX 64
#define COUNTERS_MAX 65536
#define EXPIRES_MAX 1e9 /* seconds */

/* The answer of a counter: a number, or the reason for its absence. */
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

/* How a counter is asked. */
struct counter_use {
	int64_t min, max;
	bool wrap;
	double expires; /* seconds from its first next; 0: never */
};

struct counter_view {
	char name[COUNTER_NAME_MAX + 1];
	int64_t last;
	double expires; /* as above */
	double left;    /* seconds; 0 of one that does not expire */
};

struct counters *counters_new(void);
void counters_free(struct counters *s);

/*
 * The next value: min at first, then +1; above max: min again when wrap, else COUNTERS_EXHAUSTED, and *out is the last one. A name of other than 1-64 bytes:
 * COUNTERS_BAD_NAME. COUNTERS_MAX names, none of them expired: COUNTERS_FULL. `expires` is part of the first use: another later is COUNTERS_OTHER_EXPIRES,
 * and *expires the counter's own.
 */
enum counters_answer counters_next(struct counters *s, const char *name, size_t len, const struct counter_use *u, double now, int64_t *out, double *expires);
/* The last value answered; COUNTERS_UNUSED, COUNTERS_BAD_NAME, COUNTERS_OTHER_EXPIRES. */
enum counters_answer counters_peek(struct counters *s, const char *name, size_t len, double expires, double now, int64_t *out, double *its);
/* A counter that answered `last` at `now`, for a mock: its first use says whether it expires. False: no memory, or no more room. */
bool counters_set(struct counters *s, const char *name, size_t len, int64_t last, double now);

/* A walk over the counters in slices, in the order in which they began; to be left before the store is freed. */
void counters_walk(struct counters *s, struct cursor *c);
/* One step: shows the next that has not expired, or none (out->name is ""). False: that was the last. */
bool counters_show(struct counters *s, struct cursor *c, double now, struct counter_view *out);
void counters_leave(struct counters *s, struct cursor *c);
/* Whether it is time to say that a name found no room: at most once in a minute. */
bool counters_complains(struct counters *s, double now);
/* How many there are, expired ones that still take room included. */
size_t counters_count(struct counters *s);

#endif
