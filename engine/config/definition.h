/* SPDX-License-Identifier: Apache-2.0 */
/* definition: one region.lua as plain data; definition_load.h reads the file. */
#ifndef SALLYPORT_DEFINITION_H
#define SALLYPORT_DEFINITION_H

#include <stddef.h>

#include "config/params.h"
#include "config/resource.h"

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
	struct params_list params; /* of the scripts that the objects name */
};

/* A copy that the caller owns (definition_free). NULL: no memory. */
struct definition *definition_copy(const struct definition *d);
void definition_free(struct definition *d); /* NULL is allowed */
/* The object of that name, exactly spelled; it belongs to d. NULL: there is none. */
const struct tcpipservice_def *definition_tcpipservice(const struct definition *d, const char *name);
const struct ipconn_def *definition_ipconn(const struct definition *d, const char *name);
const struct program_def *definition_program(const struct definition *d, const char *name);
const struct transaction_def *definition_transaction(const struct definition *d, const char *name);

#endif
