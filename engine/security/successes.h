/* SPDX-License-Identifier: Apache-2.0 */
/* successes: whose password was right a moment ago, as a keyed hash that tells nothing without this process's key. One per user, bounded. */
#ifndef SALLYPORT_SUCCESSES_H
#define SALLYPORT_SUCCESSES_H

#include <stdbool.h>

#include "security/scrypt.h"

struct successes;

struct success_claim { /* a userid, its stored hash, and the password given, summed up */
	char userid[NAME_SIZE];
	unsigned char mac[SCRYPT_MAC];
};

struct successes *successes_new(void); /* NULL: no memory, or no random bytes */
void successes_free(struct successes *s);
/* The stored hash is in the sum: with another one nothing is remembered. -1: OpenSSL failed, or the texts are too long. */
int successes_claim(const struct successes *s, const char *userid, const char *hash, const char *password, struct success_claim *out);
bool successes_has(const struct successes *s, const struct success_claim *c, double now);
void successes_add(struct successes *s, const struct success_claim *c, double until);
void successes_forget(struct successes *s);

#endif
