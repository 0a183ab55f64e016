/* SPDX-License-Identifier: Apache-2.0 */
/* resync: recovery after a lost connection: which conversations are in doubt, and the exchange of log names and tokens (IPIC.md 2.7). */
#ifndef SALLYPORT_RESYNC_H
#define SALLYPORT_RESYNC_H

#include "conn/ipconn.h"

/* All sockets of i stand: the acquirer asks. */
void resync_begin(struct ipconn *i);
/*
 * The partner's resync command came on c; body is borrowed. Answers it, or keeps it until this side's sockets stand. NULL, or a static sentence: the fault of
 * the command.
 */
const char *resync_asked(struct conn *c, const char *body, size_t len);
/* All sockets of i stand: answers the command that was kept. */
void resync_answer(struct ipconn *i);
/* The answer to this side's command. */
void resync_answered(struct conn *c, int status, const char *body, size_t len);
/* n conversations were open when the connection of i was lost: they are in doubt until the next good resync. Nothing when i never had a good resync. */
void resync_in_doubt(struct ipconn *i, unsigned n);
/* How many conversations are in doubt. INQUIRE's RECOVSTATUS is RECOVDATA when there is any. */
unsigned resync_doubts(const struct ipconn *i);
/* SET's NORECOVDATA: forgets the partner's log and the conversations in doubt. Message SP0054. */
void resync_forget(struct ipconn *i);

#endif
