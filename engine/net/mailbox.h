/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailbox: work that another thread sends to the thread of a loop. A post is a member of the object that it concerns,
 * so that a send needs no memory and cannot fail.
 */
#ifndef SALLYPORT_MAILBOX_H
#define SALLYPORT_MAILBOX_H

#include <stdbool.h>

struct ev_loop;
struct mailbox;

struct post {
	struct post *next;             /* of the mailbox, until run is called */
	void (*run)(struct post *post); /* called in the thread of the loop; it may free the post or send it again */
};

/* Makes the mailbox of a loop (borrowed). It does not keep the loop running. NULL: no memory. */
struct mailbox *mailbox_new(struct ev_loop *loop);
/*
 * Sends a post (borrowed until it runs) from any thread. Posts of one thread run in the order of their sending, never
 * inside this call, and after the events of descriptors that happened before the send: when a peer closes a connection
 * of this loop and begins one at another loop, the close is handled before a post about the new one. A post must not be
 * sent again before it has run.
 */
void mailbox_send(struct mailbox *m, struct post *post);
/*
 * Runs the posts, until none is left. True: there was one. Only in the thread of the loop, or when that thread has
 * ended: for the end, when the loop does not run any more.
 */
bool mailbox_empty(struct mailbox *m);
/* Frees the mailbox before its loop. Posts that have not run never will. NULL is fine. */
void mailbox_free(struct mailbox *m);

#endif
