/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a manifest's reader takes is read again as it is written, and its names lead out of no directory; what it
 * refuses has a sentence. The input has no last line with the sum: it is added.
 */
#include "region/version_text.h"

#include "tls/tls.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define STORE "0123456789abcdef"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
judge(const struct version *v)
{
	struct fault f;
	struct buf one, two;
	struct version *w;

	assert(v->number > 0 && v->number <= VERSION_NUMBER_MAX && v->files > 0);
	for (size_t i = 0; i < v->files; i++)
		assert(strstr(v->file[i].name, "..") == NULL && v->file[i].name[0] != '/' && strlen(v->file[i].blob->digest) == VERSION_DIGEST - 1);
	assert(version_text_put(&one, v, STORE, &f) == 0);
	w = version_text_read((char *)buf_bytes(&one), buf_len(&one), STORE, &f);
	assert(w != NULL && version_text_put(&two, w, STORE, &f) == 0);
	assert(buf_len(&one) == buf_len(&two) && memcmp(buf_bytes(&one), buf_bytes(&two), buf_len(&one)) == 0);
	buf_free(&one);
	buf_free(&two);
	version_unref(w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char digest[VERSION_DIGEST];
	struct version_head head;
	struct fault f = { "" };
	struct version *v;
	struct buf text;
	uint64_t pin;

	buf_init(&text, 0);
	tls_digest(data, n, digest);
	if (buf_add(&text, data, n) == 0 && buf_printf(&text, "sum %s\n", digest) == 0) {
		v = version_text_read((char *)buf_bytes(&text), buf_len(&text), STORE, &f);
		assert(v != NULL || f.text[0] != '\0');
		if (v != NULL)
			judge(v);
		version_unref(v);
		if (version_text_read_head((char *)buf_bytes(&text), buf_len(&text), &head, &f) == 0)
			assert(head.last <= VERSION_NUMBER_MAX);
		if (version_text_read_pin((char *)buf_bytes(&text), buf_len(&text), STORE, &pin, &f) == 0)
			assert(pin > 0 && pin <= VERSION_NUMBER_MAX);
	}
	buf_free(&text);
	return 0;
}
