/* SPDX-License-Identifier: Apache-2.0 */
/* inquire user: the wrong passwords that are counted of users of the saf: over all partners, and of each partner. */
#include "inquire_parts.h"

#include <stdlib.h>
#include <string.h>

#include "generation.h"
#include "passwords.h"
#include "region.h"

struct counted {
	const char *userid, *partner; /* borrowed; partner NULL: the sum */
	unsigned count;
};

struct counts { /* of the users asked for */
	const struct query *q;
	struct counted *list; /* owned; has room for all */
	size_t n;
};

static void
take(void *arg, const char *userid, const char *partner, unsigned count)
{
	struct counts *c = arg;

	if (wanted(c->q, userid))
		c->list[c->n++] = (struct counted){ userid, partner, count };
}

/* User by user, the sum first. */
static int
by_user(const void *a, const void *b)
{
	const struct counted *x = a, *y = b;
	int order = strcmp(x->userid, y->userid);

	if (order != 0)
		return order;
	return strcmp(x->partner != NULL ? x->partner : "", y->partner != NULL ? y->partner : "");
}

static void
add_row(struct query *q, const struct saf *s, const struct counted *c)
{
	const struct saf_user *u = saf_user(s, c->userid);
	unsigned bound = c->partner != NULL ? saf_revoke(s) : saf_revoke_all(s);
	bool reached = bound > 0 && c->count >= bound;
	json_t *row = json_object();

	if (u == NULL) { /* a reload has taken it away */
		json_decref(row);
		return;
	}
	put(row, "user", u->userid);
	put(row, "partner", c->partner != NULL ? c->partner : "ALL");
	put_number(row, "wrong", c->count);
	put_number(row, "bound", bound);
	put(row, "revoked", u->revoked && c->partner == NULL ? "SAF" : reached ? "YES" : "NO");
	json_array_append_new(q->rows, row);
}

void
user_rows(struct query *q)
{
	const struct failures *f = passwords_failures(q->region->worker.passwords);
	const struct saf *s = region_generation(q->region)->saf;
	const struct saf_user *u = s != NULL && q->name != NULL ? saf_user(s, q->name) : NULL;
	struct counts c = { .q = q, .list = calloc(failures_entries(f) + 1, sizeof *c.list) };

	if (s != NULL && c.list != NULL) {
		failures_each(f, take, &c);
		qsort(c.list, c.n, sizeof *c.list, by_user);
		if (u != NULL && c.n == 0)
			c.list[c.n++] = (struct counted){ .userid = u->userid };
		for (size_t i = 0; i < c.n; i++)
			add_row(q, s, &c.list[i]);
	}
	free(c.list);
}
