/* SPDX-License-Identifier: Apache-2.0 */
/* explain_store: the store of a row's mock, from the recorded answers of the shared store. */
#ifndef SALLYPORT_EXPLAIN_STORE_H
#define SALLYPORT_EXPLAIN_STORE_H

#include <jansson.h>

/*
 * Puts the value that the store had before the call `a` of policy.store into mock.store; the first one that
 * was there settles it. A call without an answer adds nothing.
 */
void explain_store_put(json_t *mock, const json_t *a);

#endif
