/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/registry.h"

#include "base/clock.h"
#include "base/near.h"
#include "conn/ipconn.h"
#include "conn/succession.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct registry {
	struct ipconn *first, *last; /* the list in order of installation */
	struct ipconn *graves;
	struct engagement *idle; /* those to look at at the end of the turn */
	struct ipconn *engaged_first, *engaged_last; /* those that are not RELEASED, in the order of their last socket */
	struct keyed names, pairs, tokens, callbacks; /* of struct ipconn */
	size_t count;
	struct cursors walks, engaged_walks;
	uint64_t removals;
	struct succession *succession; /* borrowed; NULL: each ipconn is settled */
};

/* The ipconn that has this link. NULL for NULL. */
#define OWNER(link, member) ((link) != NULL ? (struct ipconn *)(void *)((char *)(link) - offsetof(struct ipconn, member)) : NULL)
#define ENGAGEMENT(link, member) ((struct engagement *)(void *)((char *)(link) - offsetof(struct engagement, member)))

static uint64_t
hash_name(const struct registry *r, const char *name)
{
	return keyed_hash(&r->names, name, strlen(name));
}

static uint64_t
hash_pair(const struct registry *r, const char *networkid, const char *applid)
{
	char key[NAME_PAIR_SIZE];
	size_t n = name_pair(networkid, applid, key);

	return keyed_hash(&r->pairs, key, n);
}

static bool
matchable(const struct ipconn_def *d)
{
	return d->template_ != TEMPLATE_ONLY;
}

struct registry *
registry_new(void)
{
	struct registry *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	if (keyed_open(&r->names) == 0 && keyed_open(&r->pairs) == 0 && keyed_open(&r->tokens) == 0 && keyed_open(&r->callbacks) == 0)
		return r;
	registry_free(r);
	return NULL;
}

static void
forget_idle(struct registry *r, const struct engagement *e)
{
	struct engagement **p = &r->idle;

	while (*p != e)
		p = &(*p)->idle;
	*p = e->idle;
}

/* An engagement that is still in use stays in the list when its ipconn is RELEASED. */
static void
disengage(struct registry *r)
{
	struct engagement *e = r->idle, *next;

	r->idle = NULL;
	for (; e != NULL; e = next) {
		struct ipconn *i = e->ipconn;

		next = e->idle;
		e->idles = false;
		if (i->status == CONN_RELEASED && !ipconn_disengage(i))
			registry_idle(r, i);
	}
}

void
registry_idle(struct registry *r, struct ipconn *i)
{
	struct engagement *e = i->engaged;

	if (e->idles)
		return;
	e->idles = true;
	e->idle = r->idle;
	r->idle = e;
}

void
registry_bury(struct registry *r)
{
	disengage(r);
	while (r->graves != NULL) {
		struct ipconn *i = r->graves;

		r->graves = i->prev;
		if (i->engaged != NULL && i->engaged->idles)
			forget_idle(r, i->engaged);
		ipconn_free(i);
	}
}

void
registry_free(struct registry *r)
{
	if (r == NULL)
		return;
	while (r->first != NULL)
		registry_drop(r, r->first);
	registry_bury(r);
	keyed_close(&r->names);
	keyed_close(&r->pairs);
	keyed_close(&r->tokens);
	keyed_close(&r->callbacks);
	free(r);
}

static void
append(struct registry *r, struct ipconn *i)
{
	i->next = NULL;
	i->prev = r->last;
	*(r->last != NULL ? &r->last->next : &r->first) = i;
	r->last = i;
	r->count++;
}

static bool
is_other(const struct ipconn *i, const struct ipconn *except)
{
	return i != NULL && i != except;
}

enum claim
registry_judge(const struct registry *r, const struct ipconn_def *d, const struct ipconn *except)
{
	if (matchable(d) && is_other(registry_pair(r, d->networkid, d->applid), except))
		return CLAIM_PAIR_TAKEN;
	return is_other(registry_name(r, d->ipconn), except) ? CLAIM_NAME_TAKEN : CLAIM_OK;
}

enum claim
registry_claim(struct registry *r, struct ipconn *i)
{
	enum claim claim = registry_judge(r, i->def, NULL);

	if (claim != CLAIM_OK)
		return claim;
	keyed_add(&r->names, &i->by_name, hash_name(r, i->def->ipconn));
	if (matchable(i->def))
		keyed_add(&r->pairs, &i->by_pair, hash_pair(r, i->def->networkid, i->def->applid));
	append(r, i);
	return CLAIM_OK;
}

void
registry_succeed(struct registry *r, struct succession *s)
{
	r->succession = s;
}

struct succession *
registry_succession(const struct registry *r)
{
	return r->succession;
}

void
registry_cede(struct registry *r, struct ipconn *i)
{
	if (matchable(i->def) && !i->ceded)
		keyed_drop(&r->pairs, &i->by_pair);
	i->ceded = true;
}

void
registry_drop(struct registry *r, struct ipconn *i)
{
	keyed_drop(&r->names, &i->by_name);
	registry_cede(r, i);
	registry_expect(r, i, "");
	registry_expect_callback(r, i, "");
	registry_rest(r, i);
	cursors_leave(&r->walks, i, i->prev, i->next);
	*(i->prev != NULL ? &i->prev->next : &r->first) = i->next;
	*(i->next != NULL ? &i->next->prev : &r->last) = i->prev;
	r->count--;
	r->removals += !i->autoinstalled;
	i->prev = r->graves; /* i->next stays valid for a caller that is walking the list */
	r->graves = i;
}

void
registry_replace(struct registry *r, const struct ipconn *gone, struct ipconn *instead)
{
	struct ipconn *next = gone->next;

	if (next != NULL) {
		r->last = instead->prev;
		r->last->next = NULL;
		instead->prev = next->prev;
		instead->next = next;
		*(next->prev != NULL ? &next->prev->next : &r->first) = instead;
		next->prev = instead;
	}
	cursors_return(&r->walks, gone, instead);
}

struct ipconn *
registry_first(const struct registry *r)
{
	return r->first;
}

struct cursors *
registry_walks(struct registry *r)
{
	return &r->walks;
}

/* --- engaged ipconns -------------------------------------------------------------------------- */

void
registry_rest(struct registry *r, struct ipconn *i)
{
	if (i->engaged == NULL || !i->engaged->listed)
		return;
	cursors_leave(&r->engaged_walks, i, i->engaged->prev, i->engaged->next);
	*(i->engaged->prev != NULL ? &i->engaged->prev->engaged->next : &r->engaged_first) = i->engaged->next;
	*(i->engaged->next != NULL ? &i->engaged->next->engaged->prev : &r->engaged_last) = i->engaged->prev;
	i->engaged->prev = NULL;
	i->engaged->listed = false;
}

void
registry_engage(struct registry *r, struct ipconn *i)
{
	registry_rest(r, i);
	i->engaged->next = NULL;
	i->engaged->prev = r->engaged_last;
	*(r->engaged_last != NULL ? &r->engaged_last->engaged->next : &r->engaged_first) = i;
	r->engaged_last = i;
	i->engaged->listed = true;
}

struct ipconn *
registry_engaged(const struct registry *r)
{
	return r->engaged_first;
}

struct cursors *
registry_engaged_walks(struct registry *r)
{
	return &r->engaged_walks;
}

uint64_t
registry_removals(const struct registry *r)
{
	return r->removals;
}

/* --- look-ups --------------------------------------------------------------------------------- */

size_t
registry_count(const struct registry *r)
{
	return r->count;
}

struct ipconn *
registry_name(const struct registry *r, const char *name)
{
	succession_name(r->succession, name);
	return registry_present_name(r, name);
}

struct ipconn *
registry_pair(const struct registry *r, const char *networkid, const char *applid)
{
	succession_pair(r->succession, networkid, applid);
	return registry_present_pair(r, networkid, applid);
}

struct ipconn *
registry_present_name(const struct registry *r, const char *name)
{
	uint64_t hash = hash_name(r, name);
	struct keyed_link *l = keyed_next(&r->names, NULL, hash);

	while (l != NULL && strcmp(OWNER(l, by_name)->def->ipconn, name) != 0)
		l = keyed_next(&r->names, l, hash);
	return OWNER(l, by_name);
}

void
registry_near(const struct registry *r, const char *typed, struct near *near)
{
	unsigned n = 0;

	for (const struct ipconn *i = r->first; i != NULL && n < REGISTRY_NEAR; i = i->next, n++)
		near_take(near, i->def->ipconn, typed);
}

static bool
has_pair(const struct ipconn *i, const char *networkid, const char *applid)
{
	return strcmp(i->def->networkid, networkid) == 0 && strcmp(i->def->applid, applid) == 0;
}

struct ipconn *
registry_present_pair(const struct registry *r, const char *networkid, const char *applid)
{
	uint64_t hash = hash_pair(r, networkid, applid);
	struct keyed_link *l = keyed_next(&r->pairs, NULL, hash);

	while (l != NULL && !has_pair(OWNER(l, by_pair), networkid, applid))
		l = keyed_next(&r->pairs, l, hash);
	return OWNER(l, by_pair);
}

/* --- tokens ----------------------------------------------------------------------------------- */

/* Gives the object of the link that token in place of the one before, `own`. */
static void
expect(struct keyed *table, struct keyed_link *l, char own[TOKEN_SIZE], const char *token)
{
	if (own[0] != '\0')
		keyed_drop(table, l);
	snprintf(own, TOKEN_SIZE, "%s", token);
	if (own[0] != '\0')
		keyed_add(table, l, keyed_hash(table, own, strlen(own)));
}

void
registry_expect(struct registry *r, struct ipconn *i, const char *token)
{
	if (i->engaged == NULL) /* and has no token */
		return;
	expect(&r->tokens, &i->engaged->by_token, i->engaged->token, token);
	i->engaged->token_until = clock_span() + TOKEN_SECONDS;
}

void
registry_expect_callback(struct registry *r, struct ipconn *i, const char *token)
{
	if (i->engaged != NULL)
		expect(&r->callbacks, &i->engaged->by_callback, i->engaged->callback, token);
}

struct ipconn *
registry_token(const struct registry *r, const char *token, double now)
{
	uint64_t hash = keyed_hash(&r->tokens, token, strlen(token));
	struct ipconn *found = NULL;

	for (struct keyed_link *l = keyed_next(&r->tokens, NULL, hash); l != NULL && found == NULL; l = keyed_next(&r->tokens, l, hash)) {
		struct engagement *e = ENGAGEMENT(l, by_token);

		if (now < e->token_until && tls_token_same(e->token, token))
			found = e->ipconn;
	}
	return found;
}

struct ipconn *
registry_callback(const struct registry *r, const char *token)
{
	uint64_t hash = keyed_hash(&r->callbacks, token, strlen(token));
	struct keyed_link *l = keyed_next(&r->callbacks, NULL, hash);

	while (l != NULL && !tls_token_same(ENGAGEMENT(l, by_callback)->callback, token))
		l = keyed_next(&r->callbacks, l, hash);
	return l != NULL ? ENGAGEMENT(l, by_callback)->ipconn : NULL;
}
