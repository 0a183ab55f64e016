/* SPDX-License-Identifier: Apache-2.0 */
/*
 * password_failures: counts a user's wrong passwords for each partner and over all partners. A right password subtracts
 * the partner's count from both. Each kind of count has its own limit, above which the oldest is dropped: known users,
 * unknown users (so that invented names displace no real user), and sums (so that many partners do not displace a
 * user's sum).
 */
#ifndef SALLYPORT_PASSWORD_FAILURES_H
#define SALLYPORT_PASSWORD_FAILURES_H

#include <stdbool.h>
#include <stddef.h>

#include "security/password_guesses.h"

#define PASSWORD_FAILURES_KNOWN 16384  /* counts of a known user and a partner, and as many sums */
#define PASSWORD_FAILURES_UNKNOWN 4096 /* the same for unknown users */

struct password_failures;
struct failure;

struct failure_counts {
	unsigned here; /* for the partner */
	unsigned all;  /* for all partners together */
};

struct failure_room { /* memory for one password_failures_add, allocated before, so that each wrong password is counted */
	struct failure *node[2]; /* owned */
};

struct password_failures *password_failures_new(void); /* NULL: no memory */
void password_failures_free(struct password_failures *f);
int password_failures_room(struct failure_room *out); /* -1: no memory */
void password_failures_room_free(struct failure_room *r); /* frees what password_failures_add did not use; NULL members are allowed */
/* Returns the counts of a user, as they are now. */
struct failure_counts password_failures_count(const struct password_failures *f, const char *userid, const char *partner);
/* Adds one and returns the new counts. known: the saf has the user. Takes memory from r. */
struct failure_counts password_failures_add(struct password_failures *f, const char *userid, const char *partner, bool known, struct failure_room *r);
void password_failures_clear(struct password_failures *f, const char *userid, const char *partner); /* partner NULL: for all partners */
size_t password_failures_entries(const struct password_failures *f); /* the number of counts of known users */
/* Calls each for each count of a known user, in no order. partner NULL: the user's sum. */
void password_failures_each(const struct password_failures *f, void (*each)(void *arg, const char *userid, const char *partner, unsigned count), void *arg);

#endif
