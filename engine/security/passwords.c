/* SPDX-License-Identifier: Apache-2.0 */
#include "security/passwords.h"

#include "config/attribute.h"
#include "base/clock.h"
#include "net/threadpool.h"
#include "security/scrypt.h"
#include "security/password_cache.h"
#include "net/timer.h"
#include "base/turns.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct password_check {
	struct threadpool_job job; /* must be first */
	struct passwords *passwords;
	struct turns_item waits;     /* turn NULL: a thread works on it, or it needs no work */
	struct password_check *next; /* in the list idle */
	enum password_answer early;  /* the answer of a check in the list idle */
	char userid[NAME_SIZE], ipconn[NAME_SIZE], partner[PARTNER_SIZE];
	char password[PASSWORD_SIZE];
	char hash[SAF_HASH_SIZE];
	bool known;   /* to the saf */
	bool revoked; /* by the saf */
	bool able;    /* may log on; if not, the answer is no for any password */
	unsigned revoke, revoke_all; /* 0: never */
	struct failure_room room;
	struct success_claim claim;
	int right; /* the result of scrypt_check */
	void (*done)(void *arg, enum password_answer a); /* NULL: cancelled */
	void *arg;
};

struct passwords {
	struct ev_loop *loop; /* borrowed */
	struct log *log;      /* borrowed */
	struct threadpool *threadpool;    /* owned */
	struct turns turns;   /* ipconns with checks that wait */
	unsigned working;
	struct password_failures *failures;   /* owned */
	struct password_guesses *guesses;     /* owned */
	struct password_cache *successes; /* owned */
	struct password_check *idle; /* checks that need no thread or got none; answered in the next turn of the loop */
	struct timer soon;
};

static void dispatch(struct passwords *p);

/* --- the answer ------------------------------------------------------------------------------- */

/*
 * True: the answer is *a for any password. Other checks may have failed since this one began, so a right password is
 * refused too.
 */
static bool
is_settled(const struct passwords *p, const struct password_check *c, enum password_answer *a)
{
	struct failure_counts n = password_failures_count(p->failures, c->userid, c->partner);

	*a = PASSWORD_REVOKED;
	if ((c->revoke > 0 && n.here >= c->revoke) || (c->revoke_all > 0 && n.all >= c->revoke_all))
		return true;
	*a = PASSWORD_WRONG;
	return password_guesses_reached(p->guesses, c->partner, clock_span());
}

/* The same, or the password was found right recently. */
static bool
is_answered(const struct passwords *p, const struct password_check *c, enum password_answer *a)
{
	if (is_settled(p, c, a))
		return true;
	*a = PASSWORD_RIGHT;
	return c->able && password_cache_has(p->successes, &c->claim, ev_now(p->loop));
}

static void
check_free(struct password_check *c)
{
	password_failures_room_free(&c->room);
	scrypt_wipe(c, sizeof *c);
	free(c);
}

static void
say_revoked(const struct passwords *p, const struct password_check *c, const char *bound, unsigned times)
{
	char number[24];

	log_say(p->log, MSG_SP0052, "userid", c->userid, "bound", bound, "partner", c->partner, "ipconn", c->ipconn, "#times", log_number(number, times),
		NULL);
}

static void
fail(struct passwords *p, struct password_check *c)
{
	struct failure_counts n = password_failures_add(p->failures, c->userid, c->partner, c->known, &c->room);
	bool reached = password_guesses_add(p->guesses, c->partner, clock_span()), told = p->log != NULL && c->known && !c->revoked;

	if (told && c->revoke > 0 && n.here == c->revoke)
		say_revoked(p, c, "revoke", n.here);
	if (told && c->revoke_all > 0 && n.all == c->revoke_all)
		say_revoked(p, c, "revoke_all", n.all);
	if (p->log != NULL && reached)
		log_say(p->log, MSG_SP0064, "partner", c->partner, "ipconn", c->ipconn, NULL);
}

/* A password that could not be hashed, for lack of memory, is neither right nor counted as wrong. */
static enum password_answer
judge(struct passwords *p, struct password_check *c)
{
	enum password_answer a;

	if (is_settled(p, c, &a))
		return a;
	if (c->right < 0)
		return PASSWORD_BUSY;
	if (c->able && c->right == 1) {
		password_failures_clear(p->failures, c->userid, c->partner);
		password_cache_add(p->successes, &c->claim, ev_now(p->loop) + PASSWORD_REMEMBERED);
		return PASSWORD_RIGHT;
	}
	fail(p, c);
	return c->revoked ? PASSWORD_REVOKED : PASSWORD_WRONG;
}

/* Frees the check, then calls done. */
static void
answer(struct password_check *c, enum password_answer a)
{
	void (*done)(void *, enum password_answer) = c->done;
	void *arg = c->arg;

	check_free(c);
	if (done != NULL)
		done(arg, a);
}

/* --- the threads' side ------------------------------------------------------------------------ */

static void
passwords_work(struct threadpool_job *job)
{
	struct password_check *c = (struct password_check *)job;

	c->right = scrypt_check(c->hash, c->password, strlen(c->password));
}

static void
passwords_worked(struct threadpool_job *job)
{
	struct password_check *c = (struct password_check *)job;
	struct passwords *p = c->passwords;
	enum password_answer a = judge(p, c);

	p->working--;
	dispatch(p);
	answer(c, a);
}

static void
passwords_dropped(struct threadpool_job *job)
{
	check_free((struct password_check *)job);
}

/* --- whose turn it is ------------------------------------------------------------------------- */

static struct password_check *
next_check(struct passwords *p)
{
	struct turns_item *x = turns_next(&p->turns);

	return x != NULL ? (struct password_check *)(void *)((char *)x - offsetof(struct password_check, waits)) : NULL;
}

/* Answers in the next turn of the loop: the caller of passwords_verify has not got the check yet. */
static void
answer_soon(struct passwords *p, struct password_check *c, enum password_answer a)
{
	c->early = a;
	c->next = p->idle;
	p->idle = c;
	timer_set(&p->soon, 0);
}

/*
 * While the check waited, another check may have found the same password right or revoked the user. So a burst of one
 * user's requests costs one hash.
 */
static bool
needs_work(struct passwords *p, struct password_check *c)
{
	enum password_answer a;

	if (!is_answered(p, c, &a))
		return true;
	answer_soon(p, c, a);
	return false;
}

/* Gives waiting checks to free threads. Without a thread the answer is BUSY. */
static void
dispatch(struct passwords *p)
{
	struct password_check *c;

	while (p->working < PASSWORD_THREADS && (c = next_check(p)) != NULL) {
		if (!needs_work(p, c))
			continue;
		if (threadpool_submit(p->threadpool, &c->job) == 0)
			p->working++;
		else
			answer_soon(p, c, PASSWORD_BUSY);
	}
}

static struct password_check *
next_idle(struct passwords *p)
{
	struct password_check *c = p->idle;

	if (c != NULL)
		p->idle = c->next;
	return c;
}

static void
passwords_answer_idle(void *arg)
{
	struct passwords *p = arg;
	struct password_check *c;

	while ((c = next_idle(p)) != NULL) {
		enum password_answer a;

		if (!is_settled(p, c, &a))
			a = c->early;
		if (a == PASSWORD_RIGHT)
			password_failures_clear(p->failures, c->userid, c->partner);
		answer(c, a);
	}
}

/* --- the region's side ------------------------------------------------------------------------ */

struct passwords *
passwords_new(struct ev_loop *loop, struct log *log)
{
	struct passwords *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->loop = loop;
	p->log = log;
	turns_init(&p->turns, PASSWORDS_WAITING, PASSWORDS_PER_IPCONN);
	p->threadpool = threadpool_new(loop, PASSWORD_THREADS, PASSWORD_THREADS);
	p->failures = password_failures_new();
	p->guesses = password_guesses_new();
	p->successes = password_cache_new();
	timer_init(&p->soon, loop, passwords_answer_idle, p);
	if (p->threadpool != NULL && p->failures != NULL && p->guesses != NULL && p->successes != NULL)
		return p;
	passwords_free(p);
	return NULL;
}

void
passwords_free(struct passwords *p)
{
	struct password_check *c;

	if (p == NULL)
		return;
	while ((c = next_check(p)) != NULL || (c = next_idle(p)) != NULL)
		check_free(c);
	timer_stop(&p->soon);
	threadpool_free(p->threadpool);
	password_failures_free(p->failures);
	password_guesses_free(p->guesses);
	password_cache_free(p->successes);
	free(p);
}

void
passwords_forget(struct passwords *p)
{
	if (p != NULL)
		password_cache_forget(p->successes);
}

/* A name that is too long becomes "", so that it is not counted for the user whose name it begins with. */
static void
fold(char out[NAME_SIZE], const char *userid)
{
	text_upper(out, NAME_SIZE, userid, strlen(userid));
}

/*
 * A user that cannot log on is checked against another user's hash, so that timing reveals nothing; the answer is no in
 * any case.
 */
static void
take_user(struct password_check *c, const struct saf *s, const char *userid, const char *password)
{
	const struct saf_user *u = s != NULL ? saf_user(s, userid) : NULL;
	size_t len = strlen(password);

	c->known = u != NULL;
	c->revoked = u != NULL && u->revoked;
	c->able = u != NULL && !u->revoked && u->password[0] != '\0' && len < sizeof c->password;
	c->revoke = s != NULL ? saf_revoke(s) : 0;
	c->revoke_all = s != NULL ? saf_revoke_all(s) : 0;
	snprintf(c->hash, sizeof c->hash, "%s", u != NULL && u->password[0] != '\0' ? u->password : saf_decoy(s, c->userid));
	memcpy(c->password, password, len < sizeof c->password ? len + 1 : 0);
}

enum password_answer
passwords_expect(const struct passwords *p, const struct saf *s, const char *userid, const char *partner)
{
	struct password_check c = { .known = false };
	enum password_answer a;

	fold(c.userid, userid);
	snprintf(c.partner, sizeof c.partner, "%s", partner);
	take_user(&c, s, userid, "");
	if (p == NULL || !is_settled(p, &c, &a))
		a = c.able ? PASSWORD_RIGHT : c.revoked ? PASSWORD_REVOKED : PASSWORD_WRONG;
	scrypt_wipe(&c, sizeof c);
	return a;
}

static struct password_check *
check_new(struct passwords *p, const struct saf *s, const struct password_question *q)
{
	struct password_check *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->job = (struct threadpool_job){ .work = passwords_work, .done = passwords_worked, .drop = passwords_dropped };
	c->passwords = p;
	fold(c->userid, q->userid);
	snprintf(c->ipconn, sizeof c->ipconn, "%s", q->ipconn);
	snprintf(c->partner, sizeof c->partner, "%s", q->partner);
	take_user(c, s, q->userid, q->password);
	if (password_failures_room(&c->room) == 0 && password_cache_claim(p->successes, c->userid, c->hash, c->password, &c->claim) == 0)
		return c;
	check_free(c);
	return NULL;
}

struct password_check *
passwords_verify(struct passwords *p, const struct saf *s, const struct password_question *q, void (*done)(void *arg, enum password_answer a), void *arg)
{
	struct password_check *c = check_new(p, s, q);
	enum password_answer now;
	bool answered;

	if (c == NULL)
		return done(arg, PASSWORD_BUSY), NULL;
	answered = is_answered(p, c, &now);
	if (!answered && turns_put(&p->turns, c->ipconn, &c->waits) == 0) {
		c->done = done;
		c->arg = arg;
		dispatch(p);
		return c;
	}
	if (!answered)
		now = PASSWORD_BUSY;
	else if (now == PASSWORD_RIGHT)
		password_failures_clear(p->failures, c->userid, c->partner);
	check_free(c);
	done(arg, now);
	return NULL;
}

void
passwords_cancel(struct password_check *c)
{
	c->done = NULL;
	if (c->waits.turn == NULL)
		return;
	turns_leave(&c->passwords->turns, &c->waits);
	check_free(c);
}

void
passwords_unrevoke(struct passwords *p, const char *userid)
{
	char name[NAME_SIZE];

	fold(name, userid);
	password_failures_clear(p->failures, name, NULL);
}

const struct password_failures *
passwords_failures(const struct passwords *p)
{
	return p->failures;
}
