/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines: a profile's name, another, a resource. Covering is what a matcher that tries everything says; the order is
 * one; more specific means fewer.
 */
#include "security/profile.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static size_t
qualifier(const char *p)
{
	return strcspn(p, ".");
}

static const char *
behind(const char *p)
{
	size_t n = qualifier(p);

	return p[n] == '.' ? p + n + 1 : NULL;
}

static bool
covers_one(const char *p, size_t np, const char *r, size_t nr)
{
	for (size_t i = 0; i < np; i++) {
		if (p[i] == '*')
			return true;
		if (i >= nr || (p[i] != '%' && p[i] != r[i]))
			return false;
	}
	return np == nr;
}

/* By the words of profile.h, every way tried; the budget keeps the slow one from being the fuzzer's find. */
static int
slow(const char *p, const char *r, long *budget)
{
	size_t np = p != NULL ? qualifier(p) : 0;
	int now;

	if (--*budget < 0)
		return -1;
	if (p == NULL)
		return r == NULL;
	if (np == 2 && memcmp(p, "**", 2) == 0) {
		now = slow(behind(p), r, budget);
		return now != 0 || r == NULL ? now : slow(p, behind(r), budget);
	}
	if (r == NULL)
		return 0;
	if (np > 2 && p[np - 1] == '*' && p[np - 2] == '*') {
		for (size_t i = 0; i < np - 2; i++)
			if (r[i] == '\0' || (p[i] == '%' ? r[i] == '.' : p[i] != r[i]))
				return 0;
		return 1;
	}
	return covers_one(p, np, r, qualifier(r)) ? slow(behind(p), behind(r), budget) : 0;
}

static void
run(const char *a, const char *b, const char *resource)
{
	long budget = 100000;
	bool a_ok = profile_check(a, strlen(a), NULL) == 0, b_ok = profile_check(b, strlen(b), NULL) == 0;
	int expected;

	if (a_ok) {
		bool covers = profile_covers(a, resource);

		expected = slow(a, resource, &budget);
		assert(expected < 0 || covers == (expected == 1));
		assert(profile_order(a, a) == 0);
		assert(profile_generic(a) || covers == (strcmp(a, resource) == 0));
	}
	if (a_ok && b_ok) {
		assert(profile_order(a, b) == -profile_order(b, a));
		assert((profile_order(a, b) == 0) == (strcmp(a, b) == 0));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *b, *resource;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	b = strchr(text, '\n');
	resource = b != NULL ? strchr(b + 1, '\n') : NULL;
	if (resource != NULL) {
		*b++ = *resource++ = '\0';
		run(text, b, resource);
	}
	free(text);
	return 0;
}
