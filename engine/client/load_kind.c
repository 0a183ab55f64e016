/* SPDX-License-Identifier: Apache-2.0 */
#include "client/load_kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_LEN 20

static const char *const names[LOAD_KINDS] = { "good", "no-certificate", "foreign", "expired", "bad-capex", "half-capex", "silent" };

const char *
load_kind_name(enum load_kind k)
{
	return names[k];
}

/* LOAD_GOOD: no kind has that name. */
static enum load_kind
find(const char *name, size_t len)
{
	enum load_kind k = LOAD_KINDS - 1;

	while (k > LOAD_GOOD && (strlen(names[k]) != len || memcmp(names[k], name, len) != 0))
		k--;
	return k;
}

/* Reads one "KIND=P%"; *at goes behind it. */
static int
parse_one(struct load_mix *m, const char **at, struct fault *f)
{
	size_t len = strcspn(*at, "=,");
	enum load_kind k = find(*at, len);
	const char *number = *at + len + ((*at)[len] == '=');
	char *end;
	double percent = strtod(number, &end);

	if (k == LOAD_GOOD)
		return fault_set(f, "'%.*s' is not one of no-certificate, foreign, expired, bad-capex, half-capex and silent", (int)(len < NAME_LEN ? len : NAME_LEN), *at);
	if ((*at)[len] != '=' || *number < '0' || *number > '9' || *end != '%' || !(percent > 0 && percent <= 100))
		return fault_set(f, "%s needs a percentage above 0 and at most 100, such as %s=5%%", names[k], names[k]);
	if (m->percent[k] != 0)
		return fault_set(f, "%s stands there twice", names[k]);
	m->percent[k] = percent;
	m->percent[LOAD_GOOD] -= percent;
	*at = end + 1;
	return 0;
}

int
load_mix_parse(struct load_mix *m, const char *text, struct fault *f)
{
	*m = (struct load_mix){ .percent = { [LOAD_GOOD] = 100 } };
	while (text != NULL) {
		if (parse_one(m, &text, f) < 0)
			return -1;
		if (*text != '\0' && *text != ',')
			return fault_set(f, "'%.20s' is not understood; the form is KIND=P%%,KIND=P%%", text);
		text = *text == ',' ? text + 1 : NULL;
	}
	return m->percent[LOAD_GOOD] >= -1e-9 ? 0 : fault_set(f, "the percentages make more than 100");
}

enum load_kind
load_mix_next(struct load_mix *m)
{
	enum load_kind best = LOAD_GOOD;

	for (enum load_kind k = LOAD_GOOD; k < LOAD_KINDS; k++) {
		m->credit[k] += m->percent[k];
		if (m->credit[k] > m->credit[best])
			best = k;
	}
	m->credit[best] -= 100;
	return best;
}
