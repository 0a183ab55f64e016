/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/trial_internal.h"

#include "conn/recheck.h"
#include "conn/notice.h"
#include "policy/notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
trial_note(struct trial *t, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	record_event_copy(t->conn->record, t->now, text);
}

/* --- doors ------------------------------------------------------------------------------------ */

void
trial_mark(const struct trial *t, struct record_entry *e)
{
	if (t->refused)
		record_effect(e, "asked in spite of the refusal before it", "--all: as if that had been an accept");
}

/* policy_ask's callback: the verdict is in the struct ask. */
static void
trial_answered(struct ask *a)
{
	(void)a;
}

void
trial_stop(struct trial *t)
{
	t->stopped = true;
}

void
trial_prepare(struct trial *t, enum door door)
{
	const struct trial_past *past = t->q->past;

	if (past == NULL)
		return;
	answer_tape_free(&t->conn->tape);
	t->conn->tape.closed = true;
	t->conn->tape.door = door;
	past->before(past->arg, t, door, &t->now);
}

void
trial_decided(struct trial *t, enum door door, const struct verdict *v)
{
	if (t->q->past != NULL)
		t->q->past->after(t->q->past->arg, t, door, NULL, v);
	if (t->q->watch != NULL)
		t->q->watch->ruled(t->q->watch->arg, v);
}

/* Past connections meet the definitions of the candidate; others the ipconns of the region. */
static bool
by_definitions(const struct trial *t)
{
	return t->q->past != NULL || t->q->self != NULL;
}

void
trial_put(struct trial *t, struct ask *a)
{
	struct recheck_view view = { .definition = by_definitions(t) ? t->q->generation->definition : NULL, .asked = t->q->self,
		.presumed = t->presumed };

	a->policy = t->q->generation->policy;
	a->entry = record_entry_add(t->conn->record, a->door, a->script, t->now);
	trial_mark(t, a->entry);
	a->tape = &t->conn->tape;
	a->replay = a->silent = true;
	a->done = trial_answered;
	a->view = &view;
	policy_ask(a);
	if (t->q->past != NULL)
		t->q->past->after(t->q->past->arg, t, a->door, a->script, &a->verdict);
	if (t->q->watch != NULL)
		t->q->watch->asked(t->q->watch->arg, a->door, &a->verdict);
}

bool
trial_ask(struct trial *t, enum door door, enum reason reason)
{
	struct conn *c = t->conn;

	trial_prepare(t, door);
	conn_learn(c)->now = t->now;
	*c->ask = (struct ask){ .door = door, .script = c->service->script[door], .facts = c->facts, .notes = &conn_learn(c)->notes };
	trial_put(t, c->ask);
	return c->ask->verdict.kind != VERDICT_REFUSE || trial_refuse(t, &c->ask->verdict, reason);
}

void
trial_tell(struct trial *t, const struct ipconn_def *def)
{
	struct facts f;
	struct ask a = { .door = DOOR_DELETE, .facts = &f };

	if (t->q->past != NULL) /* its answer is ignored, and the record may have none */
		return;
	a.script = notice_facts(t->conn, t->q->generation, def, &f);
	if (a.script != NULL)
		trial_put(t, &a);
}

/* --- refusals --------------------------------------------------------------------------------- */

bool
trial_refuse(struct trial *t, const struct verdict *v, enum reason reason)
{
	struct conn *c = t->conn;

	if (!t->refused) {
		memcpy(t->code, v->code, sizeof t->code);
		record_facts(c->record, c->facts);
		record_outcome(c->record, "refused", stage_name(c->facts->stage), v->code, reason != REASON_OK ? reason_name(reason) : NULL);
	}
	t->refused = true;
	return false;
}

bool
trial_judge(struct trial *t, const char *code, enum reason reason, const char *format, ...)
{
	struct verdict v = { .kind = VERDICT_REFUSE };
	va_list ap;

	va_start(ap, format);
	vsnprintf(v.text, sizeof v.text, format, ap);
	va_end(ap);
	snprintf(v.code, sizeof v.code, "%s", code);
	record_engine(t->conn->record, t->conn->facts->stage, v.code, v.text, t->now);
	if (t->q->past != NULL)
		t->q->past->ruled(t->q->past->arg, t, t->conn->facts->stage, &v);
	if (t->q->watch != NULL)
		t->q->watch->ruled(t->q->watch->arg, &v);
	return trial_refuse(t, &v, reason);
}

bool
trial_ruled(struct trial *t, const struct ruling *r)
{
	return trial_judge(t, r->code, r->reason, "%s", r->text);
}

/* --- the walk --------------------------------------------------------------------------------- */

void
trial_accept(struct trial *t, enum socket_place place)
{
	struct conn *c = t->conn;

	t->matched = true;
	t->partner.worker = t->q->worker;
	ipconn_join(&t->partner, c, place);
	if (t->refused)
		return;
	record_facts(c->record, c->facts);
	ipconn_record(&t->partner, c);
	record_outcome(c->record, "accepted", NULL, NULL, NULL);
}

bool
trial_accepted(const struct trial *t)
{
	return t->matched && !t->refused;
}

/* A past connection has met the state of the region, and the record ends with its last part. */
static bool
is_due(const struct trial *t, const struct trial_step *step)
{
	return !t->stopped && (t->q->past == NULL || step->part <= t->q->past->last);
}

static void
walk(struct trial *t)
{
	const struct trial_step *step = t->q->ipconn != NULL ? trial_out_steps() : trial_in_steps();

	trial_note(t, "asked without a socket: nothing is sent, counted or installed");
	while (step->take != NULL && is_due(t, step) && (step->take(t) || t->q->all))
		step++;
	record_facts(t->conn->record, t->conn->facts);
}

/* The first walk takes the answers; one of a further socket has them from the walk before it. */
static void
take_answers(struct trial *t)
{
	if (t->q->answers == NULL || t->first != NULL)
		return;
	t->conn->tape = *t->q->answers;
	t->conn->tape.kept = t->conn->tape.n;
	*t->q->answers = (struct answer_tape){ .item = NULL };
}

/* Sets the facts that every connection begins with, and opens the record. -1: no memory. */
static int
begin(struct trial *t, struct fault *f)
{
	struct conn *c = t->conn;

	if (trial_join_begin(t, f) < 0)
		return -1;
	take_answers(t);
	c->tape.joined = t->q->past == NULL;
	c->worker = t->q->worker;
	c->generation = t->q->generation;
	t->now = conn_learn(c)->now = t->q->now;
	conn_learn(c)->generation = t->q->generation->number;
	snprintf(conn_learn(c)->connection, sizeof c->facts->connection, TRIAL_NAME);
	if ((t->q->ipconn != NULL ? trial_out_begin(t, f) : trial_in_begin(t, f)) < 0)
		return -1;
	if (t->q->unrecorded)
		return 0;
	c->record = record_open(t->records, TRIAL_NAME, t->q->now);
	record_generation(c->record, c->generation->hash);
	record_facts(c->record, c->facts);
	return c->record != NULL ? 0 : fault_set(f, "no memory for the record");
}

struct trial *
trial_run(const struct trial_question *q, struct fault *f)
{
	struct trial *t = calloc(1, sizeof *t);

	if (t != NULL) {
		t->q = q;
		t->conn = conn_memory();
		t->records = q->unrecorded ? NULL : records_new(1);
	}
	if (t == NULL || t->conn == NULL || (t->records == NULL && !q->unrecorded)) {
		fault_set(f, "no memory to ask");
	} else if (begin(t, f) == 0) {
		walk(t);
		return t;
	}
	trial_free(t);
	return NULL;
}

void
trial_free(struct trial *t)
{
	if (t == NULL)
		return;
	if (t->conn != NULL) {
		certificate_unref(t->conn->facts->certificate);
		notes_unref(t->conn->facts->notes);
		answer_tape_free(&t->conn->tape);
	}
	trial_free(t->first);
	conn_memory_free(t->conn);
	records_free(t->records);
	free(t);
}
