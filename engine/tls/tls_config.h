/* SPDX-License-Identifier: Apache-2.0 */
/* tls_config: one SSL_CTX with the settings of the house. What tls.c and tls_config.c share; callers use tls.h. */
#ifndef SALLYPORT_TLS_CONFIG_H
#define SALLYPORT_TLS_CONFIG_H

#include "tls/tls.h"

struct ssl_st;
struct ssl_ctx_st;
struct x509_store_ctx_st;

#define TLS_LEVEL 2       /* OpenSSL's security level: 112 bits */
#define TLS_CHAIN_DEPTH 4 /* intermediates at most */

struct tls_config {
	_Atomic unsigned refs;
	struct ssl_ctx_st *ctx; /* owned */
	struct ring *ring;      /* counted */
};

/* OpenSSL's callbacks, in tls.c. They find their stream through the SSL's app data. */
int tls_ask_certificate(struct x509_store_ctx_st *x, void *unused);
void tls_note_alert(const struct ssl_st *ssl, int where, int what);
void tls_note_message(int sent, int version, int type, const void *message, size_t len, struct ssl_st *ssl, void *unused);

/*
 * Puts the suites named in `list` (tls_options.ciphers) into ctx: "" the house's own list. A list is complete: a version it names
 * no suite of is not spoken. -1 with a sentence: a suite unknown, not AEAD, or without a certificate.
 */
int tls_suites(struct ssl_ctx_st *ctx, const char *list, struct fault *f);

#endif
