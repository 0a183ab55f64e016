/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/text.h"
#include "policy/notes.h"
#include "policy/record_internal.h"

#define EVENTS_MAX 32
#define EVENTS_AT_A_TIME 4
#define ENTRIES_MAX 16
#define CHECKS_MAX 64
#define DETAIL_MAX 200
#define NAME_MAX_ 100

/* Empties an entry, and keeps its memory and that of its request. */
static void
entry_empty(struct record_entry *e)
{
	struct recorded_request *request = e->request;

	if (e->watcher != NULL)
		*e->watcher = NULL;
	for (size_t i = 0; i < e->nchecks; i++) {
		free(e->check[i].name);
		free(e->check[i].detail);
	}
	free(e->check);
	free(e->policy);
	free(e->params);
	free(e->text);
	free(e->file);
	free(e->why);
	free(e->granted.host);
	jsontext_free(&e->answers);
	jsontext_free(&e->answer);
	*e = (struct record_entry){ .request = request };
}

void
record_entry_free(struct record_entry *e)
{
	if (e == NULL)
		return;
	entry_empty(e);
	free(e->request);
	free(e);
}

static bool
is_accepted(const struct record_entry *e)
{
	return e->answered && e->verdict == VERDICT_ACCEPT;
}

static size_t
count_accepted(const struct record_requests *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++)
		n += is_accepted(a->entry[i]);
	return n;
}

/* The index of the oldest entry that was accepted, or (of_accepted false) was not; 0 when there is none. */
static size_t
find_oldest(const struct record_requests *a, bool of_accepted)
{
	for (size_t i = 0; i < a->n; i++)
		if (is_accepted(a->entry[i]) == of_accepted)
			return i;
	return 0;
}

static struct record_entry *
take_request(struct record_requests *a, size_t i)
{
	struct record_entry *e = a->entry[i];

	a->n--;
	memmove(a->entry + i, a->entry + i + 1, (a->n - i) * sizeof(struct record_entry *));
	return e;
}

static struct record_entry *
requests_add(struct record_requests **a)
{
	struct record_requests *all = *a != NULL ? *a : (*a = calloc(1, sizeof **a));
	struct record_entry *e;

	if (all == NULL)
		return NULL;
	if (all->n < RECORD_REQUESTS_MAX) {
		e = calloc(1, sizeof *e);
	} else {
		e = take_request(all, find_oldest(all, count_accepted(all) > RECORD_REQUESTS_ACCEPTED));
		entry_empty(e);
	}
	if (e != NULL)
		all->entry[all->n++] = e;
	return e;
}

static void
requests_settle(struct record_requests *a)
{
	size_t n = a != NULL ? count_accepted(a) : 0;

	for (; n > RECORD_REQUESTS_ACCEPTED; n--)
		record_entry_free(take_request(a, find_oldest(a, true)));
}

bool
record_request_refused(const struct record *r)
{
	const struct record_requests *a = r->requests;

	for (size_t i = 0; a != NULL && i < a->n; i++)
		if (a->entry[i]->answered && !is_accepted(a->entry[i]))
			return true;
	return false;
}

static void
requests_free(struct record_requests *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->n; i++)
		record_entry_free(a->entry[i]);
	free(a);
}

void
record_free(struct record *r)
{
	for (size_t i = 0; i < r->nevents; i++)
		free(r->event[i].copy);
	for (size_t i = 0; i < r->nentries; i++)
		record_entry_free(r->entry[i]);
	requests_free(r->requests);
	free(r->installed);
	if (r->facts != NULL) {
		certificate_unref(r->facts->certificate);
		notes_unref(r->facts->notes);
	}
	free(r->facts);
	free(r->event);
	free(r->entry);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

/* --- the lock; functions that are not exported are called with it ------------------------------- */

bool
record_lock(struct record *r)
{
	if (r != NULL)
		pthread_mutex_lock(&r->lock);
	return r != NULL;
}

void
record_unlock(struct record *r)
{
	pthread_mutex_unlock(&r->lock);
}

bool
record_entry_lock(struct record_entry *e)
{
	if (e != NULL && e->of != NULL)
		record_lock(e->of);
	return e != NULL;
}

void
record_entry_unlock(struct record_entry *e)
{
	if (e->of != NULL)
		record_unlock(e->of);
}

void
record_generation(struct record *r, const char *hash)
{
	if (!record_lock(r))
		return;
	text_copy(r->hash, sizeof r->hash, hash);
	record_unlock(r);
}

/* Makes room for one more event, a few at a time. False: no memory, or the record has enough events. */
static bool
has_room_for_event(struct record *r)
{
	struct event *grown;

	if (r->nevents >= EVENTS_MAX)
		return false;
	if (r->nevents % EVENTS_AT_A_TIME != 0)
		return true;
	grown = realloc(r->event, (r->nevents + EVENTS_AT_A_TIME) * sizeof *grown);
	if (grown == NULL)
		return false;
	r->event = grown;
	return true;
}

static void
add_event(struct record *r, double now, const char *event)
{
	if (has_room_for_event(r))
		r->event[r->nevents++] = (struct event){ .text = event, .at = now };
}

void
record_event(struct record *r, double now, const char *event)
{
	if (!record_lock(r))
		return;
	add_event(r, now, event);
	record_unlock(r);
}

void
record_event_copy(struct record *r, double now, const char *event)
{
	char *copy;

	if (!record_lock(r))
		return;
	copy = has_room_for_event(r) ? strdup(event) : NULL;
	if (copy != NULL)
		r->event[r->nevents++] = (struct event){ .text = copy, .copy = copy, .at = now };
	record_unlock(r);
}

/* Adds an entry. False, and the caller keeps e: there is no memory, or the record has max entries. */
static bool
put_entry(struct record *r, struct record_entry *e, size_t max)
{
	struct record_entry **grown = r->nentries < max ? realloc(r->entry, (r->nentries + 1) * sizeof(struct record_entry *)) : NULL;

	if (grown == NULL)
		return false;
	r->entry = grown;
	r->entry[r->nentries++] = e;
	e->of = r;
	return true;
}

static struct record_entry *
add_entry(struct record *r)
{
	struct record_entry *e = calloc(1, sizeof *e);

	if (e == NULL || put_entry(r, e, ENTRIES_MAX))
		return e;
	free(e);
	return NULL;
}

static struct record_entry *
begin_entry(struct record_entry *e, const char *where, const char *policy, double now)
{
	if (e == NULL)
		return NULL;
	e->where = where;
	e->at = now;
	e->policy = policy != NULL ? strdup(policy) : NULL;
	return e;
}

struct record_entry *
record_entry_add(struct record *r, enum door door, const char *policy, double now)
{
	bool of_request = door_row(door)->stage == STAGE_REQUEST;
	struct record_entry *e;

	if (!record_lock(r))
		return NULL;
	e = begin_entry(of_request ? requests_add(&r->requests) : add_entry(r), door_name(door), policy, now);
	if (e != NULL)
		e->of = r;
	record_unlock(r);
	return e;
}

void
record_asked(struct record_entry *e, const struct facts *f, const char *hash, const char *params)
{
	if (!record_entry_lock(e))
		return;
	text_copy(e->hash, sizeof e->hash, hash != NULL ? hash : "");
	e->params = params != NULL ? strdup(params) : NULL;
	e->recheck = f->recheck;
	e->socket = f->socket;
	if (f->way == WAY_OUT) {
		e->peer = f->peer.addr;
		e->load = f->load;
	}
	record_entry_unlock(e);
}

static void
add_check(struct record_entry *e, const char *name, bool value, const char *detail, size_t detail_len)
{
	struct check *grown, c = { .value = value };

	if (e->nchecks >= CHECKS_MAX) {
		e->incomplete = true;
		return;
	}
	grown = realloc(e->check, (e->nchecks + 1) * sizeof *grown);
	if (grown == NULL)
		return;
	e->check = grown;
	c.detail_len = detail == NULL ? 0 : detail_len < DETAIL_MAX ? detail_len : DETAIL_MAX;
	c.name = strndup(name, NAME_MAX_);
	c.detail = malloc(c.detail_len + 1);
	if (c.name == NULL || c.detail == NULL) {
		free(c.name);
		free(c.detail);
		return;
	}
	memcpy(c.detail, detail != NULL ? detail : "", c.detail_len);
	c.detail[c.detail_len] = '\0';
	e->check[e->nchecks++] = c;
}

void
record_check(struct record_entry *e, const char *name, bool value, const char *detail, size_t detail_len)
{
	if (!record_entry_lock(e))
		return;
	add_check(e, name, value, detail, detail_len);
	record_entry_unlock(e);
}

void
record_effect(struct record_entry *e, const char *name, const char *answer)
{
	record_check(e, name, true, answer, answer != NULL ? strlen(answer) : 0);
}

static struct granted
granted_by(const struct verdict *v)
{
	struct granted g = { .sysplex = v->sysplex, .port = v->install.port, .has_port = v->install.has_port };

	memcpy(g.userid, v->userid, sizeof g.userid);
	memcpy(g.ipconn, v->install.ipconn, sizeof g.ipconn);
	memcpy(g.template, v->install.template, sizeof g.template);
	memcpy(g.applid, v->install.applid, sizeof g.applid);
	g.host = v->install.has_host ? strdup(v->install.host) : NULL;
	return g;
}

static void
set_verdict(struct record_entry *e, const struct verdict *v, double microseconds)
{
	free(e->text);
	free(e->file);
	free(e->granted.host);
	e->answered = true;
	e->granted = granted_by(v);
	e->verdict = v->kind;
	text_copy(e->code, sizeof e->code, v->code);
	e->text = v->text[0] != '\0' ? strdup(v->text) : NULL;
	e->file = v->file[0] != '\0' ? strdup(v->file) : NULL;
	e->line = v->line;
	e->microseconds = microseconds;
}

void
record_verdict(struct record_entry *e, const struct verdict *v, double microseconds)
{
	if (!record_entry_lock(e))
		return;
	set_verdict(e, v, microseconds);
	if (e->of != NULL && e->request != NULL)
		record_sink_tell(e->of, e);
	else if (e->of != NULL && e->of->closed) /* the door delete waited longer than the connection lived */
		record_sink_tell(e->of, NULL);
	record_entry_unlock(e);
}

void
record_why(struct record_entry *e, const char *why)
{
	if (!record_entry_lock(e))
		return;
	free(e->why);
	e->why = why[0] != '\0' ? strdup(why) : NULL;
	record_entry_unlock(e);
}

void
record_waited(struct record_entry *e, double microseconds)
{
	if (!record_entry_lock(e))
		return;
	e->waited = microseconds;
	record_entry_unlock(e);
}

void
record_entry_watch(struct record_entry *e, struct record_entry **watcher)
{
	if (!record_entry_lock(e))
		return;
	e->watcher = watcher;
	record_entry_unlock(e);
}

static void
set_mapped(struct record *r, const char *userid)
{
	struct record_entry *e = r->nentries > 0 ? r->entry[r->nentries - 1] : NULL;

	if (e == NULL || e->granted.userid[0] != '\0' || strcmp(e->where, door_name(DOOR_CERTIFY)) != 0)
		return;
	text_copy(e->granted.userid, sizeof e->granted.userid, userid);
	e->granted.mapped = userid[0] != '\0';
}

void
record_mapped(struct record *r, const char *userid)
{
	if (!record_lock(r))
		return;
	set_mapped(r, userid);
	record_unlock(r);
}

static void
set_request(struct record_entry *e, const struct request *q, const struct users *u, size_t bytes)
{
	struct recorded_request *r;

	if (e->request == NULL && (e->request = malloc(sizeof *e->request)) == NULL)
		return;
	r = e->request;
	memcpy(r->tran, q->tran, sizeof r->tran);
	memcpy(r->program, q->program, sizeof r->program);
	memcpy(r->userid, q->userid, sizeof r->userid);
	r->users = *u;
	r->bytes = bytes;
}

void
record_request(struct record_entry *e, const struct request *q, const struct users *u, size_t bytes)
{
	if (!record_entry_lock(e))
		return;
	set_request(e, q, u, bytes);
	record_entry_unlock(e);
}

struct record_entry *
record_entry_new(const char *door, const char *policy, uint64_t generation, double now)
{
	struct record_entry *e = begin_entry(calloc(1, sizeof *e), door != NULL ? door : "reload", policy, now);

	if (e != NULL)
		e->generation = generation;
	return e;
}

/* True: the record has taken e. */
static bool
take_reasked(struct record *r, struct record_entry *e)
{
	r->reasked = true;
	if (e == NULL)
		return false;
	memcpy(r->code, e->code, sizeof r->code);
	if (!put_entry(r, e, ENTRIES_MAX + 1)) /* room for one more: the entry that ends the connection is always kept */
		return false;
	record_sink_tell(r, NULL);
	return true;
}

void
record_reasked(struct record *r, struct record_entry *e)
{
	bool taken = false;

	if (record_lock(r)) {
		taken = take_reasked(r, e);
		record_unlock(r);
	}
	if (!taken)
		record_entry_free(e);
}

void
record_installed(struct record *r, const struct installed *i)
{
	if (!record_lock(r))
		return;
	if (r->installed != NULL || (r->installed = malloc(sizeof *i)) != NULL)
		*r->installed = *i;
	record_unlock(r);
}

void
record_engine(struct record *r, enum stage stage, const char *code, const char *text, double now)
{
	struct record_entry *e;
	struct verdict v;

	if (!record_lock(r))
		return;
	verdict_refuse(&v, code, "%s", text != NULL ? text : "");
	e = begin_entry(add_entry(r), stage_name(stage), NULL, now);
	if (e != NULL)
		set_verdict(e, &v, 0);
	record_unlock(r);
}

static void
set_facts(struct record *r, const struct facts *f)
{
	struct certificate *before;
	struct notes *notes;

	if (r->facts == NULL && (r->facts = calloc(1, sizeof *r->facts)) == NULL)
		return;
	before = r->facts->certificate;
	notes = r->facts->notes;
	*r->facts = *f;
	r->facts->request = NULL; /* borrowed for one question, like the users */
	r->facts->users = NULL;
	memset(r->facts->capex.token, 0, sizeof r->facts->capex.token); /* a secret while it is valid */
	certificate_ref(r->facts->certificate);
	certificate_unref(before);
	notes_ref(r->facts->notes);
	notes_unref(notes);
}

void
record_facts(struct record *r, const struct facts *f)
{
	if (!record_lock(r))
		return;
	set_facts(r, f);
	record_unlock(r);
}

void
record_outcome(struct record *r, const char *outcome, const char *stage, const char *code, const char *reason)
{
	if (!record_lock(r))
		return;
	text_copy(r->outcome, sizeof r->outcome, outcome);
	if (stage != NULL)
		text_copy(r->stage, sizeof r->stage, stage);
	if (code != NULL)
		text_copy(r->code, sizeof r->code, code);
	if (reason != NULL)
		text_copy(r->reason, sizeof r->reason, reason);
	record_sink_tell(r, NULL);
	record_unlock(r);
}

bool
record_end(struct record *r, double now)
{
	bool closed;

	record_lock(r);
	closed = r->closed;
	if (!closed) {
		add_event(r, now, "closed");
		requests_settle(r->requests);
		r->closed = true;
		record_sink_tell(r, NULL);
		r->weight = record_weight(r);
	}
	record_unlock(r);
	return !closed;
}
