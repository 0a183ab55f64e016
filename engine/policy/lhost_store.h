/* SPDX-License-Identifier: Apache-2.0 */
/* lhost_store: the parts that the functions of the shared store have in common: values, counters and rates. */
#ifndef SALLYPORT_LHOST_STORE_H
#define SALLYPORT_LHOST_STORE_H

#include "policy/lhost_wait.h"

#define LHOST_STORE_KEY "sallyport:value:" /* before the keys of policy.store */
#define LHOST_STORE_SECONDS 1.0      /* the default time of a call */
#define LHOST_STORE_VALUE (48 * 1024) /* bytes of a value, with its letter */

/* The answer in a few words, for explain. */
const char *lhost_store_words(const struct waited *a, char *out, size_t size);
/*
 * Reads the table of options at idx without metamethods: take() takes one whose value is on the top. Nil: no options.
 * [-0, +0, may throw]
 */
void lhost_store_options(struct lua_State *L, struct lhost_waiting *s, int idx,
	bool (*take)(struct lua_State *L, struct lhost_waiting *s, const char *key));
/*
 * 0 with the table of the mock's store on the top; 1: it does not answer the call, and `why` says why. [-0, +1]
 */
int lhost_store_mock_missing(struct lua_State *L, struct lhost *h, struct lhost_waiting *s, char why[64]);

#endif
