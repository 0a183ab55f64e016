/* SPDX-License-Identifier: Apache-2.0 */
/* definition: one region.lua as plain data; definition_load.h reads the file. */
#ifndef SALLYPORT_DEFINITION_H
#define SALLYPORT_DEFINITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/nametable.h"
#include "config/params.h"
#include "config/resource.h"

#define DEFINITION_ASIDE 5000
#define DEFINITION_NAME 128 /* bytes of the name of an included file or of a variable, with NUL */

struct definition_include { /* an included file */
	char name[DEFINITION_NAME]; /* relative to the directory of the definition; or absolute */
	char path[PATH_SIZE];       /* by which it was opened */
	char *text;                 /* owned; its bytes, without a byte order mark */
	size_t length;
	int place;                  /* of its include (definition_place.h) */
};

struct definition_env { /* a variable of the environment whose value the definition has */
	char name[DEFINITION_NAME];
	char *value; /* owned */
};

struct definition {
	char file[PATH_SIZE];
	char *text; /* owned; the bytes that it was read from, without a byte order mark. NULL: made by hand */
	size_t length;
	struct region_def region;
	struct tcpipservice_def *tcpipservice; /* owned */
	size_t ntcpipservices;
	struct ipconn_def *ipconn; /* owned */
	size_t nipconns;
	struct program_def *program; /* owned */
	size_t nprograms;
	struct transaction_def *transaction; /* owned */
	size_t ntransactions;
	struct nametable services, ipconns, programs, transactions; /* the objects by name; the first one of a name */
	uint32_t *pair; /* owned; a hash table of ipconns by networkid and applid: 0 is free, else the number in the list plus 1 */
	size_t pairs;   /* its size, a power of two; 0: no table */
	bool indexed; /* the tables are complete */
	struct params_list params; /* of the scripts that the objects name */
	struct definition_include *include; /* owned, in the order of their includes */
	size_t nincludes;
	struct definition_env *env; /* owned, in the order of their first use */
	size_t nenvs;
};

/* A copy that the caller owns (definition_free). NULL: no memory. */
struct definition *definition_copy(const struct definition *d);
void definition_free(struct definition *d); /* NULL is allowed */
/*
 * The same for the thread of a loop: to free more than DEFINITION_ASIDE ipconns takes milliseconds, so that a thread of
 * its own does it.
 */
void definition_free_aside(struct definition *d);
/* Whether the path leads to the file of the definition, or to an included file. */
bool definition_has_file(const struct definition *d, const char *path);
/* Indexes the objects by name, once no object will be added. Without memory, look-ups are slower and still correct. */
void definition_index(struct definition *d);
/* The object of that name, exactly spelled; it belongs to d. NULL: there is none. */
const struct tcpipservice_def *definition_tcpipservice(const struct definition *d, const char *name);
const struct ipconn_def *definition_ipconn(const struct definition *d, const char *name);
/*
 * The ipconn that a CAPEX with that pair matches: none with template = "only". It belongs to d. NULL: no ipconn
 * matches.
 */
const struct ipconn_def *definition_pair(const struct definition *d, const char *networkid, const char *applid);
const struct program_def *definition_program(const struct definition *d, const char *name);
const struct transaction_def *definition_transaction(const struct definition *d, const char *name);

#endif
