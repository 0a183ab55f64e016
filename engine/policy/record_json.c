/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/record_json.h"

#include <string.h>

#include "base/addr.h"
#include "policy/facts_json.h"
#include "policy/record_internal.h"

static json_t *
text_or_null(const char *s)
{
	return s == NULL || s[0] == '\0' ? json_null() : facts_json_text(s, strlen(s));
}

static double
thousandths(double n)
{
	return (double)(long long)(n * 1e3 + 0.5) / 1e3;
}

static double
since(const struct record *r, double at)
{
	return thousandths((at - r->opened) * 1e3);
}

static json_t *
checks_json(const struct record_entry *e)
{
	json_t *list = json_array();

	for (size_t i = 0; i < e->nchecks; i++)
		json_array_append_new(list, json_pack("{s:o, s:b, s:o}", "name", facts_json_text(e->check[i].name, strlen(e->check[i].name)),
			"value", e->check[i].value, "detail", facts_json_text(e->check[i].detail, e->check[i].detail_len)));
	return list;
}

static void
put_text(json_t *o, const char *key, const char *text)
{
	if (text != NULL && text[0] != '\0')
		json_object_set_new(o, key, facts_json_text(text, strlen(text)));
}

/* The grants; null when the verdict is a refusal, or missing. */
static json_t *
granted_json(const struct record_entry *e)
{
	json_t *o;

	if (!e->answered || strcmp(e->verdict, verdict_name(VERDICT_REFUSE)) == 0)
		return json_null();
	o = json_object();
	put_text(o, "userid", e->granted.userid);
	put_text(o, "by", e->granted.mapped ? "maps.lua" : NULL);
	if (e->granted.sysplex)
		json_object_set_new(o, "sysplex", json_true());
	put_text(o, "ipconn", e->granted.ipconn);
	put_text(o, "template", e->granted.template);
	put_text(o, "applid", e->granted.applid);
	put_text(o, "host", e->granted.host);
	if (e->granted.has_port)
		json_object_set_new(o, "port", json_integer(e->granted.port));
	return o;
}

static json_t *
installed_json(const struct installed *i)
{
	if (i == NULL)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:b, s:o, s:i, s:i, s:i}", "ipconn", i->ipconn, "applid", i->applid, "networkid", i->networkid,
		"autoinstalled", (int)i->autoinstalled, "template", text_or_null(i->template), "sendcount", i->sendcount, "receivecount",
		i->receivecount, "sockets", i->sockets);
}

static json_t *
entry_json(const struct record *r, const struct record_entry *e)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:f, s:f, s:o}", "door", e->where, "policy", text_or_null(e->policy), "file",
		text_or_null(e->file), "line", e->line > 0 ? json_integer(e->line) : json_null(), "verdict", text_or_null(e->verdict), "code",
		text_or_null(e->code), "text", text_or_null(e->text), "granted", granted_json(e), "generation",
		e->generation > 0 ? json_integer((json_int_t)e->generation) : json_null(),
		"microseconds", thousandths(e->microseconds), "milliseconds", since(r, e->at), "checks",
		checks_json(e));
}

/* The request of an entry. The record never has the password. */
static json_t *
request_json(const struct recorded_request *q)
{
	json_t *users = json_array();

	for (unsigned i = 0; i < q->users.nchecked; i++)
		json_array_append_new(users, json_string(q->users.checked[i]));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:I}", "tran", text_or_null(q->tran), "program", text_or_null(q->program), "userid",
		text_or_null(q->userid), "linkuser", text_or_null(q->users.link), "taskuser", text_or_null(q->users.task), "users", users, "bytes",
		(json_int_t)q->bytes);
}

static json_t *
requests_json(const struct record *r)
{
	json_t *list = json_array(), *o;

	for (size_t i = 0; r->requests != NULL && i < r->requests->n; i++) {
		const struct record_entry *e = r->requests->entry[i];

		o = entry_json(r, e);
		if (e->request != NULL)
			json_object_set_new(o, "request", request_json(e->request));
		/* refused before its users were known, so that no door was asked */
		if (e->request != NULL && e->request->users.nchecked == 0)
			json_object_set_new(o, "door", json_string(stage_name(STAGE_REQUEST)));
		json_array_append_new(list, o);
	}
	return list;
}

/* The names of the certificate, each as one text. */
static json_t *
certificate_json(const struct certificate *c)
{
	if (c == NULL)
		return json_null();
	return json_pack("{s:o, s:o}", "subject", text_or_null(c->subject.printed), "issuer", text_or_null(c->issuer.printed));
}

static json_t *
lists_json(const struct record *r, bool doors)
{
	json_t *list = json_array();

	for (size_t i = 0; doors && i < r->nentries; i++)
		json_array_append_new(list, entry_json(r, r->entry[i]));
	for (size_t i = 0; !doors && i < r->nevents; i++)
		json_array_append_new(list, json_pack("{s:f, s:o}", "milliseconds", since(r, r->event[i].at), "event",
			facts_json_text(r->event[i].text, strlen(r->event[i].text))));
	return list;
}

json_t *
record_json(const struct record *r)
{
	static const struct facts nothing;
	const struct facts *f = r->facts != NULL ? r->facts : &nothing;
	char peer[ADDR_TEXT] = "";

	if (r->facts != NULL)
		addr_print(&f->peer.addr, peer, sizeof peer);
	return json_pack("{s:s, s:o, s:I, s:s, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "connection", r->connection, "peer", text_or_null(peer),
		"generation", (json_int_t)f->generation, "outcome", r->outcome, "time", r->opened, "stage", text_or_null(r->stage), "code",
		text_or_null(r->code), "reason", text_or_null(r->reason), "doors", lists_json(r, true), "installed",
		installed_json(r->installed), "requests", requests_json(r), "certificate", certificate_json(f->certificate), "facts",
		r->facts != NULL ? facts_json(f) : json_object(), "events", lists_json(r, false));
}
