/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_answer: the answers that the library gave to a script in one question, in their order, each with its
 * arguments, also nil and failures, and the script's notes: with them the same question can be put again. Each answer
 * is an object of JSON: the member `asked` names the function ("counter.next"), `answer` is its first value, the other
 * members are its arguments and further values. Never a password.
 */
#ifndef SALLYPORT_RECORD_ANSWER_H
#define SALLYPORT_RECORD_ANSWER_H

#include "base/jsontext.h"

struct ipconn_view;
struct record_entry;

/*
 * Begins the next answer. The caller adds its members to the writer, then calls record_answer_end. NULL, which
 * jsontext's functions and record_answer_end take: e is NULL, or an earlier answer had no room.
 */
struct jsontext *record_answer_begin(struct record_entry *e, const char *asked);
/*
 * Ends the answer. An answer that the entry has no room for is left out with those behind it, and the entry is
 * incomplete.
 */
void record_answer_end(struct record_entry *e);
/*
 * Adds an ipconn as an object: its name, its attributes that differ from their defaults, its states and its template.
 */
void record_answer_ipconn(struct jsontext *j, const char *key, const struct ipconn_view *v);

#endif
