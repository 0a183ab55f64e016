/* SPDX-License-Identifier: Apache-2.0 */
/*
 * succession: the ipconns of a region after a swap of generations. The definitions of the new generation count from the
 * swap on, and its ipconns are made in slices of the loop, because there may be very many. A look-up by name or by pair
 * makes its ipconn at once (registry.h). Thus a look-up never returns a RELEASED ipconn of the former generation. An
 * ipconn with sockets is settled by its release.
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

/*
 * Before the swap: makes s for the definition `now`, borrowed until succession_free; no ipconn is due. -1: no memory.
 */
int succession_make(struct succession *s, const struct definition *now);
/* Makes d due: its ipconn differs, or is not installed. */
void succession_mark(struct succession *s, const struct ipconn_def *d);
bool succession_changes(const struct succession *s); /* whether any is marked */
/*
 * In the turn of the swap: each ipconn of the home w that is not RELEASED and whose definition is due, or missing,
 * keeps its present definition until its release. -1: no memory; *out is the ipconn, borrowed.
 */
int succession_keep(struct succession *s, struct worker *w, const struct ipconn **out);
/* At the swap, when w has the new generation. was: the former definition, borrowed until the end of the succession. */
void succession_begin(struct succession *s, struct worker *w, const struct definition *was);
/*
 * Settles ipconns until the time `until` (clock_span()). True: each ipconn is settled, and `was` is not used any more.
 */
bool succession_some(struct succession *s, double until);
/* Frees s, before succession_begin or after the last slice. */
void succession_free(struct succession *s);

/*
 * For look-ups: settle the ipconn of that name, or of that pair. s: the succession of the registry; NULL: no effect.
 */
void succession_name(struct succession *s, const char *name);
void succession_pair(struct succession *s, const char *networkid, const char *applid);
/* For lists: whether i still has its former definition, and is not to be listed. s: NULL: none. */
bool succession_hides(const struct succession *s, const struct ipconn *i);
/* For lists: the next due definition, borrowed; the walk begins with *at = 0. NULL at the end. s: NULL: none. */
const struct ipconn_def *succession_next(const struct succession *s, size_t *at);

#endif
