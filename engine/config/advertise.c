/* SPDX-License-Identifier: Apache-2.0 */
#include "config/advertise.h"

#include "base/addr.h"

#include <stdio.h>
#include <string.h>

/* Reads the n bytes of a region's name into out. */
static bool
read_region(const char *name, size_t n, const char *networkid, char out[NAME_PAIR_SIZE])
{
	const char *dot = memchr(name, '.', n);
	size_t before = dot != NULL ? (size_t)(dot - name) : 0;

	if (dot == NULL ? !name_ok(name, n) : !name_ok(name, before) || !name_ok(dot + 1, n - before - 1))
		return false;
	if (dot == NULL)
		snprintf(out, NAME_PAIR_SIZE, "%.8s.%.*s", networkid, (int)n, name);
	else
		snprintf(out, NAME_PAIR_SIZE, "%.*s", (int)n, name);
	return true;
}

bool
advertise_next(const char **text, const char *networkid, struct advertised *out)
{
	size_t n = strcspn(*text, " ");
	const char *sign = memchr(*text, '=', n);
	char address[HOST_SIZE + 10];
	size_t name = sign != NULL ? (size_t)(sign - *text) : 0, len = sign != NULL ? n - name - 1 : 0;
	struct fault none;

	if (sign == NULL || len >= sizeof address || !read_region(*text, name, networkid, out->region))
		return false;
	memcpy(address, sign + 1, len);
	address[len] = '\0';
	if (addr_split(address, out->host, sizeof out->host, &out->port, &none) < 0)
		return false;
	*text += n + ((*text)[n] == ' ');
	return true;
}

bool
advertise_find(const char *text, const char *networkid, const char *region, struct advertised *out)
{
	while (advertise_next(&text, networkid, out))
		if (strcmp(out->region, region) == 0)
			return true;
	return false;
}
