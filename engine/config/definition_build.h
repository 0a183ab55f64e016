/* SPDX-License-Identifier: Apache-2.0 */
/*
 * definition_build: what region, tcpipservice, ipconn, program and transaction do when a definition calls them: a table of Lua's becomes an object of the
 * definition, and whatever is wrong with it a fault. For definition.c.
 */
#ifndef SALLYPORT_DEFINITION_BUILD_H
#define SALLYPORT_DEFINITION_BUILD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "config/key_lines.h"
#include "ipic/request.h"
#include "config/definition.h"

#define FAULTS_MAX 1000 /* of one definition; one in a loop could make them without end */
#define SERVICES_MAX 1000
#define IPCONNS_MAX 10000
#define PROGRAMS_MAX 10000
#define TRANSACTIONS_MAX 10000
#define NAMED_MAX (SERVICES_MAX + IPCONNS_MAX + PROGRAMS_MAX + TRANSACTIONS_MAX)

struct lua_State;

struct pending { /* a constructor that was given its name and waits for its table */
	const char *word;
	char name[NAME_SIZE]; /* "" the name was a fault */
	int line;
	bool done;
};

struct stray { /* a word that means nothing here */
	char word[64];
	int line;
	bool said; /* its fault is added */
};

struct reading { /* one definition on its way from text to data */
	struct definition *d;    /* owned */
	struct faults *faults;   /* borrowed */
	size_t before;           /* faults of others, found before this reading */
	struct key_lines lines;
	struct pending *pending; /* owned */
	size_t npending;
	struct stray *stray;     /* owned */
	size_t nstrays;
	bool region_tried;       /* there was something like a region { } */
	bool region_sound;       /* there was a region and nothing is wrong with it */
	bool full;               /* FAULTS_MAX was reached and said */
};

/* Adds a fault of this definition; the rule as in faults_add. */
void definition_complain(struct reading *r, const char *rule, int line, const char *format, ...) __attribute__((format(printf, 4, 5)));

/* __index and __newindex of the environment; upvalue 1 is the reading (light userdata). */
int definition_build_find(struct lua_State *L);
int definition_build_assigned(struct lua_State *L);
/* Adds the faults of stray words that nothing has said yet, when all was read; those of `line`, where Lua stopped (0: it did not), have theirs. */
void definition_build_strays(struct reading *r, int line);

#endif
