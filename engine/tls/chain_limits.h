/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain_limits: limits for the chain that a peer presents, so that an unknown peer cannot make the region compute for
 * long. They are applied in the order of cost: the bytes of the message, before OpenSSL decodes a certificate; the
 * extensions, before OpenSSL parses them; the keys, before OpenSSL verifies a signature with one.
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
 * Checks the body of a Certificate message (RFC 5246 7.4.2, RFC 8446 4.4.2) as it was received. -1 with *why: too many
 * certificates or elements, or a key with a compressed point on a curve where decompression takes a millisecond. 0 for
 * a malformed body: OpenSSL refuses it.
 */
int chain_limits_message(const unsigned char *body, size_t len, bool tls13, struct cert_fault *why);

/* Checks the alternative names and name constraints of all presented certificates. -1 with *why. */
int chain_limits_extensions(const struct x509_store_ctx_st *walk, struct cert_fault *why);

struct key_flaw { /* why the region does not compute with a key */
	int code;         /* an X509_V_ERR_ number */
	const char *text; /* static */
};

/*
 * NULL when the region computes with x's key: RSA of at most 8192 bits with an exponent of at most 64 bits, EC on a
 * named curve, Ed25519, Ed448. OpenSSL's security level sets the minimum length.
 */
const struct key_flaw *chain_limits_key(const struct x509_st *x);

/* Whether computing with x's key costs at most as much as with RSA-4096: the limit for an unknown peer. */
bool chain_limits_key_is_cheap(const struct x509_st *x);

#endif
