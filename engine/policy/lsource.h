/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lsource: strict tables whose members are made when a script reads them first. A question has some sixty facts, a
 * script reads a few, and each request asks attach. A table that is lazy holds its source: a copy of the facts, and the
 * set of the members that were made of them. pairs, next, rawget and a write make all members first; the table is a
 * strict table like any other then.
 */
#ifndef SALLYPORT_LSOURCE_H
#define SALLYPORT_LSOURCE_H

#include "policy/fact_table.h"

struct lpush;
struct lua_State;

/* Sets the member of the table on the top, when the facts have it. [-0, +0, may throw] */
typedef void (*lsource_set)(const struct lpush *p, const struct facts *f, enum fact k);

/*
 * Pushes a source: a copy of the facts, of their request (without its password) and its users, without the notes. It
 * holds a reference to the certificate until Lua collects it. [-0, +1, may throw]
 */
void lsource_push(struct lua_State *L, const struct facts *f, lsource_set set);
/* Makes the table on the top lazy, of shape s, with the source of p. [-0, +0, may throw] */
void lsource_seal(const struct lpush *p, enum shape s);
/* Pushes the source of the lazy table at idx. [-0, +1] */
void lsource_get(struct lua_State *L, int idx);
/* The member is not made of the source: the caller has set it, or it is absent. [-0, +0] */
void lsource_made(struct lua_State *L, int source, enum fact k);

#endif
