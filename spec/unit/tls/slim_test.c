/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/provider.h>
#include <signal.h>
#include <sys/socket.h>

#include "spec/support/pki.h"
#include "tls/slim.h"
#include "tls/tls.h"

static char top[64];

static EVP_PKEY *slim_p256(void) { return EVP_EC_gen("P-256"); }
static EVP_PKEY *slim_p384(void) { return EVP_EC_gen("P-384"); }
static EVP_PKEY *slim_p521(void) { return EVP_EC_gen("P-521"); }
static EVP_PKEY *slim_rsa(void) { return EVP_RSA_gen(2048); }
static EVP_PKEY *slim_ed25519(void) { return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"); }
static EVP_PKEY *slim_ed448(void) { return EVP_PKEY_Q_keygen(NULL, NULL, "ED448"); }

static EVP_PKEY *
slim_pss(void)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	EVP_PKEY *key = NULL;

	assert_true(EVP_PKEY_keygen_init(c) == 1 && EVP_PKEY_generate(c, &key) == 1);
	EVP_PKEY_CTX_free(c);
	return key;
}

static const struct {
	const char *name;
	EVP_PKEY *(*key)(void);
	bool old; /* its file is "EC PRIVATE KEY" or "RSA PRIVATE KEY" */
} rows[] = { { "p256", slim_p256, false }, { "old-p256", slim_p256, true }, { "old-rsa", slim_rsa, true }, { "p384", slim_p384, false }, { "p521", slim_p521, false }, { "rsa", slim_rsa, false },
	{ "pss", slim_pss, false }, { "ed25519", slim_ed25519, false }, { "ed448", slim_ed448, false } };

#define ROWS (sizeof rows / sizeof *rows)

static void
write_old(const char *dir, EVP_PKEY *key)
{
	char path[256];
	BIO *out = BIO_new_file(pki_path(path, dir, "OWN.key"), "w");

	assert_true(PEM_write_bio_PrivateKey_traditional(out, key, NULL, NULL, 0, NULL, NULL) == 1);
	BIO_free(out);
}

static int
build(void **state)
{
	struct identity ca = pki_make((struct wish){ .cn = "CA", .authority = true });
	char dir[256];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	pki_temp(top);
	for (size_t i = 0; i < ROWS; i++) {
		struct identity own = pki_make((struct wish){ .cn = rows[i].name, .issuer = &ca, .key = rows[i].key() });

		pki_ring(pki_path(dir, top, rows[i].name), "OWN", &own, &ca);
		if (rows[i].old)
			write_old(dir, own.key);
		pki_free(&own);
	}
	pki_free(&ca);
	return 0;
}

static int
raze(void **state)
{
	(void)state;
	pki_remove(top);
	return 0;
}

static struct tls *
stream(enum way way, const char *name, struct tls_options o, int fd)
{
	struct fault f = { "" };
	struct tls_config *c;
	struct tls *t;
	char dir[256];

	o.ring = pki_load(pki_path(dir, top, name), &f);
	c = tls_config_new(way, &o, &f);
	if (c == NULL)
		fail_msg("%s: %s", name, f.text);
	t = tls_new(c, way, fd, NULL, NULL);
	tls_config_unref(c);
	ring_unref(o.ring);
	return t;
}

static void
shake(const char *name, int version)
{
	struct tls_options server = { .ask_certificate = true }, client = { .min_version = version, .max_version = version };
	enum tls_result s = TLS_WANT_READ, c = TLS_WANT_READ;
	struct tls *side[2];
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	side[0] = stream(WAY_IN, name, server, fd[0]);
	side[1] = stream(WAY_OUT, name, client, fd[1]);
	for (int i = 0; i < 20 && (s != TLS_OK || c != TLS_OK); i++) {
		c = c == TLS_WANT_READ ? tls_handshake(side[1]) : c;
		s = s == TLS_WANT_READ ? tls_handshake(side[0]) : s;
	}
	if (s != TLS_OK || c != TLS_OK)
		fail_msg("%s, 1.%d: server: %s; client: %s", name, version - 10, tls_ending(side[0])->reason, tls_ending(side[1])->reason);
	for (int i = 0; i < 2; i++) {
		tls_free(side[i]);
		close(fd[i]);
	}
}

static void
keys_of_each_kind_are_read_and_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		for (int version = 12; version <= 13; version++)
			shake(rows[i].name, version);
}

static void
other_algorithms_are_those_of_the_default_provider(void **state)
{
	EVP_MD *digest = EVP_MD_fetch(NULL, "SHA512", NULL);
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "SCRYPT", NULL);
	EVP_KEYMGMT *dsa = EVP_KEYMGMT_fetch(NULL, "DSA", NULL);

	(void)state;
	assert_true(digest != NULL && cipher != NULL && kdf != NULL);
	assert_null(dsa);
	EVP_MD_free(digest);
	EVP_CIPHER_free(cipher);
	EVP_KDF_free(kdf);
	assert_int_equal(OSSL_PROVIDER_available(NULL, "default"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_each_kind_are_read_and_taken),
		cmocka_unit_test(other_algorithms_are_those_of_the_default_provider),
	};
	struct fault f = { "" };
	struct slim *slim = slim_begin(&f);
	int failed;

	if (slim == NULL) {
		fprintf(stderr, "%s\n", f.text);
		return 1;
	}
	failed = cmocka_run_group_tests(tests, build, raze);
	slim_end(slim);
	return failed;
}
