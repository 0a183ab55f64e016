/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passwords: checks users' passwords against their scrypt hashes in threads, so that only the request waits. A success
 * is remembered for a minute as a keyed hash. Failures are counted for each user and partner (the certificate or
 * address of the request, for any ipconn): after saf_revoke() failures the user is revoked for that partner, after
 * saf_revoke_all() over all partners for all of them. After PASSWORD_GUESSES_MAX failures of one partner within a
 * minute its passwords are not checked until the minute ends. A check of an unknown user, a revoked user or one without
 * a password takes as long as any other.
 */
#ifndef SALLYPORT_PASSWORDS_H
#define SALLYPORT_PASSWORDS_H

#include <ev.h>

#include "security/password_failures.h"
#include "base/log.h"
#include "ipic/request.h"
#include "security/saf.h"

#define PASSWORD_THREADS 2
#define PASSWORDS_PER_IPCONN 128 /* checks of one ipconn that wait */
#define PASSWORDS_WAITING 8192   /* checks of all ipconns that wait */
#define PASSWORD_REMEMBERED 60  /* seconds */

struct password_question { /* borrowed for the call, and copied */
	const char *ipconn;  /* the queue is fair between ipconns */
	const char *partner; /* the key of the counts of failures; shorter than PARTNER_SIZE */
	const char *userid, *password;
};

/* BUSY: too many checks wait, or there was no memory. The password was not checked, and nothing is counted. */
enum password_answer { PASSWORD_RIGHT, PASSWORD_WRONG, PASSWORD_REVOKED, PASSWORD_BUSY };

struct passwords;      /* one for each region */
struct password_check; /* a check that has not answered yet */

/*
 * log: gets SP0052 and SP0064; borrowed, NULL is allowed. Returns NULL without memory or random bytes. The first check
 * starts the threads.
 */
struct passwords *passwords_new(struct ev_loop *loop, struct log *log);
/* Waits for the checks that threads work on; done() of no check is called. NULL is allowed. */
void passwords_free(struct passwords *p);
/* For a reload: forgets successes; failures stay counted. NULL is allowed. */
void passwords_forget(struct passwords *p);
/*
 * Checks a user's password. saf is borrowed for the call; NULL: no user is known. Calls done(arg, answer) once: before
 * it returns NULL (the answer is known, or BUSY), or later from the loop. The queue is bounded and fair between
 * ipconns, so that a flood from one partner does not delay another's checks.
 */
struct password_check *passwords_verify(struct passwords *p, const struct saf *s, const struct password_question *q,
	void (*done)(void *arg, enum password_answer a), void *arg);
/*
 * The answer that the user's right password would get from that partner now: WRONG also for an unknown user, and for
 * one without a password. Checks no password and counts nothing. p may be NULL: no failure is counted.
 */
enum password_answer passwords_expect(const struct passwords *p, const struct saf *s, const char *userid, const char *partner);
/*
 * Cancels a check: done() is not called. Not allowed after done(). A thread finishes its work, and a failure counts, so
 * that hanging up early does not save a guess.
 */
void passwords_cancel(struct password_check *c);
/* For an operator: forgets the user's failures for all partners. */
void passwords_unrevoke(struct passwords *p, const char *userid);
/* Returns the counts of wrong passwords, which belong to p. */
const struct password_failures *passwords_failures(const struct passwords *p);

#endif
