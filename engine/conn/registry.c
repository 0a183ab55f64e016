/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/registry.h"

#include "conn/ipconn.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct registry {
	struct ipconn *first, *last; /* the list in order of installation */
	struct ipconn *graves;
	void *names, *pairs; /* tsearch trees of struct ipconn */
	size_t count;
	struct cursors walks;
};

static int
registry_by_name(const void *a, const void *b)
{
	const struct ipconn *x = a, *y = b;

	return strcmp(x->def.ipconn, y->def.ipconn);
}

static int
registry_by_pair(const void *a, const void *b)
{
	const struct ipconn *x = a, *y = b;
	int order = strcmp(x->def.networkid, y->def.networkid);

	return order != 0 ? order : strcmp(x->def.applid, y->def.applid);
}

static bool
matchable(const struct ipconn_def *d)
{
	return d->template_ != TEMPLATE_ONLY;
}

struct registry *
registry_new(void)
{
	return calloc(1, sizeof(struct registry));
}

void
registry_bury(struct registry *r)
{
	while (r->graves != NULL) {
		struct ipconn *i = r->graves;

		r->graves = i->buried;
		generation_unref(i->generation);
		free(i);
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
	free(r);
}

/* Puts i into a tree. False: no memory, or another ipconn has the key. */
static bool
plant(void **tree, struct ipconn *i, int (*order)(const void *, const void *))
{
	struct ipconn **node = tsearch(i, tree, order);

	return node != NULL && *node == i;
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
	enum claim claim = registry_judge(r, &i->def, NULL);

	if (claim != CLAIM_OK)
		return claim;
	if (!plant(&r->names, i, registry_by_name))
		return CLAIM_NO_MEMORY;
	if (matchable(&i->def) && !plant(&r->pairs, i, registry_by_pair)) {
		tdelete(i, &r->names, registry_by_name);
		return CLAIM_NO_MEMORY;
	}
	append(r, i);
	return CLAIM_OK;
}

void
registry_drop(struct registry *r, struct ipconn *i)
{
	tdelete(i, &r->names, registry_by_name);
	if (matchable(&i->def))
		tdelete(i, &r->pairs, registry_by_pair);
	cursors_leave(&r->walks, i, i->prev, i->next);
	*(i->prev != NULL ? &i->prev->next : &r->first) = i->next;
	*(i->next != NULL ? &i->next->prev : &r->last) = i->prev;
	r->count--;
	i->prev = NULL;
	i->buried = r->graves; /* i->next stays valid for a caller that is walking the list */
	r->graves = i;
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

size_t
registry_count(const struct registry *r)
{
	return r->count;
}

struct ipconn *
registry_name(const struct registry *r, const char *name)
{
	struct ipconn key, **node;

	if (strlen(name) >= sizeof key.def.ipconn)
		return NULL;
	strcpy(key.def.ipconn, name);
	node = tfind(&key, &r->names, registry_by_name);
	return node != NULL ? *node : NULL;
}

struct ipconn *
registry_pair(const struct registry *r, const char *networkid, const char *applid)
{
	struct ipconn key, **node;

	snprintf(key.def.networkid, sizeof key.def.networkid, "%s", networkid);
	snprintf(key.def.applid, sizeof key.def.applid, "%s", applid);
	node = tfind(&key, &r->pairs, registry_by_pair);
	return node != NULL ? *node : NULL;
}

struct ipconn *
registry_token(const struct registry *r, const char *token, double now)
{
	struct ipconn *found = NULL;

	for (struct ipconn *i = r->first; i != NULL; i = i->next)
		if (i->token[0] != '\0' && now < i->token_until && tls_token_same(i->token, token))
			found = i;
	return found;
}

struct ipconn *
registry_callback(const struct registry *r, const char *token)
{
	struct ipconn *found = NULL;

	for (struct ipconn *i = r->first; i != NULL; i = i->next)
		if (i->callback[0] != '\0' && tls_token_same(i->callback, token))
			found = i;
	return found;
}
