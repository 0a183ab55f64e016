/* SPDX-License-Identifier: Apache-2.0 */
/* import_resource: one resource of a listing, as a call of a constructor of region.lua. */
#ifndef SALLYPORT_IMPORT_RESOURCE_H
#define SALLYPORT_IMPORT_RESOURCE_H

#include <stdbool.h>
#include <stdio.h>

#include "client/listing.h"
#include "config/resource.h"

#define IMPORT_RESOURCE_ROWS 40 /* at least as many as the longest table of attributes has */

struct import_resource { /* begun by import_resource_begin */
	const struct attribute *table;
	const char *word; /* "tcpipservice", "ipconn" */
	char name[40];    /* printable */
	int line;
	union {
		struct tcpipservice_def tcpipservice;
		struct ipconn_def ipconn;
	} object;
	int given[IMPORT_RESOURCE_ROWS]; /* by the row of the table: the line of the attribute; 0: not given */
	bool misnamed;                   /* the name is no name of CICS */
	bool unsound;                    /* the value of an attribute with an effect is not understood */
	char protocol[12];               /* of a tcpipservice, printable, in upper case; "": not given */
	FILE *notes;                     /* borrowed: receives the comments, one a line */
	unsigned room, nnotes;           /* the comments that `notes` may get; all of them */
};

/* True for the types that are taken over, also when shortened to three letters or more: TCPIPSERVICE and IPCONN. */
bool import_resource_known(const char *type);
/* Begins a resource; `item` is its LISTING_RESOURCE. notes (borrowed) gets at most `room` comments. */
void import_resource_begin(struct import_resource *r, const struct listing_item *item, FILE *notes, unsigned room);
/* Adds an attribute, a LISTING_ATTRIBUTE or LISTING_OPEN. */
void import_resource_add(struct import_resource *r, const struct listing_item *item);
/* After the last attribute: takes out those that would be a fault because of others. */
void import_resource_end(struct import_resource *r);
/* True when it is a tcpipservice with a protocol other than IPIC (IPIC.md 4.1 has the default). */
bool import_resource_foreign(const struct import_resource *r);
/* Writes the call of the constructor without its comments, each line with `prefix` in front. */
void import_resource_write(const struct import_resource *r, const char *notes, const char *prefix, FILE *out);

#endif
