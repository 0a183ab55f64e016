/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/tls_own.h"

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { HANDSHAKE_FAILURE = 40, CERTIFICATE_REQUIRED = 116 }; /* alerts */

/* "brainpoolP256r1", "RSA 2048", "DSA 2048". */
static void
print_key(const EVP_PKEY *key, char *out, size_t size)
{
	const char *type = EVP_PKEY_get0_type_name(key);

	if (EVP_PKEY_get_group_name((EVP_PKEY *)key, out, size, NULL) == 1)
		return;
	snprintf(out, size, "%s %d", type != NULL ? type : "unknown type", EVP_PKEY_get_bits(key));
}

/* What every peer takes that speaks TLS 1.2 or 1.3 at all. */
static bool
is_common(const EVP_PKEY *key)
{
	static const char *const curves[] = { SN_X9_62_prime256v1, SN_secp384r1, SN_secp521r1 };
	char group[64];

	if (EVP_PKEY_get_group_name((EVP_PKEY *)key, group, sizeof group, NULL) != 1)
		return EVP_PKEY_is_a(key, "RSA") == 1 || EVP_PKEY_is_a(key, "ED25519") == 1 || EVP_PKEY_is_a(key, "ED448") == 1;
	for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
		if (strcmp(curves[i], group) == 0)
			return true;
	return false;
}

/* It was asked for its certificate, has one, and has signed nothing. */
static bool
client_unfit(const SSL *ssl, int received)
{
	const unsigned char *types;
	int signature;
	bool asked = received == CERTIFICATE_REQUIRED || (received == HANDSHAKE_FAILURE && SSL_get0_certificate_types((SSL *)ssl, &types) > 0);

	return asked && SSL_get_signature_type_nid((SSL *)ssl, &signature) != 1;
}

/* OpenSSL leaves out TLS 1.3 when the key cannot be used there, so that a peer of TLS 1.3 alone meets an unsupported protocol. */
static bool
server_unfit(const SSL *ssl, const EVP_PKEY *key, int reason)
{
	if (reason == SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM)
		return true;
	if (reason != SSL_R_NO_SHARED_CIPHER && (reason != SSL_R_UNSUPPORTED_PROTOCOL || SSL_client_version(ssl) < TLS1_2_VERSION))
		return false;
	return !is_common(key);
}

void
tls_own_unfit(const struct ssl_st *ssl, int received, int reason, char *out, size_t size)
{
	const EVP_PKEY *key = SSL_get_privatekey(ssl);
	char name[64];

	out[0] = '\0';
	if (key == NULL || !(SSL_is_server(ssl) ? server_unfit(ssl, key, reason) : client_unfit(ssl, received)))
		return;
	print_key(key, name, sizeof name);
	snprintf(out, size, SSL_is_server(ssl) ? "the own key (%s) suits no suite and signature algorithm that the peer takes"
		: "the own certificate was not sent: its key (%s) suits no signature algorithm that the peer takes", name);
}
