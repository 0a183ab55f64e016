/* SPDX-License-Identifier: Apache-2.0 */
/* cert: copies an X509 of OpenSSL into a struct certificate. Only cert, ring, tls and chain files use an X509. */
#ifndef SALLYPORT_CERT_H
#define SALLYPORT_CERT_H

#include "base/name.h"
#include "tls/certificate.h"

struct x509_st;
struct X509_name_st;

#define CERT_NAMES 1000        /* parts of a distinguished name, and alternative names of one kind */
#define CERT_TEXT 8192         /* bytes of one name; SPIFFE IDs have up to 2048 */
#define CERT_TOTAL (64 * 1024) /* bytes of all names of one certificate, plus one for each name */
#define CERT_SERIAL 1024       /* bytes of a serial number; RFC 5280 allows 20 */

/* Why a certificate was not read. */
enum cert_trouble {
	CERT_MEMORY,
	CERT_LIMIT,  /* above one of the limits here or in chain_limits.h */
	CERT_BROKEN, /* a malformed extension, name or time */
};

struct cert_fault {
	enum cert_trouble trouble;
	char text[160]; /* a sentence for operators */
};

/*
 * Reads one certificate; its chain is empty (`ok` false). Returns a new reference, or NULL with *why; the caller must
 * refuse then. Values are UTF-8; bytes of SAN names are unchanged and may contain NUL.
 */
struct certificate *cert_read(struct x509_st *x, struct cert_fault *why);

/*
 * Reads a distinguished name. To be freed with dn_free, also after -1: no memory, or a name that cannot be described.
 */
int cert_read_name(struct dn *out, const struct X509_name_st *name);

#define CERT_DIGEST 65
/* The SHA-256 of the DER in lower-case hex; -1: no memory. */
int cert_digest(const struct x509_st *x, char out[CERT_DIGEST]);

/*
 * Appends x to the certificates of c's chain, unless there are CHAIN_LINKS already. issued: the certificate that was
 * appended before; NULL: x is the leaf, which c describes. -1 with *why.
 */
int cert_link(struct certificate *c, const struct x509_st *x, const struct x509_st *issued, struct cert_fault *why);

/* cert_read from DER bytes, for fuzzing and tests. */
struct certificate *cert_read_der(const unsigned char *der, size_t len, struct cert_fault *why);

#endif
