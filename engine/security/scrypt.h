/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scrypt: passwords and their hashes as text: "scrypt:LN:R:P:SALT:HASH", where N = 2^LN, SALT is 16 and HASH 32 bytes in base64url without
 * padding. And the two other things passwords need of OpenSSL: a keyed hash, and forgetting. Any thread may call these.
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

/* -1 with a sentence: not of that form, or it would cost more than LN = 17, r = 8, p = 1 do. */
int scrypt_parse(struct scrypt *out, const char *text, struct fault *f);
/* A new hash of a password with a fresh salt. -1: OpenSSL failed, or ln is out of bounds. */
int scrypt_new(unsigned ln, const char *password, size_t len, char out[SAF_HASH_SIZE]);
/* 1 right, 0 wrong, -1: not a hash we can read, or OpenSSL failed. Takes as long as scrypt does. */
int scrypt_check(const char *hash, const char *password, size_t len);

/* Random bytes for a key; -1: OpenSSL failed. */
int scrypt_key(unsigned char key[SCRYPT_KEY]);
/* HMAC-SHA-256 over the three texts, each with its NUL. -1: OpenSSL failed. */
int scrypt_mac(const unsigned char key[SCRYPT_KEY], const char *const text[3], unsigned char out[SCRYPT_MAC]);
bool scrypt_same(const unsigned char *a, const unsigned char *b, size_t n); /* in a time that tells nothing */
void scrypt_wipe(void *secret, size_t n);

#endif
