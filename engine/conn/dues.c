/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/dues.h"

#include <stdlib.h>
#include <string.h>

#include "config/definition.h"

#define BITS 64 /* of a word */

static bool
is_of(const struct definition *all, const struct ipconn_def *one)
{
	return all != NULL && one >= all->ipconn && one < all->ipconn + all->nipconns;
}

static uint64_t
bit_of(size_t n)
{
	return UINT64_C(1) << n % BITS;
}

int
dues_make(struct dues *d, const struct definition *now)
{
	size_t words = now->nipconns / BITS + 1;

	*d = (struct dues){ .now = now, .bits = calloc(words, sizeof *d->bits), .words = words };
	return d->bits != NULL ? 0 : -1;
}

void
dues_free(struct dues *d)
{
	free(d->bits);
	*d = (struct dues){ .bits = NULL };
}

void
dues_begin(struct dues *d, const struct definition *was)
{
	d->was = was;
}

void
dues_copy(struct dues *to, const struct dues *from)
{
	memcpy(to->bits, from->bits, from->words * sizeof *from->bits);
}

void
dues_put(struct dues *d, const struct ipconn_def *one)
{
	size_t n = is_of(d->now, one) ? (size_t)(one - d->now->ipconn) : 0;

	if (is_of(d->now, one))
		d->bits[n / BITS] |= bit_of(n);
}

void
dues_take(struct dues *d, const struct ipconn_def *one)
{
	size_t n = is_of(d->now, one) ? (size_t)(one - d->now->ipconn) : 0;

	if (is_of(d->now, one))
		d->bits[n / BITS] &= ~bit_of(n);
}

bool
dues_has(const struct dues *d, const struct ipconn_def *one)
{
	size_t n = is_of(d->now, one) ? (size_t)(one - d->now->ipconn) : 0;

	return is_of(d->now, one) && (d->bits[n / BITS] & bit_of(n)) != 0;
}

const struct ipconn_def *
dues_next(const struct dues *d, size_t *at)
{
	for (; *at / BITS < d->words; ++*at) {
		uint64_t left = d->bits[*at / BITS] >> *at % BITS;

		if (left & 1)
			return &d->now->ipconn[(*at)++];
		if (left == 0)
			*at |= BITS - 1; /* the word has no further one */
	}
	return NULL;
}

bool
dues_are_behind(const struct dues *d, const struct ipconn_def *one)
{
	return is_of(d->was, one);
}

bool
dues_hide(const struct dues *d, const struct ipconn_def *one)
{
	const struct ipconn_def *now = dues_are_behind(d, one) ? definition_ipconn(d->now, one->ipconn) : NULL;

	return dues_are_behind(d, one) && (now == NULL || dues_has(d, now));
}
