/* SPDX-License-Identifier: Apache-2.0 */
#include "security/password_failures.h"

#include "base/name.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096

struct failure {
	struct failure *next;           /* in the same bucket */
	struct failure *older, *newer;  /* of the same kind, by age */
	char userid[NAME_SIZE];
	char partner[PARTNER_SIZE]; /* "": the sum over all partners */
	bool known;
	unsigned count;
};

struct kind {
	struct failure *oldest, *newest;
	size_t n, max;
};

struct password_failures {
	struct failure *bucket[BUCKETS]; /* owned; by userid, so that one bucket has all entries of a user */
	struct kind kind[2][2];          /* of partners, sums; of unknown users, known users */
};

struct password_failures *
password_failures_new(void)
{
	struct password_failures *f = calloc(1, sizeof *f);

	if (f != NULL) {
		f->kind[false][false].max = f->kind[true][false].max = PASSWORD_FAILURES_UNKNOWN;
		f->kind[false][true].max = f->kind[true][true].max = PASSWORD_FAILURES_KNOWN;
	}
	return f;
}

void
password_failures_free(struct password_failures *f)
{
	for (size_t i = 0; f != NULL && i < BUCKETS; i++)
		while (f->bucket[i] != NULL) {
			struct failure *gone = f->bucket[i];

			f->bucket[i] = gone->next;
			free(gone);
		}
	free(f);
}

static size_t
bucket_of(const char *userid)
{
	uint32_t h = 2166136261u;

	for (; *userid != '\0'; userid++)
		h = (h ^ (unsigned char)*userid) * 16777619u;
	return (h ^ h >> 16) % BUCKETS;
}

static struct failure *
find(const struct password_failures *f, const char *userid, const char *partner)
{
	struct failure *at = f->bucket[bucket_of(userid)];

	while (at != NULL && (strcmp(at->userid, userid) != 0 || strcmp(at->partner, partner) != 0))
		at = at->next;
	return at;
}

static struct kind *
kind_of(struct password_failures *f, const struct failure *x)
{
	return &f->kind[x->partner[0] == '\0'][x->known];
}

static void
unlink_age(struct password_failures *f, struct failure *x)
{
	struct kind *k = kind_of(f, x);

	*(x->older != NULL ? &x->older->newer : &k->oldest) = x->newer;
	*(x->newer != NULL ? &x->newer->older : &k->newest) = x->older;
	k->n--;
}

static void
link_newest(struct password_failures *f, struct failure *x)
{
	struct kind *k = kind_of(f, x);

	x->newer = NULL;
	x->older = k->newest;
	*(k->newest != NULL ? &k->newest->newer : &k->oldest) = x;
	k->newest = x;
	k->n++;
}

static void
forget(struct password_failures *f, struct failure *x)
{
	struct failure **at = &f->bucket[bucket_of(x->userid)];

	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	unlink_age(f, x);
	free(x);
}

int
password_failures_room(struct failure_room *out)
{
	*out = (struct failure_room){ .node = { calloc(1, sizeof **out->node), calloc(1, sizeof **out->node) } };
	if (out->node[0] != NULL && out->node[1] != NULL)
		return 0;
	password_failures_room_free(out);
	return -1;
}

void
password_failures_room_free(struct failure_room *r)
{
	free(r->node[0]);
	free(r->node[1]);
	*r = (struct failure_room){ .node = { NULL, NULL } };
}

static unsigned
count_of(const struct password_failures *f, const char *userid, const char *partner)
{
	const struct failure *x = find(f, userid, partner);

	return x != NULL ? x->count : 0;
}

struct failure_counts
password_failures_count(const struct password_failures *f, const char *userid, const char *partner)
{
	return (struct failure_counts){ .here = count_of(f, userid, partner), .all = count_of(f, userid, "") };
}

/* Adds the node to its bucket. */
static struct failure *
put_in(struct password_failures *f, struct failure *x, const char *userid, const char *partner)
{
	size_t bucket = bucket_of(userid);

	snprintf(x->userid, sizeof x->userid, "%s", userid);
	snprintf(x->partner, sizeof x->partner, "%s", partner);
	x->next = f->bucket[bucket];
	f->bucket[bucket] = x;
	return x;
}

static unsigned
add(struct password_failures *f, const char *userid, const char *partner, bool known, struct failure **node)
{
	struct failure *x = find(f, userid, partner);
	struct kind *k;

	if (x != NULL) {
		unlink_age(f, x);
	} else {
		x = put_in(f, *node, userid, partner);
		*node = NULL;
	}
	x->known = known;
	k = kind_of(f, x);
	if (k->n >= k->max)
		forget(f, k->oldest);
	link_newest(f, x);
	return ++x->count;
}

struct failure_counts
password_failures_add(struct password_failures *f, const char *userid, const char *partner, bool known, struct failure_room *r)
{
	unsigned here = add(f, userid, partner, known, &r->node[0]);

	return (struct failure_counts){ .here = here, .all = add(f, userid, "", known, &r->node[1]) };
}

static void
clear_partner(struct password_failures *f, const char *userid, const char *partner)
{
	struct failure *x = find(f, userid, partner), *sum = find(f, userid, "");

	if (x == NULL)
		return;
	if (sum != NULL && sum->count > x->count)
		sum->count -= x->count;
	else if (sum != NULL)
		forget(f, sum);
	forget(f, x);
}

void
password_failures_clear(struct password_failures *f, const char *userid, const char *partner)
{
	struct failure *next;

	if (partner != NULL) {
		clear_partner(f, userid, partner);
		return;
	}
	for (struct failure *x = f->bucket[bucket_of(userid)]; x != NULL; x = next) {
		next = x->next;
		if (strcmp(x->userid, userid) == 0)
			forget(f, x);
	}
}

size_t
password_failures_entries(const struct password_failures *f)
{
	return f->kind[false][true].n + f->kind[true][true].n;
}

void
password_failures_each(const struct password_failures *f, void (*each)(void *arg, const char *userid, const char *partner, unsigned count), void *arg)
{
	for (int sum = 0; sum < 2; sum++)
		for (const struct failure *x = f->kind[sum][true].oldest; x != NULL; x = x->newer)
			each(arg, x->userid, sum ? NULL : x->partner, x->count);
}
