/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/recheck.h"

#include "security/certmap.h"
#include "base/clock.h"
#include "conn/canary.h"
#include "policy/notes.h"

#include <string.h>

static void
refuse(struct recheck_result *out, const struct conn *c, enum door door, const char *script, const struct verdict *v)
{
	memcpy(out->connection, c->facts->connection, sizeof out->connection);
	out->refused = true;
	out->failed = strcmp(v->code, "policy_error") == 0 || strcmp(v->code, "policy_limit") == 0;
	out->door = door;
	out->script = script;
	out->verdict = *v;
}

/* The facts as they were at the door's stage: the facts of later stages are removed from a copy. */
static struct facts
facts_at(const struct conn *c, enum door door, const struct generation *g)
{
	struct facts f = *c->facts;

	f.now = clock_wall();
	f.recheck = true;
	f.generation = g->number;
	f.stage = door_row(door)->stage;
	if (f.way == WAY_IN) /* outbound, the ipconn is known from the start */
		memset(&f.ipconn, 0, sizeof f.ipconn);
	memcpy(f.userid, c->userid, sizeof f.userid);
	f.peer.sysplex = c->sysplex;
	f.notes = NULL; /* the question has those of c */
	if (f.stage < STAGE_CAPEX) {
		f.has_capex = false;
		f.userid[0] = '\0';
	}
	if (f.stage < STAGE_CAPEX && f.way == WAY_IN) /* inbound, the socket number comes with the CAPEX */
		f.socket = 0;
	if (f.stage < STAGE_TLS) {
		f.tls.version = NULL;
		f.certificate = NULL; /* the copy only borrows it */
		f.peer.sysplex = false;
	}
	return f;
}

/* The definitions of the generation refuse c without a door. */
static void
refuse_defined(struct recheck_result *out, const struct conn *c, const struct generation *g, const struct verdict *v)
{
	refuse(out, c, DOOR_COUNT, NULL, v);
	out->entry = record_entry_new(NULL, NULL, g->number, clock_wall());
	record_verdict(out->entry, v, 0);
}

void
recheck_record(struct recheck_result *r, struct conn *c)
{
	record_reasked(c->record, r->entry);
	r->entry = NULL;
}

void
recheck_write(struct recheck_result *r, const struct ipconn *i)
{
	for (unsigned n = 0; n < IPCONN_SOCKETS && r->entry != NULL; n++)
		if (ipconn_socket(i, n) != NULL && strcmp(ipconn_socket(i, n)->facts->connection, r->connection) == 0) {
			record_asked_again(ipconn_socket(i, n)->record, &r->entry, 1);
			r->entry = NULL;
		}
	recheck_forget(r);
}

void
recheck_forget(struct recheck_result *r)
{
	if (r->entry != NULL)
		record_entry_free(r->entry);
	r->entry = NULL;
}

/* Refuses without a door when the listener now requires TLS or a client certificate that the socket does not have. */
static void
want_tls(const struct conn *c, const struct generation *g, const struct service *s, struct recheck_result *out)
{
	struct verdict v;

	if (s->ssl != SSL_NO && c->facts->tls.version == NULL)
		verdict_refuse(&v, "plain_text", "tcpipservice %s has TLS now, and this socket has none", s->def->tcpipservice);
	else if (s->ssl == SSL_CLIENTAUTH && c->facts->certificate == NULL)
		verdict_refuse(&v, "no_certificate", "tcpipservice %s wants a client certificate now", s->def->tcpipservice);
	else
		return;
	refuse_defined(out, c, g, &v);
}

static bool
asks_certify(const struct conn *c, const struct service *s)
{
	if (c->facts->way == WAY_OUT)
		return c->facts->certificate != NULL;
	return s->ssl == SSL_CLIENTAUTH || (s->ssl == SSL_YES_ && s->script[DOOR_CERTIFY] != NULL);
}

/*
 * Checks the trust rule with admit's new value of sysplex, which counts when no certificate was verified. i: NULL: the
 * ipconn is not known yet.
 */
static void
check_trust(const struct conn *c, const struct generation *g, const struct ipconn *i, struct recheck_result *out)
{
	struct verdict v;

	if (out->refused || i == NULL || c->facts->way == WAY_OUT || ipconn_trusted(i->def, c, c->sysplex))
		return;
	verdict_refuse(&v, "trust", "ipconn %s has userauth = identify, and admit no longer gives sysplex", i->def->ipconn);
	refuse_defined(out, c, g, &v);
}

/*
 * True when g defines the tcpipservice of an inbound socket, and the ipconn of an outbound or a first socket. False:
 * out names the missing definition.
 */
static bool
defined(const struct conn *c, const struct generation *g, const struct ipconn *i, bool first, struct recheck_result *out)
{
	bool in = c->facts->way == WAY_IN;
	struct verdict v;

	if (in && generation_service(g, c->facts->tcpipservice) == NULL)
		verdict_refuse(&v, "mismatch", "tcpipservice %s is not defined any more", c->facts->tcpipservice);
	else if ((first || !in) && !i->autoinstalled && definition_ipconn(g->definition, i->def->ipconn) == NULL)
		verdict_refuse(&v, "mismatch", "ipconn %s is not defined any more", i->def->ipconn);
	else
		return true;
	refuse_defined(out, c, g, &v);
	out->gone = true;
	return false;
}

/* True when the door is asked again about c. first: c is the first socket of its ipconn; i NULL: it has none yet. */
static bool
asked_again(const struct conn *c, const struct service *s, const struct ipconn *i, bool first, const struct door_row *row)
{
	if ((row->ways >> c->facts->way & 1) == 0 || (i == NULL && row->stage >= STAGE_CAPEX))
		return false;
	switch (row->reask) {
	case REASK_SOCKET:
		return true;
	case REASK_CERTIFICATE:
		return asks_certify(c, s);
	case REASK_AUTOINSTALLED:
		return first && i->autoinstalled;
	case REASK_NEVER:
		break;
	}
	return false;
}

/* --- the questions about one socket ----------------------------------------------------------- */

static void go_on(struct recheck_walk *r);

/* Keeps the entry of a question that did not refuse. */
static void
keep_entry(struct recheck_walk *r)
{
	if (r->out.refused || r->out.entry == NULL)
		return;
	r->answered[r->nanswered++] = r->out.entry;
	r->out.entry = NULL;
}

static void
take_verdict(struct recheck_walk *r, const struct ask *a)
{
	struct conn *c = r->conn;

	if (a->verdict.kind == VERDICT_REFUSE)
		refuse(&r->out, c, a->door, a->script, &a->verdict);
	else if (door_row(a->door)->grants == GRANT_SYSPLEX)
		c->sysplex = a->verdict.sysplex;
	else if (door_row(a->door)->grants == GRANT_USERID)
		certmap_decide(r->generation->certmap, c->facts->certificate, a->verdict.userid, c->userid);
}

static void
recheck_answered(struct ask *a)
{
	struct recheck_walk *r = a->arg;

	canary_answered(r->conn->worker, a);
	take_verdict(r, a);
	keep_entry(r);
	if (r->conn->recheck == NULL) /* the answer came before put() has returned */
		return;
	r->conn->recheck = NULL;
	r->door++;
	go_on(r);
}

/* Asks the door again. False: its script waits. */
static bool
put(struct recheck_walk *r)
{
	struct conn *c = r->conn;

	r->facts = facts_at(c, r->door, r->generation);
	r->out.entry = record_entry_new(door_name(r->door), r->service->script[r->door], r->generation->number, r->facts.now);
	r->ask = (struct ask){ .policy = r->generation->policy, .script = r->service->script[r->door], .door = r->door, .facts = &r->facts,
		.entry = r->out.entry, .tape = &c->tape, .replay = true, .view = &r->view, .notes = &c->notes, .waits = r->waits,
		.done = recheck_answered, .arg = r };
	policy_ask(&r->ask);
	if (r->ask.asking == NULL)
		return true;
	c->recheck = r;
	return false;
}

/* Walks the table of doors, so that no door is missing. False: a script waits. */
static bool
ask_doors(struct recheck_walk *r)
{
	for (; r->door < DOOR_COUNT && !r->out.refused; r->door++)
		if (asked_again(r->conn, r->service, r->ipconn, r->first, door_row(r->door)) && !put(r))
			return false;
	return true;
}

/* Starts from the present answers: a door that is not asked again keeps its answer. */
static void
begin(struct conn *c, const struct generation *g)
{
	c->asked = g->number;
	memcpy(c->userid, c->facts->userid, sizeof c->userid);
	c->sysplex = c->facts->peer.sysplex;
	notes_ref(c->facts->notes);
	notes_unref(c->notes);
	c->notes = c->facts->notes;
}

/* Begins with the socket c. When the definitions refuse it, no door is asked. */
static void
begin_socket(struct recheck_walk *r, struct conn *c, bool first)
{
	bool in = c->facts->way == WAY_IN;

	r->conn = c;
	r->first = first;
	r->door = 0;
	r->service = in ? generation_service(r->generation, c->facts->tcpipservice) : ipconn_outbound(r->ipconn, r->generation);
	r->view = (struct recheck_view){ .definition = r->generation->definition, .asked = r->ipconn };
	begin(c, r->generation);
	if (defined(c, r->generation, r->ipconn, first, &r->out) && in) /* outbound, a changed ssl takes effect at the next acquire */
		want_tls(c, r->generation, r->service, &r->out);
}

static void
end_socket(struct recheck_walk *r)
{
	record_asked_again(r->quiet ? NULL : r->conn->record, r->answered, r->nanswered);
	r->nanswered = 0;
	check_trust(r->conn, r->generation, r->ipconn, &r->out);
	r->conn = NULL;
}

void
recheck_socket(struct conn *c, struct generation *g, const struct ipconn *i, bool first, bool quiet, struct recheck_result *out)
{
	struct recheck_walk r = { .ipconn = i, .generation = g, .quiet = quiet, .out = { .door = DOOR_COUNT } };

	begin_socket(&r, c, first);
	ask_doors(&r);
	end_socket(&r);
	*out = r.out;
}

void
recheck_gone(const struct ipconn *i, const struct generation *g, struct recheck_result *out)
{
	*out = (struct recheck_result){ .door = DOOR_COUNT };
	for (unsigned n = 0; n < IPCONN_SOCKETS && !out->refused; n++)
		if (ipconn_socket(i, n) != NULL)
			defined(ipconn_socket(i, n), g, i, n == SOCKET_IN, out);
}

/*
 * True when c is outbound and not installed yet: it keeps its generation, and its doors are asked again before it is
 * installed (capex_out.c).
 */
static bool
under_way(struct conn *c, const struct generation *g)
{
	if (c->facts->way == WAY_IN || c->stage == CONN_INSTALLED)
		return false;
	begin(c, g);
	return true;
}

static bool
is_due(const struct recheck_walk *r)
{
	struct conn *c = ipconn_socket(r->ipconn, r->place);

	return c != NULL && c->asked != r->generation->number && !under_way(c, r->generation);
}

/* --- all sockets of an ipconn ----------------------------------------------------------------- */

/* Goes on with the socket under way, and with the next ones. False: a script waits. */
static bool
walk(struct recheck_walk *r)
{
	for (;;) {
		if (r->conn != NULL && !ask_doors(r))
			return false;
		if (r->conn != NULL)
			end_socket(r);
		if (r->out.refused)
			return true;
		while (r->place < IPCONN_SOCKETS && !is_due(r))
			r->place++;
		if (r->place >= IPCONN_SOCKETS)
			return true;
		begin_socket(r, ipconn_socket(r->ipconn, r->place), r->place == SOCKET_IN);
		r->place++;
	}
}

static void
go_on(struct recheck_walk *r)
{
	if (walk(r))
		r->done(r);
}

bool
recheck_begin(struct recheck_walk *r)
{
	r->out = (struct recheck_result){ .door = DOOR_COUNT };
	return walk(r);
}

bool
recheck_early(struct recheck_walk *r, struct conn *c)
{
	r->out = (struct recheck_result){ .door = DOOR_COUNT };
	r->place = IPCONN_SOCKETS;
	begin_socket(r, c, false);
	return walk(r);
}

void
recheck_cancel(struct recheck_walk *r, const char *why)
{
	struct conn *c = r->conn;

	policy_cancel(&r->ask, why);
	c->recheck = NULL;
	recheck_forget(&r->out);
	record_asked_again(r->quiet ? NULL : c->record, r->answered, r->nanswered);
	r->nanswered = 0;
}

void
recheck_lost(struct conn *c, const char *why)
{
	struct recheck_walk *r = c->recheck;

	if (r == NULL)
		return;
	recheck_cancel(r, why);
	r->done(r);
}
