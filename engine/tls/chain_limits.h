/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain_limits: bounds of what a peer presents as its chain, so that a stranger cannot have the region compute for it. They are applied in
 * the order of what an answer costs: the bytes of the message, before OpenSSL decodes one certificate of it; the extensions, before it
 * parses them; the keys, before it verifies a signature with one.
 */
#ifndef SALLYPORT_CHAIN_LIMITS_H
#define SALLYPORT_CHAIN_LIMITS_H

#include <stdbool.h>
#include <stddef.h>

#include "tls/cert.h"

struct x509_st;
struct x509_store_ctx_st;

#define CHAIN_LIMITS_BYTES (96 * 1024)  /* of the Certificate message */
#define CHAIN_LIMITS_CERTIFICATES 10
#define CHAIN_LIMITS_ELEMENTS 5000      /* DER elements of the message: a part of a name is 4 of them, an extension 4 */
#define CHAIN_LIMITS_NAMES 4000         /* DER elements of all alternative names: a name is 1, a directory name more */
#define CHAIN_LIMITS_CONSTRAINTS 2000   /* DER elements of all name constraints: a subtree is 2 */

/*
 * The bounds of a Certificate message's body (RFC 5246 7.4.2, RFC 8446 4.4.2), as it came. -1 and why: too many certificates or elements, or a
 * key whose point is compressed on a curve where that takes a millisecond to undo. A body that is no such message: 0, for OpenSSL to refuse.
 */
int chain_limits_message(const unsigned char *body, size_t len, bool tls13, struct cert_fault *why);

/* The bounds of alternative names and name constraints, over all certificates that were presented. -1 and why. */
int chain_limits_extensions(const struct x509_store_ctx_st *walk, struct cert_fault *why);

struct key_flaw { /* a key that nothing is computed with */
	int code;         /* an X509_V_ERR_ number */
	const char *text; /* static */
};

/*
 * NULL when x's key is one to compute with: RSA of at most 8192 bits with an exponent of at most 64 bits, EC on a named curve, Ed25519, Ed448.
 * How short it may be is OpenSSL's security level's to say.
 */
const struct key_flaw *chain_limits_key(const struct x509_st *x);

/* A key to compute with that costs at most what RSA-4096 does: what a stranger may ask for. */
bool chain_limits_key_is_cheap(const struct x509_st *x);

#endif
