/* SPDX-License-Identifier: Apache-2.0 */
/* lfacts: facts as a strict Lua table, with the members of the table of facts in policies/README.md. */
#ifndef SALLYPORT_LFACTS_H
#define SALLYPORT_LFACTS_H

#include "policy/facts.h"
#include "config/resource.h"

struct lua_State;

/* Pushes a new table; members that are not known are absent. [-0, +1, may throw] */
void lfacts_push(struct lua_State *L, const struct facts *f);
/*
 * Pushes an ipconn as scripts see it: its attributes, `servstatus`, `connstatus` and `autoinstalled`. [-0, +1, may
 * throw]
 */
void lfacts_push_ipconn(struct lua_State *L, const struct ipconn_view *v);

#endif
