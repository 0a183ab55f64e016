/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include "base/clock.h"
#include "net/threadpool.h"
#include "net/timer.h"
#include "store/store_search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "sallyport:" /* of the keys of the engine */
#define PAUSE_FIRST 0.1 /* seconds before the next search */
#define PAUSE_MOST 5.0
#define JITTER 0.25
#define LOOK_SECONDS 0.1 /* between two looks for a silent connection */
#define TURN_SECONDS 0.002 /* that the ends of calls may take in one turn of the loop */
#define SHORT_LIFE 1.0   /* a connection that ends sooner counts as a failed search */

struct store_call {
	struct store_turn turn; /* the first member */
	struct store *store;
	enum store_script script;
	struct store_words words; /* in bytes */
	bool uncounted;
	bool whole;               /* the server did not know the script: its text was sent */
	void (*done)(void *arg, const struct store_reply *reply, const char *why); /* NULL: cancelled */
	void *arg;
	char bytes[];
};

struct store {
	struct ev_loop *loop;        /* borrowed */
	struct threadpool *resolver; /* owned */
	void (*event)(void *arg, enum store_event e, const char *text);
	void *arg;
	struct store_settings *settings; /* counted; NULL: none */
	enum store_state state;
	struct store_search *search;
	struct store_link *link;     /* owned; NULL unless STORE_UP */
	struct store_call *queued, *last; /* while STORE_FINDING */
	size_t nqueued;
	struct store_turn *failing, **last_failing; /* calls that end without an answer, some in each turn of the loop */
	char failure[STORE_WHY];
	struct store_welcome welcome; /* of the server */
	char doubted[sizeof ((struct store_server *)0)->run_id]; /* the run_id of the server whose doubts were told last */
	char place[STORE_PLACE], why[STORE_WHY], id[48];
	unsigned failures;           /* searches since a server was found */
	unsigned regions;
	bool missed;                 /* STORE_LOST was told */
	double pause;                /* seconds, store_pause_at_most; 0: not given */
	double since, up;            /* clock_wall() of the change of state; clock_span() of STORE_UP */
	struct timer again, silence, beat, fail;
	struct store_counts counts;
};

static void search(struct store *s);

/* --- calls ------------------------------------------------------------------------------------ */

static void
answer(struct store_call *c, const struct store_reply *r, const char *why)
{
	void (*done)(void *arg, const struct store_reply *reply, const char *why) = c->done;
	void *arg = c->arg;

	c->store->counts.failed += r == NULL && done != NULL && !c->uncounted;
	free(c);
	if (done != NULL)
		done(arg, r, why);
}

/* Each end lets a script run. A call may be cancelled while it waits for its end. */
static void
store_fail_some(void *arg)
{
	struct store *s = arg;
	double end = clock_span() + TURN_SECONDS;

	while (s->failing != NULL && clock_span() <= end) {
		struct store_call *c = (struct store_call *)s->failing;

		s->failing = s->failing->next;
		answer(c, NULL, s->failure);
	}
	if (s->failing != NULL)
		timer_set(&s->fail, 0);
}

/* Ends the calls of a list, from the next turn of the loop on. */
static void
fail_turns(struct store *s, struct store_turn *list, const char *why)
{
	if (list == NULL)
		return;
	if (s->failing == NULL) {
		s->last_failing = &s->failing;
		snprintf(s->failure, sizeof s->failure, "%s", why);
	}
	*s->last_failing = list;
	while (*s->last_failing != NULL)
		s->last_failing = &(*s->last_failing)->next;
	timer_set(&s->fail, 0);
}

/* The calls that wait for a server. */
static struct store_turn *
take_queued(struct store *s)
{
	struct store_turn *list = s->queued != NULL ? &s->queued->turn : NULL;

	s->queued = NULL;
	s->last = NULL;
	s->nqueued = 0;
	return list;
}

static int
send_call(struct store_call *c)
{
	struct store *s = c->store;
	const char *sha = c->script < STORE_SCRIPTS && !c->whole ? s->welcome.sha[c->script] : "";
	struct store_words head = { .n = 0 };

	if (store_link_waiting(s->link) >= STORE_CALLS_MAX)
		return -1;
	if (c->script < STORE_SCRIPTS) {
		store_word_text(&head, sha[0] != '\0' ? "EVALSHA" : "EVAL");
		store_word_text(&head, sha[0] != '\0' ? sha : store_script_text(c->script));
		store_word_text(&head, "1");
	}
	if (store_link_send(s->link, head.n > 0 ? &head : NULL, &c->words, &c->turn) < 0)
		return -1;
	if (!timer_running(&s->silence))
		timer_set(&s->silence, LOOK_SECONDS);
	return 0;
}

static void lose(struct store *s, const char *why, bool at_once);

/* Errors by which a server says that it cannot serve at present: another one, or a later try, may. */
static bool
is_unfit(const struct store_reply *r)
{
	static const char *const words[] = { "READONLY", "LOADING", "MASTERDOWN", "NOAUTH", "CLUSTERDOWN", "MOVED" };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (store_reply_is_error(r, words[i]))
			return true;
	return false;
}

static void
store_answered(struct store_turn *t, const struct store_reply *r)
{
	struct store_call *c = (struct store_call *)t;
	struct store *s = c->store;
	char why[STORE_WHY];

	if (store_reply_is_error(r, "NOSCRIPT") && !c->whole) {
		c->whole = true;
		if (send_call(c) == 0)
			return;
	}
	if (r->kind != STORE_ERROR) {
		answer(c, r, NULL);
		return;
	}
	snprintf(why, sizeof why, "the store answers: %.200s", r->text);
	if (is_unfit(r))
		lose(s, why, false);
	answer(c, NULL, why);
}

static struct store_call *
call_new(struct store *s, const struct store_question *q)
{
	struct store_call *c;
	size_t size = 0;
	char *to;

	for (size_t i = 0; i < q->words.n; i++)
		size += q->words.len[i];
	c = malloc(sizeof *c + size);
	if (c == NULL)
		return NULL;
	*c = (struct store_call){ .turn.answered = store_answered, .store = s, .script = q->script, .uncounted = q->uncounted, .done = q->done, .arg = q->arg };
	to = c->bytes;
	for (size_t i = 0; i < q->words.n; i++) {
		memcpy(to, q->words.text[i], q->words.len[i]);
		store_word(&c->words, to, q->words.len[i]);
		to += q->words.len[i];
	}
	return c;
}

static int
queue(struct store *s, struct store_call *c)
{
	if (s->nqueued >= STORE_CALLS_MAX)
		return -1;
	c->turn.next = NULL;
	if (s->queued == NULL)
		s->queued = c;
	else
		s->last->turn.next = &c->turn;
	s->last = c;
	s->nqueued++;
	return 0;
}

struct store_call *
store_ask(struct store *s, const struct store_question *q, struct fault *f)
{
	struct store_call *c;

	if (s->state == STORE_OFF || s->state == STORE_DOWN) {
		s->counts.asked += !q->uncounted;
		s->counts.failed += !q->uncounted;
		fault_set(f, s->state == STORE_OFF ? "the region names no store%.0s" : "the store is down: %.120s", s->why);
		return NULL;
	}
	c = call_new(s, q);
	if (c == NULL || (s->state == STORE_UP ? send_call(c) : queue(s, c)) < 0) {
		free(c);
		fault_set(f, "too many calls wait for the store, or there is no memory");
		return NULL;
	}
	s->counts.asked += !q->uncounted;
	s->counts.reads += q->reads;
	return c;
}

void
store_cancel(struct store_call *c)
{
	c->store->counts.failed += !c->uncounted;
	c->done = NULL;
}

void
store_estimated(struct store *s)
{
	s->counts.estimated++;
}

/* --- the state -------------------------------------------------------------------------------- */

static void
enter(struct store *s, enum store_state state)
{
	if (s->state != state)
		s->since = clock_wall();
	s->state = state;
}

static void
rest(struct store *s)
{
	timer_stop(&s->again);
	timer_stop(&s->silence);
	timer_stop(&s->beat);
	store_search_cancel(s->search);
	s->search = NULL;
}

static double
pause_of(const struct store *s)
{
	double seconds = PAUSE_FIRST, most = s->pause > 0 && s->pause < PAUSE_MOST ? s->pause : PAUSE_MOST;

	for (unsigned i = 1; i < s->failures && seconds < most; i++)
		seconds *= 2;
	seconds = seconds < most ? seconds : most;
	return seconds * (1 - JITTER + 2 * JITTER * arc4random_uniform(1001) / 1000.);
}

/* No server: calls fail from now on, and the next search begins after a pause. */
static void
go_down(struct store *s, const char *why)
{
	snprintf(s->why, sizeof s->why, "%s", why);
	s->failures++;
	enter(s, STORE_DOWN);
	timer_set(&s->again, pause_of(s));
	if (!s->missed) {
		s->missed = true;
		s->event(s->arg, STORE_LOST, s->why);
	}
	fail_turns(s, take_queued(s), s->why);
}

/*
 * The connection is over. at_once: the server closed an idle or working connection, and a new one may stand in a
 * moment, so that calls wait for it.
 */
static void
lose(struct store *s, const char *why, bool at_once)
{
	struct store_link *link = s->link;
	char reason[STORE_WHY];
	struct store_turn *left;

	snprintf(reason, sizeof reason, "%.150s: %.160s", s->place, why);
	rest(s);
	s->link = NULL;
	left = store_link_close(link);
	if (at_once && clock_span() - s->up > SHORT_LIFE) {
		snprintf(s->why, sizeof s->why, "%s", reason);
		enter(s, STORE_FINDING);
		search(s);
	} else {
		go_down(s, reason);
	}
	fail_turns(s, left, reason);
}

static void
store_lost(void *arg, const char *why)
{
	lose(arg, why, true);
}

/* A server that is stopped keeps its connections: it is noticed by its silence. */
static void
store_look_for_silence(void *arg)
{
	struct store *s = arg;

	if (store_link_silence(s->link) > STORE_SILENCE_SECONDS)
		lose(s, "no answer within 1 s", false);
	else if (store_link_waiting(s->link) > 0)
		timer_set(&s->silence, LOOK_SECONDS);
}

/* --- signs of life ---------------------------------------------------------------------------- */

static void
store_counted(void *arg, const struct store_reply *r, const char *why)
{
	struct store *s = arg;

	(void)why;
	if (r != NULL && r->kind == STORE_TEXT && atoi(r->text) > 0)
		s->regions = (unsigned)atoi(r->text);
}

/* A master that has become a replica keeps its connections too. */
static void
store_told_role(void *arg, const struct store_reply *r, const char *why)
{
	struct store *s = arg;
	struct store_server now = { .role = "" };

	(void)why;
	if (r == NULL)
		return;
	store_server_take_role(&now, r);
	if (strcmp(now.role, "master") != 0 && s->state == STORE_UP)
		lose(s, "it is no master any more", false);
}

static void
store_beat(void *arg)
{
	struct store *s = arg;
	struct store_question life = { .script = STORE_SCRIPT_REGIONS, .uncounted = true, .done = store_counted, .arg = s };
	struct store_question role = { .script = STORE_SCRIPTS, .uncounted = true, .done = store_told_role, .arg = s };
	struct fault none;
	char window[24];

	snprintf(window, sizeof window, "%.0f", STORE_FORGET_SECONDS * 1e3);
	store_word_text(&life.words, PREFIX "regions");
	store_word_text(&life.words, s->id);
	store_word_text(&life.words, window);
	store_word_text(&role.words, "ROLE");
	store_ask(s, &role, &none);
	store_ask(s, &life, &none);
	timer_set(&s->beat, STORE_BEAT_SECONDS);
}

/* --- the search ------------------------------------------------------------------------------- */

static void
tell_doubts(struct store *s)
{
	const struct store_server *server = &s->welcome.server;
	const char *rule, *text;

	if (strcmp(s->doubted, server->run_id) == 0 && server->run_id[0] != '\0')
		return;
	memcpy(s->doubted, server->run_id, sizeof s->doubted);
	for (unsigned i = 0; i < STORE_DOUBTS; i++) {
		text = store_server_doubt(server, i, &rule);
		if (text != NULL)
			s->event(s->arg, STORE_DOUBTED, text);
	}
}

static void
send_queued(struct store *s)
{
	struct store_turn *list = take_queued(s);

	while (list != NULL) {
		struct store_call *c = (struct store_call *)list;

		list = list->next;
		if (c->done == NULL || send_call(c) < 0)
			answer(c, NULL, "too many calls wait for the store");
	}
}

static void
come_up(struct store *s, const struct store_search_end *end)
{
	struct store_link_owner owner = { .up = NULL, .lost = store_lost, .arg = s };

	s->link = end->link;
	store_link_hand(s->link, &owner);
	s->welcome = *end->welcome;
	s->why[0] = '\0';
	s->failures = 0;
	s->missed = false;
	s->up = clock_span();
	s->counts.found++;
	enter(s, STORE_UP);
	s->event(s->arg, STORE_FOUND, "");
	tell_doubts(s);
	store_beat(s);
	send_queued(s);
}

static void
store_searched(void *arg, const struct store_search_end *end)
{
	struct store *s = arg;

	s->search = NULL;
	snprintf(s->place, sizeof s->place, "%s", end->place);
	if (end->link != NULL)
		come_up(s, end);
	else
		go_down(s, end->why);
}

static void
search(struct store *s)
{
	s->search = store_search_begin(s->loop, s->resolver, s->settings, store_searched, s);
	if (s->search == NULL)
		go_down(s, "no memory to search a server");
}

static void
store_search_again(void *arg)
{
	search(arg);
}

/* --- the client ------------------------------------------------------------------------------- */

struct store *
store_new(struct ev_loop *loop, const char *id, void (*event)(void *arg, enum store_event e, const char *text), void *arg)
{
	struct store *s = calloc(1, sizeof *s);

	if (s == NULL || (s->resolver = threadpool_new(loop, 1, STORE_HOSTS)) == NULL) {
		free(s);
		return NULL;
	}
	s->loop = loop;
	s->event = event;
	s->arg = arg;
	snprintf(s->id, sizeof s->id, "%s", id);
	timer_init(&s->again, loop, store_search_again, s);
	timer_init(&s->silence, loop, store_look_for_silence, s);
	timer_init(&s->beat, loop, store_beat, s);
	timer_init(&s->fail, loop, store_fail_some, s);
	return s;
}

/* Frees the calls of a list, whose callers are not told. */
static void
drop_turns(struct store_turn *list)
{
	while (list != NULL) {
		struct store_turn *t = list;

		list = list->next;
		free(t); /* the first member of its call */
	}
}

void
store_free(struct store *s)
{
	if (s == NULL)
		return;
	rest(s);
	timer_stop(&s->fail);
	drop_turns(s->failing);
	drop_turns(take_queued(s));
	drop_turns(store_link_close(s->link));
	threadpool_free(s->resolver);
	store_settings_unref(s->settings);
	free(s);
}

void
store_use(struct store *s, struct store_settings *settings)
{
	struct store_turn *left, *queued;

	if (store_settings_same(s->settings, settings))
		return;
	rest(s);
	left = store_link_close(s->link);
	queued = take_queued(s);
	s->link = NULL;
	store_settings_unref(s->settings);
	s->settings = store_settings_ref(settings);
	s->place[0] = s->why[0] = s->doubted[0] = '\0';
	s->failures = s->regions = 0;
	s->missed = false;
	enter(s, settings != NULL ? STORE_FINDING : STORE_OFF);
	if (settings != NULL)
		search(s);
	fail_turns(s, left, "the definition names another store now");
	fail_turns(s, queued, "the definition names another store now");
}

void
store_pause_at_most(struct store *s, double seconds)
{
	s->pause = seconds;
}

struct store_view
store_look(const struct store *s)
{
	return (struct store_view){ .state = s->state, .text = s->settings != NULL ? store_settings_text(s->settings) : "", .place = s->place,
		.why = s->why, .server = s->state == STORE_UP ? &s->welcome.server : NULL, .since = s->since,
		.waiting = s->nqueued + (s->link != NULL ? store_link_waiting(s->link) : 0), .regions = s->regions, .counts = s->counts };
}

const char *
store_state_name(enum store_state state)
{
	static const char *const names[] = { [STORE_OFF] = "OFF", [STORE_FINDING] = "FINDING", [STORE_UP] = "UP", [STORE_DOWN] = "DOWN" };

	return names[state];
}
