/* SPDX-License-Identifier: Apache-2.0 */
/*
 * definition_view: a definition as the region understands it, resource by resource: each attribute with the value that
 * is given or that holds by default, in the words of region.lua. `sallyport config` prints it.
 */
#ifndef SALLYPORT_DEFINITION_VIEW_H
#define SALLYPORT_DEFINITION_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "config/definition.h"

#define DEFINITION_VIEW_VALUE ATTRIBUTE_PRINTED /* bytes of a value, with NUL */

struct definition_view { /* one resource */
	const char *kind;             /* static: "region", "tcpipservice" and so on */
	const char *name;             /* borrowed from the definition; "" of the region */
	const struct attribute *rows; /* of its kind */
	union { /* a copy, in which defaults that depend on other values are set */
		struct region_def region;
		struct tcpipservice_def tcpipservice;
		struct ipconn_def ipconn;
		struct program_def program;
		struct transaction_def transaction;
	} of;
	int line;
	uint64_t given;
};

/* The number of resources: the region, then tcpipservices, ipconns, programs and transactions in the order of d. */
size_t definition_view_count(const struct definition *d);
/* Sets *out to resource i of definition_view_count. */
void definition_view_at(const struct definition *d, size_t i, struct definition_view *out);
/* Whether the definition gives that attribute, a row of v->rows; else it has its default. */
bool definition_view_given(const struct definition_view *v, const struct attribute *a);
/*
 * Writes the value to out (DEFINITION_VIEW_VALUE bytes) as region.lua spells it, without quotation marks: "clientauth",
 * "no", "0.2"; paths are absolute, the words of a list have a blank between two. "": no value. Returns out.
 */
const char *definition_view_value(const struct definition_view *v, const struct attribute *a, char *out);
/* The parameters that the definition gives to the script of that attribute. NULL: none. */
const struct params *definition_view_params(const struct definition *d, const struct definition_view *v, const struct attribute *a);

#endif
