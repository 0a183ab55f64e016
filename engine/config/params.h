/* SPDX-License-Identifier: Apache-2.0 */
/*
 * params: the parameters that a definition gives to a script: urm = { "dfh_isai", max = 500 }. They are kept as the
 * text of a Lua table, "{ max = 500 }", with its keys sorted: equal parameters have equal texts.
 */
#ifndef SALLYPORT_PARAMS_H
#define SALLYPORT_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/name.h"

struct lua_State;

#define PARAMS_MAX 20         /* parameters of one attribute */
#define PARAMS_TEXT_MAX 4096  /* bytes of their text */
#define PARAMS_TEXT_SIZE (PARAMS_TEXT_MAX + 1)

struct params { /* of one attribute of one object */
	char title[32];        /* of the object: "tcpipservice IPIC" */
	const char *attribute; /* static: "urm" */
	int line;              /* of its key */
	char *text;            /* owned */
};

struct params_list { /* a zeroed one is empty */
	struct params *item; /* owned */
	size_t n;
};

/*
 * Writes the text of the parameters in the table at the positive index idx, { "SCRIPT", name = value ... }; "" when it
 * has none. -1 with the end of a sentence: a key is no name of Lua, a value is no string, finite number, boolean or
 * list of strings, or there are too many. [-0, +0, may throw]
 */
int params_read(struct lua_State *L, int idx, char out[PARAMS_TEXT_SIZE], struct fault *f);
/* Adds a copy to the list. -1 without memory. */
int params_add(struct params_list *l, const char *title, const char *attribute, int line, const char *text);
/* Those of an attribute of an object ("tcpipservice", "IPIC", "urm"); they belong to l. NULL: none. */
const struct params *params_find(const struct params_list *l, const char *kind, const char *name, const char *attribute);
/* Whether two attributes give the same parameters; NULL gives none. */
bool params_same(const struct params *a, const struct params *b);
/* Drops them: an operator has named another script. */
void params_drop(struct params_list *l, const char *kind, const char *name, const char *attribute);
/* Makes *to a copy of the list. -1 without memory; then *to is empty. */
int params_copy(struct params_list *to, const struct params_list *from);
void params_free(struct params_list *l);

#endif
