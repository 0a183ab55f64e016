/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/waits.h"

#include "base/clock.h"
#include "net/http_client.h"
#include "net/lookups.h"
#include "net/timer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESOLVERS 32        /* threads for policy.resolve */
#define RESOLVERS_PEER 4    /* of these for the questions about one neighbourhood */
#define HOST_RESOLVERS 8    /* threads for the hosts of policy_http */
#define RESOLVE_QUEUE 65535 /* the limit of suspended questions is the bound */

struct wait {
	struct waits *all;
	struct addr_prefix around; /* of family 0: no peer */
	void (*done)(void *arg, struct waited *answer);
	void *arg;
	struct wait_call call;
	struct timer timer;
	double began;
	bool last; /* the timer is the limit of the question, not of the call */
	bool begun;   /* waits_begin has given it to its question */
	bool hurried; /* the timer is the end of the question for another reason */
	struct lookup *lookup;
	struct http_transfer *transfer;
	struct buf body; /* of its answer */
	int status;
	struct store_call *asked; /* the call of the store under way; NULL: none */
	struct fault unasked;     /* why the store was not asked; "" it was */
};

struct waits {
	struct ev_loop *loop;        /* borrowed */
	struct threadpool *resolvers; /* owned: names that scripts ask for do not keep the names of partners waiting */
	struct lookups *names;       /* owned: of the resolvers */
	struct threadpool *hosts;    /* owned: the names of policy_http do not wait for names that a partner may have chosen */
	struct http_client *client;  /* owned; NULL until it is used */
	struct store *store;         /* borrowed; NULL: none */
	struct wait_places *places;  /* counted; those of the region */
	void (*ended)(void *arg, enum wait_kind kind, double seconds); /* NULL: nobody watches */
	void *arg;
};

struct waits *
waits_new(struct ev_loop *loop, const struct waits *beside)
{
	struct waits *all = calloc(1, sizeof *all);

	if (all == NULL)
		return NULL;
	all->loop = loop;
	all->places = beside != NULL ? wait_places_ref(beside->places) : wait_places_new();
	all->resolvers = threadpool_new(loop, RESOLVERS, RESOLVE_QUEUE);
	all->hosts = threadpool_new(loop, HOST_RESOLVERS, RESOLVE_QUEUE);
	if (all->resolvers != NULL)
		all->names = lookups_new(all->resolvers, &(struct lookup_rules){ .share = RESOLVERS_PEER, .brief = true });
	if (all->places != NULL && all->names != NULL && all->hosts != NULL)
		return all;
	waits_free(all);
	return NULL;
}

void
waits_free(struct waits *all)
{
	if (all == NULL)
		return;
	http_client_free(all->client);
	lookups_free(all->names);
	threadpool_free(all->resolvers);
	threadpool_free(all->hosts);
	wait_places_unref(all->places);
	free(all);
}

unsigned
waits_count(const struct waits *all)
{
	return wait_places_count(all->places);
}

uint64_t
waits_limited(const struct waits *all, enum waits_limit which)
{
	return wait_places_limited(all->places, which);
}

const char *
waits_call(enum wait_kind kind)
{
	static const char *const names[WAIT_KINDS] = { [WAIT_SLEEP] = "sleep", [WAIT_RESOLVE] = "resolve", [WAIT_HTTP] = "http", [WAIT_STORE] = "store" };

	return names[kind];
}

void
waits_watch(struct waits *all, void (*ended)(void *arg, enum wait_kind kind, double seconds), void *arg)
{
	all->ended = ended;
	all->arg = arg;
}

void
waits_use_store(struct waits *all, struct store *store)
{
	all->store = store;
}

/* --- the end of a call ------------------------------------------------------------------------ */

static void
wait_free(struct wait *w)
{
	timer_stop(&w->timer);
	if (w->lookup != NULL)
		lookups_cancel(w->lookup);
	if (w->transfer != NULL)
		http_client_cancel(w->transfer);
	if (w->asked != NULL)
		store_cancel(w->asked);
	buf_free(&w->body);
	wait_places_leave(w->all->places, &w->around);
	if (w->all->ended != NULL && w->begun)
		w->all->ended(w->all->arg, w->call.kind, clock_span() - w->began);
	free(w);
}

void
waits_cancel(struct wait *w)
{
	wait_free(w);
}

/* Frees w, then tells the question. */
static void
end(struct wait *w, struct waited *answer)
{
	void (*done)(void *arg, struct waited *answer) = w->done;
	void *arg = w->arg;

	if (answer != NULL)
		answer->seconds = clock_span() - w->began;
	wait_free(w);
	done(arg, answer);
}

static void
waits_expire(void *arg)
{
	struct wait *w = arg;
	struct waited *answer = w->last ? NULL : waited_new(w->call.text);

	if (w->last && !w->hurried)
		wait_places_limit(w->all->places, WAITS_LIMIT_TIME);
	if (answer != NULL && w->unasked.text[0] != '\0')
		waited_fail(answer, "%.150s", w->unasked.text);
	else if (answer != NULL && w->call.kind != WAIT_SLEEP)
		waited_fail(answer, "no answer within %g s", w->call.seconds);
	end(w, answer);
}

void
waits_hurry(struct wait *w)
{
	w->last = w->hurried = true;
	timer_set(&w->timer, 0);
}

/* --- names ------------------------------------------------------------------------------------ */

static struct waited *
answer_of(const struct wait *w, const struct resolution *r)
{
	struct waited *answer = waited_new(w->call.text);
	char ip[ADDR_TEXT];

	if (answer == NULL)
		return NULL;
	if (r->error[0] != '\0')
		waited_fail(answer, "%s", r->error);
	if (r->name[0] != '\0')
		waited_add(answer, r->name);
	for (unsigned i = 0; i < r->n; i++)
		waited_add(answer, addr_ip(&r->addr[i], ip, sizeof ip));
	return answer;
}

static void
waits_resolved(void *arg, const struct resolution *r)
{
	struct wait *w = arg;

	w->lookup = NULL;
	end(w, answer_of(w, r));
}

static int
begin_resolve(struct wait *w)
{
	w->lookup = lookups_begin(w->all->names, w->call.name, &w->around, waits_resolved, w);
	return w->lookup != NULL ? 0 : -1;
}

/* --- http ------------------------------------------------------------------------------------- */

static void
waits_fetched(void *arg, const char *why)
{
	struct wait *w = arg;
	struct waited *answer = waited_new(w->call.text);

	w->transfer = NULL;
	if (answer != NULL && why != NULL)
		waited_fail(answer, "%s", why);
	else if (answer != NULL)
		waited_answer(answer, w->status, buf_bytes(&w->body), buf_len(&w->body));
	end(w, answer);
}

static int
begin_http(struct wait *w, struct ring *ring, struct fault *f)
{
	const struct wait_call *c = &w->call;
	struct http_post p = { .url = c->url, .method = c->method, .type = c->type, .header = c->header, .nheaders = c->headers,
		.data = c->body, .len = c->len, .timeout = c->seconds + 1, /* the timer of the wait comes before */
		.ring = ring, .alone = true, .status = &w->status, .answer = &w->body, .done = waits_fetched, .arg = w };

	if (w->all->client == NULL)
		w->all->client = http_client_new(w->all->loop, w->all->hosts, &(struct lookup_rules){ .brief = true });
	if (w->all->client == NULL)
		return fault_set(f, "no memory to wait");
	w->transfer = http_client_post(w->all->client, &p, f);
	return w->transfer != NULL ? 0 : -1;
}

/* --- the store -------------------------------------------------------------------------------- */

static void
take_reply(struct waited *answer, const struct store_reply *r)
{
	char number[24];

	if (r->kind == STORE_NIL)
		waited_answer(answer, WAITED_NONE, "", 0);
	else if (r->kind == STORE_INTEGER)
		waited_answer(answer, WAITED_TEXT, number, (size_t)snprintf(number, sizeof number, "%lld", (long long)r->integer));
	else if (r->kind != STORE_LIST && r->len <= WAIT_BODY_MAX)
		waited_answer(answer, WAITED_TEXT, r->text, r->len);
	else
		waited_fail(answer, "the store answers a list, or more than %d bytes", WAIT_BODY_MAX);
}

static void
waits_stored(void *arg, const struct store_reply *reply, const char *why)
{
	struct wait *w = arg;
	struct waited *answer = waited_new(w->call.text);

	w->asked = NULL;
	if (answer != NULL && reply == NULL)
		waited_fail(answer, "%.150s", why);
	else if (answer != NULL)
		take_reply(answer, reply);
	end(w, answer);
}

/* A store that is down is no limit: the call ends in the next turn, and its answer is missing. */
static void
begin_store(struct wait *w)
{
	struct store_question q = w->call.store;

	q.done = waits_stored;
	q.arg = w;
	if (w->all->store != NULL)
		w->asked = store_ask(w->all->store, &q, &w->unasked);
	else
		fault_set(&w->unasked, "the region names no store");
}

/* --- the beginning ---------------------------------------------------------------------------- */

static struct addr_prefix
around(const struct addr *peer)
{
	return peer->family != 0 ? addr_neighbourhood(peer) : (struct addr_prefix){ .family = 0 };
}

/* Takes the place over, or gives it back. NULL: no memory. */
static struct wait *
wait_new(struct waits *all, const struct wait_request *r, const struct addr_prefix *p)
{
	struct wait *w = calloc(1, sizeof *w);

	if (w == NULL) {
		wait_places_leave(all->places, p);
		return NULL;
	}
	w->all = all;
	w->around = *p;
	w->done = r->done;
	w->arg = r->arg;
	w->call = *r->call;
	w->began = clock_span();
	buf_init(&w->body, WAIT_BODY_MAX);
	timer_init(&w->timer, all->loop, waits_expire, w);
	return w;
}

struct wait *
waits_begin(struct waits *all, const struct wait_request *r, struct fault *f)
{
	struct addr_prefix p = around(&r->peer);
	double left = r->limits.seconds - r->waited;
	struct wait *w;

	if (wait_places_take(all->places, &p, r->limits.all, r->limits.prefix, f) < 0)
		return NULL;
	fault_set(f, "no memory to wait");
	w = wait_new(all, r, &p);
	if (w == NULL)
		return NULL;
	if ((w->call.kind == WAIT_RESOLVE && begin_resolve(w) < 0) || (w->call.kind == WAIT_HTTP && begin_http(w, r->limits.ring, f) < 0)) {
		wait_free(w);
		return NULL;
	}
	if (w->call.kind == WAIT_STORE)
		begin_store(w);
	w->last = w->unasked.text[0] == '\0' && left < w->call.seconds;
	timer_set(&w->timer, w->unasked.text[0] != '\0' ? 0 : w->last ? left : w->call.seconds);
	w->begun = true;
	return w;
}
