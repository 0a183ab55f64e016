/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

void
text_copy(char *out, size_t size, const char *text)
{
	size_t len = strnlen(text, size - 1);

	memcpy(out, text, len);
	out[len] = '\0';
}

const char *
text_printable(char *out, size_t size, const char *bytes, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];
		bool plain = c >= 0x20 && c < 0x7f;

		if (n + (plain ? 1 : 4) + (i + 1 < len ? 3 : 0) >= size) {
			snprintf(out + n, size - n, "...");
			return out;
		}
		n += (size_t)snprintf(out + n, size - n, plain ? "%c" : "\\x%02x", c);
	}
	out[n < size ? n : size - 1] = '\0';
	return out;
}

bool
text_upper(char *out, size_t size, const char *text, size_t len)
{
	size_t n = len < size ? len : 0;

	for (size_t i = 0; i < n; i++)
		out[i] = text[i] >= 'a' && text[i] <= 'z' ? (char)(text[i] - 'a' + 'A') : text[i];
	out[n] = '\0';
	return n == len;
}

const char *
text_list(const char *const *words, char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; words[i] != NULL && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%s", i == 0 ? "" : words[i + 1] == NULL ? " and " : ", ", words[i]);
	return out;
}
