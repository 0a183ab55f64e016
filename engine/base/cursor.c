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
	for (struct cursor *c = all->first; c != NULL; c = c->next) {
		c->left = c->at == gone ? gone : NULL;
		if (c->at == gone)
			c->at = c->backward ? before : behind;
	}
}

void
cursors_return(const struct cursors *all, const void *gone, void *instead)
{
	for (struct cursor *c = all->first; c != NULL; c = c->next)
		if (c->left == gone)
			c->at = instead;
}
