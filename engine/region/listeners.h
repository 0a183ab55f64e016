/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listeners: the listeners of a region, in three lists: in force, opened by a reload before its swap, closed for good.
 */
#ifndef SALLYPORT_LISTENERS_H
#define SALLYPORT_LISTENERS_H

#include "conn/listener.h"

struct listeners { /* zero-initialise; three owned lists, linked by listener.next */
	struct listener *current;  /* one for each tcpipservice of the current generation, in the definition's order */
	struct listener *incoming; /* opened by a reload, which puts them in force by its swap */
	struct listener *retired;  /* closed; at least one connection borrows the entrance of each */
};

/* The current listener of a tcpipservice, borrowed; NULL: the current generation has no tcpipservice of that name. */
struct listener *listeners_find(const struct listeners *l, const char *tcpipservice);
/* Removes the listener of that tcpipservice from the list. The caller owns it then. NULL: the list does not have it. */
struct listener *listeners_take(struct listener **list, const char *tcpipservice);
/* listener_share for each current listener. */
void listeners_share(struct listeners *l);
/* Takes a listener that is in no list (NULL is fine), closes it, and keeps it until its last connection has ended. */
void listeners_retire(struct listeners *l, struct listener *one);
/* Closes the current listeners for good: they accept no further socket. They stay in their list. */
void listeners_close(struct listeners *l);
/* Frees the retired listeners that have no connection left. Called at the end of each turn of the loop. */
void listeners_bury(struct listeners *l);
/* Closes and frees the listeners of all lists, which are empty then. No connection may be left. */
void listeners_free(struct listeners *l);

#endif
