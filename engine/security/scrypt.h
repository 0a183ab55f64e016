/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scrypt: passwords and their hashes as text: "scrypt:LN:R:P:SALT:HASH", with N = 2^LN, SALT of 16 and HASH of 32 bytes
 * in base64url without padding. Also a keyed hash, random keys and wiping of memory. All functions are thread-safe.
 */
#ifndef SALLYPORT_SCRYPT_H
#define SALLYPORT_SCRYPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "security/saf.h"

#define SCRYPT_LN 14 /* about 35 ms and 16 MiB with r = 8, p = 1 */
#define SCRYPT_LN_MIN 10
#define SCRYPT_LN_MAX 17 /* about 300 ms and 128 MiB */
#define SCRYPT_SALT 16
#define SCRYPT_HASH 32
#define SCRYPT_KEY 32
#define SCRYPT_MAC 32

struct scrypt {
	unsigned ln, r, p;
	unsigned char salt[SCRYPT_SALT], hash[SCRYPT_HASH];
};

/* 0, or -1 with a fault: text has another form, or costs more than LN = 17, r = 8, p = 1. */
int scrypt_parse(struct scrypt *out, const char *text, struct fault *f);
/* Makes a hash of a password with a new salt. -1: OpenSSL failed, or ln is out of range. */
int scrypt_new(unsigned ln, const char *password, size_t len, char out[SAF_HASH_SIZE]);
/* 1: right; 0: wrong; -1: not a readable hash, or OpenSSL failed. Takes as long as scrypt does. */
int scrypt_check(const char *hash, const char *password, size_t len);

/* Fills key with random bytes. -1: OpenSSL failed. */
int scrypt_key(unsigned char key[SCRYPT_KEY]);
/* HMAC-SHA-256 of the three texts, each with its NUL. -1: OpenSSL failed. */
int scrypt_mac(const unsigned char key[SCRYPT_KEY], const char *const text[3], unsigned char out[SCRYPT_MAC]);
bool scrypt_same(const unsigned char *a, const unsigned char *b, size_t n); /* compares in constant time */
void scrypt_wipe(void *secret, size_t n); /* overwrites n bytes, also where a compiler would leave that out */

#endif
