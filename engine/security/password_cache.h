/* SPDX-License-Identifier: Apache-2.0 */
/* password_cache: whose password was right a moment ago, as a keyed hash that tells nothing without this process's key. One per user, bounded. */
#ifndef SALLYPORT_PASSWORD_CACHE_H
#define SALLYPORT_PASSWORD_CACHE_H

#include <stdbool.h>

#include "security/scrypt.h"

struct password_cache;

struct success_claim { /* a userid, its stored hash, and the password given, summed up */
	char userid[NAME_SIZE];
	unsigned char mac[SCRYPT_MAC];
};

struct password_cache *password_cache_new(void); /* NULL: no memory, or no random bytes */
void password_cache_free(struct password_cache *s);
/* The stored hash is in the sum: with another one nothing is remembered. -1: OpenSSL failed, or the texts are too long. */
int password_cache_claim(const struct password_cache *s, const char *userid, const char *hash, const char *password, struct success_claim *out);
bool password_cache_has(const struct password_cache *s, const struct success_claim *c, double now);
void password_cache_add(struct password_cache *s, const struct success_claim *c, double until);
void password_cache_forget(struct password_cache *s);

#endif
