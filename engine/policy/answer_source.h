/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answers: the region's answers to scripts. At a door each answer goes on the connection's tape. In a re-ask (the tape is playing) a script gets the
 * answer of then: a counter repeats its number and does not count; an ipconn has its definition of now and its statuses of then. A question that was
 * not asked then gets the answer of now, without the ipconn that the re-ask is about (host_world leaves it out).
 */
#ifndef SALLYPORT_ANSWER_SOURCE_H
#define SALLYPORT_ANSWER_SOURCE_H

#include "policy/lhost.h"

#define ANSWER_SOURCE_IPCONNS 1000 /* in one list */

/* As counters_next and counters_peek. COUNTERS_NONE when the world has no store. w and h->tape may be NULL. */
enum counters_answer answer_source_next(const struct lhost *h, const char *name, size_t len, const struct counter_use *u, int64_t *out, double *expires);
enum counters_answer answer_source_peek(const struct lhost *h, const char *name, size_t len, double expires, int64_t *out, double *its);
/* As the callback of host_world. */
bool answer_source_ipconn(const struct lhost *h, const char *name, struct ipconn_view *out);
/* The list of then that a re-ask hears; NULL: that of now. Good until the next answer. */
const struct taped *answer_source_list(const struct lhost *h, const char *applid, const char *networkid);
/* At most max views of them, max at most ANSWER_SOURCE_IPCONNS; max of them: ask again with more room, if there is more. */
size_t answer_source_ipconns(const struct lhost *h, const struct taped *list, const char *applid, const char *networkid, struct ipconn_view *out, size_t max);
/* Puts the answer given at a door on the tape. */
void answer_source_keep(const struct lhost *h, const char *applid, const char *networkid, const struct ipconn_view *view, size_t n);

#endif
