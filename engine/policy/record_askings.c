/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/record_askings.h"

#include <stdlib.h>
#include <string.h>

#include "policy/record.h"

/* Everything but the entry itself and the room for its request. */
static void
empty(struct record_door *d)
{
	struct recorded_request *request = d->request;

	for (size_t i = 0; i < d->nchecks; i++) {
		free(d->check[i].name);
		free(d->check[i].detail);
	}
	free(d->check);
	free(d->policy);
	free(d->text);
	free(d->file);
	free(d->granted.host);
	*d = (struct record_door){ .request = request };
}

void
record_door_free(struct record_door *d)
{
	empty(d);
	free(d->request);
	free(d);
}

static bool
accepted(const struct record_door *d)
{
	return d->answered && strcmp(d->verdict, "accept") == 0;
}

static size_t
count_accepted(const struct askings *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++)
		n += accepted(a->door[i]);
	return n;
}

/* Where the oldest is that was accepted, or was not; 0 when there is none. */
static size_t
oldest(const struct askings *a, bool of_accepted)
{
	for (size_t i = 0; i < a->n; i++)
		if (accepted(a->door[i]) == of_accepted)
			return i;
	return 0;
}

static struct record_door *
take_out(struct askings *a, size_t i)
{
	struct record_door *d = a->door[i];

	a->n--;
	memmove(a->door + i, a->door + i + 1, (a->n - i) * sizeof(struct record_door *));
	return d;
}

struct record_door *
record_askings_add(struct askings **a)
{
	struct askings *all = *a != NULL ? *a : (*a = calloc(1, sizeof **a));
	struct record_door *d;

	if (all == NULL)
		return NULL;
	if (all->n < ASKINGS_MAX) {
		d = calloc(1, sizeof *d);
	} else {
		d = take_out(all, oldest(all, count_accepted(all) > RECORD_ASKINGS_ACCEPTED));
		empty(d);
	}
	if (d != NULL)
		all->door[all->n++] = d;
	return d;
}

void
record_askings_settle(struct askings *a)
{
	size_t n = a != NULL ? count_accepted(a) : 0;

	for (; n > RECORD_ASKINGS_ACCEPTED; n--)
		record_door_free(take_out(a, oldest(a, true)));
}

bool
record_askings_refused(const struct askings *a)
{
	for (size_t i = 0; a != NULL && i < a->n; i++)
		if (a->door[i]->answered && !accepted(a->door[i]))
			return true;
	return false;
}

void
record_askings_free(struct askings *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->n; i++)
		record_door_free(a->door[i]);
	free(a);
}

void
record_request(struct record_door *d, const struct request *q, const struct users *u, size_t bytes)
{
	struct recorded_request *r;

	if (d == NULL || (d->request == NULL && (d->request = malloc(sizeof *d->request)) == NULL))
		return;
	r = d->request;
	memcpy(r->tran, q->tran, sizeof r->tran);
	memcpy(r->program, q->program, sizeof r->program);
	memcpy(r->userid, q->userid, sizeof r->userid);
	r->users = *u;
	r->bytes = bytes;
}
