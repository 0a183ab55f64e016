/* SPDX-License-Identifier: Apache-2.0 */
#include "base/turns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct turn {
	struct turn *next;
	char name[NAME_SIZE];
	struct turns_item *first, **last;
	size_t n;
};

void
turns_init(struct turns *t, size_t max, size_t max_each)
{
	*t = (struct turns){ .max = max, .max_each = max_each };
	t->last = &t->first;
}

static void
append(struct turns *t, struct turn *x)
{
	*t->last = x;
	t->last = &x->next;
}

static struct turn *
turn_of(struct turns *t, const char *name)
{
	struct turn *x = t->first;

	while (x != NULL && strcmp(x->name, name) != 0)
		x = x->next;
	if (x != NULL || (x = calloc(1, sizeof *x)) == NULL)
		return x;
	snprintf(x->name, sizeof x->name, "%s", name);
	x->last = &x->first;
	append(t, x);
	return x;
}

static void
unlink_turn(struct turns *t, struct turn *x)
{
	struct turn **at = &t->first;

	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	if (*at == NULL)
		t->last = at;
	x->next = NULL;
}

int
turns_put(struct turns *t, const char *name, struct turns_item *x)
{
	struct turn *turn = t->n < t->max ? turn_of(t, name) : NULL;

	if (turn == NULL || turn->n >= t->max_each)
		return -1;
	*x = (struct turns_item){ .turn = turn };
	*turn->last = x;
	turn->last = &x->next;
	turn->n++;
	t->n++;
	return 0;
}

/* Frees a name that has no items left. */
void
turns_leave(struct turns *t, struct turns_item *x)
{
	struct turn *turn = x->turn;
	struct turns_item **at = &turn->first;

	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	if (*at == NULL)
		turn->last = at;
	turn->n--;
	t->n--;
	*x = (struct turns_item){ .turn = NULL };
	if (turn->n > 0)
		return;
	unlink_turn(t, turn);
	free(turn);
}

struct turns_item *
turns_next(struct turns *t)
{
	struct turn *turn = t->first;
	struct turns_item *x;

	if (turn == NULL)
		return NULL;
	unlink_turn(t, turn);
	append(t, turn);
	x = turn->first;
	turns_leave(t, x);
	return x;
}
