/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program_end: the ends of a program: its answer, converted back; its failure; the refusal of the partner that it was
 * shipped to.
 */
#include "request/program.h"

#include <stdarg.h>
#include <stdio.h>

static void
program_end_converted(struct task *t, const char *why)
{
	int from = t->answer_ccsid, to = t->ccsid_back;

	if (why != NULL) {
		program_failed(t, SENSE_SYSTEM_ERROR, "the answer cannot be converted from ccsid %d to %d: %s", from, to, why);
		return;
	}
	buf_free(&t->answer);
	t->answer = t->converted;
	buf_init(&t->converted, PAYLOAD_MAX);
	t->answer_ccsid = to;
	task_end(t);
}

/* The data of the request is not needed any more: its buffer takes the converted answer. */
void
program_end(struct task *t)
{
	int from = t->answer_ccsid, to = t->ccsid_back;

	if (!program_convert_needed(from, to)) {
		task_end(t);
		return;
	}
	t->data = NULL;
	t->len = 0;
	buf_free(&t->converted);
	program_convert_begin(t, from, to, buf_bytes(&t->answer), buf_len(&t->answer), program_end_converted);
}

static void
say_failed(const struct task *t, unsigned sense, const char *text)
{
	char number[SENSE_TEXT], prefix[ADDR_TEXT];

	sense_print(sense, number);
	log_refusal(t->worker->log, MSG_SP0053, "program", number, conn_around(t->conn, prefix), "tran", t->request.tran, "program",
		t->program->program, "ipconn", t->ipconn->def->ipconn, "connection", t->conn->facts->connection, "userid",
		t->users.task, "sense", number, "text", text, NULL);
}

void
program_failed(struct task *t, unsigned sense, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	say_failed(t, sense, text);
	task_fail(t, sense, sense == SENSE_ABENDED ? "DFHIS0998" : "", "%s", text);
}

void
program_refused(struct task *t, unsigned sense, const char *message, const char *why)
{
	char text[TEXT_SIZE];

	snprintf(text, sizeof text, "ipconn %s: %s%s%s", t->program->ipconn, why, message[0] != '\0' ? ", " : "", message);
	say_failed(t, sense, text);
	task_fail(t, sense, message, "%s", text);
}
