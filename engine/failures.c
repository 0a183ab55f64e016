/* SPDX-License-Identifier: Apache-2.0 */
#include "failures.h"

#include "verdict.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096

struct failure {
	struct failure *next;           /* in its bucket */
	struct failure *older, *newer;  /* among its kind */
	char userid[NAME_SIZE], ipconn[NAME_SIZE];
	bool known;
	unsigned count;
};

struct kind {
	struct failure *oldest, *newest;
	size_t n, max;
};

struct failures {
	struct failure *bucket[BUCKETS]; /* owned; by userid, so that one bucket has all of a user's */
	struct kind kind[2];             /* of users that are not known; of those that are */
};

struct failures *
failures_new(void)
{
	struct failures *f = calloc(1, sizeof *f);

	if (f != NULL) {
		f->kind[false].max = FAILURES_UNKNOWN;
		f->kind[true].max = FAILURES_KNOWN;
	}
	return f;
}

void
failures_free(struct failures *f)
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
find(const struct failures *f, const char *userid, const char *ipconn)
{
	struct failure *at = f->bucket[bucket_of(userid)];

	while (at != NULL && (strcmp(at->userid, userid) != 0 || strcmp(at->ipconn, ipconn) != 0))
		at = at->next;
	return at;
}

static void
unlink_age(struct failures *f, struct failure *x)
{
	struct kind *k = &f->kind[x->known];

	*(x->older != NULL ? &x->older->newer : &k->oldest) = x->newer;
	*(x->newer != NULL ? &x->newer->older : &k->newest) = x->older;
	k->n--;
}

static void
link_newest(struct failures *f, struct failure *x)
{
	struct kind *k = &f->kind[x->known];

	x->newer = NULL;
	x->older = k->newest;
	*(k->newest != NULL ? &k->newest->newer : &k->oldest) = x;
	k->newest = x;
	k->n++;
}

static void
forget(struct failures *f, struct failure *x)
{
	struct failure **at = &f->bucket[bucket_of(x->userid)];

	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	unlink_age(f, x);
	free(x);
}

unsigned
failures_count(const struct failures *f, const char *userid, const char *ipconn)
{
	const struct failure *x = find(f, userid, ipconn);

	return x != NULL ? x->count : 0;
}

static struct failure *
add(struct failures *f, const char *userid, const char *ipconn, bool known)
{
	struct failure *x = calloc(1, sizeof *x);
	size_t bucket = bucket_of(userid);

	if (x == NULL)
		return NULL;
	if (f->kind[known].n >= f->kind[known].max)
		forget(f, f->kind[known].oldest);
	snprintf(x->userid, sizeof x->userid, "%s", userid);
	snprintf(x->ipconn, sizeof x->ipconn, "%s", ipconn);
	x->known = known;
	x->next = f->bucket[bucket];
	f->bucket[bucket] = x;
	link_newest(f, x);
	return x;
}

unsigned
failures_add(struct failures *f, const char *userid, const char *ipconn, bool known)
{
	struct failure *x = find(f, userid, ipconn);

	if (x != NULL) {
		unlink_age(f, x);
		x->known = known;
		link_newest(f, x);
	} else {
		x = add(f, userid, ipconn, known);
	}
	return x != NULL ? ++x->count : UINT_MAX;
}

void
failures_clear(struct failures *f, const char *userid, const char *ipconn)
{
	struct failure *next;

	for (struct failure *x = f->bucket[bucket_of(userid)]; x != NULL; x = next) {
		next = x->next;
		if (strcmp(x->userid, userid) == 0 && (ipconn == NULL || strcmp(x->ipconn, ipconn) == 0))
			forget(f, x);
	}
}
