/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lpush: the members of a strict table, set one by one. The struct lpush holds the Lua state and the place of lshape's
 * kit on its stack, so that no name is hashed again. All functions set a member of the table on the top of the stack;
 * all may raise Lua's memory error.
 */
#ifndef SALLYPORT_LPUSH_H
#define SALLYPORT_LPUSH_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/fact_table.h"

struct lua_State;

struct lpush {
	struct lua_State *L;
	int kit;    /* index of the kit: names and metatables (lshape_push_kit) */
	int source; /* index of the source of lazy tables (lsource.h); 0: there is none */
};

/* Pushes the name of a member. [-0, +1] */
void lpush_key(const struct lpush *p, enum fact k);
/*
 * Opens a table as member k, with room for so many items and members: the members set from now on are its own. [-0, +2]
 * lpush_close ends it. [-2, +0]
 */
void lpush_open(const struct lpush *p, enum fact k, size_t items, int members);
void lpush_close(const struct lpush *p);
/*
 * Opens an element of the list on the top, a table of shape s. [-0, +1] lpush_close_element puts it at place i, from 0.
 * [-1, +0]
 */
void lpush_open_element(const struct lpush *p, enum shape s, int members);
void lpush_close_element(const struct lpush *p, size_t i);
/* Set the member k; lpush_name leaves it out when value is "", since an empty name is not known. [-0, +0] */
void lpush_bytes(const struct lpush *p, enum fact k, const char *bytes, size_t len);
void lpush_text(const struct lpush *p, enum fact k, const char *value);
void lpush_name(const struct lpush *p, enum fact k, const char *value);
void lpush_integer(const struct lpush *p, enum fact k, long long value);
void lpush_boolean(const struct lpush *p, enum fact k, bool value);
/*
 * Sets a distinguished name: a list of { type =, value = } in the certificate's order, `shared` in a part of several,
 * and `printed`. [-0, +0]
 */
void lpush_dn(const struct lpush *p, enum fact k, const struct dn *d);

#endif
