/* SPDX-License-Identifier: Apache-2.0 */
/* wire: the bodies of the capability exchange, and the type of a body (engine/ipic/README.md). */
#ifndef SALLYPORT_WIRE_H
#define SALLYPORT_WIRE_H

#include <stdint.h>

#include "base/buf.h"
#include "ipic/capex.h"
#include "base/fault.h"

struct json_t;

/* A CAPEX request's body, validated field by field. -1 with a sentence naming the member. networkid stays "" when blank. */
int wire_capex(struct capex *c, const void *body, size_t len, struct fault *f);
/* Appends one (the caller's side); members that were not given are left out. */
int wire_put_capex(struct buf *b, const struct capex *c);

/* Appends one; "" members and counts below 0 are left out. */
int wire_put_answer(struct buf *b, const struct capex_answer *a);
/* The same members into an object of somebody's. */
int wire_set_answer(struct json_t *o, const struct capex_answer *a);
/* Reads one. -1 with a sentence naming the member. */
int wire_answer(struct capex_answer *a, const void *body, size_t len, struct fault *f);

#endif
