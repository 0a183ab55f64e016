/* SPDX-License-Identifier: Apache-2.0 */
#include "base/name.h"

#include <string.h>

/* Whether each byte is a digit, one of the 26 letters from `first` on, or one of the others. */
static bool
all_of(const char *p, unsigned long n, char first, const char *others)
{
	for (unsigned long i = 0; i < n; i++)
		if ((unsigned char)(p[i] - first) >= 26 && (unsigned char)(p[i] - '0') >= 10 && (p[i] == '\0' || strchr(others, p[i]) == NULL))
			return false;
	return true;
}

bool
name_ok(const char *p, unsigned long n)
{
	return n >= 1 && n < NAME_SIZE && all_of(p, n, 'A', "$@#");
}

bool
name_code_ok(const char *p, unsigned long n)
{
	return n >= 1 && n < CODE_SIZE && all_of(p, n, 'a', "_");
}

bool
name_pair_ok(const char *text)
{
	const char *dot = strchr(text, '.');

	return dot != NULL && name_ok(text, (size_t)(dot - text)) && name_ok(dot + 1, strlen(dot + 1));
}

static size_t
add_name(char *out, const char *name)
{
	size_t n = strnlen(name, NAME_SIZE - 1);

	memcpy(out, name, n);
	return n;
}

size_t
name_pair(const char *networkid, const char *applid, char out[NAME_PAIR_SIZE])
{
	size_t n = add_name(out, networkid);

	out[n++] = '.';
	n += add_name(out + n, applid);
	out[n] = '\0';
	return n;
}
