/* SPDX-License-Identifier: Apache-2.0 */
#include "net/lookups.h"

#include "base/keyed.h"

#include <stdlib.h>
#include <string.h>

struct crowd { /* lives while a question about one of its peers has a look-up */
	struct keyed_link link; /* first */
	struct addr_prefix prefix;
	unsigned running;             /* look-ups that the threads have */
	bool ending;                  /* one of them ends: the object stays until its questions are told */
	struct search *first, **last; /* those that wait for another one of the neighbourhood to end */
};

struct search { /* the look-up of one name */
	struct keyed_link link; /* first */
	struct lookups *all;
	struct crowd *crowd;         /* of the question that began it */
	struct search *next;         /* while it waits */
	struct resolving *resolving; /* NULL: it waits, or has ended */
	bool ended;                  /* its questions are told, and it is not in `searches` */
	struct lookup *asked;        /* owned: the questions; NULL: all of them have ended */
	char name[];
};

struct lookup {
	struct lookup *next, **at; /* at: the pointer to it */
	struct search *search;
	void (*done)(void *arg, const struct resolution *r);
	void *arg;
};

struct lookups {
	struct threadpool *threads; /* borrowed */
	struct lookup_rules rules;
	struct keyed searches; /* by name; one whose look-up has ended is in it no longer */
	struct keyed crowds;
};

struct lookups *
lookups_new(struct threadpool *threads, const struct lookup_rules *rules)
{
	struct lookups *all = calloc(1, sizeof *all);

	if (all == NULL)
		return NULL;
	all->threads = threads;
	all->rules = *rules;
	if (keyed_open(&all->searches) == 0 && keyed_open(&all->crowds) == 0)
		return all;
	keyed_close(&all->searches);
	free(all);
	return NULL;
}

static void
free_questions(struct lookup *l)
{
	while (l != NULL) {
		struct lookup *next = l->next;

		free(l);
		l = next;
	}
}

void
lookups_free(struct lookups *all)
{
	struct keyed_link *l;
	size_t at = 0;

	if (all == NULL)
		return;
	while ((l = keyed_take(&all->searches, &at)) != NULL) {
		struct search *s = (struct search *)l;

		if (s->resolving != NULL)
			resolve_cancel(s->resolving);
		free_questions(s->asked);
		free(s);
	}
	for (at = 0; (l = keyed_take(&all->crowds, &at)) != NULL;)
		free(l);
	keyed_close(&all->searches);
	keyed_close(&all->crowds);
	free(all);
}

/* --- neighbourhoods --------------------------------------------------------------------------- */

static struct crowd *
crowd_find(struct lookups *all, const struct addr_prefix *p, uint64_t hash)
{
	struct crowd *c = (struct crowd *)keyed_next(&all->crowds, NULL, hash);

	while (c != NULL && (c->prefix.family != p->family || memcmp(c->prefix.bytes, p->bytes, sizeof p->bytes) != 0))
		c = (struct crowd *)keyed_next(&all->crowds, &c->link, hash);
	return c;
}

/* NULL: no memory. */
static struct crowd *
crowd_for(struct lookups *all, const struct addr_prefix *p)
{
	uint64_t hash = keyed_hash(&all->crowds, p->bytes, sizeof p->bytes);
	struct crowd *c = crowd_find(all, p, hash);

	if (c != NULL || (c = calloc(1, sizeof *c)) == NULL)
		return c;
	c->prefix = *p;
	c->last = &c->first;
	keyed_add(&all->crowds, &c->link, hash);
	return c;
}

/* Frees a neighbourhood that has no look-up. */
static void
crowd_tidy(struct lookups *all, struct crowd *c)
{
	if (c->running > 0 || c->first != NULL || c->ending)
		return;
	keyed_drop(&all->crowds, &c->link);
	free(c);
}

/* --- look-ups --------------------------------------------------------------------------------- */

static struct search *
search_find(struct lookups *all, const char *name, uint64_t hash)
{
	struct search *s = (struct search *)keyed_next(&all->searches, NULL, hash);

	while (s != NULL && strcmp(s->name, name) != 0)
		s = (struct search *)keyed_next(&all->searches, &s->link, hash);
	return s;
}

static void lookups_found(void *arg, const struct resolution *r);

/* Gives the look-up to the threads. -1: they do not take it. */
static int
search_start(struct search *s)
{
	struct lookups *all = s->all;
	struct resolve_request r = { .threads = all->threads, .brief = all->rules.brief, .done = lookups_found, .arg = s };
	struct addr a;

	if (addr_parse(&a, s->name, 0) == 0)
		s->resolving = resolve_begin_name(&r, &a);
	else
		s->resolving = resolve_begin(&r, s->name, 0);
	if (s->resolving == NULL)
		return -1;
	s->crowd->running++;
	return 0;
}

/* Starts the look-up, or puts it behind those of its neighbourhood. */
static int
search_submit(struct search *s)
{
	struct crowd *c = s->crowd;

	if (s->all->rules.share == 0 || c->running < s->all->rules.share)
		return search_start(s);
	*c->last = s;
	c->last = &s->next;
	return 0;
}

/* NULL: no memory, or the queue of the threads is full. */
static struct search *
search_new(struct lookups *all, const char *name, const struct addr_prefix *around, uint64_t hash)
{
	size_t n = strlen(name) + 1;
	struct search *s = calloc(1, sizeof *s + n);
	struct crowd *c = s != NULL ? crowd_for(all, around) : NULL;

	if (c == NULL) {
		free(s);
		return NULL;
	}
	s->all = all;
	s->crowd = c;
	memcpy(s->name, name, n);
	if (search_submit(s) < 0) {
		crowd_tidy(all, c);
		free(s);
		return NULL;
	}
	keyed_add(&all->searches, &s->link, hash);
	return s;
}

/* Tells each question that is left, and frees the look-up. */
static void
search_end(struct search *s, const struct resolution *r)
{
	keyed_drop(&s->all->searches, &s->link);
	s->resolving = NULL;
	s->ended = true;
	while (s->asked != NULL) {
		struct lookup *l = s->asked;
		void (*done)(void *arg, const struct resolution *r) = l->done;
		void *arg = l->arg;

		lookups_cancel(l);
		done(arg, r); /* may end others */
	}
	free(s);
}

static struct search *
take_first(struct crowd *c)
{
	struct search *s = c->first;

	c->first = s->next;
	if (c->first == NULL)
		c->last = &c->first;
	s->next = NULL;
	return s;
}

/* The look-up of the neighbourhood that waits longest goes to the threads; those that they do not take fail. */
static void
start_next(struct lookups *all, struct crowd *c)
{
	static const struct resolution refused = { .error = "too many names are looked up" };

	while (c->first != NULL && c->running < all->rules.share) {
		struct search *s = take_first(c);

		if (search_start(s) < 0)
			search_end(s, &refused);
	}
}

static void
lookups_found(void *arg, const struct resolution *r)
{
	struct search *s = arg;
	struct lookups *all = s->all;
	struct crowd *c = s->crowd;

	c->running--;
	c->ending = true;
	start_next(all, c);
	search_end(s, r);
	c->ending = false;
	crowd_tidy(all, c);
}

/* A look-up that waits, and that no question needs any more. */
static void
search_drop(struct search *s)
{
	struct crowd *c = s->crowd;
	struct search **at = &c->first;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	if (*at == NULL)
		c->last = at;
	keyed_drop(&s->all->searches, &s->link);
	crowd_tidy(s->all, c);
	free(s);
}

/* --- questions -------------------------------------------------------------------------------- */

struct lookup *
lookups_begin(struct lookups *all, const char *name, const struct addr_prefix *around,
	void (*done)(void *arg, const struct resolution *r), void *arg)
{
	uint64_t hash = keyed_hash(&all->searches, name, strlen(name));
	struct lookup *l = calloc(1, sizeof *l);
	struct search *s = l != NULL ? search_find(all, name, hash) : NULL;

	if (l != NULL && s == NULL)
		s = search_new(all, name, around, hash);
	if (s == NULL) {
		free(l);
		return NULL;
	}
	*l = (struct lookup){ .next = s->asked, .at = &s->asked, .search = s, .done = done, .arg = arg };
	if (l->next != NULL)
		l->next->at = &l->next;
	s->asked = l;
	return l;
}

void
lookups_cancel(struct lookup *l)
{
	struct search *s = l->search;

	*l->at = l->next;
	if (l->next != NULL)
		l->next->at = l->at;
	free(l);
	if (s->asked == NULL && s->resolving == NULL && !s->ended)
		search_drop(s);
}
