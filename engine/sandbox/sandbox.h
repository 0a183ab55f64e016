/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox: a lua_State for scripts of unknown authors: a frozen environment that holds the functions listed in
 * policies/README.md and nothing else, under a budget (budget.h).
 */
#ifndef SALLYPORT_SANDBOX_H
#define SALLYPORT_SANDBOX_H

#include "sandbox/budget.h"

struct lua_State;

/*
 * Makes a state with the frozen environment and our string, table and utf8 libraries, without `require`. The caller
 * owns it (sandbox_free). NULL: no memory.
 */
struct lua_State *sandbox_new(const struct budget_limits *limits);
void sandbox_free(struct lua_State *L); /* NULL is allowed */

/* Pushes the frozen global environment that scripts are loaded with. [-0, +1] */
void sandbox_push_env(struct lua_State *L);
/* Adds the value on the top as a global to the environment, before any script runs (require). [-1, +0, may throw] */
void sandbox_define(struct lua_State *L, const char *name);

struct buf;
/* Adds the name of each global, a line for each: "assert", "math", "math.floor". -1: no memory. */
int sandbox_names(struct buf *out);

/* The version of the Lua that this program was built with, "5.4.4". A static string. */
const char *sandbox_library(void);

#endif
