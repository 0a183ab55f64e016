/* SPDX-License-Identifier: Apache-2.0 */
#include "client/account_memory.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define SIZE (1024 * 1024) /* bytes; a larger account goes on in malloc */

/* Jansson's allocator has no argument, so this pointer stands at file scope. */
static _Thread_local struct account_memory *account_memory;

static bool
is_part(const struct account_memory *m, const void *p)
{
	return m != NULL && (uintptr_t)p >= (uintptr_t)m->bytes && (uintptr_t)p < (uintptr_t)m->bytes + m->size;
}

static void *
account_memory_take(size_t n)
{
	struct account_memory *m = account_memory;
	size_t whole = (n + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
	void *p;

	if (m == NULL || !m->reading || whole < n || whole > m->size - m->used)
		return malloc(n);
	p = m->bytes + m->used;
	m->used += whole;
	return p;
}

static void
account_memory_drop(void *p)
{
	if (!is_part(account_memory, p))
		free(p);
}

int
account_memory_begin(struct account_memory *m)
{
	m->bytes = malloc(SIZE);
	m->size = m->bytes != NULL ? SIZE : 0;
	account_memory = m;
	json_set_alloc_funcs(account_memory_take, account_memory_drop);
	return m->bytes != NULL ? 0 : -1;
}

void
account_memory_end(struct account_memory *m)
{
	json_set_alloc_funcs(malloc, free);
	account_memory = NULL;
	free(m->bytes);
	*m = (struct account_memory){ .bytes = NULL };
}

json_t *
account_memory_read(struct account_memory *m, const char *text, size_t len)
{
	json_t *o;

	m->used = 0;
	m->reading = true;
	o = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
	m->reading = false;
	return o;
}
