/* SPDX-License-Identifier: Apache-2.0 */
/* search_internal: the parts of search.c: the state of one search, and its counterexamples. */
#ifndef SALLYPORT_SEARCH_INTERNAL_H
#define SALLYPORT_SEARCH_INTERNAL_H

#include "candidate/search.h"
#include "policy/script_cover.h"

#define SEARCH_GRID 3000    /* guesses at the beginning */
#define SEARCH_CHANGES 5000 /* random changes between two looks for connections to sweep */
#define SEARCH_KEPT 4000
#define SEARCH_TRACES 2000
#define SEARCH_SEEN 500
#define SEARCH_SAME 8 /* of these, with the same ipconn */

struct kept { /* a connection that ran a new line, gave a check a new value, or met new verdicts */
	struct supposed supposed;
	bool accepted;
	size_t step; /* of the sweep, that comes next */
};

struct seen { /* an accepted connection */
	struct supposed supposed;
	char ipconn[NAME_SIZE], sha256[65];
};

struct search {
	const struct search_order *order; /* borrowed */
	struct search_result *result;     /* borrowed */
	struct faults *faults;            /* borrowed */
	struct values values;
	struct ground ground;             /* its certificates are owned */
	struct script_cover cover;
	unsigned long news;               /* of the coverage, before the walk */
	uint64_t random;
	double start, until;              /* of clock_span */
	bool *settled;                    /* owned; by claim: it is not asked any more */
	size_t open;                      /* claims that are asked */
	struct kept keep[SEARCH_KEPT];
	size_t kept;
	uint64_t trace[SEARCH_TRACES];
	size_t traces;
	struct seen seen[SEARCH_SEEN];
	size_t nseen;
};

/* Walks the connection and asks each open claim. False: the search is over. */
bool search_try(struct search *s, const struct supposed *c);
/* Reports claim i, which does not hold by the connection: shrinks it, with an earlier one when it needs that. */
void counterexample_report(struct search *s, size_t i, const struct supposed *c);

#endif
