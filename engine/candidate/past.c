/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/past.h"

#include <stdio.h>
#include <string.h>

#include "policy/facts_json.h"

/* 22 characters of base64url: stands for a token, which no record has. */
#define TOKEN "AAAAAAAAAAAAAAAAAAAAAA"

static struct account_value
part(struct account_value o, const char *name)
{
	return account_member(o, name);
}

static const char *
text(struct account_value o, const char *name)
{
	return account_text(part(o, name));
}

static int
integer(struct account_value o, const char *name)
{
	return (int)account_integer(part(o, name));
}

static bool
flag(struct account_value o, const char *name)
{
	return account_is_true(part(o, name));
}

static void
copy(char *out, size_t size, struct account_value o, const char *name)
{
	const char *value = text(o, name);

	snprintf(out, size, "%s", value != NULL ? value : "");
}

/* The bytes of a text that facts_json wrote. */
static void
copy_bytes(char *out, size_t size, struct account_value o, const char *name)
{
	struct account_value v = part(o, name);

	facts_json_unescape(account_text(v), account_length(v), out, size);
}

/* --- facts ------------------------------------------------------------------------------------ */

static void
read_end(struct addr *a, struct account_value end)
{
	const char *ip = text(end, "ip");

	if (ip == NULL || addr_parse(a, ip, integer(end, "port")) < 0)
		*a = (struct addr){ .family = 0 };
}

static void
read_load(struct facts_load *l, struct account_value o)
{
	l->halfopen = (unsigned)integer(o, "halfopen");
	l->connections = (unsigned)integer(o, "connections");
	l->from_peer = (unsigned)integer(o, "from_peer");
	l->from_prefix = (unsigned)integer(o, "from_prefix");
	l->refused_from_peer = (unsigned)integer(o, "refused_from_peer");
}

static void
read_tls(struct facts *f, struct account_value tls)
{
	const char *version = text(tls, "version");

	if (version == NULL)
		return;
	f->tls.version = strcmp(version, "TLSv1.2") == 0 ? "TLSv1.2" : "TLSv1.3";
	copy(f->tls.cipher, sizeof f->tls.cipher, tls, "cipher");
	copy_bytes(f->tls.sni, sizeof f->tls.sni, tls, "sni");
}

static void
read_capex(struct facts *f, struct account_value o)
{
	struct capex *c = &f->capex;

	f->has_capex = true;
	copy(c->applid, sizeof c->applid, o, "applid");
	copy(c->networkid, sizeof c->networkid, o, "networkid");
	copy(c->suggested_applid, sizeof c->suggested_applid, o, "suggested_applid");
	copy(c->server_applid, sizeof c->server_applid, o, "server_applid");
	copy(c->server_networkid, sizeof c->server_networkid, o, "server_networkid");
	copy_bytes(c->host, sizeof c->host, o, "host");
	c->port = integer(o, "port");
	c->sendcount = integer(o, "sendcount");
	c->receivecount = integer(o, "receivecount");
	c->sockets = integer(o, "sockets");
	c->socket = f->socket > 0 ? f->socket : 1;
	if (c->port != -1)
		memcpy(c->callback, TOKEN, sizeof TOKEN);
	if (flag(o, "callback"))
		memcpy(c->answering, TOKEN, sizeof TOKEN);
}

static void
read_facts(struct past *r, struct account_value o)
{
	struct facts *f = &r->facts;

	f->way = text(o, "way") != NULL && strcmp(text(o, "way"), "out") == 0 ? WAY_OUT : WAY_IN;
	f->generation = (uint64_t)account_integer(part(o, "generation"));
	f->socket = integer(o, "socket");
	f->peer.sysplex = flag(part(o, "peer"), "sysplex");
	f->ip_hidden = past_hides(r, "peer.ip");
	copy(f->connection, sizeof f->connection, o, "connection");
	copy(f->tcpipservice, sizeof f->tcpipservice, o, "tcpipservice");
	copy_bytes(f->peer.host, sizeof f->peer.host, part(o, "peer"), "host");
	copy(f->userid, sizeof f->userid, part(o, "certificate"), "userid");
	copy(f->ipconn.ipconn, sizeof f->ipconn.ipconn, part(o, "ipconn"), "ipconn");
	copy(f->ipconn.applid, sizeof f->ipconn.applid, part(o, "ipconn"), "applid");
	copy(f->ipconn.networkid, sizeof f->ipconn.networkid, part(o, "ipconn"), "networkid");
	read_end(&f->peer.addr, part(o, "peer"));
	read_end(&f->own.addr, part(o, "own"));
	read_load(&f->load, part(o, "load"));
	read_tls(f, part(o, "tls"));
	if (account_has(part(o, "capex")))
		read_capex(f, part(o, "capex"));
}

static void
read_installed(struct past *r, struct account_value o)
{
	struct installed *i = &r->installed;

	r->has_installed = account_is_object(o);
	copy(i->ipconn, sizeof i->ipconn, o, "ipconn");
	copy(i->applid, sizeof i->applid, o, "applid");
	copy(i->networkid, sizeof i->networkid, o, "networkid");
	copy(i->template, sizeof i->template, o, "template");
	i->autoinstalled = flag(o, "autoinstalled");
	i->sendcount = integer(o, "sendcount");
	i->receivecount = integer(o, "receivecount");
	i->sockets = integer(o, "sockets");
}

/* --- questions -------------------------------------------------------------------------------- */

struct past_question
past_question(struct account_value account)
{
	const char *verdict = text(account, "verdict"), *where = text(account, "door");

	return (struct past_question){ .door = where != NULL ? door_of(where) : DOOR_COUNT, .where = where != NULL ? where : "?",
		.now = account_number(part(account, "now")), .refused = verdict != NULL && strcmp(verdict, "refuse") == 0, .verdict = verdict,
		.code = text(account, "code"), .policy = text(account, "policy"), .account = account };
}

const struct past_question *
past_at(const struct past *r, enum door door)
{
	for (size_t i = r->questions; i-- > 0;)
		if (r->question[i].door == door)
			return &r->question[i];
	return NULL;
}

/*
 * A question that a later generation asked again, and that waited, takes the place of the first one: it has the answers
 * of all calls. A refusal there is no decision about the connection as it came in.
 */
static void
read_question(struct past *r, struct account_value one)
{
	bool again = flag(one, "recheck") || account_is_integer(part(one, "generation"));
	struct past_question q = past_question(one);
	const struct past_question *first = again ? past_at(r, q.door) : NULL;

	if (first != NULL && !q.refused && account_number(part(one, "waited")) > 0)
		r->question[first - r->question] = q;
	else if (!again && r->questions < PAST_QUESTIONS)
		r->question[r->questions++] = q;
}

static void
read_questions(struct past *r, struct account_value list)
{
	for (struct account_value one = account_first(list); account_has(one); one = account_next(list, one))
		read_question(r, one);
}

bool
past_try(struct past *r, const struct past_question *q)
{
	const char *peer = text(q->account, "peer");
	struct past_question only = *q;
	char host[HOST_SIZE];
	struct fault none;
	int port;

	if (peer == NULL || addr_split(peer, host, sizeof host, &port, &none) < 0 || addr_parse(&r->facts.peer.addr, host, port) < 0)
		return false;
	if (account_has(part(q->account, "load")))
		read_load(&r->facts.load, part(q->account, "load"));
	r->question[0] = only;
	r->questions = 1;
	r->attempt = true;
	return true;
}

bool
past_request(const struct past_question *q, struct request *out, size_t *bytes)
{
	struct account_value o = part(q->account, "request");

	*out = (struct request){ .hops = 0 };
	copy(out->tran, sizeof out->tran, o, "tran");
	copy(out->program, sizeof out->program, o, "program");
	copy(out->userid, sizeof out->userid, o, "userid");
	*bytes = (size_t)account_integer(part(o, "bytes"));
	return account_has(o);
}

/* --- the whole -------------------------------------------------------------------------------- */

bool
past_hides(const struct past *r, const char *fact)
{
	return strstr(r->masked, fact) != NULL;
}

int
past_read(struct past *r, const struct account *of, struct fault *f)
{
	struct account_value account = account_root(of), facts = part(account, "facts");

	*r = (struct past){ .account = account, .masked = text(account, "masked"), .outcome = text(account, "outcome"), .code = text(account, "code") };
	if (r->masked == NULL)
		r->masked = "";
	if (r->outcome == NULL)
		r->outcome = "";
	r->incomplete = flag(account, "incomplete");
	if (text(facts, "way") == NULL)
		return fault_set(f, "connection %s: the record has no facts", text(account, "connection") != NULL ? text(account, "connection") : "?");
	r->certificate = part(facts, "certificate");
	read_facts(r, facts);
	r->facts.capex.ha = flag(account, "ha");
	read_installed(r, part(account, "installed"));
	read_questions(r, part(account, "doors"));
	return 0;
}
