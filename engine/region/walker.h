/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walker: asks for rows of decision tables with walk = true. The region is a draft (draft.h) of a definition on disk,
 * which is loaded when the first such row comes.
 */
#ifndef SALLYPORT_WALKER_H
#define SALLYPORT_WALKER_H

#include "policy/policy_specs.h"

struct draft;

struct walker { /* zero-initialise, set file and policies; freed by walker_free */
	const char *file;     /* borrowed; the definition */
	const char *policies; /* borrowed; a directory of scripts in place of the definition's; NULL: the definition's */
	struct draft *draft;  /* owned; NULL: not loaded */
	char fault[400];      /* the reason why it cannot be loaded; "" none */
};

/* The walk of w for policy_specs_order; w must outlive the run. */
struct policy_specs_walk walker_walk(struct walker *w);
void walker_free(struct walker *w);

#endif
