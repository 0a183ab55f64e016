/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certificate: a peer's certificate and the result of verifying its chain, as plain data: immutable, reference-counted,
 * without OpenSSL.
 */
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

#define CHAIN_ERRORS 24 /* when there are more errors, the last one says so */
#define CHAIN_LINKS 10

struct chain_link { /* a certificate of the chain */
	struct dn subject, issuer;
	char sha256[65]; /* of the DER, lower-case hex */
	unsigned char *der; /* owned; NULL after certificate_drop_der */
	size_t der_len;
};

struct certificate { /* a leaf as it was presented, and the result of verifying its chain; made by cert.c */
	_Atomic unsigned refs;
	struct dn subject, issuer;
	struct texts dns, uri, ip, email; /* SAN by kind; ip in printed form */
	char *serial;                     /* owned; upper-case hex */
	char sha256[65];                  /* of the DER, lower-case hex */
	int64_t not_before, not_after;    /* seconds since 1970 */
	struct {
		bool ok;       /* complete, and without an error */
		bool complete; /* verified to the end; false: verification stopped at an error that ends it (chain_verify.h) */
		bool anchored; /* every signature was verified, up to a signer of the ring, which is the last link */
		struct chain_error error[CHAIN_ERRORS]; /* in the order OpenSSL found them; [0] decides the alert */
		size_t n;
		struct chain_link *link; /* owned; the leaf first; without the signer when a signature did not verify */
		size_t links;
	} chain;
	bool unfit; /* the region does not compute with its key (chain_limits.h), so no script can accept it */
	bool kept;  /* a chain_cache has it, and its DER */
};

/* NULL is fine for both; the last certificate_unref frees. Thread-safe. */
struct certificate *certificate_ref(struct certificate *c);
void certificate_unref(struct certificate *c);

/* The bytes of memory that the certificate needs, about, without the DER of its chain; 0 for NULL. */
size_t certificate_weight(const struct certificate *c);

/*
 * Frees the DER of the chain's certificates, unless the certificate is `kept`: the file of records has it once for all
 * connections. Only the thread that handshakes with the certificate's ring reads the DER, and may call it.
 */
void certificate_drop_der(struct certificate *c);

/*
 * Does the certificate name the dialled host (RFC 6125)? A numeric host must equal an iPAddress of the SAN. A name must
 * match a dNSName of the SAN, in any case; "*" may replace the whole left-most label when at least two labels follow.
 * The subject is not used. A SAN name that contains NUL matches no host.
 */
bool certificate_names(const struct certificate *c, const char *host);

#endif
