/* SPDX-License-Identifier: Apache-2.0 */
/*
 * definition_build: the constructors region, tcpipservice, ipconn, program and transaction. A call turns a Lua table
 * into an object of the definition; errors in the table become faults. For definition_load.c.
 */
#ifndef SALLYPORT_DEFINITION_BUILD_H
#define SALLYPORT_DEFINITION_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/fault.h"
#include "config/definition_env.h"
#include "config/definition_include.h"
#include "config/definition_reader.h"
#include "config/key_lines.h"
#include "ipic/request.h"
#include "config/definition.h"

#define DEFINITION_BYTES_MAX (16 * 1024 * 1024) /* of a definition with its included files */
#define FAULTS_MAX 1000 /* of one definition; an error in a loop could add them without end */
#define SERVICES_MAX 1000
#define IPCONNS_MAX 100000
#define PROGRAMS_MAX 10000
#define TRANSACTIONS_MAX 10000
#define NAMED_MAX (SERVICES_MAX + IPCONNS_MAX + PROGRAMS_MAX + TRANSACTIONS_MAX)

struct lua_State;

struct pending { /* a constructor that was called with a name and waits for its table */
	const char *word;
	char name[NAME_SIZE]; /* "": the name was a fault */
	int line;
	bool done;
};

struct stray { /* an unknown word */
	char word[64];
	int line;
	bool said; /* its fault was added */
};

struct env_call { /* a call of env */
	char name[DEFINITION_NAME];
	int place;
	bool used; /* for a key */
};

struct reading { /* the state of reading one definition */
	struct definition *d;    /* owned */
	struct faults *faults;   /* borrowed */
	const struct datafile *data;             /* borrowed: the text under way */
	const struct definition_reader *reader;  /* borrowed */
	struct definition_files *tried;          /* borrowed; NULL: not wanted */
	struct stat self;                        /* of the definition's file; zero when it was not read from a disk */
	struct stat identity[DEFINITION_INCLUDES_MAX]; /* of the included files */
	int open[DEFINITION_INCLUDE_DEPTH];      /* the included files that run, outermost first */
	size_t depth;
	size_t includes;                         /* that were tried */
	size_t bytes;                            /* of all files that were read */
	bool partial;                            /* an included file is missing */
	bool draft;                              /* as of definition_load_draft */
	bool region_only;                        /* as of definition_load_region */
	struct env_call env[DEFINITION_ENVS_MAX];
	size_t nenvs;
	size_t before;           /* faults that were there before this reading */
	struct key_lines lines;
	struct pending *pending; /* owned */
	size_t npending;
	struct stray *stray;     /* owned */
	size_t nstrays;
	bool region_tried;       /* there was a region { } or a misspelt one */
	bool region_sound;       /* there was a region without faults */
	struct ipconn_def blank; /* an ipconn with each attribute at its default, when `blanks` */
	bool blanks;
	bool full;               /* FAULTS_MAX was reached and reported */
};

/* Adds a fault of this definition; rule as in faults_add. */
void definition_complain(struct reading *r, const char *rule, int line, const char *format, ...) __attribute__((format(printf, 4, 5)));

/* lua_CFunctions: __index and __newindex of the environment. Upvalue 1: the reading (light userdata). */
int definition_build_find(struct lua_State *L);
int definition_build_assigned(struct lua_State *L);
/*
 * Adds the faults of unknown words that have none yet, at the end. Skips those of `line`, where Lua stopped with its
 * own fault; 0: Lua did not stop.
 */
void definition_build_strays(struct reading *r, int line);

#endif
