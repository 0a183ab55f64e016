/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/recheck.h"

#include "security/certmap.h"
#include "base/clock.h"
#include "conn/canary.h"
#include "policy/notes.h"

#include <string.h>

/* One door that is asked again; the answer is kept in out. */
struct again {
	struct ask ask; /* first */
	struct conn *conn;
	const struct generation *generation;
	struct recheck_result *out;
};

struct answered { /* the questions about a socket that did not refuse */
	struct record_entry *entry[DOOR_COUNT]; /* owned */
	size_t n;
};

static void
refuse(struct recheck_result *out, const struct conn *c, enum door door, const char *script, const struct verdict *v)
{
	memcpy(out->connection, c->facts.connection, sizeof out->connection);
	out->refused = true;
	out->failed = strcmp(v->code, "policy_error") == 0 || strcmp(v->code, "policy_limit") == 0;
	out->door = door;
	out->script = script;
	out->verdict = *v;
}

static void
recheck_answered(struct ask *a)
{
	struct again *again = (struct again *)a;

	canary_answered(again->conn->worker, a);
	if (a->verdict.kind == VERDICT_REFUSE)
		refuse(again->out, again->conn, a->door, a->script, &a->verdict);
	else if (door_row(a->door)->grants == GRANT_SYSPLEX)
		again->conn->sysplex = a->verdict.sysplex;
	else if (door_row(a->door)->grants == GRANT_USERID)
		certmap_decide(again->generation->certmap, again->conn->facts.certificate, a->verdict.userid, again->conn->userid);
}

/* The facts as they were at the door's stage: the facts of later stages are removed from a copy. */
static struct facts
facts_at(const struct conn *c, enum door door, const struct generation *g)
{
	struct facts f = c->facts;

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

static void
ask(struct conn *c, struct generation *g, const struct service *s, const struct recheck_view *view, enum door door,
	struct answered *done, struct recheck_result *out)
{
	struct facts f = facts_at(c, door, g);
	struct again a = { .conn = c, .generation = g, .out = out };

	if (out->refused)
		return;
	out->entry = record_entry_new(door_name(door), s->script[door], g->number, f.now);
	a.ask = (struct ask){ .policy = g->policy, .script = s->script[door], .door = door, .facts = &f, .entry = out->entry, .tape = &c->tape,
		.replay = true, .view = view, .notes = &c->notes, .done = recheck_answered };
	policy_ask(&a.ask);
	if (out->refused || out->entry == NULL)
		return;
	done->entry[done->n++] = out->entry;
	out->entry = NULL;
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
		if (i->socket[n] != NULL && strcmp(i->socket[n]->facts.connection, r->connection) == 0) {
			record_asked_again(i->socket[n]->record, &r->entry, 1);
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

/*
 * True, and refused without a door: the listener now requires TLS or a client certificate that the socket does not
 * have.
 */
static bool
wants_more(const struct conn *c, const struct generation *g, const struct service *s, struct recheck_result *out)
{
	struct verdict v;

	if (s->ssl != SSL_NO && c->facts.tls.version == NULL)
		verdict_refuse(&v, "plain_text", "tcpipservice %s has TLS now, and this socket has none", s->def->tcpipservice);
	else if (s->ssl == SSL_CLIENTAUTH && c->facts.certificate == NULL)
		verdict_refuse(&v, "no_certificate", "tcpipservice %s wants a client certificate now", s->def->tcpipservice);
	else
		return false;
	refuse_defined(out, c, g, &v);
	return true;
}

static bool
asks_certify(const struct conn *c, const struct service *s)
{
	if (c->facts.way == WAY_OUT)
		return c->facts.certificate != NULL;
	return s->ssl == SSL_CLIENTAUTH || (s->ssl == SSL_YES_ && s->script[DOOR_CERTIFY] != NULL);
}

/* Checks the trust rule with admit's new value of sysplex, which counts when no certificate was verified. */
static void
check_trust(const struct conn *c, const struct generation *g, const struct ipconn *i, struct recheck_result *out)
{
	struct verdict v;

	if (out->refused || c->facts.way == WAY_OUT || ipconn_trusted(&i->def, c, c->sysplex))
		return;
	verdict_refuse(&v, "trust", "ipconn %s has userauth = identify, and admit no longer gives sysplex", i->def.ipconn);
	refuse_defined(out, c, g, &v);
}

/*
 * True when g defines the tcpipservice of an inbound socket, and the ipconn of an outbound or a first socket. False:
 * out names the missing definition.
 */
static bool
defined(const struct conn *c, const struct generation *g, const struct ipconn *i, bool first, struct recheck_result *out)
{
	bool in = c->facts.way == WAY_IN;
	struct verdict v;

	if (in && generation_service(g, c->facts.tcpipservice) == NULL)
		verdict_refuse(&v, "mismatch", "tcpipservice %s is not defined any more", c->facts.tcpipservice);
	else if ((first || !in) && !i->autoinstalled && definition_ipconn(g->definition, i->def.ipconn) == NULL)
		verdict_refuse(&v, "mismatch", "ipconn %s is not defined any more", i->def.ipconn);
	else
		return true;
	refuse_defined(out, c, g, &v);
	out->gone = true;
	return false;
}

/* True when the door is asked again about c. first: c is the first socket of its ipconn. */
static bool
asked_again(const struct conn *c, const struct service *s, const struct ipconn *i, bool first, const struct door_row *row)
{
	if ((row->ways >> c->facts.way & 1) == 0)
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

/* Walks the table of doors, so that no door is missing. */
static void
ask_doors(struct conn *c, struct generation *g, const struct service *s, const struct ipconn *i, bool first, bool quiet,
	struct recheck_result *out)
{
	struct recheck_view view = { .definition = g->definition, .asked = i };
	struct answered done = { .n = 0 };

	for (enum door d = 0; d < DOOR_COUNT; d++)
		if (asked_again(c, s, i, first, door_row(d)))
			ask(c, g, s, &view, d, &done, out);
	record_asked_again(quiet ? NULL : c->record, done.entry, done.n);
}

/* Starts from the present answers: a door that is not asked again keeps its answer. */
static void
begin(struct conn *c, const struct generation *g)
{
	c->asked = g->number;
	memcpy(c->userid, c->facts.userid, sizeof c->userid);
	c->sysplex = c->facts.peer.sysplex;
	notes_ref(c->facts.notes);
	notes_unref(c->notes);
	c->notes = c->facts.notes;
}

void
recheck_socket(struct conn *c, struct generation *g, const struct ipconn *i, bool first, bool quiet, struct recheck_result *out)
{
	bool in = c->facts.way == WAY_IN;
	const struct service *s = in ? generation_service(g, c->facts.tcpipservice) : ipconn_outbound(i, g);

	*out = (struct recheck_result){ .door = DOOR_COUNT };
	begin(c, g);
	if (!defined(c, g, i, first, out))
		return;
	if (!in || !wants_more(c, g, s, out)) { /* outbound, a changed ssl takes effect at the next acquire */
		ask_doors(c, g, s, i, first, quiet, out);
		check_trust(c, g, i, out);
	}
}

void
recheck_gone(const struct ipconn *i, const struct generation *g, struct recheck_result *out)
{
	*out = (struct recheck_result){ .door = DOOR_COUNT };
	for (unsigned n = 0; n < IPCONN_SOCKETS && !out->refused; n++)
		if (i->socket[n] != NULL)
			defined(i->socket[n], g, i, n == SOCKET_IN, out);
}

/*
 * True when c is outbound and not installed yet: it keeps its generation, and its doors are asked again before it is
 * installed (capex_out.c).
 */
static bool
under_way(struct conn *c, const struct generation *g)
{
	if (c->facts.way == WAY_IN || c->stage == CONN_INSTALLED)
		return false;
	begin(c, g);
	return true;
}

void
recheck_ipconn(struct ipconn *i, struct generation *g, bool quiet, struct recheck_result *out)
{
	*out = (struct recheck_result){ .door = DOOR_COUNT };
	for (unsigned n = 0; n < IPCONN_SOCKETS && !out->refused; n++)
		if (i->socket[n] != NULL && i->socket[n]->asked != g->number && !under_way(i->socket[n], g))
			recheck_socket(i->socket[n], g, i, n == SOCKET_IN, quiet, out);
}
