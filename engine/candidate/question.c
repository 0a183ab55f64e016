/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/question.h"

#include "conn/ipconn.h"
#include "conn/worker.h"
#include "records/recorder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -1: no memory. */
static int
copy_answers(struct question *q, const struct answer_tape *from)
{
	if (from == NULL)
		return 0;
	q->incomplete = from->full;
	return answer_tape_copy(&q->tape, from, q->door);
}

static void
copy_request(struct question *q)
{
	if (q->facts.request != NULL)
		q->request = *q->facts.request;
	if (q->facts.users != NULL)
		q->users = *q->facts.users;
	explicit_bzero(q->request.password, sizeof q->request.password);
	q->request.has_password = false;
	q->facts.request = q->facts.request != NULL ? &q->request : NULL;
	q->facts.users = q->facts.users != NULL ? &q->users : NULL;
}

struct question *
question_of(const struct conn *c, const struct ask *a)
{
	struct question *q = calloc(1, sizeof *q);

	if (q == NULL)
		return NULL;
	q->door = a->door;
	q->filed = recorder_number(c->worker->recorder, c->record);
	q->facts = *a->facts;
	q->facts.notes = NULL;
	certificate_ref(q->facts.certificate);
	copy_request(q);
	q->verdict = a->verdict;
	snprintf(q->script, sizeof q->script, "%s", a->script != NULL ? a->script : "");
	snprintf(q->dialled, sizeof q->dialled, "%s", ipconn_dialled(c));
	if (copy_answers(q, a->tape) == 0)
		return q;
	question_free(q);
	return NULL;
}

size_t
question_bytes(const struct question *q)
{
	return sizeof *q + (q->tape.n + 1) * sizeof *q->tape.item + answer_tape_waited_bytes(&q->tape);
}

void
question_free(struct question *q)
{
	if (q == NULL)
		return;
	certificate_unref(q->facts.certificate);
	answer_tape_free(&q->tape);
	free(q);
}
