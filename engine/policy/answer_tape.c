/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/answer_tape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
drop(struct taped *one)
{
	if (one->kind == TAPED_WAITED)
		waited_unref(one->waited);
}

/* Drops the items from the nth on. */
static void
cut(struct answer_tape *t, size_t n)
{
	while (t->n > n)
		drop(&t->item[--t->n]);
}

/*
 * Drops the items of the last re-ask. The answers of calls that waited stay, as far as there is room: a later reload
 * does not ask a service again.
 */
static void
forget_played(struct answer_tape *t)
{
	size_t left = t->kept;

	for (size_t i = t->kept; i < t->n; i++)
		if (t->item[i].kind == TAPED_WAITED && left < ANSWER_TAPE_MAX)
			t->item[left++] = t->item[i];
		else
			drop(&t->item[i]);
	t->n = left;
}

/*
 * Drops the answers of the door's last question: way out, a door is asked for each address that is tried, and the last
 * one counts.
 */
static void
forget_door(struct answer_tape *t, enum door door)
{
	size_t left = 0;

	for (size_t i = 0; i < t->n; i++)
		if (t->item[i].door != door)
			t->item[left++] = t->item[i];
		else
			drop(&t->item[i]);
	t->n = left;
}

void
answer_tape_begin(struct answer_tape *t, enum door door, bool playing)
{
	t->door = door;
	if (t->joined) {
		t->playing = true;
		return;
	}
	if (t->playing)
		forget_played(t);
	if (playing) {
		for (size_t i = 0; i < t->n; i++)
			t->item[i].heard = 0;
	} else {
		forget_door(t, door);
	}
	t->kept = t->n;
	t->playing = playing;
	t->heard = 0;
}

static bool
has_room(const struct answer_tape *t, size_t items)
{
	return t->n + items <= (t->playing ? t->kept : 0) + ANSWER_TAPE_MAX;
}

struct taped *
answer_tape_add(struct answer_tape *t, enum taped_kind kind, const char *name)
{
	struct taped *more;

	if (t == NULL)
		return NULL;
	more = has_room(t, 1) ? realloc(t->item, (t->n + 1) * sizeof *more) : NULL;
	if (more == NULL) {
		t->full = t->full || !t->playing;
		return NULL;
	}
	t->item = more;
	more += t->n++;
	*more = (struct taped){ .door = t->door, .kind = kind, .heard = t->playing ? ++t->heard : 0 };
	snprintf(more->name, sizeof more->name, "%s", name);
	return more;
}

void
answer_tape_add_list(struct answer_tape *t, const char *name, const struct ipconn_view *view, size_t n)
{
	struct taped *list = answer_tape_add(t, TAPED_LIST, name), *one;
	size_t at = list != NULL ? (size_t)(list - t->item) : 0, named = 0;

	if (list == NULL)
		return;
	list->list.n = n;
	if (n > ANSWER_TAPE_MEMBERS || !has_room(t, n)) {
		t->full = true;
		return;
	}
	for (; named < n && (one = answer_tape_add(t, TAPED_MEMBER, view[named].def.ipconn)) != NULL; named++)
		one->ipconn = answer_tape_then(&view[named]);
	if (named == n)
		t->item[at].list.named = n;
	else
		cut(t, at + 1);
}

static size_t
bodies(const struct answer_tape *t)
{
	size_t sum = 0;

	for (size_t i = 0; i < t->n; i++)
		sum += t->item[i].kind == TAPED_WAITED ? t->item[i].waited->len : 0;
	return sum;
}

size_t
answer_tape_waited_bytes(const struct answer_tape *t)
{
	size_t sum = bodies(t);

	for (size_t i = 0; i < t->n; i++)
		sum += t->item[i].kind == TAPED_WAITED ? sizeof *t->item[i].waited : 0;
	return sum;
}

void
answer_tape_add_waited(struct answer_tape *t, struct waited *answer)
{
	char name[ANSWER_TAPE_NAME];
	struct taped *one;

	if (t != NULL && bodies(t) + answer->len > ANSWER_TAPE_BODIES) {
		t->full = t->full || !t->playing;
		return;
	}
	snprintf(name, sizeof name, "%.*s", ANSWER_TAPE_NAME - 1, answer->call);
	one = answer_tape_add(t, TAPED_WAITED, name);
	if (one != NULL)
		one->waited = waited_ref(answer);
}

struct waited *
answer_tape_hear_waited(struct answer_tape *t, const char *call)
{
	struct taped *last = NULL;

	for (size_t i = 0; i < t->n; i++) {
		struct taped *one = &t->item[i];

		if (one->kind != TAPED_WAITED || (!t->joined && one->door != t->door) || strcmp(one->waited->call, call) != 0)
			continue;
		if (one->heard == 0 && i < t->kept) {
			one->heard = ++t->heard;
			return one->waited;
		}
		if (one->heard > (last != NULL ? last->heard : 0))
			last = one;
	}
	return last != NULL ? last->waited : NULL;
}

static bool
is_item(const struct answer_tape *t, const struct taped *one, enum taped_kind kind, const char *name)
{
	return (t->joined || one->door == t->door) && one->kind == kind && strcmp(one->name, name) == 0;
}

struct taped *
answer_tape_hear(struct answer_tape *t, enum taped_kind kind, const char *name)
{
	for (size_t i = 0; i < t->kept; i++)
		if (t->item[i].heard == 0 && is_item(t, &t->item[i], kind, name)) {
			t->item[i].heard = ++t->heard;
			return &t->item[i];
		}
	return NULL;
}

struct taped *
answer_tape_last(struct answer_tape *t, enum taped_kind kind, const char *name)
{
	struct taped *last = NULL;

	for (size_t i = 0; i < t->n; i++)
		if (t->item[i].heard > (last != NULL ? last->heard : 0) && is_item(t, &t->item[i], kind, name))
			last = &t->item[i];
	return last;
}

bool
answer_tape_lacks(struct answer_tape *t, const char *what, const char *name)
{
	if (t == NULL || !t->closed)
		return false;
	if (t->lacking[0] == '\0')
		snprintf(t->lacking, sizeof t->lacking, "%s%s%s", what, name != NULL ? " " : "", name != NULL ? name : "");
	return true;
}

void
answer_tape_filter(char out[ANSWER_TAPE_NAME], const char *applid, const char *networkid)
{
	snprintf(out, ANSWER_TAPE_NAME, "%.30s.%.30s", networkid != NULL ? networkid : "*", applid != NULL ? applid : "*");
}

int
answer_tape_copy(struct answer_tape *to, const struct answer_tape *from, enum door door)
{
	to->item = malloc((from->n + 1) * sizeof *to->item);
	for (size_t i = 0; to->item != NULL && i < from->n; i++)
		if (from->item[i].door == door) {
			to->item[to->n] = from->item[i];
			if (from->item[i].kind == TAPED_WAITED)
				waited_ref(from->item[i].waited);
			to->item[to->n++].heard = 0;
		}
	return to->item != NULL ? 0 : -1;
}

void
answer_tape_free(struct answer_tape *t)
{
	cut(t, 0);
	free(t->item);
	*t = (struct answer_tape){ 0 };
}

struct ipconn_then
answer_tape_then(const struct ipconn_view *v)
{
	struct ipconn_then then = { .there = true, .autoinstalled = v->autoinstalled, .inservice = v->inservice, .connstatus = v->connstatus,
		.sendcount = v->def.sendcount, .receivecount = v->def.receivecount };

	memcpy(then.ipconn, v->def.ipconn, sizeof then.ipconn);
	memcpy(then.applid, v->def.applid, sizeof then.applid);
	memcpy(then.networkid, v->def.networkid, sizeof then.networkid);
	memcpy(then.template, v->template, sizeof then.template);
	return then;
}
