/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dataset_json: a JSON list of flat objects (RFC 8259): strings, numbers, booleans, and null for no value. It is read
 * here, because Jansson tells no line of a value and takes many times the memory. Strings are unescaped in place.
 */
#include "policy/dataset_internal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void
skip_blanks(struct reading *r)
{
	for (; r->at < r->end && strchr(" \t\r\n", *r->at) != NULL && *r->at != '\0'; r->at++)
		r->line += *r->at == '\n';
}

static bool
take(struct reading *r, char c)
{
	skip_blanks(r);
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

/* --- strings --- */

/* Four hexadecimal digits at p; -1: other characters. *end is NUL, which is no digit. */
static long
hex(const char *p)
{
	long n = 0;

	for (int i = 0; i < 4; i++) {
		const char *digits = "0123456789abcdef0123456789ABCDEF", *d = p[i] != '\0' ? strchr(digits, p[i]) : NULL;

		if (d == NULL)
			return -1;
		n = n * 16 + (d - digits) % 16;
	}
	return n;
}

static char *
put_utf8(char *to, unsigned long c)
{
	int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const unsigned char first[] = { 0, 0xc0, 0xe0, 0xf0 };

	*to++ = (char)(first[more] | c >> (6 * more));
	while (more-- > 0)
		*to++ = (char)(0x80 | (c >> (6 * more) & 0x3f));
	return to;
}

/* An escape \uXXXX, or a pair of surrogates; at is behind the u. NULL: no such escape, or \u0000. */
static char *
take_unicode(struct reading *r, char *to)
{
	long c = hex(r->at), low;

	if (c <= 0 || (c >= 0xdc00 && c < 0xe000))
		return NULL;
	r->at += 4;
	if (c < 0xd800 || c >= 0xe000)
		return put_utf8(to, (unsigned long)c);
	low = r->at[0] == '\\' && r->at[1] == 'u' ? hex(r->at + 2) : -1;
	if (low < 0xdc00 || low >= 0xe000)
		return NULL;
	r->at += 6;
	return put_utf8(to, 0x10000 + ((unsigned long)(c - 0xd800) << 10) + (unsigned long)(low - 0xdc00));
}

/* An escape; at is behind the backslash. NULL: no such escape. */
static char *
take_escape(struct reading *r, char *to)
{
	static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const char *found = *r->at != '\0' ? strchr(letters, *r->at) : NULL;

	if (*r->at == 'u') {
		r->at++;
		return take_unicode(r, to);
	}
	if (found == NULL)
		return NULL;
	r->at++;
	*to++ = values[found - letters];
	return to;
}

/* The rest of a string; at is behind the opening quote. */
static int
take_string(struct reading *r, const char **value, size_t *len)
{
	char *to = r->at;

	*value = to;
	while (r->at < r->end && *r->at != '"') {
		if ((unsigned char)*r->at < 0x20)
			return dataset_wrong(r, r->line, "a string holds a control character; write it as an escape");
		if (*r->at != '\\') {
			*to++ = *r->at++;
			continue;
		}
		r->at++;
		if ((to = take_escape(r, to)) == NULL)
			return dataset_wrong(r, r->line, "a string has an escape that JSON does not have, or \\u0000");
	}
	if (r->at == r->end)
		return dataset_wrong(r, r->line, "a string has no closing quote");
	r->at++;
	*len = (size_t)(to - *value);
	return 0;
}

/* --- other values --- */

static bool
take_word(struct reading *r, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0)
		return false;
	r->at += n;
	return true;
}

/* Whether the text is a number of JSON: no sign +, no leading zeros, digits on both sides of a point. */
static bool
is_number(const char *s, size_t len)
{
	const char *p = s + (*s == '-'), *end = s + len;
	size_t digits = strspn(p, "0123456789");

	if (digits == 0 || (digits > 1 && *p == '0'))
		return false;
	p += digits;
	if (p < end && *p == '.') {
		digits = strspn(p + 1, "0123456789");
		p += 1 + digits;
		if (digits == 0)
			return false;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		p += 1 + (p[1] == '+' || p[1] == '-');
		digits = strspn(p, "0123456789");
		p += digits;
		if (digits == 0)
			return false;
	}
	return p == end;
}

/* A whole number that fits 64 bits is an integer, as in Lua. */
static int
take_number(struct reading *r, struct cell *c)
{
	size_t len = strspn(r->at, "0123456789+-.eE");

	if (len == 0 || !is_number(r->at, len))
		return dataset_wrong(r, r->line, "a value is a string, a number, true, false or null");
	errno = 0;
	c->kind = CELL_INTEGER;
	c->integer = strtoll(r->at, NULL, 10);
	if (errno != 0 || memchr(r->at, '.', len) != NULL || memchr(r->at, 'e', len) != NULL || memchr(r->at, 'E', len) != NULL) {
		c->kind = CELL_NUMBER;
		c->number = strtod(r->at, NULL);
		if (!isfinite(c->number))
			return dataset_wrong(r, r->line, "a number is too large");
	}
	r->at += len;
	return 0;
}

/* Takes a value into the cell; *there is false for null. */
static int
take_cell(struct reading *r, struct cell *c, bool *there)
{
	size_t len;

	*there = true;
	skip_blanks(r);
	if (take(r, '"')) {
		if (take_string(r, &c->text, &len) < 0)
			return -1;
		c->kind = CELL_TEXT;
		c->len = (uint32_t)len;
		return 0;
	}
	if (r->at < r->end && (*r->at == '{' || *r->at == '['))
		return dataset_wrong(r, r->line, "a value is a list or an object; the objects of a data file are flat");
	if (take_word(r, "null")) {
		*there = false;
		return 0;
	}
	c->kind = CELL_FLAG;
	c->flag = take_word(r, "true");
	return c->flag || take_word(r, "false") ? 0 : take_number(r, c);
}

/* --- objects --- */

static int
take_member(struct reading *r)
{
	struct cell c = { .kind = CELL_TEXT };
	const char *name;
	size_t len;
	bool there;
	int column;

	if (!take(r, '"'))
		return dataset_wrong(r, r->line, "the name of a member is a string");
	if (take_string(r, &name, &len) < 0 || (column = dataset_column(r, name, len)) < 0)
		return -1;
	if (!take(r, ':'))
		return dataset_wrong(r, r->line, "the name of a member is followed by \":\"");
	c.column = (uint8_t)column;
	if (take_cell(r, &c, &there) < 0)
		return -1;
	return there ? dataset_add_cell(r, &c) : 0;
}

static int
take_object(struct reading *r)
{
	if (!take(r, '{'))
		return dataset_wrong(r, r->line, "a data file is a list of objects: [ { \"name\": \"value\" }, ... ]");
	if (dataset_add_row(r, r->line) < 0)
		return -1;
	if (take(r, '}'))
		return 0;
	do {
		if (take_member(r) < 0)
			return -1;
	} while (take(r, ','));
	return take(r, '}') ? 0 : dataset_wrong(r, r->line, "a member is followed by \",\" or \"}\"");
}

int
dataset_json_read(struct reading *r)
{
	if (!take(r, '['))
		return dataset_wrong(r, r->line, "a data file is a list of objects: [ { \"name\": \"value\" }, ... ]");
	if (!take(r, ']')) {
		do {
			if (take_object(r) < 0)
				return -1;
		} while (take(r, ','));
		if (!take(r, ']'))
			return dataset_wrong(r, r->line, "an object is followed by \",\" or \"]\"");
	}
	skip_blanks(r);
	return r->at == r->end ? 0 : dataset_wrong(r, r->line, "there is text behind the list");
}
