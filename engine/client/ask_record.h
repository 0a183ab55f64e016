/* SPDX-License-Identifier: Apache-2.0 */
/* ask_record: a recorded connection as the beginning of a question: `ask --from ID`. */
#ifndef SALLYPORT_ASK_RECORD_H
#define SALLYPORT_ASK_RECORD_H

#include "base/fault.h"
#include "client/ask_line.h"

/*
 * Completes the question by the record of connection l->from: of the file of records that the definition names, else of
 * the running region; with its certificates, unless the question has some. -1 with a sentence.
 */
int ask_record_recall(struct ask_line *l, struct fault *f);
/* Sends a request (taken) to the running region. The first row of its answer, a new reference. NULL with a sentence. */
json_t *ask_record_call(const struct ask_line *l, json_t *request, struct fault *f);

#endif
