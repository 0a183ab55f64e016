/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of a ring, its kind in the first byte: what it holds is at fault or is judged, and nothing is read behind its
 * end.
 */
#include "tls/ring_crl.h"
#include "tls/ring_warnings.h"

#include <openssl/x509.h>

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
judge(const struct ring_items *l, struct faults *faults)
{
	X509_STORE *store = X509_STORE_new();

	for (size_t i = 0; store != NULL && i < l->n; i++)
		if (l->item[i].x != NULL)
			X509_STORE_add_cert(store, l->item[i].x);
	ring_crl_judge(l, faults);
	ring_crl_warn(l, faults);
	if (store != NULL)
		ring_warnings_warn(l, store, "ring", faults);
	X509_STORE_free(store);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum ring_file_kind kinds[] = { RING_FILE_PEM, RING_FILE_KEY, RING_FILE_SIGNER, RING_FILE_CRL };
	struct ring_file file = { .path = "file" };
	struct ring_files files = { &file, 1 };
	struct faults faults = { 0 };
	struct ring_items l;

	if (size == 0)
		return 0;
	file.kind = kinds[data[0] % 4];
	file.bytes = (char *)(uintptr_t)(data + 1);
	file.len = size - 1;
	ring_items_read(&l, &files, &faults);
	assert(faults.errors > 0 || l.n > 0);
	judge(&l, &faults);
	ring_items_free(&l);
	faults_free(&faults);
	return 0;
}
