/* SPDX-License-Identifier: Apache-2.0 */
/* definition_internal: what definition_build.c (which reads a table by its attributes) and definition_keep.c (which makes an object of it) tell each other, and what a stray word becomes (definition_stray.c). */
#ifndef SALLYPORT_DEFINITION_INTERNAL_H
#define SALLYPORT_DEFINITION_INTERNAL_H

#include <stdint.h>

#include "config/definition_build.h"

struct making { /* a constructor's table on its way into an object */
	struct reading *r;
	const char *word;                  /* "tcpipservice" */
	const char *title;                 /* "tcpipservice IPICSEC", for messages */
	const struct attribute *attribute; /* the rows */
	void *object;
	int line;
	uint64_t given; /* by row */
	bool faulty;
};

/* Reads the table at idx into m->object by m->attribute: defaults, values, faults. [-0, +0, may throw] */
void definition_build_take(struct lua_State *L, int idx, struct making *m);
/* Whether the table gave that key. */
bool definition_build_given(const struct making *m, const char *name);
/* One more at the end of a list that doubles; NULL without memory, which is a fault then. */
void *definition_build_one_more(struct reading *r, void *list, size_t n, size_t size);

/* definition_keep.c: the table at 1, after a name: reads it and keeps the object in the definition. [-0, +0, may throw] */
void definition_keep_named(struct lua_State *L, const struct pending *p, struct making *m);
/* definition_stray.c: pushes a placeholder for an unknown word; the fault is added later. [-0, +1, may throw] */
int definition_stray_push(struct lua_State *L, struct reading *r, const char *word);
/* The stray word whose stand-in is at idx, which the caller makes a fault of; NULL: another value. [-0, +0, -] */
struct stray *definition_stray_at(struct lua_State *L, int idx, struct reading *r);
/* The placeholder for a failed constructor: takes any arguments, so that the reader goes on to the next fault. A lua_CFunction. */
int definition_stray_nothing(struct lua_State *L);

#endif
