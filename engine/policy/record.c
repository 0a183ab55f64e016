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
#define EVENTS_FIRST 8  /* room at the beginning, as the next two; a power of two */
#define ENTRIES_FIRST 4
#define CHECKS_FIRST 2
#define ENTRIES_MAX 16
#define ENTRIES_REASKED 14 /* of them, up to which those are added that waited in a reload: `delete` has room */
#define CHECKS_MAX 64
#define DETAIL_MAX 200
#define NAME_MAX_ 100

/* An entry that is freed, or used again, before its record is freed. */
struct lone_entry {
	struct record_entry entry; /* first */
	struct arena arena;
};

static struct record_entry *
lone_new(void)
{
	struct lone_entry *l = calloc(1, sizeof *l);

	if (l == NULL)
		return NULL;
	l->entry.arena = &l->arena;
	return &l->entry;
}

static bool
is_lone(const struct record_entry *e)
{
	return e->arena == &((const struct lone_entry *)e)->arena;
}

/* Frees the parts of an entry that no arena has. */
static void
entry_end(struct record_entry *e)
{
	if (e->watcher != NULL)
		*e->watcher = NULL;
	if (e->answers == NULL)
		return;
	jsontext_free(&e->answers->all);
	jsontext_free(&e->answers->next);
	free(e->answers);
}

/* Empties a lone entry, and keeps its memory and that of its request. */
static void
entry_empty(struct record_entry *e)
{
	struct recorded_request *request = e->request;
	struct arena *own = e->arena;

	entry_end(e);
	arena_empty(own);
	*e = (struct record_entry){ .arena = own, .request = request };
}

void
record_entry_free(struct record_entry *e)
{
	if (e == NULL)
		return;
	entry_end(e);
	if (!is_lone(e))
		return;
	arena_free(e->arena);
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
		n += a->accepted[i];
	return n;
}

/* Notes the verdict about e, when it is one of them. */
static void
requests_judged(struct record_requests *a, const struct record_entry *e)
{
	for (size_t i = a->n; i > 0; i--)
		if (a->entry[i - 1] == e) {
			a->accepted[i - 1] = is_accepted(e);
			return;
		}
}

/* The index of the oldest entry that was accepted, or (of_accepted false) was not; 0 when there is none. */
static size_t
find_oldest(const struct record_requests *a, bool of_accepted)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->accepted[i] == of_accepted)
			return i;
	return 0;
}

static struct record_entry *
take_request(struct record_requests *a, size_t i)
{
	struct record_entry *e = a->entry[i];

	a->n--;
	memmove(a->entry + i, a->entry + i + 1, (a->n - i) * sizeof(struct record_entry *));
	memmove(a->accepted + i, a->accepted + i + 1, (a->n - i) * sizeof a->accepted[0]);
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
		e = lone_new();
	} else {
		e = take_request(all, find_oldest(all, count_accepted(all) > RECORD_REQUESTS_ACCEPTED));
		entry_empty(e);
	}
	if (e == NULL)
		return NULL;
	all->accepted[all->n] = false;
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
	struct arena arena;

	for (size_t i = 0; i < r->nentries; i++)
		record_entry_free(r->entry[i]);
	requests_free(r->requests);
	if (r->facts != NULL) {
		certificate_unref(r->facts->certificate);
		notes_unref(r->facts->notes);
	}
	pthread_mutex_destroy(&r->lock);
	arena = r->arena; /* r is in it */
	arena_free(&arena);
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

/*
 * A list of n members with room for one more: the same, or a copy with twice the room. first: its room at the
 * beginning, a power of two. NULL: no memory.
 */
static void *
with_room(struct arena *a, void *list, size_t n, size_t first, size_t size)
{
	if (n > 0 && (n < first || (n & (n - 1)) != 0))
		return list;
	return arena_grow(a, list, n * size, (n > 0 ? 2 * n : first) * size);
}

/* text: it stays as long as the record. NULL: nothing is added. */
static void
add_event(struct record *r, double now, const char *text)
{
	struct event *room = text != NULL && r->nevents < EVENTS_MAX ? with_room(&r->arena, r->event, r->nevents, EVENTS_FIRST, sizeof *room) : NULL;

	if (room == NULL)
		return;
	r->event = room;
	r->event[r->nevents++] = (struct event){ .text = text, .at = now };
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
	if (!record_lock(r))
		return;
	if (r->nevents < EVENTS_MAX)
		add_event(r, now, arena_text(&r->arena, event));
	record_unlock(r);
}

/* Adds an entry. False, and the caller keeps e: there is no memory, or the record has max entries. */
static bool
put_entry(struct record *r, struct record_entry *e, size_t max)
{
	void *room = r->nentries < max ? with_room(&r->arena, r->entry, r->nentries, ENTRIES_FIRST, sizeof(struct record_entry *)) : NULL;

	if (room == NULL)
		return false;
	r->entry = room;
	r->entry[r->nentries++] = e;
	e->of = r;
	return true;
}

static struct record_entry *
add_entry(struct record *r)
{
	struct record_entry *e = r->nentries < ENTRIES_MAX ? arena_take(&r->arena, sizeof *e) : NULL;

	if (e == NULL || !put_entry(r, e, ENTRIES_MAX))
		return NULL;
	e->arena = &r->arena;
	return e;
}

static struct record_entry *
begin_entry(struct record_entry *e, const char *where, const char *policy, double now)
{
	if (e == NULL)
		return NULL;
	e->where = where;
	e->at = now;
	e->policy = arena_text(e->arena, policy);
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
	e->params = arena_text(e->arena, params);
	e->recheck = f->recheck;
	e->socket = f->socket;
	if (f->way == WAY_OUT && (e->dialled = arena_take(e->arena, sizeof *e->dialled)) != NULL)
		*e->dialled = (struct dialled){ .peer = f->peer.addr, .load = f->load };
	record_entry_unlock(e);
}

static void
add_check(struct record_entry *e, const char *name, bool value, const char *detail, size_t detail_len)
{
	struct check *room, c = { .value = value };

	if (e->nchecks >= CHECKS_MAX) {
		e->incomplete = true;
		return;
	}
	room = with_room(e->arena, e->check, e->nchecks, CHECKS_FIRST, sizeof *room);
	if (room == NULL)
		return;
	e->check = room;
	c.detail_len = detail == NULL ? 0 : detail_len < DETAIL_MAX ? detail_len : DETAIL_MAX;
	c.name = arena_copy(e->arena, name, strnlen(name, NAME_MAX_));
	c.detail = arena_copy(e->arena, detail != NULL ? detail : "", c.detail_len);
	if (c.name != NULL && c.detail != NULL)
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

static bool
grants(const struct verdict *v)
{
	return v->sysplex || v->userid[0] != '\0' || v->kind == VERDICT_INSTALL;
}

/* In the arena. NULL: no memory. */
static struct granted *
granted_by(struct arena *a, const struct verdict *v)
{
	struct granted *out = arena_take(a, sizeof *out), g = { .sysplex = v->sysplex, .port = v->install.port, .has_port = v->install.has_port };

	memcpy(g.userid, v->userid, sizeof g.userid);
	memcpy(g.ipconn, v->install.ipconn, sizeof g.ipconn);
	memcpy(g.template, v->install.template, sizeof g.template);
	memcpy(g.applid, v->install.applid, sizeof g.applid);
	g.host = v->install.has_host ? arena_text(a, v->install.host) : NULL;
	if (out != NULL)
		*out = g;
	return out;
}

static void
set_verdict(struct record_entry *e, const struct verdict *v, double microseconds)
{
	e->answered = true;
	e->granted = grants(v) ? granted_by(e->arena, v) : NULL;
	e->verdict = v->kind;
	text_copy(e->code, sizeof e->code, v->code);
	e->text = v->text[0] != '\0' ? arena_text(e->arena, v->text) : NULL;
	e->file = v->file[0] != '\0' ? arena_text(e->arena, v->file) : NULL;
	e->line = v->line;
	e->microseconds = microseconds;
}

void
record_verdict(struct record_entry *e, const struct verdict *v, double microseconds)
{
	if (!record_entry_lock(e))
		return;
	set_verdict(e, v, microseconds);
	if (e->of != NULL && e->of->requests != NULL)
		requests_judged(e->of->requests, e);
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
	e->why = why[0] != '\0' ? arena_text(e->arena, why) : NULL;
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

	if (e == NULL || userid[0] == '\0' || strcmp(e->where, door_name(DOOR_CERTIFY)) != 0)
		return;
	if (e->granted == NULL)
		e->granted = arena_take(e->arena, sizeof *e->granted);
	if (e->granted == NULL || e->granted->userid[0] != '\0')
		return;
	text_copy(e->granted->userid, sizeof e->granted->userid, userid);
	e->granted->mapped = true;
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
	struct record_entry *e = begin_entry(lone_new(), door != NULL ? door : "reload", policy, now);

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

size_t
record_take_waited(struct record *r, struct record_entry **entry, size_t n)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++)
		if (entry[i]->waited == 0 || r->closed || !put_entry(r, entry[i], ENTRIES_REASKED))
			entry[left++] = entry[i];
	if (left < n)
		record_sink_tell(r, NULL);
	return left;
}

void
record_installed(struct record *r, const struct installed *i)
{
	if (!record_lock(r))
		return;
	if (r->installed != NULL || (r->installed = arena_take(&r->arena, sizeof *i)) != NULL)
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

	if (r->facts == NULL && (r->facts = arena_take(&r->arena, sizeof *r->facts)) == NULL)
		return;
	before = r->facts->certificate;
	notes = r->facts->notes;
	memcpy(r->facts, f, facts_extent(f));
	r->facts->request = NULL; /* borrowed for one question, like the users */
	r->facts->users = NULL;
	memset(r->facts->capex.token, 0, sizeof r->facts->capex.token); /* a secret while it is valid */
	certificate_ref(r->facts->certificate);
	certificate_unref(before);
	notes_ref(r->facts->notes);
	notes_unref(notes);
}

const struct facts *
record_facts(struct record *r, const struct facts *f)
{
	if (!record_lock(r))
		return NULL;
	if (f != r->facts)
		set_facts(r, f);
	record_unlock(r);
	return r->facts;
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

void
record_end(struct record *r, double now)
{
	if (!record_lock(r))
		return;
	add_event(r, now, "closed");
	requests_settle(r->requests);
	r->closed = true;
	record_sink_tell(r, NULL);
	r->weight = record_weight(r);
	record_unlock(r);
}
