/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notice: the question to the delete door of a tcpipservice: an autoinstalled ipconn has been deleted. Its script may
 * wait, and the notice outlives the connection then: it has copies of the facts.
 */
#ifndef SALLYPORT_NOTICE_H
#define SALLYPORT_NOTICE_H

#include "conn/ipconn.h"

/*
 * The script of c's tcpipservice under g that is told of the deletion of an ipconn, with its facts in *f, which borrow
 * from c. NULL: none is told.
 */
const char *notice_facts(const struct conn *c, const struct generation *g, const struct ipconn_def *def, struct facts *f);
/*
 * Asks the delete door of c's tcpipservice under g, with def as facts.ipconn. The answer is ignored. Message SP0024,
 * when the script has ended. def is copied.
 */
void notice_give(struct conn *c, struct generation *g, const struct ipconn_def *def);
/* Ends the notices of w whose scripts wait: the scripts do not run again. why: for the records, copied. */
void notice_end_all(struct worker *w, const char *why);

#endif
