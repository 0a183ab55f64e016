/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/dn.h"

#include "tls/dn_type.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct parse {
	const char *at, *end;
	struct fault *fault;
};

static void
skip_blanks(struct parse *p)
{
	while (p->at < p->end && *p->at == ' ')
		p->at++;
}

static int
read_type(struct parse *p, struct rdn *r)
{
	char written[DN_TYPE_SIZE];
	size_t n = 0;

	skip_blanks(p);
	while (p->at < p->end && (isalnum((unsigned char)*p->at) || *p->at == '.' || *p->at == '-') && n < sizeof written - 1)
		written[n++] = *p->at++;
	written[n] = '\0';
	skip_blanks(p);
	if (n == 0 || p->at == p->end || *p->at != '=')
		return fault_set(p->fault, "a name is TYPE=VALUE,TYPE=VALUE, such as OU=Pay,O=Shop");
	p->at++;
	skip_blanks(p);
	return dn_type_read(written, r->type, p->fault);
}

static int
hex(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

/* Reads the characters after a backslash. */
static int
read_escaped(struct parse *p, char *out)
{
	if (p->end - p->at >= 2 && hex(p->at[0]) >= 0 && hex(p->at[1]) >= 0) {
		*out = (char)(hex(p->at[0]) << 4 | hex(p->at[1]));
		p->at += 2;
		return 0;
	}
	if (p->at == p->end || isalnum((unsigned char)*p->at))
		return fault_set(p->fault, "after a \\ comes a character that is not a letter or digit, or two hex digits");
	*out = *p->at++;
	return 0;
}

/*
 * True when the value read so far, before an =, ends in the type of another part ("Shop.OU"). RACF separates parts with
 * a dot, old `openssl x509` with a slash.
 */
static bool
ends_in_type(const char *value, size_t n)
{
	char word[DN_TYPE_SIZE];
	size_t end, begin;

	while (n > 0 && value[n - 1] == ' ')
		n--;
	for (end = begin = n; begin > 0 && isalnum((unsigned char)value[begin - 1]); begin--)
		;
	if (begin == 0 || begin == end || end - begin >= sizeof word)
		return false;
	memcpy(word, value + begin, end - begin);
	word[end - begin] = '\0';
	return dn_type_likely(word);
}

/* Refuses a character that must not be in a value unescaped; `n` bytes of the value are before it. */
static int
check_byte(struct parse *p, char c, const char *value, size_t n)
{
	if (c != '\0' && strchr("+;<>\"", c) != NULL)
		return fault_set(p->fault, "%c needs a \\ before it; a part with several values cannot be named", c);
	if (c == '=' && ends_in_type(value, n))
		return fault_set(p->fault, "a part begins within a value (%.*s=): parts are separated by commas, OU=Pay,O=Shop; an = that belongs to the value is "
			"written \\=", (int)(n > 40 ? 40 : n), value + (n > 40 ? n - 40 : 0));
	return 0;
}

/*
 * Reads a value up to a comma that is not escaped; unescaped blanks at its end do not count. Returns its length in
 * bytes, or -1.
 */
static long
read_bytes(struct parse *p, char *out)
{
	size_t n = 0, kept = 0;

	if (p->at < p->end && *p->at == '#')
		return fault_set(p->fault, "a value that begins with # needs a \\ before it");
	while (p->at < p->end && *p->at != ',') {
		char c = *p->at++;
		bool escaped = c == '\\';

		if (escaped ? read_escaped(p, &c) < 0 : check_byte(p, c, out, n) < 0)
			return -1;
		if (c == '\0')
			return fault_set(p->fault, "a value holds a NUL");
		out[n++] = c;
		if (escaped || c != ' ')
			kept = n;
	}
	return kept > 0 ? (long)kept : fault_set(p->fault, "a value is empty");
}

static int
read_part(struct parse *p, struct rdn *r)
{
	char *value;
	long n;

	if (read_type(p, r) < 0)
		return -1;
	value = malloc((size_t)(p->end - p->at) + 1);
	if (value == NULL)
		return fault_set(p->fault, "out of memory");
	n = read_bytes(p, value);
	if (n < 0) {
		free(value);
		return -1;
	}
	value[n] = '\0';
	r->value = (struct text){ .bytes = value, .len = (size_t)n };
	return 0;
}

static void
turn_round(struct dn *d)
{
	for (size_t i = 0; i < d->n / 2; i++) {
		struct rdn r = d->item[i];

		d->item[i] = d->item[d->n - 1 - i];
		d->item[d->n - 1 - i] = r;
	}
}

static int
read_parts(struct parse *p, struct dn *d)
{
	for (;;) {
		if (d->n == DN_PARTS_MAX)
			return fault_set(p->fault, "a name has at most %d parts", DN_PARTS_MAX);
		if (read_part(p, &d->item[d->n]) < 0)
			return -1;
		d->n++;
		if (p->at == p->end)
			return 0;
		p->at++;
	}
}

/* How near to the leaf a type is placed by general practice; 0: practice differs. */
static int
nearness(const char *type)
{
	static const char *const order[][3] = { { "C", "DC" }, { "O" }, { "OU" }, { "CN", "UID" } };

	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		for (size_t j = 0; j < 3 && order[i][j] != NULL; j++)
			if (strcmp(order[i][j], type) == 0)
				return (int)i + 1;
	return 0;
}

/* Finds the order of `openssl x509` ("C=DE, O=Shop, CN=fred"): all parts with a known order are reversed. */
static int
check_order(const struct dn *d, struct fault *f)
{
	bool wrong = false;

	for (size_t i = 0; i < d->n; i++)
		for (size_t j = i + 1; j < d->n; j++) {
			int before = nearness(d->item[i].type), behind = nearness(d->item[j].type);

			if (before > behind && behind > 0)
				return 0;
			wrong = wrong || (before > 0 && before < behind);
		}
	return wrong ? fault_set(f, "the parts have the order of `openssl x509`; write the leaf first, as RFC 2253 does: CN=..., OU=..., O=..., C=...") : 0;
}

void
dn_free(struct dn *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->item[i].value.bytes);
	free(d->item);
	free(d->printed);
	*d = (struct dn){ .n = 0 };
}

int
dn_parse(struct dn *out, const char *text, size_t len, struct fault *f)
{
	struct parse p = { .at = text, .end = text + len, .fault = f };

	*out = (struct dn){ .item = calloc(DN_PARTS_MAX, sizeof *out->item) };
	if (out->item == NULL || (out->printed = strndup(text, len)) == NULL) {
		dn_free(out);
		return fault_set(f, "out of memory");
	}
	if (read_parts(&p, out) < 0 || check_order(out, f) < 0) {
		dn_free(out);
		return -1;
	}
	turn_round(out);
	return 0;
}

static bool
same_part(const struct rdn *a, const struct rdn *b)
{
	return strcasecmp(a->type, b->type) == 0 && a->value.len == b->value.len && memcmp(a->value.bytes, b->value.bytes, a->value.len) == 0;
}

/* The part printed last is the first one in a certificate. */
bool
dn_ends(const struct dn *name, const struct dn *end)
{
	if (end->n == 0 || end->n > name->n)
		return false;
	for (size_t i = 0; i < end->n; i++)
		if (name->item[i].shared || !same_part(&name->item[i], &end->item[i]))
			return false;
	return true;
}

bool
dn_same(const struct dn *a, const struct dn *b)
{
	return a->n == b->n && (a->n == 0 || dn_ends(a, b));
}
