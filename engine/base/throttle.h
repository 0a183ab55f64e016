/* SPDX-License-Identifier: Apache-2.0 */
/*
 * throttle: which refusals are printed one by one and which are summed up (SP0023): of one (door, code, prefix) the first
 * THROTTLE_LINES in a second pass, the others are counted. Bounded: when more different ones than fit are busy within one
 * second, the rest share one entry. Not thread-safe: its owner locks.
 */
#ifndef SALLYPORT_THROTTLE_H
#define SALLYPORT_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#define THROTTLE_LINES 1000
#define THROTTLE_ENTRIES 512

struct throttle_entry {
	char door[16], code[33], prefix[52];
	int64_t second;
	uint32_t said, held; /* printed and held back in that second */
};

struct throttle {
	struct throttle_entry entry[THROTTLE_ENTRIES];
	struct throttle_entry others;
	unsigned holding; /* entries with held > 0 */
};

/* May this one be printed? Otherwise it is counted. `sum` is called first for whatever an earlier second still holds in the
 * entry that is used. */
typedef void (*throttle_sum)(void *arg, const struct throttle_entry *e);
bool throttle_pass(struct throttle *t, int64_t second, const char *door, const char *code, const char *prefix,
	throttle_sum sum, void *arg);
/* Sums up every entry whose second is over (all of them when `all`). */
void throttle_flush(struct throttle *t, int64_t second, bool all, throttle_sum sum, void *arg);

#endif
