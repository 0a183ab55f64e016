/* SPDX-License-Identifier: Apache-2.0 */
#include "base/nametable.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CAP_MIN 16

/* The names come from the operator's definition, so the hash needs no seed against hostile names. */
size_t
nametable_hash(const char *name)
{
	uint64_t h = 14695981039346656037u;

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 1099511628211u;
	return (size_t)(h ^ h >> 32);
}

/* The slot of the name, or the free slot where it belongs. There is always a free slot. */
static size_t
place(const struct nametable *k, const char *name)
{
	size_t i = nametable_hash(name) & (k->cap - 1);

	while (k->slot[i] != NULL && strcmp(k->slot[i], name) != 0)
		i = (i + 1) & (k->cap - 1);
	return i;
}

static int
grow(struct nametable *k)
{
	struct nametable bigger = { .cap = k->cap != 0 ? 2 * k->cap : CAP_MIN, .n = k->n };

	bigger.slot = calloc(bigger.cap, sizeof *bigger.slot);
	if (bigger.slot == NULL)
		return -1;
	for (size_t i = 0; i < k->cap; i++)
		if (k->slot[i] != NULL)
			bigger.slot[place(&bigger, k->slot[i])] = k->slot[i];
	free(k->slot);
	*k = bigger;
	return 0;
}

int
nametable_add(struct nametable *k, void *thing)
{
	size_t i;

	if (2 * (k->n + 1) > k->cap && grow(k) < 0)
		return -1;
	i = place(k, thing);
	if (k->slot[i] != NULL)
		return -1;
	k->slot[i] = thing;
	k->n++;
	return 0;
}

void *
nametable_find(const struct nametable *k, const char *name)
{
	return k->cap != 0 ? k->slot[place(k, name)] : NULL;
}

void *
nametable_next(const struct nametable *k, size_t *at)
{
	while (*at < k->cap)
		if (k->slot[(*at)++] != NULL)
			return k->slot[*at - 1];
	return NULL;
}

size_t
nametable_start(const struct nametable *k, const char *name)
{
	return k->cap != 0 ? nametable_hash(name) & (k->cap - 1) : 0;
}

void
nametable_free(struct nametable *k)
{
	free(k->slot);
	*k = (struct nametable){ .slot = NULL };
}
