/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keypath: where a reader of nested Lua tables stands ("users.FRED.password"), and its complaints, each with file and path. Tables are read
 * raw: no metamethod runs.
 */
#ifndef SALLYPORT_KEYPATH_H
#define SALLYPORT_KEYPATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

struct lua_State;

#define KEYPATH_FAULTS_MAX 1000 /* of one reading */

struct keypath {
	const char *file;      /* borrowed; in every fault */
	struct faults *faults; /* borrowed */
	size_t said;           /* by this reading */
	size_t len;
	char path[400];        /* "" the whole */
};

/* Adds a fault of where it stands; level and rule as in faults_add. */
void keypath_complain(struct keypath *k, enum fault_level level, const char *rule, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* One key further; what it returns takes keypath_leave back. A key's bytes are made printable. */
size_t keypath_enter(struct keypath *k, const char *key, size_t len);
void keypath_leave(struct keypath *k, size_t before);

/* True: the value at idx is a table. Else a complaint that says what it must be. */
bool keypath_table(struct lua_State *L, int idx, struct keypath *k, const char *what);
/* Complains of each key of the table at idx that is none of `words` (ended by NULL), with the nearest. */
void keypath_known(struct lua_State *L, int idx, struct keypath *k, const char *const *words);
/* The table's value of that key as text, in the table; NULL when it is not there or is no string (a complaint, then). */
const char *keypath_text(struct lua_State *L, int idx, struct keypath *k, const char *key, size_t *len);
/* false when it is not there; a complaint when it is neither true nor false. */
bool keypath_flag(struct lua_State *L, int idx, struct keypath *k, const char *key);

/*
 * Calls each(L, k, key, len, arg) for every pair of the table at idx, the value on the top of the stack and the path entered. A key that is no
 * string is a complaint. each: [-0, +0].
 */
void keypath_each(struct lua_State *L, int idx, struct keypath *k,
	void (*each)(struct lua_State *L, struct keypath *k, const char *key, size_t len, void *arg), void *arg);
/* The same for a list: 1 to n and nothing else. */
void keypath_items(struct lua_State *L, int idx, struct keypath *k, void (*each)(struct lua_State *L, struct keypath *k, void *arg), void *arg);

/* A name of CICS's kind, 1 to 8 of A-Z 0-9 $ @ #, in upper case; a complaint (`what` says of what) when it is none. */
bool keypath_name(struct keypath *k, const char *text, size_t len, const char *what, char *out, size_t size);

#endif
