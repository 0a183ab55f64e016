/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resync: recovery after a lost connection: the count of conversations in doubt, and the exchange of log names and
 * tokens (IPIC.md 2.7).
 */
#ifndef SALLYPORT_RESYNC_H
#define SALLYPORT_RESYNC_H

#include "conn/ipconn.h"

/* Acquirer: all sockets of i are installed. Sends the resync command. A failure ends in acquire_failed. */
void resync_begin(struct ipconn *i);
/*
 * The partner sent its resync command m on c. Answers the command, or keeps it until the outbound sockets are
 * installed. Returns NULL, or a static sentence that names the fault of the command.
 */
const char *resync_asked(struct conn *c, const struct ipic_message *m);
/* Called side: all sockets of i are installed. Answers the command that resync_asked kept, if there is one. */
void resync_answer(struct ipconn *i);
/* Takes the answer m to this side's resync command. */
void resync_answered(struct conn *c, const struct ipic_message *m);
/*
 * Adds n conversations that were open when the connection of i was lost: they are in doubt until the next successful
 * resync. Does nothing when i never had a successful resync.
 */
void resync_in_doubt(struct ipconn *i, unsigned n);
/* The number of conversations in doubt. INQUIRE's RECOVSTATUS is RECOVDATA when it is not 0. */
unsigned resync_doubts(const struct ipconn *i);
/* The operator's SET NORECOVDATA: removes the partner's log name and its conversations in doubt. Message SP0054. */
void resync_forget(struct ipconn *i);

#endif
