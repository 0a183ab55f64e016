/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lchain: `certificates` and `anchor` of facts.certificate.chain. Most scripts never read them, and each request asks
 * attach, so that they are made when a script first reads one of them, writes to the chain, or lists it with pairs.
 * Then the chain is a strict table like any other.
 *
 * A chain holds a reference to its certificate until Lua collects the chain.
 */
#ifndef SALLYPORT_LCHAIN_H
#define SALLYPORT_LCHAIN_H

#include "policy/facts.h"

struct lua_State;

/*
 * Makes the table on the top, a chain without the two members, a strict table that makes them of c. [-0, +0, may throw]
 */
void lchain_seal(struct lua_State *L, struct certificate *c);
/* Pushes a value that holds a reference to c until Lua collects it. [-0, +1, may throw] */
void lchain_hold(struct lua_State *L, struct certificate *c);
/* The certificate of the chain at idx; NULL: the two members are made, or the value is no such chain. [-0, +0] */
const struct certificate *lchain_of(struct lua_State *L, int idx);

#endif
