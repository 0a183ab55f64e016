/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/cluster.h"

#include "base/clock.h"
#include "base/sum.h"
#include "store/member.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PERIOD_SECONDS 1.0 /* after two periods the row of a region (member.h) has the partners that were sent to it */
#define RECENT 1024        /* a power of two */

struct sent { /* the partners that this region has sent to one region */
	char region[NAME_PAIR_SIZE];
	unsigned now, before; /* in the present period and in the one before */
};

struct recent { /* the last choice for a pair */
	char pair[NAME_PAIR_SIZE], region[NAME_PAIR_SIZE];
	double until; /* clock_span() */
};

struct cluster {
	const struct member *member; /* borrowed */
	struct store *store;         /* borrowed */
	double period;               /* clock_span() of the begin of the present period */
	struct sent sent[ADVERTISE_MAX];
	size_t nsent;
	struct recent recent[RECENT]; /* by a hash of the pair */
};

struct candidates { /* regions that live and take partners */
	size_t n;
	struct advertised to[ADVERTISE_MAX];
	unsigned long connections[ADVERTISE_MAX], limit[ADVERTISE_MAX];
	double load[ADVERTISE_MAX];
};

/* --- partners that were sent ------------------------------------------------------------------ */

static void
begin_period(struct cluster *c)
{
	double now = clock_span();
	bool next = now < c->period + 2 * PERIOD_SECONDS;

	if (now < c->period + PERIOD_SECONDS)
		return;
	for (size_t i = 0; i < c->nsent; i++) {
		c->sent[i].before = next ? c->sent[i].now : 0;
		c->sent[i].now = 0;
	}
	c->period = now;
}

/* The counts of a region. All counts begin anew when reloads have named too many regions. */
static struct sent *
sent_to(struct cluster *c, const char *region)
{
	for (size_t i = 0; i < c->nsent; i++)
		if (strcmp(c->sent[i].region, region) == 0)
			return &c->sent[i];
	if (c->nsent == ADVERTISE_MAX)
		c->nsent = 0;
	c->sent[c->nsent] = (struct sent){ .now = 0 };
	snprintf(c->sent[c->nsent].region, NAME_PAIR_SIZE, "%s", region);
	return &c->sent[c->nsent++];
}

static struct recent *
recent_of(struct cluster *c, const char *pair)
{
	return &c->recent[sum_add(SUM_BEGIN, pair, strlen(pair)) & (RECENT - 1)];
}

/* The region to which the partner was sent lately. NULL: the partner was not sent. */
static const char *
sent_before(struct cluster *c, const char *pair)
{
	const struct recent *r = recent_of(c, pair);

	return pair[0] != '\0' && strcmp(r->pair, pair) == 0 && clock_span() < r->until ? r->region : NULL;
}

static void
note_choice(struct cluster *c, const char *pair, const char *region)
{
	struct recent *r = recent_of(c, pair);

	sent_to(c, region)->now++;
	snprintf(r->pair, sizeof r->pair, "%s", pair);
	snprintf(r->region, sizeof r->region, "%s", region);
	r->until = clock_span() + CLUSTER_AGAIN_SECONDS;
}

/* --- the choice ------------------------------------------------------------------------------- */

size_t
cluster_draw(const double *load, size_t n, uint64_t random)
{
	size_t one = (uint32_t)random % n, other = n > 1 ? (one + 1 + (random >> 32) % (n - 1)) % n : one;

	return load[other] < load[one] ? other : one;
}

/* Whether the region lives and takes partners; *row has its connections then. */
static bool
takes(const struct cluster *c, const char *region, struct member_row *row)
{
	return member_find(c->member, region, row) && row->state == MEMBER_ACTIVE && row->limit > 0;
}

static void
add(struct candidates *all, struct cluster *c, const struct advertised *to, const struct member_row *row)
{
	const struct sent *s = sent_to(c, to->region);

	all->to[all->n] = *to;
	all->connections[all->n] = row->connections;
	all->limit[all->n] = row->limit;
	all->load[all->n++] = ((double)row->connections + s->now + s->before) / (double)row->limit;
}

static void
gather(struct candidates *all, struct cluster *c, const struct cluster_list *l)
{
	struct advertised one;
	struct member_row row;

	all->n = 0;
	for (const char *text = l->advertise; all->n < ADVERTISE_MAX && advertise_next(&text, l->networkid, &one);)
		if (takes(c, one.region, &row))
			add(all, c, &one, &row);
}

/* Removes the region from the candidates. False: it is not a candidate, or the only one. */
static bool
leave_out(struct candidates *all, const char *region)
{
	size_t i = 0, last = all->n - 1;

	while (i < all->n && strcmp(all->to[i].region, region) != 0)
		i++;
	if (i == all->n || all->n < 2)
		return false;
	all->to[i] = all->to[last];
	all->connections[i] = all->connections[last];
	all->limit[i] = all->limit[last];
	all->load[i] = all->load[last];
	all->n--;
	return true;
}

static void
draw(struct candidates *all, struct cluster *c, const char *pair, struct cluster_choice *out)
{
	const char *before = sent_before(c, pair);
	bool again = before != NULL && leave_out(all, before);
	size_t i = cluster_draw(all->load, all->n, (uint64_t)arc4random() << 32 | arc4random());

	out->to = all->to[i];
	if (all->n > 1)
		snprintf(out->why, sizeof out->why, "the less loaded of two, %lu of %lu connections", all->connections[i], all->limit[i]);
	else if (again)
		snprintf(out->why, sizeof out->why, "the partner was sent to %s before", before);
	else
		snprintf(out->why, sizeof out->why, "no other region takes partners");
}

static void
choose_own(const struct cluster *c, const struct cluster_list *l, const char *why, struct cluster_choice *out)
{
	if (!advertise_find(l->advertise, l->networkid, cluster_own(c), &out->to)) {
		out->to = (struct advertised){ .port = 0 };
		snprintf(out->to.region, sizeof out->to.region, "%s", cluster_own(c));
	}
	snprintf(out->why, sizeof out->why, "%s", why);
}

void
cluster_choose(struct cluster *c, const struct cluster_list *l, const char *pair, const char *holder, struct cluster_choice *out)
{
	struct candidates all;
	struct member_row row;

	*out = (struct cluster_choice){ .own = false };
	begin_period(c);
	if (holder == NULL || !cluster_reached(c)) {
		choose_own(c, l, "the store does not answer", out);
	} else if (holder[0] != '\0' && takes(c, holder, &row) && advertise_find(l->advertise, l->networkid, holder, &out->to)) {
		snprintf(out->why, sizeof out->why, "it holds the pair");
	} else {
		gather(&all, c, l);
		if (all.n > 0)
			draw(&all, c, pair, out);
		else
			choose_own(c, l, "no region takes partners", out);
	}
	out->own = strcmp(out->to.region, cluster_own(c)) == 0;
	note_choice(c, pair, out->to.region);
}

/* --- views ------------------------------------------------------------------------------------ */

const char *
cluster_own(const struct cluster *c)
{
	return member_region(c->member);
}

bool
cluster_reached(const struct cluster *c)
{
	return member_sysplex(c->member)[0] != '\0' && member_holds(c->member) && store_look(c->store).server != NULL;
}

bool
cluster_shares(const struct cluster *c, const struct cluster_list *l)
{
	const char *text = l->advertise;
	struct advertised one;
	struct member_row row;

	while (c != NULL && cluster_reached(c) && advertise_next(&text, l->networkid, &one))
		if (strcmp(one.region, cluster_own(c)) != 0 && takes(c, one.region, &row))
			return true;
	return false;
}

struct store_call *
cluster_ask(struct cluster *c, const char *pair, void (*done)(void *arg, const struct store_reply *r, const char *why), void *arg)
{
	struct store_question q = { .script = STORE_SCRIPT_HOLDER, .uncounted = true, .done = done, .arg = arg };
	struct fault none;

	if (!cluster_reached(c))
		return NULL;
	store_word_text(&q.words, member_key(c->member));
	store_word_text(&q.words, pair);
	return store_ask(c->store, &q, &none);
}

bool
cluster_read(const struct store_reply *r, char region[NAME_PAIR_SIZE])
{
	char end;

	region[0] = '\0';
	if (r == NULL || r->kind != STORE_TEXT)
		return false;
	return strcmp(r->text, "free") == 0 || sscanf(r->text, "held %17s%c", region, &end) == 1;
}

/* --- its life --------------------------------------------------------------------------------- */

struct cluster *
cluster_new(const struct member *m, struct store *store)
{
	struct cluster *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->member = m;
	c->store = store;
	return c;
}

void
cluster_free(struct cluster *c)
{
	free(c);
}
