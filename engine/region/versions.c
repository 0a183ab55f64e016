/* SPDX-License-Identifier: Apache-2.0 */
#include "region/versions.h"

#include <stdlib.h>
#include <string.h>

struct versions {
	struct version **item; /* owned, and each a counted version; sorted by number */
	size_t n;
	uint64_t current; /* 0: none */
	bool pinned;
};

struct versions *
versions_new(void)
{
	return calloc(1, sizeof(struct versions));
}

void
versions_free(struct versions *vs)
{
	if (vs == NULL)
		return;
	for (size_t i = 0; i < vs->n; i++)
		version_unref(vs->item[i]);
	free(vs->item);
	free(vs);
}

size_t
versions_count(const struct versions *vs)
{
	return vs->n;
}

struct version *
versions_at(const struct versions *vs, size_t i)
{
	return vs->item[i];
}

struct version *
versions_find(const struct versions *vs, uint64_t number)
{
	for (size_t i = 0; i < vs->n; i++)
		if (vs->item[i]->number == number)
			return vs->item[i];
	return NULL;
}

struct version *
versions_current(const struct versions *vs)
{
	return versions_find(vs, vs->current);
}

/* Takes the reference. -1: no memory; it is dropped. */
static int
append(struct versions *vs, struct version *v)
{
	struct version **more = realloc(vs->item, (vs->n + 1) * sizeof *more);

	if (more == NULL) {
		version_unref(v);
		return -1;
	}
	vs->item = more;
	more[vs->n++] = v;
	return 0;
}

int
versions_add(struct versions *vs, struct version *v, bool attended)
{
	const struct version *was = versions_current(vs);
	uint64_t number = v->number;

	v->former = was == NULL ? 0 : !attended && version_same(was, v) ? was->former : was->number;
	if (append(vs, v) < 0)
		return -1;
	vs->current = number;
	return 0;
}

int
versions_restore(struct versions *vs, struct version *v)
{
	uint64_t number = v->number;

	if (append(vs, v) < 0)
		return -1;
	vs->current = number;
	return 0;
}

struct version *
versions_former(const struct versions *vs, struct fault *f)
{
	const struct version *v = versions_current(vs);
	struct version *former = v != NULL && v->former != 0 ? versions_find(vs, v->former) : NULL;

	if (former != NULL)
		return former;
	if (v == NULL || v->former == 0)
		fault_set(f, "no generation was current before this one");
	else
		fault_set(f, "generation %llu, which was current before this one, is discarded; policy list shows the kept ones",
			(unsigned long long)v->former);
	return NULL;
}

bool
versions_pinned(const struct versions *vs)
{
	return vs->pinned;
}

void
versions_pin(struct versions *vs, bool pinned)
{
	vs->pinned = pinned;
}

/* --- discarding ------------------------------------------------------------------------------- */

static bool
is_held(const struct versions *vs, const struct version *v, const struct versions_limit *l)
{
	return v->number == vs->current || l->in_use(l->arg, v->number);
}

static void
discard(struct versions *vs, size_t i)
{
	version_unref(vs->item[i]);
	memmove(vs->item + i, vs->item + i + 1, (vs->n - i - 1) * sizeof *vs->item);
	vs->n--;
}

static bool
is_repeated(const struct versions *vs, size_t i)
{
	for (size_t j = i + 1; j < vs->n; j++)
		if (version_same(vs->item[i], vs->item[j]))
			return true;
	return false;
}

/* The next one to go; vs->n: all are held. */
static size_t
dispensable(const struct versions *vs, const struct versions_limit *l)
{
	size_t oldest = 0;

	while (oldest < vs->n && is_held(vs, vs->item[oldest], l))
		oldest++;
	for (size_t i = oldest; i < vs->n; i++)
		if (is_repeated(vs, i) && !is_held(vs, vs->item[i], l))
			return i;
	return oldest;
}

void
versions_trim(struct versions *vs, const struct versions_limit *l)
{
	size_t i;

	for (i = vs->n; l->seconds > 0 && i-- > 0;)
		if (!is_held(vs, vs->item[i], l) && vs->item[i]->time < l->now - l->seconds)
			discard(vs, i);
	while (vs->n > l->count && (i = dispensable(vs, l)) < vs->n)
		discard(vs, i);
}
