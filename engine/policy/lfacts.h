/* SPDX-License-Identifier: Apache-2.0 */
/* lfacts: facts to a Lua table and a Lua table to facts; the table of facts in policies/README.md, member by member. */
#ifndef SALLYPORT_LFACTS_H
#define SALLYPORT_LFACTS_H

#include "policy/facts.h"
#include "config/resource.h"

struct lua_State;

/* Pushes a fresh table; members that are not known are absent. [-0, +1, may throw] */
void lfacts_push(struct lua_State *L, const struct facts *f);
/* Pushes an ipconn as policies see it: attributes in lower case, `servstatus`, `connstatus`, `autoinstalled`. [-0, +1, may throw] */
void lfacts_push_ipconn(struct lua_State *L, const struct ipconn_view *v);

#endif
