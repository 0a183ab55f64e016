/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of which nothing is at fault holds, in this order, every block that OpenSSL's own reader finds in it, byte for
 * byte: none was passed over.
 */
#include "tls/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Walks the file to its end. The number of blocks, -1 when there is an error. */
static int
count(const char *bytes, size_t size)
{
	struct pem p = pem_walk(bytes, size);
	struct fault f = { "" };
	struct pem_block b;
	int n = 0, rc, line = 0;

	while ((rc = pem_next(&p, &b, &f)) == 1) {
		assert(b.line > line && b.line < p.line && b.len > 0 && b.len <= size && strlen(b.label) < PEM_LABEL);
		line = b.line;
		pem_drop(&b);
		n++;
	}
	assert(b.der == NULL && p.line >= 1 && (rc < 0) == (f.text[0] != '\0'));
	assert(n == 0 || pem_suspect(bytes, size));
	return rc < 0 ? -1 : n;
}

/* True when the walk comes to this block. */
static bool
comes_to(struct pem *p, const char *label, const unsigned char *der, long len)
{
	struct pem_block b;
	bool found = false;

	while (!found && pem_next(p, &b, NULL) == 1) {
		found = strcmp(b.label, label) == 0 && b.len == (size_t)len && memcmp(b.der, der, b.len) == 0;
		pem_drop(&b);
	}
	return found;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pem p = pem_walk((const char *)data, size);
	unsigned char *der = NULL;
	char *name = NULL, *head = NULL;
	BIO *in;
	long len;

	if (count((const char *)data, size) < 0)
		return 0;
	in = BIO_new_mem_buf(data, (int)size);
	while (in != NULL && PEM_read_bio(in, &name, &head, &der, &len)) {
		assert(len == 0 || comes_to(&p, name, der, len));
		OPENSSL_free(name);
		OPENSSL_free(head);
		OPENSSL_free(der);
	}
	ERR_clear_error();
	BIO_free(in);
	return 0;
}
