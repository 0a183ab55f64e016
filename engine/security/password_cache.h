/* SPDX-License-Identifier: Apache-2.0 */
/*
 * password_cache: remembers for a while that a user's password was right, as a keyed hash that is useless without this
 * process's key. One entry for each user, in a fixed number of slots.
 */
#ifndef SALLYPORT_PASSWORD_CACHE_H
#define SALLYPORT_PASSWORD_CACHE_H

#include <stdbool.h>

#include "security/scrypt.h"

struct password_cache;

struct success_claim { /* a userid, and the keyed hash of its stored hash and the given password */
	char userid[NAME_SIZE];
	unsigned char mac[SCRYPT_MAC];
};

struct password_cache *password_cache_new(void); /* NULL: no memory, or no random bytes */
void password_cache_free(struct password_cache *s);
/*
 * Makes the claim for a password. It contains the stored hash, so a changed one does not match. -1: OpenSSL failed, or
 * the texts are too long.
 */
int password_cache_claim(const struct password_cache *s, const char *userid, const char *hash, const char *password, struct success_claim *out);
/* Whether the claim was added and has not ended at `now` (seconds, like until). */
bool password_cache_has(const struct password_cache *s, const struct success_claim *c, double now);
/* Adds the claim, until `until`; replaces another of the user. */
void password_cache_add(struct password_cache *s, const struct success_claim *c, double until);
void password_cache_forget(struct password_cache *s); /* removes all claims */

#endif
