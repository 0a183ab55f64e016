/* SPDX-License-Identifier: Apache-2.0 */
/*
 * definition_env: the function env of a definition: the value of a variable of the environment, for a key. The value is
 * an object of its own and no string, so that it cannot become the name of a script or of a file. For
 * definition_build.c.
 */
#ifndef SALLYPORT_DEFINITION_ENV_H
#define SALLYPORT_DEFINITION_ENV_H

#include <stdbool.h>
#include <stddef.h>

struct lua_State;
struct reading;

#define DEFINITION_ENVS_MAX 200 /* calls of env */

struct definition_env_value { /* a value in the state of the definition; its text is its user value */
	int call;   /* which call of env it is from; the last one, when values were joined */
	bool unset; /* the variable is not set, which is a fault already */
};

/* lua_CFunction: env "NAME", env("NAME", "default"). Upvalue: the reading. */
int definition_env_call(struct lua_State *L);
/* The value at idx, which is used for a key then. NULL: another value. [-0, +0] */
const struct definition_env_value *definition_env_at(struct lua_State *L, int idx, struct reading *r);
/* The text of such a value at idx, which belongs to it. [-0, +0] */
const char *definition_env_text(struct lua_State *L, int idx, size_t *len);
/*
 * Replaces the values of env in the table of a script's parameters at the positive index idx by their texts. False: one
 * is unset. [-0, +0, may throw]
 */
bool definition_env_settle(struct lua_State *L, int idx, struct reading *r);
/* Adds a fault for each call whose value is used for no key. */
void definition_env_unused(struct reading *r);

#endif
