/* SPDX-License-Identifier: Apache-2.0 */
/* ring_internal: what ring.c and ring_load.c share. Others use ring.h. */
#ifndef SALLYPORT_RING_INTERNAL_H
#define SALLYPORT_RING_INTERNAL_H

#include <openssl/x509.h>

#include <stdint.h>

#include "tls/ring.h"
#include "tls/ring_files.h"

struct pair {
	char label[RING_LABEL]; /* "" ends nothing: pairs are counted */
	X509 *certificate;      /* counted, as are the two below */
	EVP_PKEY *key;
	STACK_OF(X509) *chain; /* intermediates, in the file's order */
};

struct ring {
	_Atomic unsigned refs;
	char dir[RING_PATH];
	struct pair *pair; /* owned */
	size_t n;
	size_t chosen;                /* the default pair's place; meaningless without pairs */
	X509_STORE *store;            /* owned; shared by every context, never changed after loading */
	STACK_OF(X509_NAME) *signers; /* owned: the names that a listener sends when it asks for a certificate */
	struct permit *permit;        /* owned; NULL: no such file */
	uint64_t sum;
};

/* The pair of that label, "" the default one; NULL: no such pair. */
const struct pair *ring_pair(const struct ring *r, const char *label);

#endif
