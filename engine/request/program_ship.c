/* SPDX-License-Identifier: Apache-2.0 */
/* program_ship: a program of a partner: ships the request to it; its answer becomes the answer of the task. */
#include "request/program.h"

#include "request/session.h"
#include "conn/traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct shipping { /* t->running */
	struct shipment shipment;
	struct timer deadline;
};

static void
forget(struct task *t)
{
	struct shipping *w = t->running;

	timer_stop(&w->deadline);
	free(w);
	t->running = NULL;
	t->stop = NULL;
}

static void
program_ship_answered(struct shipment *s)
{
	struct task *t = s->arg;
	unsigned sense = s->sense;
	char message[sizeof s->message];
	const char *why = s->why;

	memcpy(message, s->message, sizeof message);
	if (sense == SENSE_NONE && buf_add(&t->answer, s->answer, s->answer_len) < 0) {
		sense = SENSE_SYSTEM_ERROR;
		why = "no memory for the answer";
	}
	t->answer_ccsid = s->answer_ccsid;
	forget(t);
	if (sense == SENSE_NONE)
		program_end(t);
	else
		program_refused(t, sense, message, why);
}

static void
program_ship_expire(void *arg)
{
	struct task *t = arg;
	struct shipping *w = t->running;

	session_ship_cancel(&w->shipment);
	forget(t);
	program_failed(t, SENSE_ABENDED, "ipconn %s: no answer within %g seconds", t->program->ipconn, t->program->timeout);
}

static void
program_ship_stop(struct task *t)
{
	struct shipping *w = t->running;

	session_ship_cancel(&w->shipment);
	forget(t);
}

/*
 * Sets the user of the shipped request by the userauth of the partner, which is known once it is connected (IPIC.md
 * 7.4). A partner that did not say one gets no user.
 */
static const char *
program_ship_ready(struct shipment *s)
{
	const struct task *t = s->arg;

	if (strcmp(s->ipconn->engaged->userauth, "VERIFY") == 0)
		return "the partner's userauth is VERIFY, and regions send no passwords";
	if (strcmp(s->ipconn->engaged->userauth, "IDENTIFY") == 0)
		memcpy(s->head.userid, t->users.task, sizeof s->head.userid);
	return NULL;
}

static void
address(struct shipment *s, struct task *t)
{
	const struct program_def *p = t->program;

	memcpy(s->head.tran, t->request.tran, sizeof s->head.tran);
	memcpy(s->head.program, p->remotename[0] != '\0' ? p->remotename : p->program, sizeof s->head.program);
	s->head.hops = t->request.hops + 1;
	s->data = t->data;
	s->len = t->len;
	s->ccsid = t->ccsid;
	s->ready = program_ship_ready;
	s->done = program_ship_answered;
	s->arg = t;
}

/* done() may be called before session_ship returns: do not use t or w after it. */
static void
send_on(struct task *t, struct ipconn *i, struct shipping *w)
{
	address(&w->shipment, t);
	timer_init(&w->deadline, t->worker->loop, program_ship_expire, t);
	timer_set(&w->deadline, t->program->timeout);
	t->running = w;
	t->stop = program_ship_stop;
	session_ship(i, &w->shipment);
}

void
program_ship_begin(struct task *t)
{
	struct ipconn *i = registry_name(t->worker->registry, t->program->ipconn);
	struct shipping *w;

	if (t->request.hops >= HOPS_MAX) {
		program_failed(t, SENSE_SYSTEM_ERROR, "the request was shipped through %d regions already", t->request.hops);
		return;
	}
	if (i == NULL) {
		program_failed(t, SENSE_SYSTEM_ERROR, "ipconn %s is not installed", t->program->ipconn);
		return;
	}
	if (i->autoinstalled) { /* the defined ipconn was discarded, and its name was used again */
		program_failed(t, SENSE_SYSTEM_ERROR, "ipconn %s was autoinstalled; the defined ipconn of that name is not installed", i->def->ipconn);
		return;
	}
	traffic_judge(i);
	w = calloc(1, sizeof *w);
	if (w == NULL)
		program_failed(t, SENSE_SYSTEM_ERROR, "no memory to ship a request");
	else
		send_on(t, i, w);
}
