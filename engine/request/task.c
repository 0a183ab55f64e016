/* SPDX-License-Identifier: Apache-2.0 */
#include "request/task.h"

#include "conn/ipconn.h"
#include "metrics/metrics.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void
enlist(struct task *t)
{
	struct worker *w = t->worker;

	t->prev = NULL;
	t->next = w->tasks;
	if (w->tasks != NULL)
		w->tasks->prev = t;
	w->tasks = t;
}

/* Takes t out of the list. Clears stop, leaves the record's entry and wipes the password. */
static void
delist(struct task *t)
{
	if (t->prev != NULL)
		t->prev->next = t->next;
	else
		t->worker->tasks = t->next;
	if (t->next != NULL)
		t->next->prev = t->prev;
	t->next = t->prev = NULL;
	t->stop = NULL;
	record_entry_watch(t->entry, NULL);
	explicit_bzero(t->request.password, sizeof t->request.password);
}

void
task_open(struct task *t)
{
	t->worker = t->conn->worker;
	t->generation = generation_ref(t->worker->generation);
	buf_init(&t->converted, PAYLOAD_MAX);
	buf_init(&t->answer, PAYLOAD_MAX);
	enlist(t);
}

static void
count(const struct task *t, enum metrics_request outcome)
{
	metrics_request(t->worker->metrics, t->program != NULL ? t->program->program : "", outcome);
}

void
task_cancel(struct task *t)
{
	count(t, METRICS_CANCELLED);
	if (t->stop != NULL)
		t->stop(t);
	delist(t);
	buf_free(&t->converted);
	buf_free(&t->answer);
	generation_unref(t->generation);
}

/* The session frees t at the end of the turn at the earliest, so t is valid after done(). */
void
task_end(struct task *t)
{
	count(t, t->sense == SENSE_NONE ? METRICS_ANSWERED : t->begun ? METRICS_PROGRAM_FAILED : METRICS_NOT_RUN);
	delist(t);
	buf_free(&t->converted); /* before done() counts the bytes of t */
	t->done(t);
	generation_unref(t->generation);
}

/* The code of DFHIS1025 that goes with a sense. */
static const char *
attach_code(unsigned sense)
{
	switch (sense) {
	case SENSE_UNKNOWN:
		return "X'0618'";
	case SENSE_DISABLED:
		return "X'0619'";
	case SENSE_QUIESCING:
		return "X'061A'";
	default:
		return "X'061B'";
	}
}

static void
say_not_attached(const struct task *t)
{
	char prefix[ADDR_TEXT];

	log_refusal(t->worker->log, MSG_DFHIS1025, "conversation", attach_code(t->sense), conn_around(t->conn, prefix), "tran",
		t->request.tran, "ipconn", t->ipconn->def->ipconn, "code", attach_code(t->sense), "program", t->request.program,
		"connection", t->conn->facts->connection, "text", t->text, NULL);
}

void
task_fail(struct task *t, unsigned sense, const char *message, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(t->text, sizeof t->text, format, args);
	va_end(args);
	t->sense = sense;
	snprintf(t->message, sizeof t->message, "%s", message != NULL ? message : "");
	if (strcmp(t->message, "DFHIS1025") == 0)
		say_not_attached(t);
	task_end(t);
}
