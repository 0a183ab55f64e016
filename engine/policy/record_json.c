/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/record_json.h"

#include <string.h>

#include "base/addr.h"
#include "policy/facts_json.h"
#include "policy/record_internal.h"

#define TAIL 64 /* bytes for the end of the text, which always has room */

/* A text that is being written, and whether a part of it had no room. */
struct account {
	struct jsontext *j;
	const struct record *record;
	size_t max, part; /* bounds of the text, and of its parts: the rest is for brackets and the member incomplete */
	bool incomplete;
};

static double
since(const struct record *r, double at)
{
	return (at - r->opened) * 1e3;
}

/* Ends a part that began at the mark. True: it is there; false: it had no room and is left out. */
static bool
keep(struct account *a, struct jsontext_mark mark)
{
	if (!a->j->full)
		return true;
	jsontext_back(a->j, mark);
	a->incomplete = true;
	return false;
}

/* --- one entry -------------------------------------------------------------------------------- */

static void
put_checks(struct jsontext *j, const struct record_entry *e)
{
	jsontext_begin(j, "checks", '[');
	for (size_t i = 0; i < e->nchecks; i++) {
		jsontext_begin(j, NULL, '{');
		jsontext_text(j, "name", e->check[i].name, strlen(e->check[i].name));
		jsontext_flag(j, "value", e->check[i].value);
		jsontext_text(j, "detail", e->check[i].detail, e->check[i].detail_len);
		jsontext_end(j, '}');
	}
	jsontext_end(j, ']');
}

static void
put_answers(struct jsontext *j, const struct record_entry *e)
{
	jsontext_begin(j, "answers", '[');
	if (e->answers != NULL && e->answers->all.len > 0)
		jsontext_raw(j, NULL, e->answers->all.bytes, e->answers->all.len);
	jsontext_end(j, ']');
}

/* The grants; null when the verdict is a refusal, or missing. */
static void
put_granted(struct jsontext *j, const struct record_entry *e)
{
	const struct granted none = { .host = NULL }, *g = e->granted != NULL ? e->granted : &none;

	if (!e->answered || e->verdict == VERDICT_REFUSE) {
		jsontext_null(j, "granted");
		return;
	}
	jsontext_begin(j, "granted", '{');
	jsontext_some(j, "userid", g->userid);
	jsontext_some(j, "by", g->mapped ? "maps.lua" : NULL);
	if (g->sysplex)
		jsontext_flag(j, "sysplex", true);
	jsontext_some(j, "ipconn", g->ipconn);
	jsontext_some(j, "template", g->template);
	jsontext_some(j, "applid", g->applid);
	jsontext_some(j, "host", g->host);
	if (g->has_port)
		jsontext_integer(j, "port", g->port);
	jsontext_end(j, '}');
}

/* The request of an entry. The record never has the password. */
static void
put_request(struct jsontext *j, const struct recorded_request *q)
{
	jsontext_begin(j, "request", '{');
	jsontext_string(j, "tran", q->tran);
	jsontext_string(j, "program", q->program);
	jsontext_string(j, "userid", q->userid);
	jsontext_string(j, "linkuser", q->users.link);
	jsontext_string(j, "taskuser", q->users.task);
	jsontext_begin(j, "users", '[');
	for (unsigned i = 0; i < q->users.nchecked; i++)
		jsontext_text(j, NULL, q->users.checked[i], strlen(q->users.checked[i]));
	jsontext_end(j, ']');
	jsontext_integer(j, "bytes", (int64_t)q->bytes);
	jsontext_end(j, '}');
}

/* The door; the stage, when a request was refused before its users were known, so that no door was asked. */
static const char *
door_of_entry(const struct record_entry *e)
{
	return e->request != NULL && e->request->users.nchecked == 0 ? stage_name(STAGE_REQUEST) : e->where;
}

/* The question: when, about which socket, and to which script. */
static void
put_question(struct jsontext *j, const struct record *r, const struct record_entry *e)
{
	char peer[ADDR_TEXT];

	jsontext_string(j, "door", door_of_entry(e));
	jsontext_string(j, "policy", e->policy);
	jsontext_string(j, "hash", e->hash);
	jsontext_some(j, "params", e->params);
	jsontext_number(j, "now", e->at, 6);
	jsontext_number(j, "milliseconds", since(r, e->at), 3);
	if (e->socket > 0)
		jsontext_integer(j, "socket", e->socket);
	if (e->dialled != NULL) {
		jsontext_string(j, "peer", addr_print(&e->dialled->peer, peer, sizeof peer));
		facts_json_load(j, &e->dialled->load);
	}
	jsontext_flag(j, "recheck", e->recheck);
	if (e->generation > 0)
		jsontext_integer(j, "generation", (int64_t)e->generation);
	else
		jsontext_null(j, "generation");
}

/* The verdict, and the line of the script that made it. */
static void
put_verdict(struct jsontext *j, const struct record_entry *e)
{
	jsontext_sentence(j, "file", e->file);
	if (e->line > 0)
		jsontext_integer(j, "line", e->line);
	else
		jsontext_null(j, "line");
	jsontext_string(j, "verdict", e->answered ? verdict_name(e->verdict) : "");
	jsontext_string(j, "code", e->code);
	jsontext_sentence(j, "text", e->text);
	put_granted(j, e);
}

static void
put_entry(struct account *a, const char *key, const struct record_entry *e)
{
	struct jsontext_mark mark;
	bool whole;

	jsontext_begin(a->j, key, '{');
	put_question(a->j, a->record, e);
	put_verdict(a->j, e);
	jsontext_some(a->j, "why", e->why);
	jsontext_number(a->j, "microseconds", e->microseconds, 3);
	if (e->waited > 0)
		jsontext_number(a->j, "waited", e->waited, 3);
	if (e->request != NULL)
		put_request(a->j, e->request);
	mark = jsontext_mark(a->j);
	put_checks(a->j, e);
	put_answers(a->j, e);
	whole = keep(a, mark) && !e->incomplete;
	if (!whole)
		jsontext_flag(a->j, "incomplete", true);
	jsontext_end(a->j, '}');
	a->incomplete = a->incomplete || !whole;
}

void
record_json_entry(struct jsontext *j, const struct record *r, const struct record_entry *e)
{
	record_json_member(j, NULL, r, e);
}

void
record_json_member(struct jsontext *j, const char *key, const struct record *r, const struct record_entry *e)
{
	struct account a = { .j = j, .record = r };

	put_entry(&a, key, e);
}

void
record_json_verdict(struct jsontext *j, const char *key, const struct record_entry *e)
{
	jsontext_begin(j, key, '{');
	jsontext_string(j, "policy", e->policy);
	put_verdict(j, e);
	jsontext_end(j, '}');
}

/* --- the record ------------------------------------------------------------------------------- */

static void
put_installed(struct jsontext *j, const struct installed *i)
{
	if (i == NULL) {
		jsontext_null(j, "installed");
		return;
	}
	jsontext_begin(j, "installed", '{');
	jsontext_string(j, "ipconn", i->ipconn);
	jsontext_text(j, "applid", i->applid, strlen(i->applid));
	jsontext_text(j, "networkid", i->networkid, strlen(i->networkid));
	jsontext_flag(j, "autoinstalled", i->autoinstalled);
	jsontext_string(j, "template", i->template);
	jsontext_integer(j, "sendcount", i->sendcount);
	jsontext_integer(j, "receivecount", i->receivecount);
	jsontext_integer(j, "sockets", i->sockets);
	jsontext_end(j, '}');
}

static void
put_outcome(struct jsontext *j, const struct record *r)
{
	char peer[ADDR_TEXT] = "";

	if (r->facts != NULL)
		addr_print(&r->facts->peer.addr, peer, sizeof peer);
	jsontext_string(j, "connection", r->connection);
	jsontext_string(j, "peer", peer);
	jsontext_integer(j, "generation", r->facts != NULL ? (int64_t)r->facts->generation : 0);
	jsontext_string(j, "hash", r->hash);
	jsontext_string(j, "outcome", r->outcome);
	jsontext_number(j, "time", r->opened, 6);
	jsontext_string(j, "stage", r->stage);
	jsontext_string(j, "code", r->code);
	jsontext_string(j, "reason", r->reason);
	jsontext_some(j, "masked", r->masked);
	if (r->facts != NULL && r->facts->capex.ha)
		jsontext_flag(j, "ha", true);
	put_installed(j, r->installed);
}

static void
put_events(struct jsontext *j, const struct record *r)
{
	jsontext_begin(j, "events", '[');
	for (size_t i = 0; i < r->nevents; i++) {
		jsontext_begin(j, NULL, '{');
		jsontext_number(j, "milliseconds", since(r, r->event[i].at), 3);
		jsontext_text(j, "event", r->event[i].text, strlen(r->event[i].text));
		jsontext_end(j, '}');
	}
	jsontext_end(j, ']');
}

static void
put_names(struct jsontext *j, const struct dn *subject, const struct dn *issuer)
{
	jsontext_string(j, "subject", subject->printed);
	jsontext_string(j, "issuer", issuer->printed);
}

/* The names of the certificate, and of those above it, each as one text: in the facts they are lists of parts. */
static void
put_certificate(struct jsontext *j, const struct certificate *c)
{
	if (c == NULL) {
		jsontext_null(j, "certificate");
		return;
	}
	jsontext_begin(j, "certificate", '{');
	put_names(j, &c->subject, &c->issuer);
	jsontext_begin(j, "above", '[');
	for (size_t i = 1; i < c->chain.links; i++) {
		jsontext_begin(j, NULL, '{');
		put_names(j, &c->chain.link[i].subject, &c->chain.link[i].issuer);
		jsontext_end(j, '}');
	}
	jsontext_end(j, ']');
	jsontext_end(j, '}');
}

static void
put_facts(struct account *a, const struct facts *f)
{
	struct jsontext_mark mark = jsontext_mark(a->j);

	put_certificate(a->j, f != NULL ? f->certificate : NULL);
	if (f != NULL) {
		facts_json(a->j, "facts", f);
	} else {
		jsontext_begin(a->j, "facts", '{');
		jsontext_end(a->j, '}');
	}
	keep(a, mark);
}

static void
put_entries(struct account *a, const char *key, struct record_entry *const *entry, size_t n)
{
	a->j->max = a->max;
	jsontext_begin(a->j, key, '[');
	a->j->max = a->part;
	for (size_t i = 0; i < n; i++) {
		struct jsontext_mark mark = jsontext_mark(a->j);

		put_entry(a, NULL, entry[i]);
		keep(a, mark);
	}
	a->j->max = a->max;
	jsontext_end(a->j, ']');
}

bool
record_json_put(struct jsontext *j, const struct record *r, bool requests)
{
	struct account a = { .j = j, .record = r, .max = j->max, .part = j->max > TAIL ? j->max - TAIL : j->max };

	j->max = a.part;
	jsontext_begin(j, NULL, '{');
	put_outcome(j, r);
	put_events(j, r);
	put_facts(&a, r->facts);
	put_entries(&a, "doors", r->entry, r->nentries);
	if (requests)
		put_entries(&a, "requests", r->requests != NULL ? r->requests->entry : NULL, r->requests != NULL ? r->requests->n : 0);
	if (a.incomplete)
		jsontext_flag(j, "incomplete", true);
	jsontext_end(j, '}');
	return !j->full;
}

json_t *
record_json(const struct record *r)
{
	struct jsontext j = { 0 };
	json_t *o = NULL;

	if (record_json_put(&j, r, true))
		o = json_loadb(j.bytes, j.len, JSON_ALLOW_NUL, NULL);
	jsontext_free(&j);
	return o;
}
