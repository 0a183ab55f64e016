/* SPDX-License-Identifier: Apache-2.0 */
/* wire: the bodies of the capability exchange, and the type of a body (engine/ipic/README.md). */
#ifndef SALLYPORT_WIRE_H
#define SALLYPORT_WIRE_H

#include <stdint.h>

#include "base/buf.h"
#include "ipic/capex.h"
#include "base/fault.h"

struct json_t;

/*
 * Reads the body of a CAPEX and checks each member. -1 with a sentence that names the member. networkid stays "" when
 * blank.
 */
int wire_capex(struct capex *c, const void *body, size_t len, struct fault *f);
/* Appends the body of a CAPEX; "" and absent members are left out. -1: no memory, or no room. */
int wire_put_capex(struct buf *b, const struct capex *c);

/* Appends the body of an answer; "" members and counts below 0 are left out. -1: no memory, or no room. */
int wire_put_answer(struct buf *b, const struct capex_answer *a);
/* Adds the same members to an object of the caller. Not 0: no memory. */
int wire_set_answer(struct json_t *o, const struct capex_answer *a);
/* Reads the body of an answer. -1 with a sentence that names the member. */
int wire_answer(struct capex_answer *a, const void *body, size_t len, struct fault *f);

#endif
