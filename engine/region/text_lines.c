/* SPDX-License-Identifier: Apache-2.0 */
#include "region/text_lines.h"

#include "region/version_text.h"

#include <ctype.h>
#include <string.h>

int
text_lines_unfit(const struct text_lines *r, const char *expected)
{
	return fault_set(r->f, "line %d is not '%s'", r->line, expected);
}

int
text_lines_next(struct text_lines *r)
{
	const char *end = memchr(r->at, '\n', (size_t)(r->end - r->at));
	size_t len = end != NULL ? (size_t)(end - r->at) : TEXT_LINES_LINE;

	r->line++;
	if (len >= TEXT_LINES_LINE)
		return text_lines_unfit(r, "a line");
	for (size_t i = 0; i < len; i++)
		if (iscntrl((unsigned char)r->at[i]))
			return text_lines_unfit(r, "a line of text");
	memcpy(r->text, r->at, len);
	r->text[len] = '\0';
	r->at = end + 1;
	return 0;
}

int
text_lines_take(struct text_lines *r, const char *key, char *out, size_t min, size_t size)
{
	size_t n = strlen(key), len;

	if (text_lines_next(r) < 0)
		return -1;
	len = strlen(r->text);
	if (len < n + 1 || memcmp(r->text, key, n) != 0 || r->text[n] != ' ' || len - n - 1 < min || len - n - 1 >= size)
		return text_lines_unfit(r, key);
	memcpy(out, r->text + n + 1, len - n);
	return 0;
}

int
text_lines_number(struct text_lines *r, const char *key, bool none, uint64_t *out)
{
	char text[24];

	if (text_lines_take(r, key, text, 1, sizeof text) < 0)
		return -1;
	*out = 0;
	return version_number(text, out) || (none && strcmp(text, "0") == 0) ? 0 : text_lines_unfit(r, key);
}

bool
text_lines_is_hex(const char *text, size_t digits)
{
	return strspn(text, "0123456789abcdef") == digits && text[digits] == '\0';
}

int
text_lines_hex(struct text_lines *r, const char *key, char *out, size_t size)
{
	if (text_lines_take(r, key, out, size - 1, size) < 0)
		return -1;
	return text_lines_is_hex(out, size - 1) ? 0 : text_lines_unfit(r, key);
}
