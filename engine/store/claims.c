/* SPDX-License-Identifier: Apache-2.0 */
#include "store/claims.h"

#include "base/clock.h"
#include "base/text.h"
#include "net/timer.h"
#include "store/member.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURN_SECONDS 0.002 /* of one walk in one turn of the loop */
#define AGAIN_SECONDS 1.0  /* before a command that had no answer is sent again */
#define REPLICAS_MS "500"  /* that a claim waits for replicas; below the silence that ends a connection */
#define NUMBER_SIZE 24
#define TEXT_ROOM 480
#define SAID_ROOM 301 /* of the store's own words in a text */

enum phase {
	ASKED,  /* the holder waits for the answer */
	HELD,   /* granted by the store */
	LOCAL,  /* granted without it */
	GIVING, /* has no holder; its end in the store is not confirmed */
};

struct claims_item {
	struct claims_item *next, *prev;
	struct claims *all;
	enum phase phase;
	char name[NAME_SIZE], pair[CLAIMS_PAIR];
	char number[NUMBER_SIZE]; /* that the store gave; "" none */
	unsigned long plex;       /* of the number */
	unsigned long ordinal;    /* tells apart the claims of one incarnation for the same names */
	unsigned long era;        /* of the incarnation for which it is held */
	unsigned long round;      /* of the last walk in which the store has confirmed it */
	unsigned long fence;      /* the era whose begin the holder knows */
	bool local;
	int replicas;
	bool waits_for_replicas, told_free;
	double contested;         /* clock_span() until which further notes of a conflict are not reported */
	unsigned long sent;       /* the era in whose incarnation the store may have it; 0 none */
	unsigned long asked;      /* the era of the claim that was sent last */
	char why[TEXT_ROOM];      /* of an answer that is due without the store */
	struct store_call *call;  /* NULL: none is under way */
	void *holder;
};

struct claims {
	struct store *store;   /* borrowed */
	struct member *member; /* borrowed */
	struct claims_owner owner;
	struct claims_item *first, *at; /* at: the next one of the walk; NULL: no walk */
	struct timer walk;
	struct claims_item *looked; /* while its holder is told of a fence: NULL when it was freed meanwhile */
	bool walking, restart, later;
	char sysplex[NAME_SIZE]; /* that was joined last */
	unsigned long plex;      /* the number of changes of `sysplex`: a claim's number is valid in its own sysplex only */
	unsigned long ordinal, era, round, conflicts;
	unsigned long owed;    /* claims that are held for an incarnation of before */
	unsigned long held;
	bool fenced;
};

static void walk_soon(struct claims *c, double seconds);

/* --- the list --------------------------------------------------------------------------------- */

static void
count_out(struct claims_item *i)
{
	struct claims *c = i->all;

	if (i->phase != HELD)
		return;
	c->held--;
	c->owed -= i->era != c->era;
}

static void
item_free(struct claims_item *i)
{
	struct claims *c = i->all;

	count_out(i);
	if (i->call != NULL)
		store_cancel(i->call);
	if (c->at == i)
		c->at = i->next;
	if (c->looked == i)
		c->looked = NULL;
	*(i->prev != NULL ? &i->prev->next : &c->first) = i->next;
	if (i->next != NULL)
		i->next->prev = i->prev;
	free(i);
	if (c->fenced && c->owed == 0)
		walk_soon(c, 0);
}

static struct claims_item *
item_new(struct claims *c, const struct claims_terms *t, void *holder)
{
	struct claims_item *i = calloc(1, sizeof *i);

	if (i == NULL)
		return NULL;
	*i = (struct claims_item){ .next = c->first, .all = c, .ordinal = ++c->ordinal, .local = t->local, .replicas = t->replicas, .holder = holder,
		.fence = c->era, .told_free = true };
	snprintf(i->name, sizeof i->name, "%s", t->name);
	snprintf(i->pair, sizeof i->pair, "%s", t->pair);
	if (c->first != NULL)
		c->first->prev = i;
	c->first = i;
	return i;
}

/* --- commands --------------------------------------------------------------------------------- */

/* Sends a script with the words behind those that each one has: the sysplex and the incarnation. */
static int
item_send(struct claims_item *i, struct store_question *q, const char *const *words, size_t n)
{
	struct claims *c = i->all;
	struct fault why;

	q->uncounted = true;
	q->arg = i;
	store_word_text(&q->words, member_key(c->member));
	store_word_text(&q->words, member_incarnation(c->member));
	for (size_t w = 0; w < n; w++)
		store_word_text(&q->words, words[w]);
	i->call = store_ask(c->store, q, &why);
	if (i->call == NULL)
		snprintf(i->why, sizeof i->why, "%.400s", why.text);
	return i->call != NULL ? 0 : -1;
}

static void claims_given(void *arg, const struct store_reply *r, const char *why);

/* Ends the claim in the store. When that cannot be sent now, a later walk does it. */
static void
send_end(struct claims_item *i)
{
	struct store_question q = { .script = STORE_SCRIPT_CLAIM_END, .done = claims_given };
	char ordinal[NUMBER_SIZE];
	const char *words[] = { ordinal, i->name, i->pair };

	snprintf(ordinal, sizeof ordinal, "%lu", i->ordinal);
	if (item_send(i, &q, words, 3) < 0)
		walk_soon(i->all, AGAIN_SECONDS);
}

/* Ends a claim without a holder; one of an incarnation of before has ended with it. */
static void
end_item(struct claims_item *i)
{
	if (i->sent == i->all->era)
		send_end(i);
	else
		item_free(i);
}

static void
claims_given(void *arg, const struct store_reply *r, const char *why)
{
	struct claims_item *i = arg;

	(void)why;
	i->call = NULL;
	if (r != NULL)
		item_free(i);
	else
		walk_soon(i->all, AGAIN_SECONDS);
}

/* number: "0" a new claim, "local" one without a number, or its number. */
static int
send_claim(struct claims_item *i, const char *number, void (*done)(void *arg, const struct store_reply *r, const char *why))
{
	struct claims *c = i->all;
	struct store_question q = { .script = STORE_SCRIPT_CLAIM, .done = done };
	struct store_view v = store_look(c->store);
	char lease[NUMBER_SIZE], ordinal[NUMBER_SIZE];
	const char *words[] = { lease, v.server != NULL ? v.server->run_id : "", i->name, i->pair, number, ordinal, member_region(c->member) };

	if (v.server == NULL) {
		snprintf(i->why, sizeof i->why, "the store is down: %.300s", v.why);
		return -1;
	}
	snprintf(lease, sizeof lease, "%.0f", member_lease(c->member) * 1e3);
	snprintf(ordinal, sizeof ordinal, "%lu", i->ordinal);
	if (item_send(i, &q, words, sizeof words / sizeof words[0]) < 0)
		return -1;
	i->sent = i->asked = c->era;
	return 0;
}

/* --- answers of the store --------------------------------------------------------------------- */

struct told { /* an answer of the script */
	enum claims_answer answer;
	char number[NUMBER_SIZE], beaten[CLAIMS_PAIR], over[CLAIMS_PAIR]; /* of a grant; "-" none */
	char region[CLAIMS_PAIR];                                         /* that holds it */
	char text[TEXT_ROOM];
};

static void
put_elsewhere(const struct claims_item *i, struct told *t)
{
	snprintf(t->text, sizeof t->text, t->answer == CLAIMS_PAIR_ELSEWHERE ? "%.60s is held by region %s of the sysplex" : "an ipconn named %.60s is held by region %s of the sysplex",
		t->answer == CLAIMS_PAIR_ELSEWHERE ? i->pair : i->name, t->region);
}

static bool
is_none_or_region(const char *word)
{
	return strcmp(word, "-") == 0 || name_pair_ok(word);
}

static bool
read_grant(const char *text, struct told *t)
{
	return sscanf(text, "granted %20[0-9] %18s %18s", t->number, t->beaten, t->over) == 3 && is_none_or_region(t->beaten) && is_none_or_region(t->over);
}

static bool
read_elsewhere(const char *text, struct told *t)
{
	return (sscanf(text, "pair %18s", t->region) == 1 || sscanf(text, "name %18s", t->region) == 1) && name_pair_ok(t->region);
}

static void
read_answer(struct claims_item *i, const struct store_reply *r, const char *why, struct told *t)
{
	const char *text = r != NULL && r->kind == STORE_TEXT ? r->text : "";
	char said[SAID_ROOM];
	double left;

	*t = (struct told){ .answer = CLAIMS_STORE_DOWN };
	if (text[0] != '\0' && text[0] != 'g')
		i->sent = 0; /* it was refused */
	if (read_grant(text, t)) {
		t->answer = CLAIMS_GRANTED;
	} else if (read_elsewhere(text, t)) {
		t->answer = text[0] == 'p' ? CLAIMS_PAIR_ELSEWHERE : CLAIMS_NAME_ELSEWHERE;
		put_elsewhere(i, t);
	} else if (sscanf(text, "new %lf", &left) == 1) {
		snprintf(t->text, sizeof t->text, "the store is new: it grants for %.1f s only claims that regions hold already", left / 1e3);
	} else if (strcmp(text, "gone") == 0) {
		snprintf(t->text, sizeof t->text, "the session key of this region has ended in the store");
	} else {
		text_printable(said, sizeof said, why != NULL ? why : text, strlen(why != NULL ? why : text));
		snprintf(t->text, sizeof t->text, "the claim is not granted: %s", said);
	}
}

static void
tell_conflict(struct claims *c, const char *pair, const char *region, const char *end)
{
	char text[TEXT_ROOM];

	c->conflicts++;
	snprintf(text, sizeof text, "%s is held by region %s too: %s", pair, region, end);
	c->owner.event(c->owner.arg, true, text);
}

static void
tell_grant(struct claims_item *i, const struct told *t)
{
	struct claims *c = i->all;
	char text[TEXT_ROOM];

	if (strcmp(t->beaten, "-") != 0)
		tell_conflict(c, i->pair, t->beaten, "its claim is the later one and ends");
	if (strcmp(t->over, "-") == 0 || strcmp(t->over, member_region(c->member)) == 0)
		return;
	snprintf(text, sizeof text, "%s was held by region %s, which is lost", i->pair, t->over);
	c->owner.event(c->owner.arg, false, text);
}

/* The claim counts for the present incarnation. */
static void
hold(struct claims_item *i, const struct told *t)
{
	struct claims *c = i->all;

	count_out(i);
	c->held++;
	i->phase = HELD;
	i->era = c->era;
	i->round = c->round;
	if (i->fence != c->era)
		i->told_free = !c->fenced;
	i->fence = c->era;
	snprintf(i->number, sizeof i->number, "%s", t->number);
	i->plex = c->plex;
	tell_grant(i, t);
}

/* --- a new claim ------------------------------------------------------------------------------ */

static void
tell_answer(struct claims_item *i, enum claims_answer a, const char *text)
{
	void *holder = i->holder;
	struct claims *c = i->all;
	char copy[TEXT_ROOM];

	snprintf(copy, sizeof copy, "%s", text);
	if (a == CLAIMS_STORE_DOWN && i->local) {
		count_out(i);
		i->phase = LOCAL;
		i->round = 0;
		walk_soon(c, AGAIN_SECONDS);
		a = CLAIMS_GRANTED;
	}
	if (a != CLAIMS_GRANTED)
		claims_give(i);
	c->owner.answered(holder, a, copy);
}

static void
claims_replicated(void *arg, const struct store_reply *r, const char *why)
{
	struct claims_item *i = arg;
	char text[TEXT_ROOM];

	i->call = NULL;
	i->waits_for_replicas = false;
	if (i->phase == GIVING) {
		end_item(i);
	} else if (r != NULL && r->kind == STORE_INTEGER && r->integer >= i->replicas && i->era == i->all->era) {
		tell_answer(i, CLAIMS_GRANTED, "");
	} else {
		snprintf(text, sizeof text, "%d replicas did not confirm the claim within " REPLICAS_MS " ms%s%.300s", i->replicas, why != NULL ? ": " : "", why != NULL ? why : "");
		tell_answer(i, CLAIMS_STORE_DOWN, text);
	}
}

static int
send_wait(struct claims_item *i)
{
	struct store_question q = { .script = STORE_SCRIPTS, .uncounted = true, .done = claims_replicated, .arg = i };
	char n[NUMBER_SIZE];
	struct fault none;

	snprintf(n, sizeof n, "%d", i->replicas);
	store_word_text(&q.words, "WAIT");
	store_word_text(&q.words, n);
	store_word_text(&q.words, REPLICAS_MS);
	i->call = store_ask(i->all->store, &q, &none);
	i->waits_for_replicas = i->call != NULL;
	return i->call != NULL ? 0 : -1;
}

/* An answer to an incarnation of before has no worth: its session key is gone. */
static void
claims_answered(void *arg, const struct store_reply *r, const char *why)
{
	struct claims_item *i = arg;
	struct told t;

	i->call = NULL;
	if (i->phase == GIVING) { /* the holder has gone meanwhile */
		end_item(i);
		return;
	}
	read_answer(i, r, why, &t);
	if (t.answer == CLAIMS_GRANTED && i->asked != i->all->era) {
		tell_answer(i, CLAIMS_STORE_DOWN, "the region was fenced while the store answered");
		return;
	}
	if (t.answer == CLAIMS_GRANTED)
		hold(i, &t);
	if (t.answer == CLAIMS_GRANTED && i->replicas > 0 && send_wait(i) == 0)
		return;
	tell_answer(i, t.answer, t.text);
}

struct claims_item *
claims_ask(struct claims *c, const struct claims_terms *t, void *holder)
{
	struct claims_item *i = item_new(c, t, holder);

	if (i == NULL)
		return NULL;
	i->era = c->era;
	if (!member_holds(c->member))
		snprintf(i->why, sizeof i->why, "the region has no session key in the store%s", c->fenced ? ": it is fenced" : "");
	else
		send_claim(i, "0", claims_answered);
	if (i->call == NULL)
		walk_soon(c, 0);
	return i;
}

void
claims_give(struct claims_item *i)
{
	struct claims *c = i->all;

	count_out(i);
	i->phase = GIVING;
	i->holder = NULL;
	if (i->sent != c->era || !claims_needed(c))
		item_free(i);
	else if (i->call == NULL)
		send_end(i);
	if (c->fenced && c->owed == 0)
		walk_soon(c, 0);
}

bool
claims_granted(const struct claims_item *i)
{
	return (i->phase == HELD || i->phase == LOCAL) && !i->waits_for_replicas;
}

bool
claims_bars(const struct claims_item *i)
{
	return i->phase == HELD && i->all->fenced && claims_needed(i->all);
}

bool
claims_bars_now(const struct claims_item *i)
{
	return i->phase == HELD && (i->all->fenced || !member_holds(i->all->member)) && claims_needed(i->all);
}

/* --- claims again ----------------------------------------------------------------------------- */

static void
lose(struct claims_item *i, const struct told *t)
{
	struct claims *c = i->all;
	void *holder = i->holder;

	tell_conflict(c, i->pair, t->region, "this region's claim ends");
	claims_give(i);
	c->owner.lost(holder, t->text);
}

static void
claims_confirmed(void *arg, const struct store_reply *r, const char *why)
{
	struct claims_item *i = arg;
	struct claims *c = i->all;
	struct told t;

	i->call = NULL;
	if (i->phase == GIVING) {
		end_item(i);
		return;
	}
	if (i->asked != c->era) {
		walk_soon(c, 0); /* an answer to an incarnation of before */
		return;
	}
	read_answer(i, r, why, &t);
	if (t.answer == CLAIMS_GRANTED)
		hold(i, &t);
	else if (t.answer != CLAIMS_STORE_DOWN)
		lose(i, &t); /* it may free i */
	walk_soon(c, t.answer == CLAIMS_STORE_DOWN ? AGAIN_SECONDS : 0);
}

static void
claim_again(struct claims_item *i)
{
	bool numbered = i->number[0] != '\0' && i->plex == i->all->plex;

	if (send_claim(i, numbered ? i->number : "local", claims_confirmed) < 0)
		walk_soon(i->all, AGAIN_SECONDS);
}

/* Tells the holder of the fence, or of its end. False: i is gone. */
static bool
tell_fence(struct claims_item *i)
{
	struct claims *c = i->all;

	if (i->phase != HELD)
		return true;
	c->looked = i;
	if (c->fenced && i->fence != c->era) {
		i->fence = c->era;
		i->told_free = false;
		c->owner.fenced(i->holder);
	} else if (!c->fenced && !i->told_free) {
		i->told_free = true;
		c->owner.freed(i->holder);
	}
	return c->looked != NULL;
}

/* One step of a walk. i may be freed. */
static void
look_at(struct claims_item *i)
{
	struct claims *c = i->all;

	if (!tell_fence(i) || i->call != NULL)
		return;
	if (i->phase == ASKED)
		tell_answer(i, CLAIMS_STORE_DOWN, i->why);
	else if (i->phase == GIVING)
		end_item(i);
	else if ((i->phase == LOCAL || i->round != c->round) && member_holds(c->member))
		claim_again(i);
}

static void
end_fence(struct claims *c)
{
	if (!c->fenced || c->owed > 0 || !member_holds(c->member))
		return;
	c->fenced = false;
	c->restart = true;
	c->owner.regained(c->owner.arg);
}

static void
claims_walk(void *arg)
{
	struct claims *c = arg;
	double end = clock_span() + TURN_SECONDS;

	end_fence(c);
	if (c->at == NULL || c->restart)
		c->at = c->first;
	c->restart = c->later = false;
	c->walking = true;
	while (c->at != NULL && clock_span() <= end) {
		struct claims_item *i = c->at;

		c->at = i->next;
		look_at(i);
	}
	c->walking = false;
	if (c->at != NULL || c->restart || c->later)
		timer_set(&c->walk, c->at != NULL || c->restart ? 0 : AGAIN_SECONDS);
}

/* A walk of all claims, from the first one; seconds 0: in the next turn of the loop. */
static void
walk_soon(struct claims *c, double seconds)
{
	if (seconds <= 0) {
		c->restart = true;
		if (!c->walking)
			timer_set(&c->walk, 0);
	} else if (c->walking) {
		c->later = true;
	} else if (!timer_running(&c->walk)) {
		timer_set(&c->walk, seconds);
	}
}

/* --- events of the member --------------------------------------------------------------------- */

void
claims_joined(struct claims *c)
{
	if (strcmp(c->sysplex, member_sysplex(c->member)) != 0) {
		snprintf(c->sysplex, sizeof c->sysplex, "%s", member_sysplex(c->member));
		c->plex++;
	}
	c->round++;
	walk_soon(c, 0);
}

void
claims_renewed(struct claims *c)
{
	claims_joined(c);
}

void
claims_lapsed(struct claims *c)
{
	c->era++;
	c->fenced = true;
	c->owed = c->held;
	walk_soon(c, 0);
}

void
claims_beaten(struct claims_item *i, const char *region)
{
	struct told t = { .answer = CLAIMS_PAIR_ELSEWHERE };

	if (i->phase != HELD && i->phase != LOCAL)
		return;
	snprintf(t.region, sizeof t.region, "%s", region);
	put_elsewhere(i, &t);
	lose(i, &t);
}

void
claims_contested(struct claims_item *i, const char *region)
{
	double now = clock_span();

	if ((i->phase != HELD && i->phase != LOCAL) || now < i->contested)
		return;
	i->contested = now + member_lease(i->all->member);
	tell_conflict(i->all, i->pair, region, "that region's claim ends");
}

/* --- its life --------------------------------------------------------------------------------- */

struct claims *
claims_new(struct ev_loop *loop, struct store *store, struct member *member, const struct claims_owner *owner)
{
	struct claims *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->store = store;
	c->member = member;
	c->owner = *owner;
	c->era = 1;
	timer_init(&c->walk, loop, claims_walk, c);
	return c;
}

void
claims_free(struct claims *c)
{
	if (c == NULL)
		return;
	while (c->first != NULL)
		item_free(c->first);
	timer_stop(&c->walk);
	free(c);
}

bool
claims_needed(const struct claims *c)
{
	return c != NULL && member_sysplex(c->member)[0] != '\0';
}

bool
claims_fenced(const struct claims *c)
{
	return c->fenced;
}

unsigned long
claims_conflicts(const struct claims *c)
{
	return c->conflicts;
}
