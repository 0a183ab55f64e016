/* SPDX-License-Identifier: Apache-2.0 */
#include "base/jsontext.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOUND (16u * 1024 * 1024)

/* Makes room for n bytes. False: no room, and j is full. */
static bool
jsontext_room(struct jsontext *j, size_t n)
{
	size_t cap = j->cap > 0 ? j->cap : 256, max = j->max > 0 ? j->max : BOUND;
	char *grown;

	if (j->full || n > max || j->len > max - n) {
		j->full = true;
		return false;
	}
	while (cap < j->len + n)
		cap *= 2;
	if (cap == j->cap)
		return true;
	grown = realloc(j->bytes, cap);
	if (grown == NULL) {
		j->full = true;
		return false;
	}
	j->bytes = grown;
	j->cap = cap;
	return true;
}

static void
jsontext_put(struct jsontext *j, const char *bytes, size_t n)
{
	if (!jsontext_room(j, n))
		return;
	memcpy(j->bytes + j->len, bytes, n);
	j->len += n;
}

/* The comma before a value, and its key. */
static void
jsontext_key(struct jsontext *j, const char *key)
{
	size_t len = key != NULL ? strlen(key) : 0;
	char *p;

	if (!jsontext_room(j, len + 4))
		return;
	p = j->bytes + j->len;
	if (j->more)
		*p++ = ',';
	j->more = true;
	if (key != NULL) {
		*p++ = '"';
		memcpy(p, key, len);
		memcpy(p + len, "\":", 2);
		p += len + 2;
	}
	j->len = (size_t)(p - j->bytes);
}

void
jsontext_begin(struct jsontext *j, const char *key, char bracket)
{
	if (j == NULL)
		return;
	jsontext_key(j, key);
	jsontext_put(j, &bracket, 1);
	j->more = false;
}

void
jsontext_end(struct jsontext *j, char bracket)
{
	if (j == NULL)
		return;
	jsontext_put(j, &bracket, 1);
	j->more = true;
}

/* --- texts ------------------------------------------------------------------------------------ */

/*
 * The length of the UTF-8 sequence at the beginning of the bytes; 0: they begin with none, or with a control character,
 * which terminals obey.
 */
static size_t
jsontext_sequence(const unsigned char *p, size_t left)
{
	size_t n = p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;

	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xc2 && p[1] < 0xa0) || (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0; /* U+0080 to U+009F, an overlong form, a surrogate, or more than U+10FFFF */
	return n;
}

/* How a byte is written: as it is; with a backslash; as it is when it is part of UTF-8; only by an escape. */
enum jsontext_class { BYTE_PLAIN, BYTE_QUOTE, BYTE_HIGH, BYTE_ESCAPED };

static enum jsontext_class
jsontext_class(unsigned char c)
{
	if (c < 0x20 || c == 0x7f || c == '\\')
		return BYTE_ESCAPED;
	return c == '"' ? BYTE_QUOTE : c < 0x80 ? BYTE_PLAIN : BYTE_HIGH;
}

/*
 * Whether the text stands as it is, but for `quotes` of it, and (slashes) its backslashes, which are counted as quotes.
 */
static bool
jsontext_plain(const char *bytes, size_t len, bool slashes, size_t *quotes)
{
	const unsigned char *p = (const unsigned char *)bytes;
	size_t n;

	*quotes = 0;
	for (size_t i = 0; i < len; i += n) {
		enum jsontext_class class = slashes && p[i] == '\\' ? BYTE_QUOTE : jsontext_class(p[i]);

		n = class == BYTE_HIGH ? jsontext_sequence(p + i, len - i) : 1;
		if (class == BYTE_ESCAPED || n == 0)
			return false;
		*quotes += class == BYTE_QUOTE;
	}
	return true;
}

/* Writes one byte of a text that is not plain: at most 5 bytes; out NULL: only their number. */
static size_t
jsontext_escape(char *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char form[5] = { '\\', '\\', 'x', hex[c >> 4], hex[c & 15] };
	size_t n = 5;

	if (c == '\\') {
		memcpy(form, "\\\\\\\\", n = 4);
	} else if (c >= 0x20 && c < 0x7f) {
		n = c == '"' ? 2 : 1;
		form[n - 1] = (char)c;
	}
	if (out != NULL)
		memcpy(out, form, n);
	return n;
}

/* Writes the text between its quotes; out NULL: only the number of bytes. */
static size_t
jsontext_quote(char *out, const char *bytes, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += jsontext_escape(out != NULL ? out + n : NULL, (unsigned char)bytes[i]);
	return n;
}

/* Writes a plain text between its quotes. */
static void
jsontext_copy(char *out, const char *bytes, size_t len, size_t quotes)
{
	if (quotes == 0) {
		memcpy(out, bytes, len);
		return;
	}
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '"' || bytes[i] == '\\')
			*out++ = '\\';
		*out++ = bytes[i];
	}
}

static void
put_text(struct jsontext *j, const char *key, const char *bytes, size_t len, bool slashes)
{
	size_t n, quotes;
	bool plain;

	if (j == NULL)
		return;
	plain = jsontext_plain(bytes, len, slashes, &quotes);
	n = plain ? len + quotes : jsontext_quote(NULL, bytes, len);
	jsontext_key(j, key);
	if (!jsontext_room(j, n + 2))
		return;
	j->bytes[j->len] = '"';
	if (plain)
		jsontext_copy(j->bytes + j->len + 1, bytes, len, quotes);
	else
		jsontext_quote(j->bytes + j->len + 1, bytes, len);
	j->bytes[j->len + n + 1] = '"';
	j->len += n + 2;
}

void
jsontext_text(struct jsontext *j, const char *key, const char *bytes, size_t len)
{
	put_text(j, key, bytes, len, false);
}

void
jsontext_sentence(struct jsontext *j, const char *key, const char *s)
{
	if (s == NULL || s[0] == '\0')
		jsontext_null(j, key);
	else
		put_text(j, key, s, strlen(s), true);
}

void
jsontext_string(struct jsontext *j, const char *key, const char *s)
{
	if (s == NULL || s[0] == '\0')
		jsontext_null(j, key);
	else
		jsontext_text(j, key, s, strlen(s));
}

void
jsontext_some(struct jsontext *j, const char *key, const char *s)
{
	if (s != NULL && s[0] != '\0')
		jsontext_text(j, key, s, strlen(s));
}

/* --- other values ----------------------------------------------------------------------------- */

void
jsontext_raw(struct jsontext *j, const char *key, const char *bytes, size_t len)
{
	if (j == NULL)
		return;
	jsontext_key(j, key);
	jsontext_put(j, bytes, len);
}

/* Writes the digits of n before `end`, at least `least` of them. Returns where they begin. */
static char *
jsontext_digits(char *end, uint64_t n, int least)
{
	for (; n > 0 || least > 0; n /= 10, least--)
		*--end = (char)('0' + n % 10);
	return end;
}

void
jsontext_integer(struct jsontext *j, const char *key, int64_t n)
{
	char text[24], *end = text + sizeof text, *p = jsontext_digits(end, n < 0 ? 0 - (uint64_t)n : (uint64_t)n, 1);

	if (n < 0)
		*--p = '-';
	jsontext_raw(j, key, p, (size_t)(end - p));
}

/* printf takes ten times as long, and a record has dozens of numbers. */
void
jsontext_number(struct jsontext *j, const char *key, double n, int digits)
{
	char text[32], *end = text + sizeof text, *p = end;
	double positive = n < 0 ? -n : n;
	uint64_t scale = 1, whole, part;

	for (int i = 0; i < digits; i++)
		scale *= 10;
	if (!(positive < 1e12)) /* no time is as long; not a number neither */
		positive = 0;
	whole = (uint64_t)positive;
	part = (uint64_t)((positive - (double)whole) * (double)scale + 0.5); /* the digits of both together are too many for a double */
	p = jsontext_digits(p, part % scale, digits);
	if (digits > 0)
		*--p = '.';
	p = jsontext_digits(p, whole + part / scale, 1);
	if (n < 0 && whole + part > 0)
		*--p = '-';
	jsontext_raw(j, key, p, (size_t)(end - p));
}

void
jsontext_real(struct jsontext *j, const char *key, double n)
{
	char text[40];
	int len = snprintf(text, sizeof text, "%.15g", n);

	if (!isfinite(n)) {
		jsontext_null(j, key);
		return;
	}
	if (strtod(text, NULL) != n)
		len = snprintf(text, sizeof text, "%.17g", n);
	if (strpbrk(text, ".e") == NULL)
		len += snprintf(text + len, sizeof text - (size_t)len, ".0");
	jsontext_raw(j, key, text, (size_t)len);
}

void
jsontext_flag(struct jsontext *j, const char *key, bool value)
{
	jsontext_raw(j, key, value ? "true" : "false", value ? 4 : 5);
}

void
jsontext_null(struct jsontext *j, const char *key)
{
	jsontext_raw(j, key, "null", 4);
}

/* --- marks ------------------------------------------------------------------------------------ */

struct jsontext_mark
jsontext_mark(const struct jsontext *j)
{
	return (struct jsontext_mark){ .len = j->len, .more = j->more, .full = j->full };
}

void
jsontext_back(struct jsontext *j, struct jsontext_mark m)
{
	j->len = m.len;
	j->more = m.more;
	j->full = m.full;
}

void
jsontext_free(struct jsontext *j)
{
	free(j->bytes);
	j->bytes = NULL;
	j->len = j->cap = 0;
}
