/* SPDX-License-Identifier: Apache-2.0 */
/* coverage: the doors without rows in a decision table, and the transactions without a profile in the saf. Notes for `sallyport check --specs`. */
#ifndef SALLYPORT_COVERAGE_H
#define SALLYPORT_COVERAGE_H

#include <stddef.h>

#include "base/fault.h"
#include "config/resource.h"
#include "policy/door.h"
#include "security/saf.h"

struct covered {
	char script[SCRIPT_SIZE];
	unsigned doors; /* 1 << door: it has a row */
	unsigned noted; /* the same: a note tells that it has none */
};

struct coverage { /* zero-initialise */
	struct covered *script; /* owned */
	size_t n;
};

/* A decision table has a row for that door of the script. NULL is fine; without memory the row is not known. */
void coverage_row(struct coverage *c, const char *script, enum door door);
/*
 * Adds a note (FAULT_NOTE) for each script that d names for a door and that has no rows, or none for that door; and, where sec asks the saf
 * about requests, for each transaction of d, and CPMI, that no profile of TCICSTRN covers. s may be NULL.
 */
void coverage_note(struct coverage *c, const struct definition *d, const struct saf *s, struct faults *faults);
void coverage_free(struct coverage *c);

#endif
