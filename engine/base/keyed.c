/* SPDX-License-Identifier: Apache-2.0 */
#include "base/keyed.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define BUCKETS_MIN 64

static inline uint64_t
rotl(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static inline void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] = rotl(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] = rotl(v[2], 32);
}

static inline void
sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
}

uint64_t
keyed_hash(const struct keyed *t, const void *key, size_t n)
{
	uint64_t k0 = t->secret[0], k1 = t->secret[1], word;
	uint64_t v[4] = { k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573 };
	const unsigned char *p = key;
	size_t left = n;

	for (; left >= sizeof word; left -= sizeof word, p += sizeof word) {
		memcpy(&word, p, sizeof word);
		sip_word(v, word);
	}
	word = (uint64_t)n << 56;
	memcpy(&word, p, left); /* at most 7 bytes */
	sip_word(v, word);
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

int
keyed_open(struct keyed *t)
{
	*t = (struct keyed){ .buckets = BUCKETS_MIN };
	t->bucket = calloc(t->buckets, sizeof(struct keyed_link *));
	if (t->bucket != NULL && getrandom(t->secret, sizeof t->secret, 0) == sizeof t->secret)
		return 0;
	keyed_close(t);
	return -1;
}

void
keyed_close(struct keyed *t)
{
	free(t->bucket);
	*t = (struct keyed){ .bucket = NULL };
}

static void
put(struct keyed_link **bucket, size_t buckets, struct keyed_link *l)
{
	struct keyed_link **at = &bucket[l->hash & (buckets - 1)];

	l->chain = *at;
	*at = l;
}

static void
grow(struct keyed *t)
{
	struct keyed_link **more = calloc(t->buckets * 2, sizeof(struct keyed_link *));

	if (more == NULL)
		return;
	for (size_t i = 0; i < t->buckets; i++)
		for (struct keyed_link *l = t->bucket[i], *next; l != NULL; l = next) {
			next = l->chain;
			put(more, t->buckets * 2, l);
		}
	free(t->bucket);
	t->bucket = more;
	t->buckets *= 2;
}

void
keyed_add(struct keyed *t, struct keyed_link *l, uint64_t hash)
{
	if (t->n >= t->buckets)
		grow(t);
	l->hash = hash;
	put(t->bucket, t->buckets, l);
	t->n++;
}

void
keyed_drop(struct keyed *t, struct keyed_link *l)
{
	struct keyed_link **at = &t->bucket[l->hash & (t->buckets - 1)];

	while (*at != l)
		at = &(*at)->chain;
	*at = l->chain;
	*l = (struct keyed_link){ .chain = NULL };
	t->n--;
}

struct keyed_link *
keyed_next(const struct keyed *t, const struct keyed_link *l, uint64_t hash)
{
	struct keyed_link *next = l != NULL ? l->chain : t->bucket[hash & (t->buckets - 1)];

	while (next != NULL && next->hash != hash)
		next = next->chain;
	return next;
}

struct keyed_link *
keyed_take(struct keyed *t, size_t *at)
{
	struct keyed_link *l = NULL;

	while (*at < t->buckets && t->bucket[*at] == NULL)
		*at += 1;
	if (*at == t->buckets)
		return NULL;
	l = t->bucket[*at];
	keyed_drop(t, l);
	return l;
}
