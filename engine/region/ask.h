/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask: a question about one connection as JSON, and its answer: the command `ask` of the control socket, and the
 * client's `ask` about a definition on disk. The members of a question (all are optional):
 *
 *   from          the id of a recorded connection; the other members change it
 *   tcpipservice  the listener; may be left out when there is one only
 *   out           the ipconn that is dialled, in place of tcpipservice
 *   peer          "IP", "IP:PORT" or "[V6]:PORT"
 *   tls           "1.2", "1.3" or "no"
 *   sni           the name that the peer asks for
 *   certificates  PEM text, the peer's own certificate first
 *   signer        PEM text: the certificate that signed those, in place of the signers of the ring
 *   capex         the body of the CAPEX (engine/ipic/README.md); socket 2: a further socket of the partner, whose
 *                 first one is that of the region, or is walked before; its token counts as right
 *   load          the counts of facts.load, by name
 *   now           seconds since 1970
 *   all           true: doors after a refusal are asked too
 *   answers       the recorded answers to calls that wait (engine/records/README.md), which scripts get again
 *   request       { tran, program, userid, bytes }
 */
#ifndef SALLYPORT_ASK_H
#define SALLYPORT_ASK_H

#include <jansson.h>

#include "base/fault.h"

struct answer_tape;
struct worker;

/*
 * Puts the question to the region of w, without effects (conn/trial.h). Returns a new row with the keys of
 * `explain --json`, `accepted` and `ipconn`. NULL with a sentence: the question is not understood, or fits no
 * definition.
 */
json_t *ask_answer(struct worker *w, const json_t *question, struct fault *f);
/*
 * Adds to a question the members of a recorded connection that it does not have: its address, listener or ipconn, TLS,
 * counts, CAPEX and answers to calls that wait. row: as of `explain --json`. -1 with a sentence: the row lacks them, or
 * there is no memory.
 */
int ask_recall(json_t *question, const json_t *row, struct fault *f);
/* Puts the `answers` of a question (NULL: none) on an empty tape. -1 with a sentence: a wrong one, or no memory. */
int ask_recall_answers(const json_t *list, struct answer_tape *t, struct fault *f);

#endif
