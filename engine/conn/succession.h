/* SPDX-License-Identifier: Apache-2.0 */
/*
 * succession: the ipconns of a region after a swap of generations. The definitions of the new generation count from the
 * swap on, and its ipconns are made in slices of the loop, because there may be very many. A look-up by name or by pair
 * makes its ipconn at once (registry.h). So nobody meets an ipconn as the generation before has defined it; an ipconn
 * that has sockets is settled by its release.
 */
#ifndef SALLYPORT_SUCCESSION_H
#define SALLYPORT_SUCCESSION_H

#include "base/cursor.h"
#include "conn/dues.h"

struct ipconn;
struct worker;

struct succession { /* zero-initialise */
	struct worker *worker;  /* borrowed; NULL: not begun, or over */
	struct dues dues;
	struct dues seen;       /* the same for the gates (published.h), from the beginning on; not used without gates */
	struct cursor at;       /* on the ipconn to settle next; open while begun */
	size_t next;            /* the definition to look at next, when each ipconn is settled */
};

/* Before the swap: makes s for the definition `now`, borrowed until succession_free; none is due. -1: no memory. */
int succession_make(struct succession *s, const struct definition *now);
/* The ipconn of that definition differs, or is not installed. */
void succession_mark(struct succession *s, const struct ipconn_def *d);
bool succession_changes(const struct succession *s); /* whether any is marked */
/*
 * In the turn of the swap: each ipconn of the home w that is not RELEASED and whose definition is due, or missing,
 * keeps the present one until its release. -1: no memory; *out is the ipconn, borrowed.
 */
int succession_keep(struct succession *s, struct worker *w, const struct ipconn **out);
/* At the swap. The generation of w is the new one; was: the definition before, borrowed until the end. */
void succession_begin(struct succession *s, struct worker *w, const struct definition *was);
/* Settles ipconns until then (clock_span()). True: each one is settled, and `was` is not used any more. */
bool succession_some(struct succession *s, double until);
/* Ends it at any time before the beginning or behind the last slice. */
void succession_free(struct succession *s);

/* For look-ups: settles the ipconn of that name, or that of the pair. s: that of the registry; NULL: none. */
void succession_name(struct succession *s, const char *name);
void succession_pair(struct succession *s, const char *networkid, const char *applid);
/* For lists: whether i is as the generation before has defined it, and shall not be seen. s: NULL none. */
bool succession_hides(const struct succession *s, const struct ipconn *i);
/* For lists: the next definition that is due, borrowed; the walk begins with *at = 0. NULL at the end. s: NULL none. */
const struct ipconn_def *succession_next(const struct succession *s, size_t *at);

#endif
