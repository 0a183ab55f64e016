/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_throttle: which refusals are printed one by one and which are summed up (SP0023). Of one (door, code, prefix) the
 * first LOG_THROTTLE_LINES in a second are printed, the others are counted. Bounded: when more different keys than fit
 * are busy within one second, the rest share one entry. Not thread-safe: the owner locks.
 */
#ifndef SALLYPORT_LOG_THROTTLE_H
#define SALLYPORT_LOG_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#define LOG_THROTTLE_LINES 1000
#define LOG_THROTTLE_ENTRIES 512

struct log_throttle_entry {
	char door[16], code[33], prefix[52];
	int64_t second;
	uint32_t said, held; /* printed and held back in that second */
};

struct log_throttle {
	struct log_throttle_entry entry[LOG_THROTTLE_ENTRIES];
	struct log_throttle_entry others;
	unsigned holding; /* entries with held > 0 */
};

/* Told of an entry with held refusals whose second is over. */
typedef void (*log_throttle_sum)(void *arg, const struct log_throttle_entry *e);
/*
 * Whether this refusal of the given second (monotonic) may be printed; if not, it is counted. Before that, `sum` is
 * called when the entry still has refusals of an earlier second.
 */
bool log_throttle_pass(struct log_throttle *t, int64_t second, const char *door, const char *code, const char *prefix,
	log_throttle_sum sum, void *arg);
/* Calls `sum` for each entry whose second is over (for each entry when `all`). */
void log_throttle_flush(struct log_throttle *t, int64_t second, bool all, log_throttle_sum sum, void *arg);

#endif
