/* SPDX-License-Identifier: Apache-2.0 */
/* cert: from OpenSSL's X509 to plain facts, once. Nobody outside cert, ring and tls sees an X509. */
#ifndef SALLYPORT_CERT_H
#define SALLYPORT_CERT_H

#include "facts.h"

struct x509_st;

/*
 * The facts of one certificate, chain empty (`ok` false). A new reference, NULL when memory ran out or the certificate
 * cannot be described (more than 64 names of a kind, a name above 1024 bytes): callers refuse then.
 * Values are UTF-8; bytes of SAN names are as they stand, NUL included.
 */
struct certificate *cert_read(struct x509_st *x);

/* Fuzzing and tests: the same from DER bytes. */
struct certificate *cert_read_der(const unsigned char *der, size_t len);

#endif
