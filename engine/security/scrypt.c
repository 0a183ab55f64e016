/* SPDX-License-Identifier: Apache-2.0 */
#include "security/scrypt.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define R 8
#define P 1
#define R_MAX 64
#define P_MAX 64
#define COST_MAX ((uint64_t)8 << SCRYPT_LN_MAX) /* N * r * p; the memory is 128 bytes times N * r */
#define B64(n) (((n) * 8 + 5) / 6)              /* the length of n bytes in base64 */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* out has B64(n) + 1 bytes. */
static void
encode(const unsigned char *bytes, size_t n, char *out)
{
	unsigned held = 0, bits = 0;

	for (size_t i = 0; i < n; i++) {
		held = held << 8 | bytes[i];
		for (bits += 8; bits >= 6; bits -= 6)
			*out++ = alphabet[held >> (bits - 6) & 63];
	}
	if (bits > 0)
		*out++ = alphabet[held << (6 - bits) & 63];
	*out = '\0';
}

/*
 * Decodes exactly n bytes from B64(n) characters. False: an invalid character, or unused bits that are not 0, so that
 * each hash has one spelling.
 */
static bool
decode(const char *text, unsigned char *bytes, size_t n)
{
	unsigned held = 0, bits = 0;

	for (size_t i = 0; i < B64(n); i++) {
		const char *at = text[i] != '\0' ? strchr(alphabet, text[i]) : NULL;

		if (at == NULL)
			return false;
		held = (held << 6 | (unsigned)(at - alphabet)) & 0xffff;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		*bytes++ = (unsigned char)(held >> bits);
	}
	return (held & ((1u << bits) - 1)) == 0;
}

/* Reads a number of at most three digits without a leading zero, and the colon after it. */
static const char *
number(const char *p, unsigned *out)
{
	size_t n = strspn(p, "0123456789");

	if (n == 0 || n > 3 || p[0] == '0' || p[n] != ':')
		return NULL;
	for (*out = 0; *p != ':'; p++)
		*out = *out * 10 + (unsigned)(*p - '0');
	return p + 1;
}

static int
check_cost(const struct scrypt *s, struct fault *f)
{
	if (s->ln < SCRYPT_LN_MIN || s->ln > SCRYPT_LN_MAX)
		return fault_set(f, "LN is %u; it must be %d to %d", s->ln, SCRYPT_LN_MIN, SCRYPT_LN_MAX);
	if (s->r > R_MAX || s->p > P_MAX || (uint64_t)s->r * s->p << s->ln > COST_MAX)
		return fault_set(f, "LN %u, R %u, P %u cost more than LN %d, R %d, P %d", s->ln, s->r, s->p, SCRYPT_LN_MAX, R, P);
	return 0;
}

int
scrypt_parse(struct scrypt *out, const char *text, struct fault *f)
{
	static const char form[] = "not of the form scrypt:LN:R:P:SALT:HASH";
	const char *p = strncmp(text, "scrypt:", 7) == 0 ? text + 7 : NULL;

	if (p == NULL || (p = number(p, &out->ln)) == NULL || (p = number(p, &out->r)) == NULL || (p = number(p, &out->p)) == NULL)
		return fault_set(f, "%s", form);
	if (strlen(p) != B64(SCRYPT_SALT) + 1 + B64(SCRYPT_HASH) || p[B64(SCRYPT_SALT)] != ':' || !decode(p, out->salt, SCRYPT_SALT) ||
		!decode(p + B64(SCRYPT_SALT) + 1, out->hash, SCRYPT_HASH))
		return fault_set(f, "%s", form);
	return check_cost(out, f);
}

static int
derive(const struct scrypt *s, const char *password, size_t len, unsigned char out[SCRYPT_HASH])
{
	uint64_t n = (uint64_t)1 << s->ln, memory = 128 * (n * s->r + (uint64_t)s->r * s->p) + 65536;

	return EVP_PBE_scrypt(password, len, s->salt, sizeof s->salt, n, s->r, s->p, memory, out, SCRYPT_HASH) == 1 ? 0 : -1;
}

int
scrypt_new(unsigned ln, const char *password, size_t len, char out[SAF_HASH_SIZE])
{
	char salt[B64(SCRYPT_SALT) + 1], hash[B64(SCRYPT_HASH) + 1];
	struct scrypt s = { .ln = ln, .r = R, .p = P };

	if (check_cost(&s, NULL) < 0 || RAND_bytes(s.salt, sizeof s.salt) != 1 || derive(&s, password, len, s.hash) < 0)
		return -1;
	encode(s.salt, sizeof s.salt, salt);
	encode(s.hash, sizeof s.hash, hash);
	snprintf(out, SAF_HASH_SIZE, "scrypt:%u:%d:%d:%s:%s", ln, R, P, salt, hash);
	return 0;
}

int
scrypt_check(const char *hash, const char *password, size_t len)
{
	unsigned char got[SCRYPT_HASH];
	struct scrypt s;
	int right;

	if (scrypt_parse(&s, hash, NULL) < 0 || derive(&s, password, len, got) < 0)
		return -1;
	right = scrypt_same(got, s.hash, sizeof got);
	scrypt_wipe(got, sizeof got);
	return right;
}

int
scrypt_key(unsigned char key[SCRYPT_KEY])
{
	return RAND_bytes(key, SCRYPT_KEY) == 1 ? 0 : -1;
}

int
scrypt_mac(const unsigned char key[SCRYPT_KEY], const char *const text[3], unsigned char out[SCRYPT_MAC])
{
	unsigned char all[512];
	size_t n = 0;
	bool made;

	for (size_t i = 0; i < 3; i++) {
		size_t len = strlen(text[i]) + 1;

		if (len > sizeof all - n)
			return -1;
		memcpy(all + n, text[i], len);
		n += len;
	}
	made = HMAC(EVP_sha256(), key, SCRYPT_KEY, all, n, out, NULL) != NULL;
	scrypt_wipe(all, sizeof all);
	return made ? 0 : -1;
}

bool
scrypt_same(const unsigned char *a, const unsigned char *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

void
scrypt_wipe(void *secret, size_t n)
{
	OPENSSL_cleanse(secret, n);
}
