/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry: the installed ipconns by name and by (NETWORKID, APPLID). Name and pair are claimed in one step; a
 * template = "only" claims its name alone, for no CAPEX may match it.
 */
#ifndef SALLYPORT_REGISTRY_H
#define SALLYPORT_REGISTRY_H

#include <stddef.h>

#include "base/cursor.h"

struct ipconn;
struct registry;

enum claim { CLAIM_OK, CLAIM_PAIR_TAKEN, CLAIM_NAME_TAKEN, CLAIM_NO_MEMORY };

struct registry *registry_new(void); /* NULL: no memory */
void registry_free(struct registry *r); /* frees what it holds; no connection may point there any more; NULL is fine */

/* Puts i in: by its definition's name and pair. The pair is looked at first. */
enum claim registry_claim(struct registry *r, struct ipconn *i);
/* Takes i out; registry_bury frees it when nothing of it can be on the stack. */
void registry_drop(struct registry *r, struct ipconn *i);
void registry_bury(struct registry *r);

struct ipconn *registry_first(const struct registry *r); /* in order of installation; then ->next */
/* For walks in slices along that list. Borrowed. */
struct cursors *registry_walks(struct registry *r);
size_t registry_count(const struct registry *r);
struct ipconn *registry_name(const struct registry *r, const char *name);
/* What a CAPEX of that pair matches. */
struct ipconn *registry_pair(const struct registry *r, const char *networkid, const char *applid);
/* The ipconn that waits for a further socket with this token at `now` (clock_span); compared in constant time. */
struct ipconn *registry_token(const struct registry *r, const char *token, double now);
/* The ipconn that waits for a call-back which answers this token; compared in constant time. */
struct ipconn *registry_callback(const struct registry *r, const char *token);

#endif
