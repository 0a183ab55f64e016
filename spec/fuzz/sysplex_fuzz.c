/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A member of a sysplex and its claims, with a store in this file that answers with any reply at any time. Each holder
 * gets one answer, no event of a claim that has ended, and names and texts that can be printed.
 */
#include "net/loop.h"
#include "store/claims.h"
#include "store/claims_note.h"
#include "store/member.h"
#include "store/store.h"

#include <assert.h>
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALLS 64
#define HOLDERS 8
#define ITEMS 8
#define WORDS_MAX 256

struct store_call {
	void (*done)(void *arg, const struct store_reply *reply, const char *why);
	void *arg;
	bool waits;
};

struct store {
	struct store_call call[CALLS];
	bool down;
	struct store_server server;
};

struct holder {
	struct scene *scene;
	struct claims_item *item;
	bool waits;
};

struct scene {
	const uint8_t *data;
	size_t left;
	struct ev_loop *loop;
	struct store store;
	struct member *member;
	struct claims *claims;
	struct holder holder[HOLDERS];
	bool keeps;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- the store -------------------------------------------------------------------------------- */

struct store_call *
store_ask(struct store *s, const struct store_question *q, struct fault *f)
{
	size_t n = 0;

	while (n < CALLS && s->call[n].waits)
		n++;
	if (s->down || n == CALLS) {
		fault_set(f, "the store is down");
		return NULL;
	}
	s->call[n] = (struct store_call){ .done = q->done, .arg = q->arg, .waits = true };
	return &s->call[n];
}

void
store_cancel(struct store_call *c)
{
	assert(c->waits);
	c->waits = false;
}

void
store_pause_at_most(struct store *s, double seconds)
{
	(void)s;
	(void)seconds;
}

struct store_view
store_look(const struct store *s)
{
	return (struct store_view){ .state = s->down ? STORE_DOWN : STORE_UP, .server = s->down ? NULL : &s->server, .why = s->down ? "gone" : "" };
}

/* --- the bytes -------------------------------------------------------------------------------- */

static unsigned
take(struct scene *s)
{
	if (s->left == 0)
		return 0;
	s->left--;
	return *s->data++;
}

/* A text of the store: a valid beginning, and bytes of the input. */
static struct store_reply
take_text(struct scene *s, char text[WORDS_MAX])
{
	static const char *const begins[] = { "", "granted ", "granted 7 - -", "pair ", "pair NETA.B", "name ", "new ", "gone", "epoch ", "new epoch 5 9",
		"epoch 5 0", "living ", "living aaaaaaaaaaaaaaaaaaaaaa NETA.B ACTIVE 1 2 3 4", "lost aaaaaaaaaaaaaaaaaaaaaa NETA.B ACTIVE 1 2 3 4",
		"note probe NETX.ONE", "note beaten NETX.ONE NETA.B", "note contested NETX.ONE NETA.B", "note " };
	size_t at = (size_t)snprintf(text, WORDS_MAX, "%s", begins[take(s) % (sizeof begins / sizeof begins[0])]), n = take(s) % 64;

	while (n-- > 0 && s->left > 0)
		text[at++] = (char)take(s);
	text[at] = '\0';
	return (struct store_reply){ .kind = take(s) % 8 == 0 ? STORE_NIL : STORE_TEXT, .text = text, .len = at };
}

static bool
is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

/* --- the owners ------------------------------------------------------------------------------- */

static void
on_answer(void *arg, enum claims_answer a, const char *text)
{
	struct holder *h = arg;

	assert(h->item != NULL && h->waits && is_printable(text));
	h->waits = false;
	if (a == CLAIMS_GRANTED)
		assert(claims_granted(h->item));
	else
		h->item = NULL;
}

static void
on_loss(void *arg, const char *text)
{
	struct holder *h = arg;

	assert(h->item != NULL && is_printable(text)); /* also one that waits for replicas */
	h->item = NULL;
	h->waits = false;
}

static void
on_fence(void *arg)
{
	struct holder *h = arg;

	assert(h->item != NULL && claims_bars(h->item));
	if (h->scene->keeps)
		return;
	claims_give(h->item);
	h->item = NULL;
	h->waits = false;
}

static void
on_freed(void *arg)
{
	struct holder *h = arg;

	assert(h->item != NULL);
}

static void
on_event(void *arg, bool conflict, const char *text)
{
	(void)arg;
	(void)conflict;
	assert(is_printable(text));
}

static void
on_regain(void *arg)
{
	struct scene *s = arg;

	assert(!claims_fenced(s->claims));
}

static void
take_note(struct scene *s, const char *text)
{
	struct claims_note n;

	if (!claims_note_read(text, &n))
		return;
	assert(name_pair_ok(n.pair) && (n.kind == CLAIMS_NOTE_PROBE || name_pair_ok(n.region)));
	for (size_t i = 0; i < HOLDERS && n.kind != CLAIMS_NOTE_PROBE; i++)
		if (s->holder[i].item != NULL && n.kind == CLAIMS_NOTE_CONTESTED)
			claims_contested(s->holder[i].item, n.region);
		else if (s->holder[i].item != NULL)
			claims_beaten(s->holder[i].item, n.region);
}

static void
on_member(void *arg, enum member_event e, const char *text)
{
	struct scene *s = arg;

	if (e == MEMBER_TOLD)
		take_note(s, text);
	else
		assert(is_printable(text));
	if (e == MEMBER_JOINED)
		claims_joined(s->claims);
	else if (e == MEMBER_RENEWED)
		claims_renewed(s->claims);
	else if (e == MEMBER_LAPSED)
		claims_lapsed(s->claims);
}

static void
on_report(void *arg, struct member_row *own)
{
	(void)arg;
	own->state = MEMBER_ACTIVE;
}

/* --- the steps -------------------------------------------------------------------------------- */

/* Answers one waiting call: with a text, a list, or an error. */
static void
answer(struct scene *s)
{
	struct store_call *c = &s->store.call[take(s) % CALLS];
	char text[ITEMS][WORDS_MAX];
	struct store_reply item[ITEMS], *list[ITEMS], r = { .kind = STORE_LIST, .item = list };

	if (!c->waits)
		return;
	r.n = take(s) % ITEMS;
	for (size_t i = 0; i < ITEMS; i++) {
		item[i] = take_text(s, text[i]);
		list[i] = &item[i];
	}
	c->waits = false;
	switch (take(s) % 4) {
	case 0:
		c->done(c->arg, NULL, "the connection is lost");
		return;
	case 1:
		c->done(c->arg, &r, NULL);
		return;
	default:
		c->done(c->arg, &item[0], NULL);
	}
}

static void
ask(struct scene *s, struct holder *h)
{
	static const char *const names[] = { "", "ONE", "TWO" };
	struct claims_terms t = { .name = names[take(s) % 3], .pair = "NETX.ONE", .local = take(s) % 2 == 0, .replicas = take(s) % 4 == 0 };

	h->item = claims_ask(s->claims, &t, h);
	h->waits = h->item != NULL;
}

static void
give(struct holder *h)
{
	claims_give(h->item);
	h->item = NULL;
	h->waits = false;
}

static void
step(struct scene *s)
{
	unsigned what = take(s);
	struct holder *h = &s->holder[what / 8 % HOLDERS];

	switch (what % 8) {
	case 0:
		h->item == NULL ? ask(s, h) : give(h);
		return;
	case 1:
		s->store.down = !s->store.down;
		return;
	case 2:
		member_found(s->member);
		return;
	case 3:
		s->keeps = !s->keeps;
		return;
	case 4:
	case 5:
		ev_run(s->loop, EVRUN_NOWAIT);
		return;
	default:
		answer(s);
	}
}

static void
look(const struct scene *s)
{
	struct member_row *rows = calloc(MEMBER_ROWS, sizeof *rows);
	size_t n = member_list(s->member, rows);

	for (size_t i = 0; i < n; i++)
		assert(name_pair_ok(rows[i].region) && is_printable(rows[i].version));
	free(rows);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scene s = { .data = data, .left = size, .loop = loop_new(), .keeps = true };
	struct member_owner owner = { .event = on_member, .report = on_report, .arg = &s };
	struct claims_owner claims = { .answered = on_answer, .lost = on_loss, .fenced = on_fence, .freed = on_freed, .event = on_event, .regained = on_regain,
		.arg = &s };
	struct member_settings settings = { .sysplex = "PLEXA", .applid = "CICSA", .networkid = "NETA", .lease = 10 };

	assert(s.loop != NULL);
	s.member = member_new(s.loop, &s.store, &owner);
	s.claims = claims_new(s.loop, &s.store, s.member, &claims);
	for (size_t i = 0; i < HOLDERS; i++)
		s.holder[i].scene = &s;
	member_use(s.member, &settings);
	while (s.left > 0)
		step(&s);
	look(&s);
	claims_free(s.claims);
	member_free(s.member);
	loop_free(s.loop);
	return 0;
}
