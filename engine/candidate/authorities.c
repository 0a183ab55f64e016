/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/authorities.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "tls/dn.h"
#include "tls/ring.h"

#define PARTS_MAX 12

struct taking {
	struct minted *minted;
	struct values *values;
};

/* The place of a part in the order of a row, from 1; 0: a row has no such part. */
static int
place_of(const char *type)
{
	static const char *const types[] = { "C", "ST", "L", "O", "OU", "CN" };

	for (int i = 0; i < (int)(sizeof types / sizeof *types); i++)
		if (strcmp(types[i], type) == 0)
			return i + 1;
	return 0;
}

/* Whether a row can write the subject: each part once, in its order, and of printable ASCII without quotes. */
static bool
fits(const struct dn *d)
{
	int last = 0;

	for (size_t i = 0; i < d->n; i++) {
		const struct rdn *r = &d->item[i];
		int place = place_of(r->type);

		if (place <= last || r->shared || r->value.len == 0)
			return false;
		last = place;
		for (size_t k = 0; k < r->value.len; k++)
			if (!isprint((unsigned char)r->value.bytes[k]) || strchr("\"\\", r->value.bytes[k]) != NULL)
				return false;
	}
	return d->n > 0 && d->n <= PARTS_MAX;
}

/* Writes the subject as a row does. */
static void
write(const struct dn *d, struct buf *out)
{
	for (size_t i = 0; i < d->n; i++) {
		buf_printf(out, "%s ", i == 0 ? "{" : ",");
		for (const char *c = d->item[i].type; *c != '\0'; c++)
			buf_printf(out, "%c", tolower((unsigned char)*c));
		buf_printf(out, " = \"%.*s\"", (int)d->item[i].value.len, d->item[i].value.bytes);
	}
	buf_printf(out, " }");
}

/* The callback of ring_any_authority: none is looked for. */
static bool
authorities_add(void *arg, const struct dn *subject)
{
	struct taking *t = arg;
	struct issue_text part[PARTS_MAX];
	struct buf text;

	if (!fits(subject))
		return false;
	buf_init(&text, 0);
	write(subject, &text);
	for (size_t i = 0; i < subject->n; i++)
		part[i] = (struct issue_text){ subject->item[i].type, subject->item[i].value.bytes, subject->item[i].value.len };
	if (values_find(t->values, VALUE_ISSUER, (const char *)buf_bytes(&text), buf_len(&text)) == 0 && minted_add(t->minted, part, subject->n) == 0)
		values_add(t->values, VALUE_ISSUER, (const char *)buf_bytes(&text), buf_len(&text));
	buf_free(&text);
	return false;
}

void
authorities_take(const struct ring *ring, struct minted *m, struct values *v)
{
	struct taking t = { m, v };

	if (ring != NULL)
		ring_any_authority(ring, authorities_add, &t);
}
