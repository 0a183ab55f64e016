/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring_item: the contents of a ring's files as OpenSSL's objects, each with its file and line. LABEL.pem contains
 * certificates; LABEL.key one private key (EC PARAMETERS before it are allowed); signers/ certificates (X509 and
 * TRUSTED too); crls/ X509 CRLs. A file of the last two may be one DER object instead of PEM. Any other content is a
 * fault with its line.
 */
#ifndef SALLYPORT_RING_ITEM_H
#define SALLYPORT_RING_ITEM_H

#include <stdint.h>

#include "tls/ring_files.h"

struct x509_st;
struct X509_crl_st;
struct evp_pkey_st;
struct X509_name_st;
struct asn1_string_st;

struct ring_item { /* one of the three objects; the others are NULL */
	const struct ring_file *file; /* borrowed */
	int line;                    /* of its BEGIN; 0: the file is DER */
	struct x509_st *x;           /* owned, as are the two below */
	struct X509_crl_st *crl;
	struct evp_pkey_st *key;
};

struct ring_items {
	struct ring_item *item; /* owned; in the order of the files, and within a file in its order */
	size_t n;
};

/* Reads the files that contain such objects. Adds every fault; *l must be freed in any case. */
void ring_items_read(struct ring_items *l, const struct ring_files *files, struct faults *faults);
/* Frees the objects; the list is empty then. */
void ring_items_free(struct ring_items *l);

/* OpenSSL's first sentence about a failed call, which says more than the later ones. Static. */
const char *ring_item_why(void);

#define RING_ITEM_NAME 256
#define RING_ITEM_TIME 24

/* Prints a name as RFC 2253 does, in printable ASCII; a longer one is cut off. Returns out. */
const char *ring_item_name(const struct X509_name_st *name, char out[RING_ITEM_NAME]);
/* Prints "2026-11-25T19:54:41Z"; "?" when the time cannot be read. Returns out. */
const char *ring_item_time(const struct asn1_string_st *t, char out[RING_ITEM_TIME]);
/* Reads a time as seconds since 1970. -1: it cannot be read, or is NULL. */
int ring_item_seconds(const struct asn1_string_st *t, int64_t *out);

#endif
