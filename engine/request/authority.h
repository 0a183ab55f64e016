/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authority: the rules by which a request may run, as values (IPIC.md 7.4): who its users are, and who decides about
 * them. attach.c applies them to a request and acts on them; a trial (trial_request.h) applies the same rules and only
 * reports. Each reads a task with conn, ipconn, generation and request.
 */
#ifndef SALLYPORT_AUTHORITY_H
#define SALLYPORT_AUTHORITY_H

#include "request/task.h"

struct conn;

enum authority {
	AUTHORITY_DOOR, /* the attach door of the tcpipservice */
	AUTHORITY_SAF,  /* the saf: READ to the transaction */
	AUTHORITY_OPEN, /* sec is no: every request runs */
};

/*
 * By what password failures of a partner are counted: its certificate when that was verified, else its address. IPv6
 * counts by /64, because a host can use any address of it. A certificate that was not verified does not count: a
 * guesser can make a new one for each guess. out has PARTNER_SIZE bytes. The text is in out, or belongs to c.
 */
const char *authority_partner(const struct conn *c, char *out);
/* True when the saf knows the user and has not revoked it. s may be NULL. */
bool authority_usable(const struct saf *s, const char *userid);
/* The user of userauth IDENTIFY, which the partner has checked. False: the saf does not let it in, and *v refuses. */
bool authority_identified(const struct task *t, struct verdict *v);
/*
 * Sets t->users. When the link user is unknown to the saf or is revoked, the link has the authority of the default
 * user.
 */
void authority_users(struct task *t);
/* Which of them decides about t->users. */
enum authority authority_of(const struct task *t);
/* The facts for the attach door, at `now` (seconds since 1970). They borrow from t. */
struct facts authority_facts(const struct task *t, double now);
/* Adds an entry of the door to the record of t, for a decision without a script. */
struct record_entry *authority_note(const struct task *t, double now);
/* AUTHORITY_SAF: checks each of t->users; adds a check to the entry d for each, and sets *v. */
void authority_check(const struct task *t, struct record_entry *d, struct verdict *v);

#endif
