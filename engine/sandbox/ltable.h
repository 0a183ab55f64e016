/* SPDX-License-Identifier: Apache-2.0 */
/* ltable: our table library; each function pays for its steps (lstring.h). */
#ifndef SALLYPORT_LTABLE_H
#define SALLYPORT_LTABLE_H

struct lua_State;

/* Pushes a table with the functions of table, not frozen. [-0, +1, may throw] */
void ltable_push(struct lua_State *L);

#endif
