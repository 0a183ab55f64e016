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
#define ENTRIES_MAX 16
#define CHECKS_MAX 64
#define DETAIL_MAX 200
#define NAME_MAX_ 100
#define BUCKETS_MIN 256
#define WEIGHT_MAX (128u * 1024 * 1024) /* bytes of the records of closed connections, about */
#define WAITING_MAX 16384 /* closed connections beyond the limit whose records wait for the sink */

static size_t
hash_name(const char *s)
{
	size_t h = 1469598103934665603u;

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return h;
}

static struct record **
bucket_of(const struct records *rs, const char *connection)
{
	return &rs->bucket[hash_name(connection) & (rs->nbuckets - 1)];
}

struct record *
record_find(const struct records *rs, const char *connection)
{
	struct record *r = *bucket_of(rs, connection);

	while (r != NULL && strcmp(r->connection, connection) != 0)
		r = r->chain;
	return r;
}

const struct facts *
records_facts(const struct records *rs, const char *connection)
{
	const struct record *r = record_find(rs, connection);

	return r != NULL ? r->facts : NULL;
}

struct records *
records_new(size_t max)
{
	struct records *rs = calloc(1, sizeof *rs);

	if (rs == NULL)
		return NULL;
	rs->max = max;
	rs->nbuckets = BUCKETS_MIN;
	rs->bucket = calloc(rs->nbuckets, sizeof(struct record *));
	if (rs->bucket != NULL)
		return rs;
	free(rs);
	return NULL;
}

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

static void
record_free(struct record *r)
{
	for (size_t i = 0; i < r->nevents; i++)
		free(r->event[i].text);
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
	free(r);
}

void
records_free(struct records *rs)
{
	struct record *r, *next;

	if (rs == NULL)
		return;
	for (r = rs->oldest; r != NULL; r = next) {
		next = r->newer;
		record_free(r);
	}
	free(rs->bucket);
	free(rs);
}

/*
 * Doubles the buckets, so that their lists stay short with tens of thousands of records. Without memory the lists grow.
 */
static void
widen_buckets(struct records *rs)
{
	struct record **wide, **narrow = rs->bucket;

	if (rs->n < rs->nbuckets || (wide = calloc(rs->nbuckets * 2, sizeof(struct record *))) == NULL)
		return;
	rs->bucket = wide;
	rs->nbuckets *= 2;
	free(narrow);
	for (struct record *r = rs->oldest; r != NULL; r = r->newer) {
		struct record **b = bucket_of(rs, r->connection);

		r->chain = *b;
		*b = r;
	}
}

struct record *
record_open(struct records *rs, const char *connection, double now)
{
	struct record *r = rs != NULL ? calloc(1, sizeof *r) : NULL;
	struct record **b;

	if (r == NULL)
		return NULL;
	r->owner = rs;
	r->opened = now;
	text_copy(r->connection, sizeof r->connection, connection);
	snprintf(r->outcome, sizeof r->outcome, "open");
	widen_buckets(rs);
	b = bucket_of(rs, r->connection);
	r->chain = *b;
	*b = r;
	r->older = rs->newest;
	*(rs->newest != NULL ? &rs->newest->newer : &rs->oldest) = r;
	rs->newest = r;
	rs->n++;
	return r;
}

void
record_generation(struct record *r, const char *hash)
{
	if (r != NULL)
		text_copy(r->hash, sizeof r->hash, hash);
}

static void
forget_record(struct records *rs, struct record *r)
{
	struct record **b = bucket_of(rs, r->connection);

	while (*b != r)
		b = &(*b)->chain;
	*b = r->chain;
	record_sink_leave(r);
	cursors_leave(&rs->walks, r, r->older, r->newer);
	*(r->older != NULL ? &r->older->newer : &rs->oldest) = r->newer;
	*(r->newer != NULL ? &r->newer->older : &rs->newest) = r->older;
	rs->n--;
	record_free(r);
}

/*
 * Whether the record of the connection that ended first is one too many, or too much. It stays while the sink has to
 * write it, within limits. The last record stays.
 */
static bool
has_too_many(const struct records *rs)
{
	if (rs->nended > rs->max + WAITING_MAX || (rs->weight > 2 * WEIGHT_MAX && rs->nended > 1))
		return true;
	return (rs->nended > rs->max || (rs->weight > WEIGHT_MAX && rs->nended > 1)) && !rs->first_ended->filed.waiting;
}

void
records_settle(struct records *rs)
{
	while (has_too_many(rs)) {
		struct record *old = rs->first_ended;

		rs->first_ended = old->ended;
		if (rs->first_ended == NULL)
			rs->last_ended = NULL;
		rs->nended--;
		rs->weight -= old->weight;
		forget_record(rs, old);
	}
}

void
record_close(struct record *r, double now)
{
	struct records *rs;

	if (r == NULL || r->closed)
		return;
	record_event(r, now, "closed");
	requests_settle(r->requests);
	rs = r->owner;
	r->closed = true;
	record_sink_tell(r, NULL);
	*(rs->last_ended != NULL ? &rs->last_ended->ended : &rs->first_ended) = r;
	rs->last_ended = r;
	rs->nended++;
	r->weight = record_weight(r);
	rs->weight += r->weight;
	records_settle(rs);
}

void
record_event(struct record *r, double now, const char *event)
{
	struct event *grown;
	char *text;

	if (r == NULL || r->nevents >= EVENTS_MAX || (text = strdup(event)) == NULL)
		return;
	grown = realloc(r->event, (r->nevents + 1) * sizeof *grown);
	if (grown == NULL) {
		free(text);
		return;
	}
	r->event = grown;
	r->event[r->nevents++] = (struct event){ .text = text, .at = now };
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

	if (r == NULL)
		return NULL;
	e = begin_entry(of_request ? requests_add(&r->requests) : add_entry(r), door_name(door), policy, now);
	if (e != NULL)
		e->of = r;
	return e;
}

void
record_asked(struct record_entry *e, const struct facts *f, const char *hash, const char *params)
{
	if (e == NULL)
		return;
	text_copy(e->hash, sizeof e->hash, hash != NULL ? hash : "");
	e->params = params != NULL ? strdup(params) : NULL;
	e->recheck = f->recheck;
	e->socket = f->socket;
	if (f->way == WAY_OUT) {
		e->peer = f->peer.addr;
		e->load = f->load;
	}
}

void
record_check(struct record_entry *e, const char *name, bool value, const char *detail, size_t detail_len)
{
	struct check *grown, c = { .value = value };

	if (e == NULL)
		return;
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

void
record_verdict(struct record_entry *e, const struct verdict *v, double microseconds)
{
	if (e == NULL)
		return;
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
	if (e->of != NULL && e->request != NULL)
		record_sink_tell(e->of, e);
	else if (e->of != NULL && e->of->closed) /* the door delete waited longer than the connection lived */
		record_sink_tell(e->of, NULL);
}

void
record_why(struct record_entry *e, const char *why)
{
	if (e == NULL)
		return;
	free(e->why);
	e->why = why[0] != '\0' ? strdup(why) : NULL;
}

void
record_waited(struct record_entry *e, double microseconds)
{
	if (e != NULL)
		e->waited = microseconds;
}

void
record_entry_watch(struct record_entry *e, struct record_entry **watcher)
{
	if (e != NULL)
		e->watcher = watcher;
}

void
record_mapped(struct record *r, const char *userid)
{
	struct record_entry *e = r != NULL && r->nentries > 0 ? r->entry[r->nentries - 1] : NULL;

	if (e == NULL || e->granted.userid[0] != '\0' || strcmp(e->where, door_name(DOOR_CERTIFY)) != 0)
		return;
	text_copy(e->granted.userid, sizeof e->granted.userid, userid);
	e->granted.mapped = userid[0] != '\0';
}

void
record_request(struct record_entry *e, const struct request *q, const struct users *u, size_t bytes)
{
	struct recorded_request *r;

	if (e == NULL || (e->request == NULL && (e->request = malloc(sizeof *e->request)) == NULL))
		return;
	r = e->request;
	memcpy(r->tran, q->tran, sizeof r->tran);
	memcpy(r->program, q->program, sizeof r->program);
	memcpy(r->userid, q->userid, sizeof r->userid);
	r->users = *u;
	r->bytes = bytes;
}

struct record_entry *
record_entry_new(const char *door, const char *policy, uint64_t generation, double now)
{
	struct record_entry *e = begin_entry(calloc(1, sizeof *e), door != NULL ? door : "reload", policy, now);

	if (e != NULL)
		e->generation = generation;
	return e;
}

void
record_reasked(struct record *r, struct record_entry *e)
{
	if (r != NULL)
		r->reasked = true;
	if (r != NULL && e != NULL) {
		memcpy(r->code, e->code, sizeof r->code);
		if (put_entry(r, e, ENTRIES_MAX + 1)) { /* room for one more: the entry that ends the connection is always kept */
			record_sink_tell(r, NULL);
			return;
		}
	}
	if (e != NULL)
		record_entry_free(e);
}

void
record_installed(struct record *r, const struct installed *i)
{
	if (r != NULL && (r->installed != NULL || (r->installed = malloc(sizeof *i)) != NULL))
		*r->installed = *i;
}

void
record_engine(struct record *r, enum stage stage, const char *code, const char *text, double now)
{
	struct verdict v;

	verdict_refuse(&v, code, "%s", text != NULL ? text : "");
	record_verdict(r != NULL ? begin_entry(add_entry(r), stage_name(stage), NULL, now) : NULL, &v, 0);
}

void
record_facts(struct record *r, const struct facts *f)
{
	struct certificate *before;
	struct notes *notes;

	if (r == NULL || (r->facts == NULL && (r->facts = calloc(1, sizeof *r->facts)) == NULL))
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
record_outcome(struct record *r, const char *outcome, const char *stage, const char *code, const char *reason)
{
	if (r == NULL)
		return;
	text_copy(r->outcome, sizeof r->outcome, outcome);
	if (stage != NULL)
		text_copy(r->stage, sizeof r->stage, stage);
	if (code != NULL)
		text_copy(r->code, sizeof r->code, code);
	if (reason != NULL)
		text_copy(r->reason, sizeof r->reason, reason);
	record_sink_tell(r, NULL);
}
