/* SPDX-License-Identifier: Apache-2.0 */
/*
 * password_failures: how many passwords of a user were wrong, per partner and over all partners. A right password subtracts its partner's count
 * from both. Each kind of count has its own bound, beyond which the oldest is forgotten: known users, unknown users (made-up names evict no real one), and
 * sums (many partners do not evict a user's sum).
 */
#ifndef SALLYPORT_PASSWORD_FAILURES_H
#define SALLYPORT_PASSWORD_FAILURES_H

#include <stdbool.h>
#include <stddef.h>

#include "security/password_guesses.h"

#define PASSWORD_FAILURES_KNOWN 16384  /* of a user and a partner, and as many sums */
#define PASSWORD_FAILURES_UNKNOWN 4096 /* the same, of users that are not known */

struct password_failures;
struct failure;

struct failure_counts {
	unsigned here; /* of the partner */
	unsigned all;  /* of all partners together */
};

struct failure_room { /* memory for one password_failures_add, so that a wrong password is counted when memory has run out */
	struct failure *node[2]; /* owned */
};

struct password_failures *password_failures_new(void); /* NULL: no memory */
void password_failures_free(struct password_failures *f);
int password_failures_room(struct failure_room *out); /* -1: no memory */
void password_failures_room_free(struct failure_room *r); /* what password_failures_add left of it; NULL members are fine */
struct failure_counts password_failures_count(const struct password_failures *f, const char *userid, const char *partner);
/* One more; the new counts. */
struct failure_counts password_failures_add(struct password_failures *f, const char *userid, const char *partner, bool known, struct failure_room *r);
void password_failures_clear(struct password_failures *f, const char *userid, const char *partner); /* partner NULL: of every one */
size_t password_failures_entries(const struct password_failures *f);
/* Each count of users that are known; partner NULL: the sum of the user's. In no order. */
void password_failures_each(const struct password_failures *f, void (*each)(void *arg, const char *userid, const char *partner, unsigned count), void *arg);

#endif
