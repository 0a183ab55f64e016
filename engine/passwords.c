/* SPDX-License-Identifier: Apache-2.0 */
#include "passwords.h"

#include "attribute.h"
#include "crew.h"
#include "failures.h"
#include "scrypt.h"
#include "successes.h"
#include "timer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct password_check {
	struct crew_job job; /* first */
	struct passwords *passwords;
	struct password_check *next; /* while it waits */
	struct turn *turn;           /* where it waits; NULL: it is worked on, or needs no work */
	enum password_answer early;  /* when it needs none */
	char userid[NAME_SIZE], ipconn[NAME_SIZE];
	char password[PASSWORD_SIZE];
	char hash[SAF_HASH_SIZE];
	bool known;   /* to the model */
	bool revoked; /* by the model */
	bool able;    /* may log on; else the answer is no, whatever the hash says */
	unsigned revoke;
	struct success_claim claim;
	int right; /* what work() found */
	void (*done)(void *arg, enum password_answer a); /* NULL: cancelled */
	void *arg;
};

struct turn { /* an ipconn with checks that wait */
	struct turn *next;
	char ipconn[NAME_SIZE];
	struct password_check *first, **last;
	size_t n;
};

struct passwords {
	struct ev_loop *loop; /* borrowed */
	struct log *log;      /* borrowed */
	struct crew *crew;    /* owned */
	struct turn *turns, **last_turn; /* the first is next */
	size_t waiting;
	unsigned working;
	struct failures *failures;   /* owned */
	struct successes *successes; /* owned */
	struct password_check *idle; /* need no work, or no thread took them; answered in the next turn of the loop */
	struct timer soon;
};

static void dispatch(struct passwords *p);

/* --- the answer ----------------------------------------------------------------------------------------------------- */

static bool
revoked_here(const struct passwords *p, const struct password_check *c)
{
	return c->revoke > 0 && failures_count(p->failures, c->userid, c->ipconn) >= c->revoke;
}

static void
check_free(struct password_check *c)
{
	scrypt_wipe(c, sizeof *c);
	free(c);
}

static void
fail(struct passwords *p, const struct password_check *c)
{
	char times[24];
	unsigned n = failures_add(p->failures, c->userid, c->ipconn, c->known);

	if (p->log != NULL && c->known && !c->revoked && c->revoke > 0 && n == c->revoke)
		log_say(p->log, MSG_SP0052, "userid", c->userid, "ipconn", c->ipconn, "#times", log_number(times, n), NULL);
}

/* Others may have failed meanwhile: who is revoked by then is not let in by a right guess that was on its way. A hash there was no memory for says nothing of
 * the password, and is held against nobody. */
static enum password_answer
judge(struct passwords *p, const struct password_check *c)
{
	if (revoked_here(p, c))
		return PASSWORD_REVOKED;
	if (c->right < 0)
		return PASSWORD_BUSY;
	if (c->able && c->right == 1) {
		failures_clear(p->failures, c->userid, c->ipconn);
		successes_add(p->successes, &c->claim, ev_now(p->loop) + PASSWORD_REMEMBERED);
		return PASSWORD_RIGHT;
	}
	fail(p, c);
	return c->revoked ? PASSWORD_REVOKED : PASSWORD_WRONG;
}

/* Frees the check, then tells. */
static void
answer(struct password_check *c, enum password_answer a)
{
	void (*done)(void *, enum password_answer) = c->done;
	void *arg = c->arg;

	check_free(c);
	if (done != NULL)
		done(arg, a);
}

/* --- the threads' side ---------------------------------------------------------------------------------------------- */

static void
work(struct crew_job *job)
{
	struct password_check *c = (struct password_check *)job;

	c->right = scrypt_check(c->hash, c->password, strlen(c->password));
}

static void
worked(struct crew_job *job)
{
	struct password_check *c = (struct password_check *)job;
	struct passwords *p = c->passwords;
	enum password_answer a = judge(p, c);

	p->working--;
	dispatch(p);
	answer(c, a);
}

static void
dropped(struct crew_job *job)
{
	check_free((struct password_check *)job);
}

/* --- whose turn it is ----------------------------------------------------------------------------------------------- */

static struct turn *
turn_of(struct passwords *p, const char *ipconn)
{
	struct turn *t = p->turns;

	while (t != NULL && strcmp(t->ipconn, ipconn) != 0)
		t = t->next;
	if (t != NULL || (t = calloc(1, sizeof *t)) == NULL)
		return t;
	snprintf(t->ipconn, sizeof t->ipconn, "%s", ipconn);
	t->last = &t->first;
	*p->last_turn = t;
	p->last_turn = &t->next;
	return t;
}

static void
turn_unlink(struct passwords *p, struct turn *t)
{
	struct turn **at = &p->turns;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	if (*at == NULL)
		p->last_turn = at;
	t->next = NULL;
}

/* Takes a check out of its turn; a turn without checks goes. */
static void
leave(struct passwords *p, struct password_check *c)
{
	struct turn *t = c->turn;
	struct password_check **at = &t->first;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	if (*at == NULL)
		t->last = at;
	t->n--;
	p->waiting--;
	c->turn = NULL;
	if (t->n > 0)
		return;
	turn_unlink(p, t);
	free(t);
}

/* The first check of the first turn, which goes behind all others. */
static struct password_check *
next_check(struct passwords *p)
{
	struct turn *t = p->turns;
	struct password_check *c;

	if (t == NULL)
		return NULL;
	turn_unlink(p, t);
	*p->last_turn = t;
	p->last_turn = &t->next;
	c = t->first;
	leave(p, c);
	return c;
}

/* Told in the next turn of the loop: whoever asks has not got his check yet. */
static void
answer_soon(struct passwords *p, struct password_check *c, enum password_answer a)
{
	c->early = a;
	c->next = p->idle;
	p->idle = c;
	timer_set(&p->soon, 0);
}

/* While it waited the same password may have been found right, or the user revoked: a burst of one user's requests costs one hash. */
static bool
needs_work(struct passwords *p, struct password_check *c)
{
	if (revoked_here(p, c))
		answer_soon(p, c, PASSWORD_REVOKED);
	else if (c->able && successes_has(p->successes, &c->claim, ev_now(p->loop)))
		answer_soon(p, c, PASSWORD_RIGHT);
	else
		return true;
	return false;
}

/* As many as there are threads are worked on. Without a thread nobody is let in. */
static void
dispatch(struct passwords *p)
{
	struct password_check *c;

	while (p->working < PASSWORD_THREADS && (c = next_check(p)) != NULL) {
		if (!needs_work(p, c))
			continue;
		if (crew_submit(p->crew, &c->job) == 0)
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
answer_idle(void *arg)
{
	struct passwords *p = arg;
	struct password_check *c;

	while ((c = next_idle(p)) != NULL) {
		enum password_answer a = revoked_here(p, c) ? PASSWORD_REVOKED : c->early;

		if (a == PASSWORD_RIGHT)
			failures_clear(p->failures, c->userid, c->ipconn);
		answer(c, a);
	}
}

static int
enqueue(struct passwords *p, struct password_check *c)
{
	struct turn *t = p->waiting < PASSWORDS_WAITING ? turn_of(p, c->ipconn) : NULL;

	if (t == NULL || t->n >= PASSWORDS_PER_IPCONN)
		return -1;
	c->next = NULL;
	c->turn = t;
	*t->last = c;
	t->last = &c->next;
	t->n++;
	p->waiting++;
	return 0;
}

/* --- the region's side ---------------------------------------------------------------------------------------------- */

struct passwords *
passwords_new(struct ev_loop *loop, struct log *log)
{
	struct passwords *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->loop = loop;
	p->log = log;
	p->last_turn = &p->turns;
	p->crew = crew_new(loop, PASSWORD_THREADS, PASSWORD_THREADS);
	p->failures = failures_new();
	p->successes = successes_new();
	timer_init(&p->soon, loop, answer_idle, p);
	if (p->crew != NULL && p->failures != NULL && p->successes != NULL)
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
	crew_free(p->crew);
	failures_free(p->failures);
	successes_free(p->successes);
	free(p);
}

void
passwords_forget(struct passwords *p)
{
	if (p != NULL)
		successes_forget(p->successes);
}

/* A name that is too long is nobody's, and must not be counted as somebody's whose name it begins with. */
static void
fold(char out[NAME_SIZE], const char *userid)
{
	text_upper(out, NAME_SIZE, userid, strlen(userid));
}

/* Whoever cannot log on is checked against somebody's hash, so that the time tells nothing; the answer is no all the same. */
static void
take_user(struct password_check *c, const struct saf *s, const char *userid, const char *password)
{
	const struct saf_user *u = s != NULL ? saf_user(s, userid) : NULL;
	size_t len = strlen(password);

	c->known = u != NULL;
	c->revoked = u != NULL && u->revoked;
	c->able = u != NULL && !u->revoked && u->password[0] != '\0' && len < sizeof c->password;
	c->revoke = s != NULL ? saf_revoke(s) : 0;
	snprintf(c->hash, sizeof c->hash, "%s", u != NULL && u->password[0] != '\0' ? u->password : saf_decoy(s, c->userid));
	memcpy(c->password, password, len < sizeof c->password ? len + 1 : 0);
}

static struct password_check *
check_new(struct passwords *p, const struct saf *s, const char *ipconn, const char *userid, const char *password)
{
	struct password_check *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->job = (struct crew_job){ .work = work, .done = worked, .drop = dropped };
	c->passwords = p;
	fold(c->userid, userid);
	snprintf(c->ipconn, sizeof c->ipconn, "%s", ipconn);
	take_user(c, s, userid, password);
	if (successes_claim(p->successes, c->userid, c->hash, c->password, &c->claim) == 0)
		return c;
	check_free(c);
	return NULL;
}

struct password_check *
passwords_verify(struct passwords *p, const struct saf *s, const char *ipconn, const char *userid, const char *password,
	void (*done)(void *arg, enum password_answer a), void *arg)
{
	struct password_check *c = check_new(p, s, ipconn, userid, password);
	enum password_answer now = PASSWORD_BUSY;

	if (c == NULL)
		return done(arg, PASSWORD_BUSY), NULL;
	if (revoked_here(p, c)) {
		now = PASSWORD_REVOKED;
	} else if (c->able && successes_has(p->successes, &c->claim, ev_now(p->loop))) {
		failures_clear(p->failures, c->userid, c->ipconn);
		now = PASSWORD_RIGHT;
	} else if (enqueue(p, c) == 0) {
		c->done = done;
		c->arg = arg;
		dispatch(p);
		return c;
	}
	check_free(c);
	done(arg, now);
	return NULL;
}

void
passwords_cancel(struct password_check *c)
{
	c->done = NULL;
	if (c->turn == NULL)
		return;
	leave(c->passwords, c);
	check_free(c);
}

void
passwords_unrevoke(struct passwords *p, const char *userid)
{
	char name[NAME_SIZE];

	fold(name, userid);
	failures_clear(p->failures, name, NULL);
}
