/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passwords: users' passwords against their scrypt hashes, in threads of their own: only the request that asks waits. A success is remembered for a
 * minute as a keyed hash. Failures are counted per user and partner (the certificate or the address a request came by, whatever its ipconn is called):
 * after saf_revoke() of them the user is revoked for that partner, after saf_revoke_all() of all partners for everybody. After PASSWORD_GUESSES_MAX of one
 * partner within a minute its passwords are not checked until the minute is over. A user that is unknown, revoked or without a password costs what any
 * other does.
 */
#ifndef SALLYPORT_PASSWORDS_H
#define SALLYPORT_PASSWORDS_H

#include <ev.h>

#include "security/password_failures.h"
#include "base/log.h"
#include "ipic/request.h"
#include "security/saf.h"

#define PASSWORD_THREADS 2
#define PASSWORDS_PER_IPCONN 128 /* checks that wait, of one ipconn */
#define PASSWORDS_WAITING 8192   /* and of all */
#define PASSWORD_REMEMBERED 60  /* seconds */

struct password_question { /* borrowed for the call, and copied */
	const char *ipconn;  /* whose turn it takes */
	const char *partner; /* the key that failures are counted by; less than PARTNER_SIZE bytes */
	const char *userid, *password;
};

/* BUSY: too many wait, or memory was lacking. Nothing is known of the password then, and nothing counted. */
enum password_answer { PASSWORD_RIGHT, PASSWORD_WRONG, PASSWORD_REVOKED, PASSWORD_BUSY };

struct passwords;      /* the region's */
struct password_check; /* one under way */

/* log: SP0052 and SP0064 are said there; borrowed, may be NULL. NULL: no memory, or no random bytes. Threads start with the first check. */
struct passwords *passwords_new(struct ev_loop *loop, struct log *log);
/* Waits for the checks being worked on; nobody is told. NULL is fine. */
void passwords_free(struct passwords *p);
/* A reload: nothing is remembered any more (failures stay counted). NULL is fine. */
void passwords_forget(struct passwords *p);
/* Is this user's password right? saf is borrowed for the call only, and may be NULL: nobody is known. done(arg, answer) is called
 * once, perhaps before this returns (remembered, revoked, not checked, busy: NULL is returned then), else from the loop. The queue is bounded
 * and shared fairly between ipconns: one partner's flood does not make another's wait behind it. */
struct password_check *passwords_verify(struct passwords *p, const struct saf *s, const struct password_question *q,
	void (*done)(void *arg, enum password_answer a), void *arg);
/* done() will not be called. Not after it was. What is being worked on is worked to its end, and a failure counts: hanging up early saves no guess. */
void passwords_cancel(struct password_check *c);
/* An operator gives a user a new start: its failures are forgotten, of every partner. */
void passwords_unrevoke(struct passwords *p, const char *userid);
/* The counts of wrong passwords; borrowed. */
const struct password_failures *passwords_failures(const struct passwords *p);

#endif
