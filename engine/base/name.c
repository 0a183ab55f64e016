/* SPDX-License-Identifier: Apache-2.0 */
#include "base/name.h"

#include <string.h>

static bool
all_of(const char *p, unsigned long n, const char *set)
{
	for (unsigned long i = 0; i < n; i++)
		if (p[i] == '\0' || strchr(set, p[i]) == NULL)
			return false;
	return true;
}

bool
name_ok(const char *p, unsigned long n)
{
	return n >= 1 && n < NAME_SIZE && all_of(p, n, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789$@#");
}

bool
name_code_ok(const char *p, unsigned long n)
{
	return n >= 1 && n < CODE_SIZE && all_of(p, n, "abcdefghijklmnopqrstuvwxyz0123456789_");
}
