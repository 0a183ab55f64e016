/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attach: decides whether a request may run. The user is identified first, so that an unknown partner learns no names.
 * Then the program is looked up. Then its users are authorised: by the attach door or, without a script, by the saf.
 */
#include "request/attach.h"

#include "request/authority.h"
#include "request/program.h"

#include "base/clock.h"
#include "conn/canary.h"
#include "conn/witness.h"
#include "metrics/metrics.h"
#include "policy/notes.h"
#include "security/passwords.h"
#include "security/saf.h"
#include "security/request_user.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The password has been used: wipe it. */
static void
wipe(struct task *t)
{
	explicit_bzero(t->request.password, sizeof t->request.password);
}

static const char *
join_users(const struct users *u, char out[CHECKED_MAX * NAME_SIZE])
{
	size_t n = 0;

	*out = '\0';
	for (unsigned i = 0; i < u->nchecked; i++)
		n += (size_t)snprintf(out + n, CHECKED_MAX * NAME_SIZE - n, "%s%s", i > 0 ? "," : "", u->checked[i]);
	return out;
}

static void
say_refused(const struct task *t, const char *policy, const struct verdict *v, unsigned sense)
{
	char prefix[ADDR_TEXT], users[CHECKED_MAX * NAME_SIZE], at[VERDICT_PLACE_SIZE], number[SENSE_TEXT];

	log_refusal(t->worker->log, MSG_SP0050, door_name(DOOR_ATTACH), v->code, conn_around(t->conn, prefix), "connection",
		t->conn->facts->connection, "ipconn", t->ipconn->def->ipconn, "tran", t->request.tran, "program", t->request.program, "userid",
		t->request.userid, "users", join_users(&t->users, users), "door", door_name(DOOR_ATTACH), "policy", policy, "at", verdict_place(v, at), "code",
		v->code, "text", v->text, "sense", sense_print(sense, number), NULL);
}

/* Every refusal for security ends here. */
static void
refuse(struct task *t, unsigned sense, const char *policy, const struct verdict *v)
{
	wipe(t);
	t->ipconn->history->statistics.attach_refused++;
	tally_add(&t->worker->totals->refusals, 1);
	statistics_asked(&t->worker->totals->doors[DOOR_ATTACH], true);
	say_refused(t, policy, v, sense);
	task_fail(t, sense, NULL, "%s: %s", v->code, v->text);
}

static void
refuse_user(struct task *t, const char *code, const char *text)
{
	struct verdict v;

	verdict_refuse(&v, code, "%s", text);
	record_verdict(authority_note(t, clock_wall()), &v, 0);
	metrics_decision(t->worker->metrics, door_name(DOOR_ATTACH), &v);
	refuse(t, SENSE_SECURITY_NOT_VALID, NULL, &v);
}

/* e: of the request in the record; it may be NULL. */
static void
let_in(struct task *t, struct record_entry *e)
{
	t->entry = e;
	record_entry_watch(e, &t->entry);
	t->ipconn->history->statistics.attached++;
	statistics_asked(&t->worker->totals->doors[DOOR_ATTACH], false);
	tally_add(&t->conn->entrance->statistics.attached, 1);
	program_begin(t);
}

/* --- may its users? --- */

struct attach_question { /* the parts that the question borrows while it is open */
	struct facts facts;
	struct generation *generation; /* counted: the connection may change to another one while the script waits */
	struct answer_tape *heard;     /* owned: for the witness; NULL: no witness hears */
};

/* NULL: no memory. The caller sets facts and generation. */
static struct attach_question *
question_new(bool hears)
{
	struct attach_question *q = malloc(sizeof *q);

	if (q == NULL)
		return NULL;
	q->heard = hears ? calloc(1, sizeof *q->heard) : NULL;
	if (!hears || q->heard != NULL)
		return q;
	free(q);
	return NULL;
}

static struct attach_question *
take_question(struct task *t)
{
	struct attach_question *q = t->asked;

	t->asked = NULL;
	t->stop = NULL;
	return q;
}

static void
free_question(struct attach_question *q)
{
	if (q->heard != NULL)
		answer_tape_free(q->heard);
	free(q->heard);
	notes_unref(q->facts.notes);
	generation_unref(q->generation);
	free(q);
}

static void
attach_answered(struct ask *a)
{
	struct task *t = a->arg;
	struct attach_question *q = take_question(t);

	metrics_answered(t->worker->metrics, a);
	latency_add(&t->worker->totals->doors[DOOR_ATTACH].took, a->seconds);
	witness_answered(t->conn, a);
	canary_answered(t->worker, a);
	if (a->verdict.kind == VERDICT_ACCEPT)
		let_in(t, a->entry);
	else
		refuse(t, SENSE_ACCESS_DENIED, a->script, &a->verdict);
	free_question(q); /* its generation has the name of the script */
}

static void
attach_stop_asking(struct task *t)
{
	policy_cancel(&t->ask, "the request ended");
	free_question(take_question(t));
}

/* The answer may come before this returns, and t may be freed then. */
static void
put_question(struct task *t, struct attach_question *q)
{
	struct conn *c = t->conn;

	q->facts = authority_facts(t, clock_wall());
	q->generation = generation_ref(c->generation);
	notes_ref(q->facts.notes);
	t->asked = q;
	t->stop = attach_stop_asking;
	t->ask = (struct ask){
		.policy = c->generation->policy,
		.script = c->service->script[DOOR_ATTACH],
		.door = DOOR_ATTACH,
		.facts = &q->facts,
		.record = c->record,
		.tape = q->heard,
		.waits = true,
		.done = attach_answered,
		.arg = t,
	};
	policy_ask(&t->ask);
}

/* A counter counts for each request, so that no answer is kept, except for a witness during the question. */
static void
ask_door(struct task *t)
{
	struct attach_question *q = question_new(witness_hears(t->conn));
	struct verdict v;

	if (q != NULL) {
		put_question(t, q);
		return;
	}
	verdict_refuse(&v, "policy_limit", "no memory to ask the script");
	refuse(t, SENSE_ACCESS_DENIED, t->conn->service->script[DOOR_ATTACH], &v);
}

static void
check_users(struct task *t)
{
	struct verdict v;
	struct record_entry *d = authority_note(t, clock_wall());
	double start = clock_span(), seconds;

	authority_check(t, d, &v);
	seconds = clock_span() - start;
	record_verdict(d, &v, seconds * 1e6);
	metrics_decision(t->worker->metrics, door_name(DOOR_ATTACH), &v);
	metrics_door_time(t->worker->metrics, DOOR_ATTACH, seconds);
	latency_add(&t->worker->totals->doors[DOOR_ATTACH].took, seconds);
	if (v.kind == VERDICT_ACCEPT)
		let_in(t, d);
	else
		refuse(t, SENSE_ACCESS_DENIED, NULL, &v);
}

static void
authorise(struct task *t)
{
	switch (authority_of(t)) {
	case AUTHORITY_DOOR:
		ask_door(t);
		break;
	case AUTHORITY_SAF:
		check_users(t);
		break;
	case AUTHORITY_OPEN:
		let_in(t, NULL);
		break;
	}
}

/* --- whose is it? --- */

static void
identified(struct task *t)
{
	const char *why = "";
	unsigned sense;

	wipe(t);
	authority_users(t);
	sense = program_find(t, &why);
	if (sense != SENSE_NONE)
		task_fail(t, sense, "DFHIS1025", "%s", why);
	else
		authorise(t);
}

static void claim(struct task *t);

/*
 * Another generation may have become current during the password check. Takes it over: its rule for users is in force.
 */
static bool
overtaken(struct task *t)
{
	struct generation *before = t->generation;

	if (before == t->worker->generation)
		return false;
	t->generation = generation_ref(t->worker->generation);
	generation_unref(before);
	return true;
}

static void
attach_verified(void *arg, enum password_answer a)
{
	struct task *t = arg;

	t->checking = NULL;
	t->stop = NULL;
	if (a == PASSWORD_WRONG)
		refuse_user(t, "password_wrong", "unknown user, or wrong password");
	else if (a == PASSWORD_REVOKED)
		refuse_user(t, "user_revoked", "the user is revoked");
	else if (a == PASSWORD_BUSY)
		refuse_user(t, "passwords_busy", "too many passwords wait to be checked, or there is no memory to check one");
	else if (overtaken(t))
		claim(t);
	else if (!authority_usable(t->generation->saf, t->request.userid))
		refuse_user(t, "user_revoked", "the user is revoked");
	else
		identified(t);
}

static void
attach_stop_checking(struct task *t)
{
	passwords_cancel(t->checking);
	t->checking = NULL;
}

/* The answer may come before passwords_verify returns, and t may be freed then. NULL: it came; else the check waits. */
static void
verify(struct task *t)
{
	char partner[PARTNER_SIZE];
	struct password_question q = { .ipconn = t->ipconn->def->ipconn, .partner = authority_partner(t->conn, partner), .userid = t->request.userid,
		.password = t->request.password };
	struct password_check *waiting;

	if (t->generation->saf == NULL) {
		refuse_user(t, "no_saf", "userauth is verify and the region names no saf to verify by");
		return;
	}
	waiting = passwords_verify(t->worker->passwords, t->generation->saf, &q, attach_verified, t);
	if (waiting == NULL)
		return;
	t->checking = waiting;
	t->stop = attach_stop_checking;
}

static void
identify(struct task *t)
{
	struct verdict v;

	if (authority_identified(t, &v))
		identified(t);
	else
		refuse_user(t, v.code, v.text);
}

static void
claim(struct task *t)
{
	const char *text = "", *code = request_user_claim(t->ipconn->def->userauth, &t->request, &text);

	if (code != NULL)
		refuse_user(t, code, text);
	else if (t->ipconn->def->userauth == USERAUTH_VERIFY)
		verify(t);
	else if (t->ipconn->def->userauth == USERAUTH_IDENTIFY)
		identify(t);
	else
		identified(t);
}

void
attach_begin(struct task *t)
{
	task_open(t);
	claim(t);
}
