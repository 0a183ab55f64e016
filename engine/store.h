/* SPDX-License-Identifier: Apache-2.0 */
/* store: the region's named counters: shared by workers, kept over reloads (DESIGN 3.4; IPIC.md 6.6, 10). Thread-safe. */
#ifndef SALLYPORT_STORE_H
#define SALLYPORT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

#define COUNTER_NAME_MAX 64
#define COUNTERS_MAX 65536

struct store *store_new(void);
void store_free(struct store *s);

/* The next value: min at first, then +1; above max: min again when wrap, else -1 with reason "exhausted". A name that is not
 * 1-64 bytes: "bad name"; too many counters: "too many counters". reason is static. */
int store_next(struct store *s, const char *name, size_t len, int64_t min, int64_t max, bool wrap, int64_t *out, const char **reason);
/* The last value answered; false: never asked. */
bool store_peek(struct store *s, const char *name, size_t len, int64_t *out);

#endif
