/* SPDX-License-Identifier: Apache-2.0 */
/* conn_door: asks a door of the policy for a connection, logs acceptance, and reports refusals. */
#include "conn/conn.h"

#include "base/clock.h"
#include "conn/canary.h"
#include "conn/peers.h"
#include "conn/witness.h"
#include "metrics/metrics.h"

#include <stdarg.h>
#include <stdio.h>

const char *
conn_around(const struct conn *c, char out[ADDR_TEXT])
{
	struct addr_prefix p = addr_neighbourhood(&c->facts->peer.addr);

	return addr_prefix_print(&p, out, ADDR_TEXT);
}

static void
say_refused(struct conn *c, enum message m, const char *door, const char *policy, const struct verdict *v, const char *reason)
{
	char peer[ADDR_TEXT], prefix[ADDR_TEXT], at[VERDICT_PLACE_SIZE];

	log_refusal(c->worker->log, m, door, v->code, conn_around(c, prefix), "connection", c->facts->connection,
		"door", door, "policy", policy, "at", verdict_place(v, at), "code", v->code, "text", v->text, "reason", reason, "peer",
		addr_print(&c->facts->peer.addr, peer, sizeof peer), "tcpipservice", c->facts->tcpipservice, NULL);
}

void
conn_refused(struct conn *c, enum message m, const char *door, const char *policy, const struct verdict *v, const char *reason)
{
	if (c->refused)
		return;
	c->refused = true;
	tally_add(&c->worker->totals->refusals, 1);
	if (c->entrance != NULL)
		tally_add(&c->entrance->statistics.refused, 1);
	if (c->halfopen)
		metrics_connection(c->worker->metrics, c->facts->tcpipservice, METRICS_REFUSED);
	say_refused(c, m, door ? door : stage_name(c->facts->stage), policy, v, reason);
	record_facts(c->record, c->facts);
	record_outcome(c->record, "refused", stage_name(c->facts->stage), v->code, reason);
	if (c->facts->way == WAY_IN) /* outbound refusals do not count against the address */
		peers_refused(c->worker->peers, &c->facts->peer.addr, clock_span());
}

void
conn_engine_refused(struct conn *c, enum message m, const char *code, const char *reason, const char *format, ...)
{
	struct verdict v = { .kind = VERDICT_REFUSE };
	va_list ap;

	va_start(ap, format);
	vsnprintf(v.text, sizeof v.text, format, ap);
	va_end(ap);
	snprintf(v.code, sizeof v.code, "%s", code);
	record_engine(c->record, c->facts->stage, v.code, v.text, clock_wall());
	metrics_decision(c->worker->metrics, stage_name(c->facts->stage), &v);
	conn_refused(c, m, NULL, NULL, &v, reason);
}

static void
say_opened(struct conn *c, const struct ask *a)
{
	char peer[ADDR_TEXT], at[VERDICT_PLACE_SIZE];

	if (a->verdict.kind == VERDICT_REFUSE || (a->script == NULL && door_row(a->door)->without_script == DEFAULT_ACCEPT))
		return;
	log_say(c->worker->log, MSG_SP0020, "connection", c->facts->connection, "door", door_name(a->door), "policy", a->script, "at",
		verdict_place(&a->verdict, at), "verdict", verdict_name(a->verdict.kind), "ipconn", a->verdict.install.ipconn, "peer",
		addr_print(&c->facts->peer.addr, peer, sizeof peer), "tcpipservice", c->facts->tcpipservice, NULL);
}

/* policy_ask's callback: log and count the answer, tell the witness and the canary, then call the step's `decided`. */
static void
conn_door_answered(struct ask *a)
{
	struct conn *c = a->arg;
	void (*decided)(struct conn *) = c->decided;

	if (c->hearing)
		io_pause(&c->io, c->pausing);
	statistics_asked(&c->worker->totals->doors[a->door], a->verdict.kind == VERDICT_REFUSE);
	latency_add(&c->worker->totals->doors[a->door].took, a->seconds);
	say_opened(c, a);
	metrics_answered(c->worker->metrics, a);
	witness_answered(c, a);
	canary_answered(c->worker, a);
	decided(c);
}

static void
ask(struct conn *c, enum door door, void (*decided)(struct conn *c))
{
	conn_learn(c)->now = clock_wall();
	c->decided = decided;
	c->hearing = false;
	*c->ask = (struct ask){
		.policy = c->generation->policy,
		.script = c->service->script[door],
		.door = door,
		.facts = c->facts,
		.record = c->record,
		.tape = &c->tape,
		.notes = &conn_learn(c)->notes,
		.waits = true,
		.done = conn_door_answered,
		.arg = c,
	};
	policy_ask(c->ask);
}

/*
 * While the script waits the peer is heard: its end ends the question (conn_close), and the stage takes further bytes.
 * The wait has its own time limit.
 */
static void
hear(struct conn *c)
{
	timer_stop(&c->timer);
	conn_event(c, "the script waits");
	if (c->stage == CONN_NEW && c->facts->way == WAY_IN)
		conn_hear(c);
	c->hearing = c->io_opened;
	c->pausing = c->hearing && c->io.paused;
	if (c->hearing)
		io_pause(&c->io, false);
}

/* Only when the script of this door waits: an answer at once leads to the conn_ask of a later door. */
static bool
waits_at(const struct conn *c, enum door door)
{
	return conn_waits(c) && c->ask->door == door;
}

void
conn_ask(struct conn *c, enum door door, void (*decided)(struct conn *c))
{
	ask(c, door, decided);
	if (waits_at(c, door))
		hear(c);
}

void
conn_ask_shaking(struct conn *c, enum door door, void (*decided)(struct conn *c))
{
	ask(c, door, decided);
	if (waits_at(c, door))
		conn_event(c, "the script waits");
}

bool
conn_waits(const struct conn *c)
{
	return c->ask != NULL && c->ask->asking != NULL;
}

void
conn_ask_no_more(struct conn *c, const char *why)
{
	if (c->ask != NULL)
		policy_cancel(c->ask, why);
}
