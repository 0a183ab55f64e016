/* SPDX-License-Identifier: Apache-2.0 */
/* A file of a ring, its kind in the first byte: what it holds is at fault or is judged, and nothing is read behind its end. */
#include "tls/ring_crl.h"
#include "tls/ring_warnings.h"

#include <openssl/x509.h>

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
judge(const struct ringitems *l, struct faults *faults)
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
	static const enum ringfile_kind kinds[] = { RINGFILE_PEM, RINGFILE_KEY, RINGFILE_SIGNER, RINGFILE_CRL };
	struct ringfile file = { .path = "file" };
	struct ring_files files = { &file, 1 };
	struct faults faults = { 0 };
	struct ringitems l;

	if (size == 0)
		return 0;
	file.kind = kinds[data[0] % 4];
	file.bytes = (char *)(uintptr_t)(data + 1);
	file.len = size - 1;
	ringitems_read(&l, &files, &faults);
	assert(faults.errors > 0 || l.n > 0);
	judge(&l, &faults);
	ringitems_free(&l);
	faults_free(&faults);
	return 0;
}
