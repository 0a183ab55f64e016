/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lstrict: tables that raise an error when a script reads a string key they do not have. The error has the nearest name
 * and the script's place.
 */
#ifndef SALLYPORT_LSTRICT_H
#define SALLYPORT_LSTRICT_H

struct lua_State;

/*
 * Makes the table on the top, a library or the environment, strict by its own keys. `label` is its name in messages,
 * for example "policy"; "" is the environment. absent: the index of a list of names that read nil without an error; 0:
 * no list. [-0, +0, may throw]
 */
void lstrict_library(struct lua_State *L, const char *label, int absent);
/*
 * Raises the same error for the key at idx when only the words are known (NULL ends them): for the __index of a
 * userdata. [may throw]
 */
int lstrict_refuse(struct lua_State *L, const char *label, const char *const *words, int idx);
/*
 * Replaces the function on the top by a metatable that has the function as its __index and is hidden from scripts. [-1,
 * +1, may throw]
 */
void lstrict_push_metatable(struct lua_State *L);

#endif
