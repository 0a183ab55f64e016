/* SPDX-License-Identifier: Apache-2.0 */
/* lfacts: facts as a strict Lua table, with the members of the table of facts in policies/README.md. */
#ifndef SALLYPORT_LFACTS_H
#define SALLYPORT_LFACTS_H

#include "policy/door.h"
#include "policy/facts.h"
#include "config/resource.h"

struct lua_State;

struct notes;

/* Pushes a new table; members that are not known are absent, and notes is empty. [-0, +1, may throw] */
void lfacts_push(struct lua_State *L, const struct facts *f);
/* Sets the certificate of f in the facts on the top, for a row with a real certificate. [-0, +0, may throw] */
void lfacts_set_certificate(struct lua_State *L, const struct facts *f);
/* Adds the notes that a door sees to the facts on the top. [-0, +0, may throw] */
void lfacts_set_notes(struct lua_State *L, const struct notes *n, enum door door);
/*
 * Pushes an ipconn as scripts see it: its attributes, `servstatus`, `connstatus` and `autoinstalled`. [-0, +1, may
 * throw]
 */
void lfacts_push_ipconn(struct lua_State *L, const struct ipconn_view *v);

#endif
