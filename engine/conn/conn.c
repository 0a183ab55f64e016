/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/conn.h"

#include "base/clock.h"
#include "base/digits.h"
#include "base/text.h"
#include "conn/canary.h"
#include "conn/hold.h"
#include "conn/release.h"
#include "conn/ipconn.h"
#include "conn/steps.h"
#include "conn/peers.h"
#include "conn/recheck.h"
#include "policy/notes.h"
#include "metrics/metrics.h"
#include "conn/riders.h"
#include "conn/standby.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SPARES 0
#else
#define SPARES 64 /* connections whose memory a worker keeps for the next ones: as many as it accepts in a turn */
#endif
#define IN_MAX IPIC_READ_CAPEX /* traffic_begin makes room for an element */

static struct worker_totals *
totals_of(const struct conn *c)
{
	return &c->worker->totals->worker[c->worker->number];
}

void
conn_enlist(struct conn *c)
{
	struct worker *w = c->worker;

	c->prev = NULL;
	c->next = w->conns;
	if (w->conns != NULL)
		w->conns->prev = c;
	w->conns = c;
	tally_up(&totals_of(c)->connections);
	if (c->halfopen)
		tally_up(&totals_of(c)->halfopen);
}

void
conn_delist(struct conn *c)
{
	struct worker *w = c->worker;

	tally_down(&totals_of(c)->connections);
	if (c->halfopen)
		tally_down(&totals_of(c)->halfopen);
	cursors_leave(&w->walks, c, c->prev, c->next);
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		w->conns = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
}

static void
link_in(struct conn *c)
{
	struct totals *t = c->worker->totals;

	conn_enlist(c);
	generation_judges(c->generation, true);
	c->earlier = tally_up(&t->sockets);
	statistics_opened(&t->statistics, c->facts->way == WAY_OUT);
}

static void
link_out(struct conn *c)
{
	struct worker *w = c->worker;

	conn_delist(c);
	generation_judges(c->generation, false);
	tally_down(&w->totals->sockets);
	statistics_closed(&w->totals->statistics, c->facts->way == WAY_OUT);
	c->next = w->graves;
	w->graves = c;
}

static void
conn_timed_out(void *arg)
{
	struct conn *c = arg;
	const struct stage_events *row = stages_row(c->facts->way, c->stage);

	if (row->timeout != NULL)
		row->timeout(c);
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
ended(struct conn *c, const char *why)
{
	const struct stage_events *row = stages_row(c->facts->way, c->stage);

	if (row->ended != NULL)
		row->ended(c, why);
	else
		conn_close(c, CONN_POLITELY, why);
}

static void
conn_on_io(void *owner, enum io_event e)
{
	struct conn *c = owner;
	const struct stage_events *row = stages_row(c->facts->way, c->stage);

	switch (e) {
	case IO_EOF:
		ended(c, "the peer closed the connection");
		break;
	case IO_FAILED:
		ended(c, c->io.error[0] != '\0' ? c->io.error : "connection reset");
		break;
	case IO_BURIED:
		conn_close(c, CONN_AT_ONCE, "closed");
		break;
	default:
		if (row->io[e] != NULL)
			row->io[e](c);
		break;
	}
}

/* The boot of the region, "-" and the number. */
static void
print_id(char out[CONNECTION_SIZE], const char *boot, uint64_t number)
{
	char digits[DIGITS_MAX + 1];

	digits[digits_decimal(digits, number)] = '\0';
	text_copy(out, CONNECTION_SIZE, boot);
	strcat(out, "-");
	text_copy(out + strlen(out), CONNECTION_SIZE - strlen(out), digits);
}

/* Sets the facts that every connection begins with. */
static void
name(struct conn *c, enum way way, const char *tcpipservice)
{
	struct totals *t = c->worker->totals;
	struct facts *f = conn_learn(c);

	f->way = way;
	f->now = clock_wall();
	print_id(f->connection, t->boot, tally_add(&t->born, 1) + 1);
	f->generation = c->generation->number;
	text_copy(f->tcpipservice, sizeof f->tcpipservice, tcpipservice);
}

static void
born(struct conn *c, const struct addr *peer, const struct addr *own)
{
	struct facts *f = conn_learn(c);

	name(c, WAY_IN, c->entrance->tcpipservice);
	f->peer.addr = *peer;
	f->own.addr = *own;
	if (addr_is_any(own)) {
		struct sockaddr_storage at;
		socklen_t len = sizeof at;

		if (getsockname(c->io.fd, (struct sockaddr *)&at, &len) == 0)
			addr_from_sockaddr(&f->own.addr, (struct sockaddr *)&at);
	}
}

/* Copies the counts before this socket into facts.load, then adds this socket. -1: no memory. */
static int
count_in(struct conn *c)
{
	struct facts_load *l = &conn_learn(c)->load;
	struct entrance *e = c->entrance;
	struct peers_counts t;

	if (peers_open(c->worker->peers, &c->facts->peer.addr, c->worker->turn, &t, &c->counted) < 0)
		return -1;
	c->around = t.halfopen_prefix;
	l->halfopen = tally_up(&e->halfopen);
	l->connections = tally_up(&e->connections);
	l->from_peer = t.from_peer;
	l->from_prefix = t.from_prefix;
	l->refused_from_peer = t.refused_from_peer;
	c->halfopen = true;
	tally_add(&e->statistics.accepted, 1);
	tally_peak(&e->statistics.peak_connections, l->connections + 1);
	return 0;
}

/* Adds c to the worker's list and opens its record. */
static void
enrol(struct conn *c)
{
	generation_ref(c->generation);
	link_in(c);
	c->record = record_open(c->worker->records, c->facts->connection, c->facts->now);
	record_generation(c->record, c->generation->hash);
	record_facts(c->record, c->facts);
}

/* The part that a connection has until it is installed: then no door is asked any more. */
struct early {
	struct ask ask; /* first */
	struct facts facts;
};

struct facts *
conn_learn(struct conn *c)
{
	return &((struct early *)c->ask)->facts;
}

/*
 * Gives c, which may be NULL, that part, all zero. q: memory for it, or NULL. Without memory frees c and returns NULL.
 */
static struct conn *
with_question(struct conn *c, struct early *q)
{
	if (c == NULL)
		return NULL;
	q = q != NULL ? memset(q, 0, sizeof *q) : calloc(1, sizeof *q);
	if (q == NULL) {
		free(c);
		return NULL;
	}
	c->ask = &q->ask;
	c->facts = &q->facts;
	return c;
}

struct conn *
conn_memory(void)
{
	return with_question(calloc(1, sizeof(struct conn)), NULL);
}

void
conn_memory_free(struct conn *c)
{
	if (c != NULL)
		free(c->ask);
	free(c);
}

/* As conn_memory, or memory that a connection of the worker has had. NULL: no memory. */
static struct conn *
take_memory(struct worker *w)
{
	struct conn *c = w->spare;
	struct ask *ask;

	if (c == NULL)
		return conn_memory();
	w->spare = c->next;
	w->spares--;
	ask = c->ask;
	memset(c, 0, sizeof *c);
	return with_question(c, (struct early *)ask);
}

static void
give_memory(struct worker *w, struct conn *c)
{
	if (w->spares >= SPARES) {
		conn_memory_free(c);
		return;
	}
	c->next = w->spare;
	w->spare = c;
	w->spares++;
}

struct conn *
conn_new(struct worker *w, struct entrance *e, int fd, const struct addr *peer, const struct addr *own)
{
	uint64_t mark = canary_mark_accepted(w, e->tcpipservice, peer);
	struct generation *g = canary_ruling(w, mark);
	const struct service *s = generation_service(g, e->tcpipservice);
	struct conn *c = s != NULL ? take_memory(w) : NULL;

	if (c == NULL) {
		close(fd);
		return NULL;
	}
	c->worker = w;
	c->entrance = e;
	c->service = s;
	c->generation = g;
	c->canary = mark;
	c->io.fd = fd;
	timer_init(&c->timer, w->loop, conn_timed_out, c);
	born(c, peer, own);
	if (count_in(c) < 0) {
		close(fd);
		give_memory(w, c);
		return NULL;
	}
	enrol(c);
	tally_add(&totals_of(c)->accepted, 1);
	return c;
}

struct conn *
conn_new_out(struct ipconn *i, unsigned place, const char *host)
{
	struct worker *w = i->worker;
	struct conn *c = take_memory(w);

	if (c == NULL)
		return NULL;
	c->worker = w;
	c->generation = canary_ruling(w, i->engaged->canary);
	c->service = ipconn_outbound(i, c->generation);
	c->io.fd = -1;
	timer_init(&c->timer, w->loop, conn_timed_out, c);
	name(c, WAY_OUT, i->def->tcpipservice);
	snprintf(conn_learn(c)->peer.host, sizeof c->facts->peer.host, "%s", host);
	conn_learn(c)->socket = place == SOCKET_OUT2 ? 2 : 1;
	ipconn_join(i, c, place);
	enrol(c);
	return c;
}

void
conn_reach(struct conn *c, int fd)
{
	c->io_opened = true;
	io_open(&c->io, c->worker->loop, fd, true, IN_MAX, conn_on_io, c);
}

void
conn_unreach(struct conn *c)
{
	conn_enter(c, CONN_DIALLING, 0);
	close_fd(c);
	c->io_opened = false;
}

void
conn_hear(struct conn *c)
{
	if (c->io_opened)
		return;
	c->io_opened = true;
	io_open(&c->io, c->worker->loop, c->io.fd, false, IN_MAX, conn_on_io, c);
	c->io.counts = c->entrance != NULL ? &c->entrance->statistics.traffic : NULL;
}

/* Gives back the references of the facts of its question. */
static void
forget_facts(struct conn *c)
{
	if (c->ask == NULL)
		return;
	certificate_unref(c->facts->certificate);
	notes_unref(c->facts->notes);
}

/*
 * An installed connection, which may be idle for weeks, has no question: no door is asked about it. Its facts are those
 * of its record. Without memory for the record it keeps its own.
 */
static void
forget_question(struct conn *c)
{
	const struct facts *kept = record_facts(c->record, c->facts);

	if (kept == NULL)
		return;
	forget_facts(c);
	c->facts = kept;
	free(c->ask);
	c->ask = NULL;
}

void
conn_enter(struct conn *c, enum conn_stage stage, double seconds)
{
	owner_check(&c->worker->thread, "connection");
	timer_stop(&c->timer);
	if (c->stage == CONN_HELD)
		hold_leave(c);
	else if (c->stage == CONN_STANDBY)
		standby_leave(c);
	else if (c->stage == CONN_SEEKING)
		ha_leave(c);
	if (stage == CONN_ADMITTED)
		conn_hear(c);
	else if (stage == CONN_INSTALLED)
		forget_question(c);
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
	tally_down(&totals_of(c)->halfopen);
	tally_down(&c->entrance->halfopen);
	peers_through(c->worker->peers, &c->counted);
}

/* The socket is closed last: a peer that gets its end is in no count any more, and may connect again at once. */
static void
gone(struct conn *c, double now)
{
	struct worker *w = c->worker;

	conn_enter(c, CONN_GONE, 0);
	if (c->halfopen && !c->refused)
		metrics_connection(w->metrics, c->facts->tcpipservice, METRICS_FAILED);
	conn_through(c); /* half-open until now, so that refused peers that stay are counted too */
	dial_free(c->dial);
	c->dial = NULL;
	if (c->entrance != NULL) {
		tally_down(&c->entrance->connections);
		peers_close(w->peers, &c->counted);
	}
	record_end(c->record, now);
	c->ended = c->record;
	c->record = NULL;
	link_out(c);
	close_fd(c);
}

static void
say_closed(struct conn *c, const char *why, double now)
{
	char peer[ADDR_TEXT];

	record_event_copy(c->record, now, why);
	if (c->refused)
		return;
	log_say(c->worker->log, MSG_SP0030, "connection", c->facts->connection, "peer",
		addr_print(&c->facts->peer.addr, peer, sizeof peer), "tcpipservice", c->facts->tcpipservice, "why", why, NULL);
	if (c->ipconn == NULL && c->halfopen)
		record_outcome(c->record, "closed", stage_name(c->facts->stage), NULL, NULL);
}

void
conn_close(struct conn *c, enum conn_ending how, const char *why)
{
	struct ipconn *i = c->ipconn;
	double now;

	if (c->stage == CONN_GONE)
		return;
	now = clock_wall();
	conn_ask_no_more(c, why);
	recheck_lost(c, why);
	if (c->stage != CONN_DRAINING)
		say_closed(c, why, now);
	c->ipconn = NULL;
	c->worker->riders->lost(c);
	if (i != NULL)
		release_lost(i, c, why);
	if (how == CONN_POLITELY && c->io_opened && c->stage != CONN_DRAINING) {
		conn_enter(c, CONN_DRAINING, 0);
		io_linger(&c->io);
	} else if (how == CONN_AT_ONCE || !c->io_opened) {
		gone(c, now);
	}
}

bool
conn_cut(struct conn *c)
{
	if (c->cuts == atomic_load(&c->entrance->cuts))
		return false;
	conn_close(c, CONN_AT_ONCE, "the tcpipservice was closed at once");
	return true;
}

void
conn_cut_all(struct worker *w, const struct entrance *e)
{
	struct conn *next;

	for (struct conn *c = w->conns; c != NULL; c = next) {
		next = c->next;
		if (c->entrance == e && c->ipconn == NULL && c->stage != CONN_DRAINING)
			conn_cut(c);
	}
}

/* The answers of the doors that were asked again become facts. */
static void
take_answers(struct conn *c)
{
	struct facts f = *c->facts;

	memcpy(f.userid, c->userid, sizeof f.userid);
	f.peer.sysplex = c->sysplex;
	f.notes = c->notes;
	record_facts(c->record, &f);
	if (c->ask == NULL)
		return;
	notes_ref(c->notes);
	notes_unref(c->facts->notes);
	*conn_learn(c) = f;
}

bool
conn_adopt(struct conn *c, struct generation *g)
{
	bool out = c->facts->way == WAY_OUT;
	const struct service *s = out ? ipconn_outbound(c->ipconn, g) : generation_service(g, c->facts->tcpipservice);

	if (s == NULL || (out && c->stage != CONN_INSTALLED))
		return false;
	generation_judges(c->generation, false);
	generation_judges(g, true);
	generation_ref(g);
	generation_unref(c->generation);
	c->generation = g;
	c->service = s;
	if (c->asked == g->number)
		take_answers(c);
	return true;
}

int
conn_send(struct conn *c, struct buf *b, int put)
{
	if (put == 0)
		return io_move(&c->io, b);
	buf_free(b);
	return -1;
}

void
conn_event(struct conn *c, const char *what)
{
	record_event(c->record, clock_wall(), what);
}

void
conn_event_copy(struct conn *c, const char *what)
{
	record_event_copy(c->record, clock_wall(), what);
}

void
conn_bury(struct worker *w)
{
	w->riders->bury(w);
	while (w->graves != NULL) {
		struct conn *c = w->graves;

		w->graves = c->next;
		forget_facts(c);
		record_leave(c->ended);
		notes_unref(c->notes);
		answer_tape_free(&c->tape);
		generation_unref(c->generation);
		give_memory(w, c);
	}
	if (w->draining && w->conns == NULL && w->notices == NULL && w->idle != NULL)
		w->idle(w);
}

void
conn_end(struct worker *w)
{
	struct conn *next;

	conn_bury(w);
	for (struct conn *c = w->spare; c != NULL; c = next) {
		next = c->next;
		conn_memory_free(c);
	}
	w->spare = NULL;
	w->spares = 0;
}
