/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lchain: `certificates` and `anchor` of facts.certificate.chain. Most scripts never read them, and attach is asked for every request, so they are
 * made when a script first reads one of them or lists the chain with pairs; then the table is as strict and as plain as any other.
 *
 * A chain holds on to its certificate until Lua collects it.
 */
#ifndef SALLYPORT_LCHAIN_H
#define SALLYPORT_LCHAIN_H

#include "policy/facts.h"

struct lua_State;

/* Makes the table on the top, a chain without the two members, strict, with c behind it. [-0, +0, may throw] */
void lchain_seal(struct lua_State *L, struct certificate *c);
/* The certificate behind the table at idx; NULL: the two members are made, or it never was such a chain. [-0, +0] */
const struct certificate *lchain_of(struct lua_State *L, int idx);

#endif
