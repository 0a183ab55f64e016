/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cursor.h"

#include <stddef.h>

void
cursor_open(struct cursors *all, struct cursor *c, void *at, bool backward)
{
	*c = (struct cursor){ .next = all->first, .at = at, .backward = backward };
	all->first = c;
}

void
cursor_close(struct cursors *all, struct cursor *c)
{
	struct cursor **p = &all->first;

	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
}

void
cursors_leave(const struct cursors *all, const void *gone, void *before, void *behind)
{
	for (struct cursor *c = all->first; c != NULL; c = c->next)
		if (c->at == gone)
			c->at = c->backward ? before : behind;
}
