/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keypath: the path of keys ("users.FRED.password") while nested Lua tables are read, and faults with file and path.
 * Tables are read raw: no metamethod runs.
 */
#ifndef SALLYPORT_KEYPATH_H
#define SALLYPORT_KEYPATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

struct lua_State;

#define KEYPATH_FAULTS_MAX 1000 /* of one file */

struct keypath {
	const char *file;      /* borrowed; in each fault */
	struct faults *faults; /* borrowed */
	size_t said;           /* faults added so far */
	size_t len;
	char path[400];        /* "": the whole table */
};

/* Adds a fault at the current path; level and rule as in faults_add. */
void keypath_complain(struct keypath *k, enum fault_level level, const char *rule, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Adds a key to the path; unprintable bytes are escaped. keypath_leave with the returned value removes it. */
size_t keypath_enter(struct keypath *k, const char *key, size_t len);
void keypath_leave(struct keypath *k, size_t before);

/* Whether the value at idx is a table; if not, adds a fault that says what it must be. */
bool keypath_table(struct lua_State *L, int idx, struct keypath *k, const char *what);
/* Adds a fault for each key of the table at idx that is not in `words` (NULL ends them), with the nearest word. */
void keypath_known(struct lua_State *L, int idx, struct keypath *k, const char *const *words);
/*
 * Returns the text of that key, which belongs to the table; NULL: the key is missing, or no string, which is a fault.
 */
const char *keypath_text(struct lua_State *L, int idx, struct keypath *k, const char *key, size_t *len);
/* Returns the boolean of that key, false when it is missing; a value of another type is a fault. */
bool keypath_flag(struct lua_State *L, int idx, struct keypath *k, const char *key);

/*
 * Calls each(L, k, key, len, arg) for each pair of the table at idx, with the value on the top of the stack and the key
 * in the path. A key that is no string is a fault. each: [-0, +0].
 */
void keypath_each(struct lua_State *L, int idx, struct keypath *k,
	void (*each)(struct lua_State *L, struct keypath *k, const char *key, size_t len, void *arg), void *arg);
/* The same for a list; a key outside of 1 to n is a fault. */
void keypath_items(struct lua_State *L, int idx, struct keypath *k, void (*each)(struct lua_State *L, struct keypath *k, void *arg), void *arg);

/*
 * Writes a CICS name (1 to 8 of A-Z 0-9 $ @ #) in upper case to out. False: text is none, and a fault was added; `what`
 * is its kind, for example "user".
 */
bool keypath_name(struct keypath *k, const char *text, size_t len, const char *what, char *out, size_t size);

#endif
