/* SPDX-License-Identifier: Apache-2.0 */
/*
 * witness: hears each door that has answered about a connection, and changes nothing: a shadow (candidate/shadow.h). A
 * region has one witness, or none.
 */
#ifndef SALLYPORT_WITNESS_H
#define SALLYPORT_WITNESS_H

#include "conn/conn.h"

struct witness {
	bool everywhere; /* the gates have it too; nothing changes in it then */
	/*
	 * A door has answered a, about c, in the thread of c's worker. c->witnessed belongs to the witness. Must not
	 * block.
	 */
	void (*answered)(void *arg, struct conn *c, const struct ask *a);
	/*
	 * The rules of the region change, or it ends. The worker has no witness afterwards. why: a few words, copied.
	 */
	void (*end)(void *arg, const char *why);
	void *arg;
};

/* Tells the witness of c's worker, if there is one. */
void witness_answered(struct conn *c, const struct ask *a);
/* Whether the answers that the region gives at a door of c must be kept for the witness. */
bool witness_hears(const struct conn *c);
/* Ends the witness, if there is one. */
void witness_end(struct worker *w, const char *why);

#endif
