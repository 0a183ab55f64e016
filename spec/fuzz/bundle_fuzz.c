/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bundle that is read has one spelling, and its names lead out of no directory; a refusal has a sentence. The
 * second reading gets a right digest for each file, so that the reader comes behind that check too.
 */
#include "region/bundle.h"

#include "region/version_text.h"
#include "tls/tls.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
judge(const struct bundle *b)
{
	struct buf again;
	struct fault f;

	assert(b->files->files > 0 && b->signed_len < b->len);
	for (size_t i = 0; i < b->files->files; i++)
		assert(strstr(b->files->file[i].name, "..") == NULL && b->files->file[i].name[0] != '/');
	if (b->head.key[0] != '\0')
		return; /* no key of the fuzzer signed it */
	if (b->head.note[0] != '\0')
		return; /* bundle_write gives a note to a signed one only */
	assert(bundle_write(NULL, b->files, NULL, NULL, NULL, &again, &f) == 0);
	assert(buf_len(&again) == b->len && memcmp(buf_bytes(&again), b->bytes, b->len) == 0);
	buf_free(&again);
}

static void
put(const void *bytes, size_t n)
{
	struct fault f = { "" };
	struct bundle *b = bundle_read(bytes, n, &f);

	assert(b != NULL || f.text[0] != '\0');
	if (b != NULL)
		judge(b);
	bundle_unref(b);
}

/* A bundle of one script, whose bytes and name are those of the input. */
static void
put_script(const uint8_t *data, size_t n)
{
	size_t name = n > 0 ? data[0] % 64 : 0;
	char digest[VERSION_DIGEST];
	struct buf b;

	if (n < 1 + name)
		return;
	tls_digest(data + 1 + name, n - 1 - name, digest);
	buf_init(&b, 0);
	buf_printf(&b, "sallyport bundle 1\nsysplex -\nserial 0\ncreated 0\nexpires 0\nnote \nkey -\nscript %zu %s %.*s\nsignature -\n", n - 1 - name, digest,
		(int)name, (const char *)data + 1);
	buf_add(&b, data + 1 + name, n - 1 - name);
	put(buf_bytes(&b), buf_len(&b));
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	put(data, n);
	put_script(data, n);
	return 0;
}
