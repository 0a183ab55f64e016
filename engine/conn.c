/* SPDX-License-Identifier: Apache-2.0 */
#include "conn.h"

#include "clock.h"
#include "ipconn.h"
#include "life.h"
#include "tally.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A CAPEX with its head must fit; later messages are smaller. */
#define IN_MAX (HTTP_HEAD_MAX + HTTP_BODY_CAPEX + 1)

const char *
conn_stage_name(enum conn_stage s)
{
	static const char *const name[] = {
#define X(s) #s,
		CONN_STAGES(X)
#undef X
	};

	return name[s];
}

static void
link_in(struct conn *c)
{
	struct worker *w = c->worker;

	c->next = w->conns;
	if (w->conns != NULL)
		w->conns->prev = c;
	w->conns = c;
	w->sockets++;
}

static void
link_out(struct conn *c)
{
	struct worker *w = c->worker;

	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		w->conns = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	w->sockets--;
	c->next = w->graves;
	w->graves = c;
}

/* When the time of a stage is over. */
static void
timed_out(void *arg)
{
	struct conn *c = arg;

	switch (c->stage) {
	case CONN_ADMITTED:
	case CONN_CAPEX:
		capex_timeout(c);
		break;
	case CONN_SHAKING:
		certify_failed(c);
		break;
	case CONN_INSTALLED:
		traffic_timeout(c);
		break;
	case CONN_NEW:
	case CONN_DRAINING:
	case CONN_GONE:
		break;
	}
}

static void
first_byte(struct conn *c)
{
	conn_event(c, "first byte");
	if (c->service->tls != NULL)
		certify_begin(c);
	else
		capex_begin(c);
}

static void
ended_early(struct conn *c, const char *why)
{
	if (c->stage == CONN_SHAKING) {
		certify_failed(c);
		return;
	}
	if (c->facts.stage == STAGE_CAPEX && c->stage == CONN_CAPEX && c->facts.tls.version != NULL)
		conn_event(c, "the peer left after the handshake, before its CAPEX");
	conn_close(c, CONN_POLITELY, why);
}

static void
has_data(struct conn *c)
{
	if (c->stage == CONN_CAPEX)
		capex_data(c);
	else if (c->stage == CONN_INSTALLED)
		traffic_data(c);
}

static void
on_io(void *owner, enum io_event e)
{
	struct conn *c = owner;

	switch (e) {
	case IO_FIRST:
		first_byte(c);
		break;
	case IO_HANDSHAKEN:
		certify_handshaken(c);
		break;
	case IO_DATA:
		has_data(c);
		break;
	case IO_FLUSHED:
		if (c->stage == CONN_INSTALLED)
			traffic_flushed(c);
		break;
	case IO_EOF:
		ended_early(c, "the peer closed the connection");
		break;
	case IO_FAILED:
		ended_early(c, c->io.error[0] != '\0' ? c->io.error : "connection reset");
		break;
	case IO_BURIED:
		conn_close(c, CONN_AT_ONCE, "closed");
		break;
	case IO_CONNECTED:
		break;
	}
}

static void
born(struct conn *c, const struct addr *peer, int fd)
{
	struct worker *w = c->worker;
	struct facts *f = &c->facts;

	f->way = WAY_IN;
	f->now = clock_wall();
	snprintf(f->connection, sizeof f->connection, "%s-%llu", w->boot, (unsigned long long)++w->born);
	f->generation = c->generation->number;
	snprintf(f->tcpipservice, sizeof f->tcpipservice, "%s", c->entrance->tcpipservice);
	f->peer.addr = *peer;
	f->own.addr = c->entrance->own;
	if (c->entrance->any) {
		struct sockaddr_storage own;
		socklen_t len = sizeof own;

		if (getsockname(fd, (struct sockaddr *)&own, &len) == 0)
			addr_from_sockaddr(&f->own.addr, (struct sockaddr *)&own);
	}
}

/* What was there before this socket becomes its facts.load; then it counts too. */
static int
count_in(struct conn *c)
{
	struct tally_counts t = tally_look(c->worker->tally, &c->facts.peer.addr, clock_span());

	if (tally_open(c->worker->tally, &c->facts.peer.addr) < 0)
		return -1;
	c->facts.load.halfopen = c->entrance->halfopen++;
	c->facts.load.connections = c->entrance->connections++;
	c->facts.load.from_peer = t.from_peer;
	c->facts.load.from_prefix = t.from_prefix;
	c->facts.load.refused_from_peer = t.refused_from_peer;
	c->halfopen = true;
	return 0;
}

struct conn *
conn_new(struct worker *w, struct entrance *e, int fd, const struct addr *peer)
{
	const struct service *s = generation_service(w->generation, e->tcpipservice);
	struct conn *c = s != NULL ? calloc(1, sizeof *c) : NULL;

	if (c == NULL) {
		close(fd);
		return NULL;
	}
	c->worker = w;
	c->entrance = e;
	c->service = s;
	c->generation = w->generation;
	c->io.fd = fd;
	timer_init(&c->timer, w->loop, timed_out, c);
	born(c, peer, fd);
	if (count_in(c) < 0) {
		close(fd);
		free(c);
		return NULL;
	}
	generation_ref(c->generation);
	link_in(c);
	c->record = record_open(w->records, c->facts.connection, c->facts.now);
	record_facts(c->record, &c->facts);
	return c;
}

void
conn_enter(struct conn *c, enum conn_stage stage, double seconds)
{
	timer_stop(&c->timer);
	if (stage == CONN_ADMITTED && !c->io_opened) {
		c->io_opened = true;
		io_open(&c->io, c->worker->loop, c->io.fd, false, IN_MAX, on_io, c);
	}
	c->stage = stage;
	if (seconds > 0)
		timer_set(&c->timer, seconds);
}

void
conn_through(struct conn *c)
{
	if (!c->halfopen)
		return;
	c->halfopen = false;
	c->entrance->halfopen--;
	tally_through(c->worker->tally, &c->facts.peer.addr);
}

static void
close_fd(struct conn *c)
{
	if (c->io_opened)
		io_close(&c->io);
	else if (c->io.fd >= 0)
		close(c->io.fd);
	c->io.fd = -1;
}

static void
gone(struct conn *c)
{
	struct worker *w = c->worker;

	conn_enter(c, CONN_GONE, 0);
	close_fd(c);
	conn_through(c); /* not before: who was refused and does not go away still takes a place */
	c->entrance->connections--;
	tally_close(w->tally, &c->facts.peer.addr);
	record_close(c->record, clock_wall());
	c->record = NULL;
	link_out(c);
}

static void
say_closed(struct conn *c, const char *why)
{
	char peer[ADDR_TEXT];

	conn_event(c, why);
	if (c->refused)
		return;
	log_say(c->worker->log, MSG_SP0030, "connection", c->facts.connection, "peer",
		addr_print(&c->facts.peer.addr, peer, sizeof peer), "tcpipservice", c->facts.tcpipservice, "why", why, NULL);
	if (c->ipconn == NULL && c->halfopen)
		record_outcome(c->record, "closed", stage_name(c->facts.stage), NULL, NULL);
}

void
conn_close(struct conn *c, enum conn_ending how, const char *why)
{
	struct ipconn *i = c->ipconn;

	if (c->stage == CONN_GONE)
		return;
	if (c->stage != CONN_DRAINING)
		say_closed(c, why);
	c->ipconn = NULL;
	if (i != NULL)
		ipconn_lost(i, c, why);
	if (how == CONN_POLITELY && c->io_opened && c->stage != CONN_DRAINING) {
		conn_enter(c, CONN_DRAINING, 0);
		io_linger(&c->io);
	} else if (how == CONN_AT_ONCE || !c->io_opened) {
		gone(c);
	}
}

static void
say_refused(struct conn *c, enum message m, const char *door, const char *policy, const struct verdict *v, const char *reason)
{
	struct prefix p = addr_neighbourhood(&c->facts.peer.addr);
	char peer[ADDR_TEXT], prefix[ADDR_TEXT], at[PLACE_SIZE + 16] = "";

	if (v->file[0] != '\0')
		snprintf(at, sizeof at, "%s:%d", v->file, v->line);
	log_refusal(c->worker->log, m, door, v->code, prefix_print(&p, prefix, sizeof prefix), "connection", c->facts.connection,
		"door", door, "policy", policy, "at", at, "code", v->code, "text", v->text, "reason", reason, "peer",
		addr_print(&c->facts.peer.addr, peer, sizeof peer), "tcpipservice", c->facts.tcpipservice, NULL);
}

void
conn_refused(struct conn *c, enum message m, const char *door, const char *policy, const struct verdict *v, const char *reason)
{
	if (c->refused)
		return;
	c->refused = true;
	say_refused(c, m, door ? door : stage_name(c->facts.stage), policy, v, reason);
	record_facts(c->record, &c->facts);
	record_outcome(c->record, "refused", stage_name(c->facts.stage), v->code, reason);
	tally_refused(c->worker->tally, &c->facts.peer.addr, clock_span());
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
	record_engine(c->record, c->facts.stage, v.code, v.text, clock_wall());
	conn_refused(c, m, NULL, NULL, &v, reason);
}

static void
say_opened(struct conn *c, const struct ask *a)
{
	char peer[ADDR_TEXT], at[PLACE_SIZE + 16] = "";

	if (a->verdict.kind == VERDICT_REFUSE || (a->script == NULL && a->door != DOOR_CERTIFY))
		return;
	if (a->verdict.file[0] != '\0')
		snprintf(at, sizeof at, "%s:%d", a->verdict.file, a->verdict.line);
	log_say(c->worker->log, MSG_SP0020, "connection", c->facts.connection, "door", door_name(a->door), "policy", a->script, "at", at,
		"verdict", verdict_name(a->verdict.kind), "ipconn", a->verdict.install.ipconn, "peer",
		addr_print(&c->facts.peer.addr, peer, sizeof peer), "tcpipservice", c->facts.tcpipservice, NULL);
}

/* Between the policy and the step that asked. */
static void
answered(struct ask *a)
{
	struct conn *c = a->arg;
	void (*decided)(struct conn *) = c->decided;

	say_opened(c, a);
	decided(c);
}

void
conn_ask(struct conn *c, enum door door, void (*decided)(struct conn *c))
{
	c->facts.now = clock_wall();
	c->decided = decided;
	c->ask = (struct ask){
		.policy = c->generation->policy,
		.script = c->service->script[door],
		.door = door,
		.facts = &c->facts,
		.record = c->record,
		.tape = &c->tape,
		.done = answered,
		.arg = c,
	};
	policy_ask(&c->ask);
}

bool
conn_adopt(struct conn *c, struct generation *g)
{
	const struct service *s = generation_service(g, c->facts.tcpipservice);

	if (s == NULL)
		return false;
	generation_ref(g);
	generation_unref(c->generation);
	c->generation = g;
	c->service = s;
	return true;
}

void
conn_event(struct conn *c, const char *what)
{
	record_event(c->record, clock_wall(), what);
}

void
conn_bury(struct worker *w)
{
	while (w->graves != NULL) {
		struct conn *c = w->graves;

		w->graves = c->next;
		certificate_unref(c->facts.certificate);
		tape_free(&c->tape);
		generation_unref(c->generation);
		free(c);
	}
	if (w->draining && w->conns == NULL && w->idle != NULL)
		w->idle(w);
}
