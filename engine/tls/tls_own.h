/* SPDX-License-Identifier: Apache-2.0 */
/* tls_own: whether a handshake ended because this side's own key suits nothing that the peer takes. For tls.c. */
#ifndef SALLYPORT_TLS_OWN_H
#define SALLYPORT_TLS_OWN_H

#include <stddef.h>

struct ssl_st;

/*
 * Fills out with a sentence, or with "" when that was not it. received: the number of the alert that the peer has sent, -1 none; reason: OpenSSL's own
 * reason, 0 none. A client whose key suits no signature algorithm sends no certificate, and OpenSSL says nothing of it (RFC 8446 4.4.2).
 */
void tls_own_unfit(const struct ssl_st *ssl, int received, int reason, char *out, size_t size);

#endif
