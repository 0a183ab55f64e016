/* SPDX-License-Identifier: Apache-2.0 */
/* certificate: a peer's certificate and how its chain fared, as plain data: immutable, counted, without OpenSSL. */
#ifndef SALLYPORT_CERTIFICATE_H
#define SALLYPORT_CERTIFICATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/dn.h"

struct texts {
	struct text *item; /* owned */
	size_t n;
};

struct chain_error {
	int code;         /* OpenSSL's X509_V_ERR_ number, as `openssl verify` prints it */
	int depth;
	const char *text; /* static, OpenSSL's words */
};

#define CHAIN_ERRORS 24 /* the last says when there are more */
#define CHAIN_LINKS 10

struct chain_link { /* a certificate of the chain */
	struct dn subject, issuer;
	char sha256[65]; /* of the DER, lower-case hex */
};

struct certificate { /* a leaf as it was presented, and how its chain fared; made by cert.c */
	_Atomic unsigned refs;
	struct dn subject, issuer;
	struct texts dns, uri, ip, email; /* SAN by kind; ip in printed form */
	char *serial;                     /* owned; upper-case hex */
	char sha256[65];                  /* of the DER, lower-case hex */
	int64_t not_before, not_after;    /* seconds since 1970 */
	struct {
		bool ok;       /* complete, and without an error */
		bool complete; /* verified to its end; else it was given up at error[0..n-1]'s first that ends a walk (chain_verify.h) */
		bool anchored; /* every signature verified, up to a signer of the ring: the last link */
		struct chain_error error[CHAIN_ERRORS]; /* in the order OpenSSL found them; [0] decides the alert */
		size_t n;
		struct chain_link *link; /* owned; the leaf first; without the anchor when a signature did not verify */
		size_t links;
	} chain;
	bool unfit; /* its key is one that nothing is computed with (chain_limits.h): no script can accept it */
};

/* NULL is fine for both; the last unref frees. Thread-safe. */
struct certificate *certificate_ref(struct certificate *c);
void certificate_unref(struct certificate *c);

/*
 * Does the certificate name the host that was dialled (RFC 6125)? A numeric host: an iPAddress of its SAN. A name: a dNSName of its SAN, compared without
 * regard to case; "*" may stand for the whole left-most label, with at least two labels behind it. The subject is not looked at, and bytes that
 * hold a NUL name nobody.
 */
bool certificate_names(const struct certificate *c, const char *host);

#endif
