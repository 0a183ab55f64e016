/* SPDX-License-Identifier: Apache-2.0 */
/* listeners: the listeners of a region: those in force, those that a reload opened and has not put in force yet, those that a reload took out of force. */
#ifndef SALLYPORT_LISTENERS_H
#define SALLYPORT_LISTENERS_H

#include "conn/listener.h"

struct listeners { /* zero-initialise; three owned lists, linked by listener.next */
	struct listener *current;  /* one for each tcpipservice of the current generation, in the definition's order */
	struct listener *incoming; /* opened by a reload that is about to swap */
	struct listener *retired;  /* closed; a connection still borrows each one's entrance */
};

/* The current listener of a tcpipservice, borrowed; NULL: the current generation has no tcpipservice of that name. */
struct listener *listeners_find(const struct listeners *l, const char *tcpipservice);
/* Takes the listener of that tcpipservice out of one of the lists; the caller owns it then. NULL: the list does not have it. */
struct listener *listeners_take(struct listener **list, const char *tcpipservice);
/* Closes a listener that is in no list, and keeps it among the retired ones until its last connection is gone. NULL is fine. */
void listeners_retire(struct listeners *l, struct listener *one);
/* Closes the current ones: no socket is accepted any more. */
void listeners_close(struct listeners *l);
/* Frees the retired ones that have no connection left. For the end of a turn. */
void listeners_bury(struct listeners *l);
/* Closes and frees all; empty then. Every connection is gone before. */
void listeners_free(struct listeners *l);

#endif
