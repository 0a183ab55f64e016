/* SPDX-License-Identifier: Apache-2.0 */
/* lstrict: tables for which a read of a string key that they do not have raises an error with the nearest name and the script's place. */
#ifndef SALLYPORT_LSTRICT_H
#define SALLYPORT_LSTRICT_H

struct lua_State;

/*
 * Makes the table on the top strict by its own keys: a library's, or the environment. `label` names it in messages: "policy"; "" is the environment.
 * absent: the index of a list of names that read nil all the same; 0: none. [-0, +0, may throw]
 */
void lstrict_library(struct lua_State *L, const char *label, int absent);
/* The same for a list of words, ended by NULL, that a userdata's __index knows: raises an error that names the key at idx. [may throw] */
int lstrict_refuse(struct lua_State *L, const char *label, const char *const *words, int idx);
/* Replaces the function on the top by a metatable that has the function as its __index and is hidden from scripts. [-1, +1, may throw] */
void lstrict_push_metatable(struct lua_State *L);

#endif
