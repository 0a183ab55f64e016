/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lhost_store_count: counters and rates with scope = "store". A number of a counter may be a name, so that without the
 * store there is none. A rate goes on in shares: with N regions, each has a bucket of burst/N tokens, which gets
 * count/N tokens in `per` seconds.
 */
#include "policy/lhost_store.h"

#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNTER_KEY "sallyport:counter:"
#define RATE_KEY "sallyport:rate:"
#define EXACT 9007199254740992 /* 2^53: the server counts with doubles */
#define WORD 32
#define DEBT "%-31.17g" /* each one has the same length */

/* --- counters --------------------------------------------------------------------------------- */

struct counted { /* a call of a counter */
	struct lhost_waiting waiting; /* the first member */
	char name[COUNTER_NAME_MAX + 1], key[sizeof COUNTER_KEY + COUNTER_NAME_MAX];
	struct counter_use use;
	bool next;
	char word[5][WORD]; /* of next: min, max, wrap, expires, writes; of peek: expires */
};

/* Raises when the counter in the store has another `expires`. [-0, +0, may throw] */
static void
raise_other(lua_State *L, const char *name, double its, double asked)
{
	script_place_raise(L, "counter %s: since its first use in the store it has expires = %g, and here expires = %g (0: never); a counter with another "
		"`expires` needs another name", name, its, asked);
}

/* Pushes the answer of a counter without a number: nil, and after `next` the reason. [-0, +2, may throw] */
static int
push_missing(lua_State *L, const struct counted *s, enum counters_answer a)
{
	lua_pushnil(L);
	if (!s->next)
		return 1;
	lua_pushstring(L, counters_reason(a));
	return 2;
}

static int
lhost_store_count_push_number(struct lua_State *L, struct lhost *h, struct lhost_waiting *w, const struct waited *a)
{
	struct counted *s = (struct counted *)w;

	(void)h;
	if (strncmp(a->body, "number ", 7) == 0)
		return lua_pushinteger(L, strtoll(a->body + 7, NULL, 10)), 1;
	if (strncmp(a->body, "other ", 6) == 0)
		raise_other(L, s->name, strtod(a->body + 6, NULL), s->use.expires);
	return push_missing(L, s, COUNTERS_EXHAUSTED);
}

static int
lhost_store_count_mocked_number(struct lua_State *L, struct lhost *h, struct lhost_waiting *w)
{
	struct counted *s = (struct counted *)w;
	enum counters_answer a;
	struct counters **set;
	int64_t out = 0;
	double its = 0;
	char why[64];

	if (lhost_store_mock_missing(L, h, w, why))
		return lhost_wait_down(L, h, w, why);
	lhost_push_mock(L, h, MOCK_COUNTERS);
	set = lua_touserdata(L, -1);
	a = s->next ? counters_next(*set, s->name, strlen(s->name), &s->use, lhost_mock_clock(L, h), &out, &its) :
		counters_peek(*set, s->name, strlen(s->name), s->use.expires, lhost_mock_clock(L, h), &out, &its);
	if (a == COUNTERS_OTHER_EXPIRES)
		raise_other(L, s->name, its, s->use.expires);
	if (a == COUNTERS_NUMBER)
		return lua_pushinteger(L, out), 1;
	return push_missing(L, s, a);
}

static void
lhost_store_count_before_number(const struct lhost *h, struct lhost_waiting *w, bool reads)
{
	struct counted *s = (struct counted *)w;

	(void)h;
	s->waiting.call.store.reads = reads && s->next;
	snprintf(s->word[4], WORD, "%d", !reads);
}

static const struct lhost_wait_function next = { .name = "store.counter.next", .keep = lhost_wait_keep_body, .words = lhost_store_words,
	.push = lhost_store_count_push_number, .mocked = lhost_store_count_mocked_number, .before = lhost_store_count_before_number, .down = "store_down",
	.size = sizeof(struct counted) };
static const struct lhost_wait_function peek = { .name = "store.counter.peek", .keep = lhost_wait_keep_body, .words = lhost_store_words,
	.push = lhost_store_count_push_number, .mocked = lhost_store_count_mocked_number, .before = lhost_store_count_before_number, .down = "store_down",
	.size = sizeof(struct counted) };

/* The member of the table at index 2, which policy.lua has made and a script cannot reach. [-0, +0, may throw] */
static double
member(lua_State *L, const char *key)
{
	double n;

	lua_getfield(L, 2, key);
	n = lua_tonumber(L, -1);
	lua_pop(L, 1);
	return n;
}

static int64_t
whole_member(lua_State *L, const char *key)
{
	int64_t n;

	lua_getfield(L, 2, key);
	n = lua_tointeger(L, -1);
	lua_pop(L, 1);
	if (n < -EXACT || n > EXACT)
		script_place_raise(L, "counter:next: %s of a counter in the store must be from -2^53 to 2^53", key);
	return n;
}

static void
make_counter_words(struct counted *s)
{
	struct store_question *q = &s->waiting.call.store;

	snprintf(s->word[0], WORD, "%lld", (long long)s->use.min);
	snprintf(s->word[1], WORD, "%lld", (long long)s->use.max);
	snprintf(s->word[2], WORD, "%d", s->use.wrap);
	snprintf(s->word[3], WORD, "%.17g", s->use.expires);
	q->script = s->next ? STORE_SCRIPT_COUNTER_NEXT : STORE_SCRIPT_COUNTER_PEEK;
	store_word_text(&q->words, s->key);
	for (unsigned i = s->next ? 0 : 3; i < (s->next ? 5 : 4); i++)
		store_word_text(&q->words, s->word[i]); /* the last one of next is settled before it is sent */
}

static int
count(lua_State *L, const struct lhost_wait_function *f)
{
	struct lhost *h = lhost_of(L);
	const char *name = luaL_checkstring(L, 1);
	struct counted *s;

	luaL_checktype(L, 2, LUA_TTABLE);
	lua_settop(L, 3);
	s = (struct counted *)lhost_wait_push(L, f, WAIT_STORE, LHOST_STORE_SECONDS);
	s->next = f == &next;
	snprintf(s->name, sizeof s->name, "%s", name);
	snprintf(s->key, sizeof s->key, COUNTER_KEY "%s", name);
	lhost_store_options(L, &s->waiting, 3, lhost_wait_option);
	lhost_want_asking(L, h, s->next ? "counter:next" : "counter:peek");
	s->use = (struct counter_use){ .min = whole_member(L, "min"), .max = whole_member(L, "max"), .wrap = member(L, "wrap") != 0,
		.expires = member(L, "expires") };
	snprintf(s->word[4], WORD, "1");
	make_counter_words(s);
	if (s->next)
		snprintf(s->waiting.call.text, sizeof s->waiting.call.text, "counter(%s):next %s %s %s %s", s->name, s->word[0], s->word[1], s->word[2], s->word[3]);
	else
		snprintf(s->waiting.call.text, sizeof s->waiting.call.text, "counter(%s):peek %s", s->name, s->word[3]);
	return lhost_wait_ask(L, h, &s->waiting, s->name);
}

/* host.store_next(name, { min, max, wrap = 0 or 1, expires }, { down =, timeout = }) -> as host.counter_next */
static int
lhost_store_count_next(lua_State *L)
{
	return count(L, &next);
}

/* host.store_peek(name, { expires }, { down =, timeout = }) -> as host.counter_peek */
static int
lhost_store_count_peek(lua_State *L)
{
	return count(L, &peek);
}

/* --- rates ------------------------------------------------------------------------------------ */

struct rated { /* a take of a rate */
	struct lhost_waiting waiting; /* the first member */
	char name[RATE_NAME_MAX + 1], key[sizeof RATE_KEY + RATE_NAME_MAX];
	struct rate_terms terms;
	double n;
	double debt; /* tokens that the region gave without the store, and that this call tells it of */
	bool reads;
	char word[6][WORD]; /* count, per, burst, n, debt, writes */
};

/* The share of this region in the terms. False: the region has never seen the store, and knows no other ones. */
static bool
share_of(const struct lhost *h, const struct rated *s, struct rate_terms *out)
{
	unsigned regions = h->world != NULL && h->world->store != NULL ? store_look(h->world->store).regions : 0;

	*out = s->terms;
	out->count /= regions;
	out->burst /= regions;
	return regions > 0;
}

/* The tokens of the debt are taken from a bucket that fills as the share does: the missing tokens are owed. */
static void
lhost_store_count_before_take(const struct lhost *h, struct lhost_waiting *w, bool reads)
{
	struct rated *s = (struct rated *)w;
	struct rate_terms share;
	double left;

	s->reads = s->waiting.call.store.reads = reads;
	if (!reads && share_of(h, s, &share)) {
		left = rates_left(h->world->debts, s->name, strlen(s->name), clock_span());
		s->debt = isinf(left) ? 0 : fmax(0, share.burst - left);
		if (s->debt > 0)
			rates_put(h->world->debts, s->name, strlen(s->name), &share, INFINITY, clock_span());
	}
	snprintf(s->word[4], WORD, DEBT, s->debt);
	snprintf(s->word[5], WORD, "%d", !reads);
}

/* Decides by the share, and puts the words of the decision in the place of the missing answer. */
static void
decide(const struct lhost *h, const struct rated *s, const struct rate_terms *share, struct waited *a)
{
	struct rate_take got = { .left = rates_left(h->world->estimates, s->name, strlen(s->name), clock_span()) };
	enum rates_answer answer = rates_judge(share, got.left, s->n, &got.wait);
	struct rate_take owed;
	char words[96];

	if (!s->reads)
		answer = rates_take(h->world->estimates, s->name, strlen(s->name), share, s->n, clock_span(), &got);
	if (answer != RATES_TAKEN && answer != RATES_WAIT)
		return;
	if (answer == RATES_TAKEN && !s->reads)
		rates_take(h->world->debts, s->name, strlen(s->name), share, s->n, clock_span(), &owed);
	store_estimated(h->world->store);
	waited_answer(a, WAITED_LOCAL, words, (size_t)snprintf(words, sizeof words, "%s %.17g %.17g", answer == RATES_TAKEN ? "taken" : "wait",
		fmin(got.left, share->burst), got.wait));
}

/* The store's answer settles where an estimate would begin. */
static void
follow(const struct lhost *h, const struct rated *s, const struct rate_terms *share, const struct waited *a)
{
	bool taken = strncmp(a->body, "taken ", 6) == 0;
	const char *left = strchr(a->body, ' ');
	double after = left != NULL ? strtod(left + 1, NULL) - (taken ? s->n : 0) : 0;

	rates_put(h->world->estimates, s->name, strlen(s->name), share, fmin(after, share->burst), clock_span());
}

static void
lhost_store_count_heard_take(const struct lhost *h, struct lhost_waiting *w, struct waited *a)
{
	struct rated *s = (struct rated *)w;
	struct rate_terms share;

	if (!share_of(h, s, &share))
		return;
	if (a->why[0] == '\0') {
		follow(h, s, &share, a);
		return;
	}
	if (s->debt > 0) /* the store may not know of it */
		rates_put(h->world->debts, s->name, strlen(s->name), &share,
			fmin(rates_left(h->world->debts, s->name, strlen(s->name), clock_span()), share.burst) - s->debt, clock_span());
	decide(h, s, &share, a);
}

static int
push_take(lua_State *L, bool taken, double wait)
{
	lua_pushboolean(L, taken);
	if (!taken)
		lua_pushnumber(L, wait);
	return taken ? 1 : 2;
}

static int
lhost_store_count_push_take(struct lua_State *L, struct lhost *h, struct lhost_waiting *w, const struct waited *a)
{
	const char *left = strchr(a->body, ' '), *wait = left != NULL ? strchr(left + 1, ' ') : NULL;

	(void)h, (void)w;
	return push_take(L, strncmp(a->body, "taken ", 6) == 0, wait != NULL ? strtod(wait + 1, NULL) : 0);
}

static int
lhost_store_count_mocked_take(struct lua_State *L, struct lhost *h, struct lhost_waiting *w)
{
	struct rated *s = (struct rated *)w;
	struct rate_take got;
	struct rates **set;
	enum rates_answer a;
	char why[64];

	if (lhost_store_mock_missing(L, h, w, why))
		return lhost_wait_down(L, h, w, why);
	lhost_push_mock(L, h, MOCK_RATES);
	set = lua_touserdata(L, -1);
	a = rates_take(*set, s->name, strlen(s->name), &s->terms, s->n, lhost_mock_clock(L, h), &got);
	if (a == RATES_TAKEN || a == RATES_WAIT)
		return push_take(L, a == RATES_TAKEN, got.wait);
	lua_pushnil(L);
	lua_pushstring(L, rates_reason(a));
	return 2;
}

static const struct lhost_wait_function take = { .name = "store.rate.take", .keep = lhost_wait_keep_body, .words = lhost_store_words,
	.push = lhost_store_count_push_take, .mocked = lhost_store_count_mocked_take, .before = lhost_store_count_before_take,
	.heard = lhost_store_count_heard_take, .down = "store_down", .size = sizeof(struct rated) };

static void
make_rate_words(struct rated *s)
{
	const double values[] = { s->terms.count, s->terms.per, s->terms.burst, s->n };
	struct store_question *q = &s->waiting.call.store;

	q->script = STORE_SCRIPT_RATE_TAKE;
	store_word_text(&q->words, s->key);
	for (unsigned i = 0; i < 4; i++) {
		snprintf(s->word[i], WORD, "%.17g", values[i]);
		store_word_text(&q->words, s->word[i]);
	}
	snprintf(s->word[4], WORD, DEBT, 0.0);
	snprintf(s->word[5], WORD, "1");
	store_word_text(&q->words, s->word[4]); /* these two are settled before they are sent */
	store_word_text(&q->words, s->word[5]);
}

/* host.store_take(name, { n, count, per, burst }, { down =, timeout = }) -> as host.rate_take */
static int
lhost_store_count_take(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	const char *name = luaL_checkstring(L, 1);
	struct rated *s;

	luaL_checktype(L, 2, LUA_TTABLE);
	lua_settop(L, 3);
	s = (struct rated *)lhost_wait_push(L, &take, WAIT_STORE, LHOST_STORE_SECONDS);
	snprintf(s->name, sizeof s->name, "%s", name);
	snprintf(s->key, sizeof s->key, RATE_KEY "%s", name);
	lhost_store_options(L, &s->waiting, 3, lhost_wait_option);
	lhost_want_asking(L, h, "rate:take");
	s->terms = (struct rate_terms){ .count = member(L, "count"), .per = member(L, "per"), .burst = member(L, "burst") };
	s->n = member(L, "n");
	make_rate_words(s);
	snprintf(s->waiting.call.text, sizeof s->waiting.call.text, "rate(%s):take %s of %s in %s s, burst %s", s->name, s->word[3], s->word[0], s->word[1],
		s->word[2]);
	return lhost_wait_ask(L, h, &s->waiting, s->name);
}

const luaL_Reg lhost_store_count_functions[] = {
	{ "store_next", lhost_store_count_next },
	{ "store_peek", lhost_store_count_peek },
	{ "store_take", lhost_store_count_take },
	{ NULL, NULL },
};
