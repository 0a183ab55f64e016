/* SPDX-License-Identifier: Apache-2.0 */
/* import: a listing of a CSD (listing.h) as the text of a region.lua. Prints nothing, and opens no file. */
#ifndef SALLYPORT_IMPORT_H
#define SALLYPORT_IMPORT_H

#include <stddef.h>

#include "base/fault.h"

struct import_options {
	const char *file;              /* the name of the listing, for the comments */
	const char *applid, *networkid; /* of the region; NULL: not known, CHANGEME stands there */
};

struct import_result {
	char *text; /* owned: free() */
	size_t len;
	unsigned tcpipservices, ipconns; /* in force; those that are commented out do not count */
	unsigned comments;               /* on something that was not taken over */
	unsigned faults;                 /* that `check` finds; the end of the text has them */
};

/*
 * Translates the TCPIPSERVICEs with PROTOCOL(IPIC) and the IPCONNs of a listing (IPIC.md 4.1, 5.1). An attribute that
 * cannot be taken over stands in the text as a comment with its line in the listing. A resource is commented out as a
 * whole when the value of an attribute with an effect is not understood, so that no definition becomes weaker than it
 * was. -1 with a sentence: the bytes are no listing, have no such resource, or there is no memory; r is zero then.
 */
int import_listing(const char *bytes, size_t len, const struct import_options *o, struct import_result *r, struct fault *f);

#endif
