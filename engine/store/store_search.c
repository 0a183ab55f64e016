/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_search.h"

#include "net/resolve.h"
#include "net/timer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct asked { /* a command to a sentinel */
	struct store_turn turn; /* the first member */
	struct store_search *search;
};

struct store_search {
	struct ev_loop *loop;                  /* borrowed */
	struct threadpool *resolver;           /* borrowed */
	const struct store_settings *settings; /* borrowed */
	struct timer timer;                    /* the limit of a try; the next turn */
	unsigned host;                         /* the index of the next host of the settings */
	bool sentinel;                         /* the host that is tried is a sentinel */
	bool told;                             /* a sentinel has told the host to try */
	struct store_host at;                  /* the host that is tried */
	struct resolving *resolving;
	struct resolution found;
	unsigned address;                      /* the index of the next address of found */
	struct store_link *link;
	struct store_greeting *greeting;
	struct asked login, asked;
	char place[STORE_PLACE];
	struct fault why;                      /* of the last try */
	void (*done)(void *arg, const struct store_search_end *end);
	void *arg;
};

static void store_search_next(void *arg);

/* --- the end of a try ------------------------------------------------------------------------- */

static void
let_go(struct store_search *x)
{
	timer_stop(&x->timer);
	if (x->resolving != NULL)
		resolve_cancel(x->resolving);
	x->resolving = NULL;
	store_link_close(x->link);
	x->link = NULL;
	store_greeting_free(x->greeting);
	x->greeting = NULL;
}

void
store_search_cancel(struct store_search *x)
{
	if (x == NULL)
		return;
	let_go(x);
	free(x);
}

static void
finish(struct store_search *x, struct store_link *link, const struct store_welcome *w)
{
	struct store_search_end end = { link, w, x->place, x->why.text };

	x->done(x->arg, &end);
	store_search_cancel(x);
}

/* This try is over; the next one begins in the next turn, because the link may be in use by the caller. */
static void
miss(struct store_search *x, const char *why)
{
	fault_set(&x->why, "%s: %.300s", x->place, why);
	let_go(x);
	x->timer.fire = store_search_next;
	timer_set(&x->timer, 0);
}

static void
store_search_late(void *arg)
{
	miss(arg, "no answer within 1 s");
}

static void
store_search_lost(void *arg, const char *why)
{
	miss(arg, why);
}

/* --- a server --------------------------------------------------------------------------------- */

static void
store_search_welcome(void *arg, const struct store_welcome *w, const char *why)
{
	struct store_search *x = arg;
	struct store_link *link = x->link;

	if (why != NULL) {
		miss(x, why);
		return;
	}
	x->link = NULL;
	finish(x, link, w);
}

static void
store_search_logged_in(struct store_turn *t, const struct store_reply *r)
{
	char why[STORE_NO_LOGIN];

	if (r->kind == STORE_ERROR)
		miss(((struct asked *)t)->search, store_greeting_no_login("store_sentinel_user", r, why));
}

/* A refusal of the question where the master is. */
static void
miss_master(struct store_search *x, const struct store_reply *r)
{
	char why[160];

	if (store_reply_is_error(r, "NOAUTH"))
		snprintf(why, sizeof why, "the sentinel demands a password, and store_sentinel_password_file is not given");
	else
		snprintf(why, sizeof why, "the sentinel has no master of the name %s%s%.60s", store_settings_address(x->settings)->master,
			r->kind == STORE_ERROR ? ": " : "", r->kind == STORE_ERROR ? r->text : "");
	miss(x, why);
}

/* The place of the master: a list of a host and a port. */
static void
store_search_told(struct store_turn *t, const struct store_reply *r)
{
	struct store_search *x = ((struct asked *)t)->search;
	bool is_place = r->kind == STORE_LIST && r->n == 2 && r->item[0]->kind == STORE_TEXT && r->item[1]->kind == STORE_TEXT;
	int port = is_place ? atoi(r->item[1]->text) : 0;

	if (!is_place || port <= 0 || port > 65535) {
		miss_master(x, r);
		return;
	}
	let_go(x);
	x->told = true;
	snprintf(x->at.name, sizeof x->at.name, "%s", r->item[0]->text);
	x->at.port = port;
	timer_set(&x->timer, 0);
	x->timer.fire = store_search_next;
}

static int
ask_sentinel(struct store_search *x)
{
	struct store_words w = { .n = 0 };

	x->login = (struct asked){ .turn.answered = store_search_logged_in, .search = x };
	if (store_greeting_login(store_settings_sentinel_login(x->settings), &w) && store_link_send(x->link, NULL, &w, &x->login.turn) < 0)
		return -1;
	w.n = 0;
	x->asked = (struct asked){ .turn.answered = store_search_told, .search = x };
	store_word_text(&w, "SENTINEL");
	store_word_text(&w, "get-master-addr-by-name");
	store_word_text(&w, store_settings_address(x->settings)->master);
	return store_link_send(x->link, NULL, &w, &x->asked.turn);
}

static void
store_search_up(void *arg)
{
	struct store_search *x = arg;

	if (x->sentinel) {
		if (ask_sentinel(x) < 0)
			miss(x, "no memory");
		return;
	}
	x->greeting = store_greeting_begin(x->link, x->settings, store_search_welcome, x);
	if (x->greeting == NULL)
		miss(x, "no memory");
}

static void
open_link(struct store_search *x, const struct addr *addr)
{
	const struct store_address *a = store_settings_address(x->settings);
	struct store_link_owner owner = { store_search_up, store_search_lost, x };
	struct store_end to = { .path = a->path, .host = x->at.name, .tls = store_settings_tls(x->settings) };
	struct fault f;

	if (addr != NULL)
		to.addr = *addr;
	x->link = store_link_open(x->loop, &to, &owner, &f);
	if (x->link == NULL) {
		miss(x, f.text);
		return;
	}
	x->timer.fire = store_search_late;
	timer_set(&x->timer, STORE_TRY_SECONDS);
}

/* --- one after the other ---------------------------------------------------------------------- */

static void
try_address(struct store_search *x)
{
	addr_print(&x->found.addr[x->address], x->place, sizeof x->place);
	open_link(x, &x->found.addr[x->address++]);
}

static void
store_search_resolved(void *arg, const struct resolution *r)
{
	struct store_search *x = arg;

	x->resolving = NULL;
	x->found = *r;
	if (r->n > 0)
		try_address(x);
	else
		miss(x, r->error);
}

static void
look_up(struct store_search *x)
{
	x->found.n = x->address = 0;
	snprintf(x->place, sizeof x->place, "%s:%d", x->at.name, x->at.port);
	if (resolve_numeric(x->at.name, x->at.port, &x->found)) {
		try_address(x);
		return;
	}
	x->resolving = resolve_begin(&(struct resolve_request){ .threads = x->resolver, .done = store_search_resolved, .arg = x },
		x->at.name, x->at.port);
	if (x->resolving == NULL) {
		miss(x, "its name cannot be looked up now");
		return;
	}
	x->timer.fire = store_search_late;
	timer_set(&x->timer, STORE_TRY_SECONDS);
}

static void
try_socket(struct store_search *x)
{
	snprintf(x->place, sizeof x->place, "%s", store_settings_address(x->settings)->path);
	open_link(x, NULL);
}

static void
store_search_next(void *arg)
{
	struct store_search *x = arg;
	const struct store_address *a = store_settings_address(x->settings);

	if (x->told) {
		x->told = x->sentinel = false;
		look_up(x);
	} else if (x->address < x->found.n) {
		try_address(x);
	} else if (a->scheme == STORE_UNIX && x->host++ == 0) {
		try_socket(x);
	} else if (x->host < a->n) {
		x->at = a->host[x->host++];
		x->sentinel = a->scheme == STORE_SENTINEL;
		look_up(x);
	} else {
		finish(x, NULL, NULL);
	}
}

struct store_search *
store_search_begin(struct ev_loop *loop, struct threadpool *resolver, const struct store_settings *s,
	void (*done)(void *arg, const struct store_search_end *end), void *arg)
{
	struct store_search *x = calloc(1, sizeof *x);

	if (x == NULL)
		return NULL;
	*x = (struct store_search){ .loop = loop, .resolver = resolver, .settings = s, .done = done, .arg = arg };
	timer_init(&x->timer, loop, store_search_next, x);
	timer_set(&x->timer, 0);
	return x;
}
