/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pem: reads the blocks of a PEM file (RFC 7468), one after the other, as bytes. The scanner skips nothing: bytes that
 * are neither a block nor text between blocks are an error with their line. Text is every line without a boundary,
 * without control bytes, and without base64 that has lost its boundary.
 */
#ifndef SALLYPORT_PEM_H
#define SALLYPORT_PEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

#define PEM_LABEL 64
#define PEM_LOOK (64 * 1024) /* bytes of a foreign file that pem_suspect needs to see */

struct pem { /* the state of a scan; begin with pem_walk */
	const char *at, *end; /* borrowed: the file's bytes */
	int line;             /* of `at`, from 1; after an error, of the error */
};

struct pem_block {
	char label[PEM_LABEL]; /* "CERTIFICATE" */
	int line;              /* of its BEGIN */
	bool encrypted;        /* it has headers (Proc-Type, DEK-Info), which only an encrypted key has */
	unsigned char *der;    /* owned; freed by pem_drop */
	size_t len;
};

/* The start of a scan over n bytes, which must stay in place during it. */
struct pem pem_walk(const char *bytes, size_t n);
/*
 * Reads the next block. 1: it is in *b, and the caller frees it with pem_drop; 0: the end of the file; -1: an error
 * with a sentence, its line in p->line.
 */
int pem_next(struct pem *p, struct pem_block *b, struct fault *f);
void pem_drop(struct pem_block *b); /* wipes the bytes */

/* True when the bytes begin as one object in DER (or BER): a certificate, a CRL, a key, PKCS #7 or #12. */
bool pem_is_der(const char *bytes, size_t n);
/* True when the file that begins with these bytes holds a PEM boundary or begins as DER. */
bool pem_suspect(const char *bytes, size_t n);

#endif
