/* SPDX-License-Identifier: Apache-2.0 */
#include "security/password_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 4096

struct success {
	struct success_claim claim; /* userid "": free */
	double until;
};

struct password_cache {
	unsigned char key[SCRYPT_KEY];
	struct success slot[SLOTS]; /* by userid; two users of one slot replace each other, and then their passwords are hashed again */
};

struct password_cache *
password_cache_new(void)
{
	struct password_cache *s = calloc(1, sizeof *s);

	if (s != NULL && scrypt_key(s->key) == 0)
		return s;
	free(s);
	return NULL;
}

void
password_cache_free(struct password_cache *s)
{
	if (s != NULL)
		scrypt_wipe(s, sizeof *s);
	free(s);
}

static size_t
place(const char *userid)
{
	unsigned h = 5381;

	for (; *userid != '\0'; userid++)
		h = h * 33 + (unsigned char)*userid;
	return h % SLOTS;
}

int
password_cache_claim(const struct password_cache *s, const char *userid, const char *hash, const char *password, struct success_claim *out)
{
	const char *const text[3] = { userid, hash, password };

	snprintf(out->userid, sizeof out->userid, "%s", userid);
	return scrypt_mac(s->key, text, out->mac);
}

bool
password_cache_has(const struct password_cache *s, const struct success_claim *c, double now)
{
	const struct success *at = &s->slot[place(c->userid)];

	return now < at->until && strcmp(at->claim.userid, c->userid) == 0 && scrypt_same(at->claim.mac, c->mac, sizeof c->mac);
}

void
password_cache_add(struct password_cache *s, const struct success_claim *c, double until)
{
	s->slot[place(c->userid)] = (struct success){ .claim = *c, .until = until };
}

void
password_cache_forget(struct password_cache *s)
{
	scrypt_wipe(s->slot, sizeof s->slot);
}
