/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/notice.h"

#include "base/clock.h"
#include "conn/canary.h"
#include "metrics/metrics.h"
#include "policy/notes.h"

#include <stdlib.h>
#include <string.h>

struct notice {
	struct ask ask; /* first */
	struct notice *next, *prev; /* in worker->notices, while its script waits */
	struct worker *worker;      /* borrowed */
	struct generation *generation; /* counted, as the certificate and the notes of the facts */
	struct facts facts;
	bool listed;
};

const char *
notice_facts(const struct conn *c, const struct generation *g, const struct ipconn_def *def, struct facts *f)
{
	const struct service *s = generation_service(g, c->facts->tcpipservice);

	*f = *c->facts;
	memcpy(f->ipconn.ipconn, def->ipconn, sizeof f->ipconn.ipconn);
	memcpy(f->ipconn.applid, def->applid, sizeof f->ipconn.applid);
	memcpy(f->ipconn.networkid, def->networkid, sizeof f->ipconn.networkid);
	return s != NULL ? s->script[DOOR_DELETE] : NULL;
}

static void
enlist(struct notice *n)
{
	struct worker *w = n->worker;

	n->listed = true;
	n->next = w->notices;
	if (n->next != NULL)
		n->next->prev = n;
	w->notices = n;
}

static void
notice_free(struct notice *n)
{
	if (n->prev != NULL)
		n->prev->next = n->next;
	else if (n->listed)
		n->worker->notices = n->next;
	if (n->next != NULL)
		n->next->prev = n->prev;
	certificate_unref(n->facts.certificate);
	notes_unref(n->facts.notes);
	generation_unref(n->generation);
	free(n);
}

static void
say_told(const struct notice *n)
{
	const struct ask *a = &n->ask;

	statistics_asked(&n->worker->totals->doors[a->door], false);
	latency_add(&n->worker->totals->doors[a->door].took, a->seconds);
	canary_answered(n->worker, a);
	log_say(n->worker->log, MSG_SP0024, "ipconn", n->facts.ipconn.ipconn, "policy", a->script, "connection", n->facts.connection, "verdict",
		verdict_name(a->verdict.kind), NULL);
	metrics_answered(n->worker->metrics, a);
}

static void
notice_answered(struct ask *a)
{
	struct notice *n = (struct notice *)a;

	say_told(n);
	notice_free(n);
}

static struct notice *
notice_new(struct conn *c, struct generation *g, const struct ipconn_def *def)
{
	struct notice *n = calloc(1, sizeof *n);

	if (n == NULL)
		return NULL;
	n->worker = c->worker;
	n->generation = generation_ref(g);
	n->ask = (struct ask){ .policy = g->policy, .door = DOOR_DELETE, .facts = &n->facts, .record = c->record, .waits = true,
		.done = notice_answered };
	n->ask.script = notice_facts(c, g, def, &n->facts);
	certificate_ref(n->facts.certificate);
	notes_ref(n->facts.notes);
	n->facts.now = clock_wall();
	return n;
}

void
notice_give(struct conn *c, struct generation *g, const struct ipconn_def *def)
{
	struct notice *n = notice_new(c, g, def);

	if (n == NULL) {
		log_say(c->worker->log, MSG_SP0022, "connection", c->facts->connection, "door", door_name(DOOR_DELETE), "code", "policy_limit", "text",
			"no memory to ask the script", NULL);
		return;
	}
	if (n->ask.script == NULL) {
		notice_free(n);
		return;
	}
	enlist(n); /* the answer may free it before policy_ask returns */
	policy_ask(&n->ask);
}

void
notice_end_all(struct worker *w, const char *why)
{
	while (w->notices != NULL) {
		policy_cancel(&w->notices->ask, why);
		notice_free(w->notices);
	}
}
