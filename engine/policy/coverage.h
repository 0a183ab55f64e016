/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coverage: notes of `sallyport check --specs`: doors without a row in a decision table, and transactions without a
 * profile in the saf.
 */
#ifndef SALLYPORT_COVERAGE_H
#define SALLYPORT_COVERAGE_H

#include <stddef.h>

#include "base/fault.h"
#include "config/definition.h"
#include "policy/door.h"
#include "security/saf.h"

struct covered {
	char script[SCRIPT_SIZE];
	unsigned doors; /* bits, 1 << door: doors with a row */
	unsigned noted; /* the same: doors that a note was made for */
};

struct coverage { /* zero-initialise */
	struct covered *script; /* owned */
	size_t n;
};

/*
 * Notes that a decision table has a row for that door of the script. c may be NULL. Without memory the row is not
 * noted.
 */
void coverage_row(struct coverage *c, const char *script, enum door door);
/* Keeps the notes about a script away: its decision table is there, and its fault is reported. c may be NULL. */
void coverage_unread(struct coverage *c, const char *script);
/*
 * Adds a note (FAULT_NOTE) for each script that d names for a door and that has no row, or no row for that door. Where
 * the saf decides on requests, also adds a note for CPMI and each transaction of d that no profile of class TCICSTRN
 * covers. s may be NULL.
 */
void coverage_note(struct coverage *c, const struct definition *d, const struct saf *s, struct faults *faults);
/* Frees the contents of *c. */
void coverage_free(struct coverage *c);

#endif
