/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store: the region's named counters: shared by workers, kept over reloads (policies/README.md; IPIC.md 6.6, 10). A counter may expire: so many seconds
 * after its first next it is as one that was never used. Times are clock_span()'s, or a mock's. Thread-safe.
 */
#ifndef SALLYPORT_STORE_H
#define SALLYPORT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"

struct store;

#define COUNTER_NAME_MAX 64
#define COUNTERS_MAX 65536
#define EXPIRES_MAX 1e9 /* seconds */

/* The answer of a counter: a number, or the reason for its absence. */
#define STORE_ANSWERS(X) \
	X(NUMBER, "") \
	X(UNUSED, "never asked") \
	X(EXHAUSTED, "exhausted") \
	X(FULL, "too many counters: the region keeps 65536; let those expire that are made for addresses or partners, policy.counter(name, { expires = seconds })") \
	X(NO_MEMORY, "out of memory") \
	X(BAD_NAME, "bad name") \
	X(BAD_RANGE, "bad range") \
	X(OTHER_EXPIRES, "other expires") \
	X(NONE, "no store")

enum store_answer {
#define X(id, reason) STORE_##id,
	STORE_ANSWERS(X)
#undef X
};

/* The reason in words ("exhausted"); static. */
const char *store_reason(enum store_answer a);

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

struct store *store_new(void);
void store_free(struct store *s);

/*
 * The next value: min at first, then +1; above max: min again when wrap, else STORE_EXHAUSTED, and *out is the last one. A name of other than 1-64 bytes:
 * STORE_BAD_NAME. COUNTERS_MAX names, none of them expired: STORE_FULL. `expires` is part of the first use: another later is STORE_OTHER_EXPIRES,
 * and *expires the counter's own.
 */
enum store_answer store_next(struct store *s, const char *name, size_t len, const struct counter_use *u, double now, int64_t *out, double *expires);
/* The last value answered; STORE_UNUSED, STORE_BAD_NAME, STORE_OTHER_EXPIRES. */
enum store_answer store_peek(struct store *s, const char *name, size_t len, double expires, double now, int64_t *out, double *its);
/* A counter that answered `last` at `now`, for a mock: its first use says whether it expires. False: no memory, or no more room. */
bool store_set(struct store *s, const char *name, size_t len, int64_t last, double now);

/* A walk over the counters in slices, in the order in which they began; to be left before the store is freed. */
void store_walk(struct store *s, struct cursor *c);
/* One step: shows the next that has not expired, or none (out->name is ""). False: that was the last. */
bool store_show(struct store *s, struct cursor *c, double now, struct counter_view *out);
void store_leave(struct store *s, struct cursor *c);
/* Whether it is time to say that a name found no room: at most once in a minute. */
bool store_complains(struct store *s, double now);
/* How many there are, expired ones that still take room included. */
size_t store_count(struct store *s);

#endif
