/* SPDX-License-Identifier: Apache-2.0 */
#include "client/version_rows.h"

#include <string.h>

#define NUL_SHOWN 0x100 /* the code point for the byte 0; the others are 0 to 255 (operator_policy) */

static const char *
text(const json_t *row, const char *key)
{
	const char *s = json_string_value(json_object_get(row, key));

	return s != NULL ? s : "";
}

/* Appends the bytes that the code points of `s` stand for. */
static int
add_bytes(struct buf *out, const char *s)
{
	for (const unsigned char *p = (const unsigned char *)s; *p != '\0'; p++) {
		unsigned code = *p;
		unsigned char byte;

		if (code >= 0xC0 && p[1] != '\0')
			code = (code & 0x1F) << 6 | (*++p & 0x3F);
		byte = code == NUL_SHOWN ? 0 : (unsigned char)code;
		if (buf_add(out, &byte, 1) < 0)
			return -1;
	}
	return 0;
}

size_t
version_rows_join(const json_t *rows, size_t i, struct buf *out)
{
	const json_t *first = json_array_get(rows, i), *row = first;

	for (; row != NULL; row = json_array_get(rows, ++i)) {
		if (strcmp(text(row, "name"), text(first, "name")) != 0 || strcmp(text(row, "kind"), text(first, "kind")) != 0 ||
			!json_equal(json_object_get(row, "generation"), json_object_get(first, "generation")))
			break;
		add_bytes(out, text(row, "text"));
	}
	return i;
}

/* Takes the row at i, and the further pieces of its file, into v. Returns the index after them. */
static size_t
take_row(struct version *v, const json_t *rows, size_t i)
{
	const json_t *row = json_array_get(rows, i);
	const char *kind = text(row, "kind");
	struct version_blob *blob;
	struct buf b;

	if (strcmp(kind, "print") == 0)
		version_add_print(v, text(row, "name"), text(row, "hash"));
	else if (strcmp(kind, "urm") == 0)
		version_take_urms(v, NULL, text(row, "name"), text(row, "text"));
	kind = version_kind(kind);
	if (kind == NULL)
		return i + 1;
	buf_init(&b, 64u * 1024 * 1024);
	i = version_rows_join(rows, i, &b);
	blob = version_blob(buf_len(&b) > 0 ? (const void *)buf_bytes(&b) : "", buf_len(&b));
	if (blob != NULL)
		version_add_file(v, kind, text(row, "name"), blob);
	version_blob_unref(blob);
	buf_free(&b);
	return i;
}

struct version *
version_rows_read(const json_t *rows, size_t *i, const char **file)
{
	const json_t *number = json_object_get(json_array_get(rows, *i), "generation"), *row;
	struct version *v = version_new();
	bool files = true; /* the row of the path comes after the files; a further row with pieces begins the next version */

	if (v == NULL)
		return NULL;
	v->number = (uint64_t)json_integer_value(number);
	while ((row = json_array_get(rows, *i)) != NULL && json_equal(json_object_get(row, "generation"), number)) {
		bool piece = json_object_get(row, "text") != NULL && strcmp(text(row, "kind"), "urm") != 0;

		if (piece && !files)
			break;
		if (strcmp(text(row, "kind"), "file") == 0)
			*file = text(row, "name");
		files = files && piece;
		*i = take_row(v, rows, *i);
	}
	return v;
}
