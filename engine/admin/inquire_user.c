/* SPDX-License-Identifier: Apache-2.0 */
/* inquire user: the counts of wrong passwords of the saf's users, over all partners and by partner. */
#include "admin/inquire_row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/generation.h"
#include "security/password_guesses.h"
#include "security/passwords.h"
#include "region/region.h"

struct counted { /* a copy, because counts change between two steps */
	char userid[NAME_SIZE];
	char partner[PARTNER_SIZE]; /* "": the sum over all partners */
	unsigned count;
};

static void
inquire_user_take(void *arg, const char *userid, const char *partner, unsigned count)
{
	struct query *q = arg;
	struct counted *c = &((struct counted *)q->list)[q->n];

	if (!inquire_wanted(q, userid))
		return;
	snprintf(c->userid, sizeof c->userid, "%s", userid);
	snprintf(c->partner, sizeof c->partner, "%s", partner != NULL ? partner : "");
	c->count = count;
	q->n++;
}

/* Orders by user, the sum before the partners. */
static int
inquire_user_by_user(const void *a, const void *b)
{
	const struct counted *x = a, *y = b;
	int order = strcmp(x->userid, y->userid);

	return order != 0 ? order : strcmp(x->partner, y->partner);
}

static void
add_row(struct query *q, const struct saf *s, const struct counted *c)
{
	const struct saf_user *u = s != NULL ? saf_user(s, c->userid) : NULL;
	bool sum = c->partner[0] == '\0', reached;
	unsigned bound;
	json_t *row;

	if (u == NULL) /* a reload has removed the user */
		return;
	bound = sum ? saf_revoke_all(s) : saf_revoke(s);
	reached = bound > 0 && c->count >= bound;
	row = json_object();
	inquire_put(row, "user", u->userid);
	inquire_put(row, "partner", sum ? "ALL" : c->partner);
	inquire_put_number(row, "wrong", c->count);
	inquire_put_number(row, "bound", bound);
	inquire_put(row, "revoked", u->revoked && sum ? "SAF" : reached ? "YES" : "NO");
	json_array_append_new(q->rows, row);
}

static void
copy_counts(struct query *q)
{
	const struct password_failures *f = passwords_failures(q->region->worker.passwords);
	const struct saf *s = region_generation(q->region)->saf;
	const struct saf_user *u = s != NULL && q->name != NULL ? saf_user(s, q->name) : NULL;

	q->list = calloc(password_failures_entries(f) + 1, sizeof(struct counted));
	if (s == NULL || q->list == NULL)
		return;
	password_failures_each(f, inquire_user_take, q);
	qsort(q->list, q->n, sizeof(struct counted), inquire_user_by_user);
	if (u != NULL && q->n == 0)
		inquire_user_take(q, u->userid, NULL, 0);
}

bool
inquire_user_step(struct query *q)
{
	if (q->stage++ == 0)
		copy_counts(q);
	if (q->index == q->n)
		return false;
	add_row(q, region_generation(q->region)->saf, &((const struct counted *)q->list)[q->index++]);
	return true;
}
