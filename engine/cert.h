/* SPDX-License-Identifier: Apache-2.0 */
/* cert: from OpenSSL's X509 to plain facts, once. Nobody outside cert, ring and tls sees an X509. */
#ifndef SALLYPORT_CERT_H
#define SALLYPORT_CERT_H

#include "facts.h"

struct x509_st;
struct X509_name_st;
struct x509_store_ctx_st;

/*
 * The facts of one certificate, chain empty (`ok` false). A new reference, NULL when memory ran out or the certificate
 * cannot be described (more than 64 names of a kind, a name above 1024 bytes): callers refuse then.
 * Values are UTF-8; bytes of SAN names are as they stand, NUL included.
 */
struct certificate *cert_read(struct x509_st *x);

/*
 * The facts of the leaf of a chain that is to be verified, and how verifying it went: walks the chain to its end and notes every
 * error (the first CHAIN_ERRORS). Keys and signatures below OpenSSL's security `level` are errors. NULL as above, nothing walked.
 */
struct certificate *cert_read_chain(struct x509_store_ctx_st *walk, int level);

/* A distinguished name as facts hold it; dn_free it, also after -1 (no memory, or a name that cannot be described). */
int cert_read_name(struct dn *out, const struct X509_name_st *name);

/* Fuzzing and tests: the same from DER bytes. */
struct certificate *cert_read_der(const unsigned char *der, size_t len);

#endif
