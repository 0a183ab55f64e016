/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/values.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/luatext.h"
#include "base/name.h"
#include "config/definition.h"

#define LENGTH_MAX 100  /* bytes of a literal that counts */
#define BASE_MAX 150    /* literals of a kind */
#define PAIRS_MAX 400     /* names of certificates that are made of two names of the definition */
#define PAIRS_DERIVED 40  /* of these, those that others are derived from */
#define STRANGER "EVIL"
#define DAY 86400

/* --- lists ------------------------------------------------------------------------------------ */

size_t
values_find(const struct values *v, enum value_kind kind, const char *bytes, size_t len)
{
	const struct value_list *l = &v->list[kind];

	for (size_t i = 0; i < l->n; i++)
		if (l->item[i].len == len && memcmp(l->item[i].bytes, bytes, len) == 0)
			return i;
	return 0;
}

static bool
has(const struct values *v, enum value_kind kind, const char *bytes, size_t len)
{
	const struct value_list *l = &v->list[kind];

	return values_find(v, kind, bytes, len) > 0 || (l->n > 0 && l->item[0].len == len && memcmp(l->item[0].bytes, bytes, len) == 0);
}

static bool
grow(struct value_list *l)
{
	size_t room = l->room > 0 ? 2 * l->room : 64;
	struct value *grown = realloc(l->item, room * sizeof *grown);

	if (grown == NULL)
		return false;
	l->item = grown;
	l->room = room;
	return true;
}

static void
add(struct values *v, enum value_kind kind, const char *bytes, size_t len)
{
	struct value_list *l = &v->list[kind];
	char *copy;

	if (l->n >= VALUES_MAX || has(v, kind, bytes, len))
		return;
	copy = malloc(len + 1);
	if (copy == NULL || (l->n == l->room && !grow(l))) {
		free(copy);
		v->short_of_memory = true;
		return;
	}
	memcpy(copy, bytes, len);
	copy[len] = '\0';
	l->item[l->n++] = (struct value){ copy, len };
}

static void
add_text(struct values *v, enum value_kind kind, const char *text)
{
	add(v, kind, text, strlen(text));
}

static void
add_number(struct values *v, enum value_kind kind, long n)
{
	char text[24];

	snprintf(text, sizeof text, "%ld", n);
	add_text(v, kind, text);
}

void
values_add(struct values *v, enum value_kind kind, const char *bytes, size_t len)
{
	add(v, kind, bytes, len);
}

void
values_free(struct values *v)
{
	for (int k = 0; k < VALUE_KINDS; k++) {
		for (size_t i = 0; i < v->list[k].n; i++)
			free(v->list[k].item[i].bytes);
		free(v->list[k].item);
	}
	*v = (struct values){ .short_of_memory = false };
}

/* --- addresses -------------------------------------------------------------------------------- */

/* Adds the address of a peer, and as the host of a CAPEX: there a partner may spell IPv4 as IPv6. */
static void
add_address(struct values *v, const struct addr *a)
{
	char text[ADDR_TEXT], mapped[ADDR_TEXT + 8];

	addr_ip(a, text, sizeof text);
	add_text(v, VALUE_ADDRESS, text);
	add_text(v, VALUE_HOST, text);
	if (a->family != 4)
		return;
	snprintf(mapped, sizeof mapped, "::ffff:%s", text);
	add_text(v, VALUE_HOST, mapped);
}

/* The address before (by -1) or behind (by 1). */
static struct addr
beside(struct addr a, int by)
{
	int i = a.family == 4 ? 3 : 15;

	for (; i >= 0; i--) {
		unsigned char was = a.bytes[i];

		a.bytes[i] = (unsigned char)(was + by);
		if (by > 0 ? was != 255 : was != 0)
			break;
	}
	return a;
}

/* The same address in the other family, as an IPv6 address whose last four bytes are an IPv4 address, or that one. */
static void
add_other_family(struct values *v, const struct addr *a)
{
	struct addr other = { .family = a->family == 4 ? 6 : 4 };

	if (a->family == 4)
		memcpy(other.bytes + 12, a->bytes, 4);
	else
		memcpy(other.bytes, a->bytes + 12, 4);
	add_address(v, &other);
}

static void
add_edges(struct values *v, const struct addr_prefix *p)
{
	struct addr first = { .family = p->family }, last, edge;

	memcpy(first.bytes, p->bytes, sizeof first.bytes);
	last = first;
	for (int bit = p->bits; bit < (p->family == 4 ? 32 : 128); bit++)
		last.bytes[bit / 8] |= (unsigned char)(0x80 >> bit % 8);
	add_address(v, &first);
	add_address(v, &last);
	edge = beside(first, -1);
	add_address(v, &edge);
	edge = beside(last, 1);
	add_address(v, &edge);
	add_other_family(v, &first);
}

/* True when the text is an address, a network, or the beginning of an IPv4 address ("192.0.2."). */
static bool
take_address(struct values *v, const char *text, size_t len)
{
	struct addr_prefix p;
	struct fault f;
	char whole[LENGTH_MAX + 12];
	struct addr a;
	size_t dots = 0, digits = 0;

	if (addr_prefix_parse(&p, text, len, &f) == 0) {
		add_edges(v, &p);
		return true;
	}
	snprintf(whole, sizeof whole, "%.*s", (int)len, text);
	for (size_t i = 0; i < len; i++) {
		dots += text[i] == '.';
		digits += isdigit((unsigned char)text[i]) != 0;
	}
	if (dots == 0 || dots > 3 || digits + dots != len)
		return false;
	for (; dots < 3; dots++)
		strcat(whole, whole[strlen(whole) - 1] == '.' ? "1." : ".1");
	if (whole[strlen(whole) - 1] == '.')
		strcat(whole, "1");
	if (addr_parse(&a, whole, 0) < 0)
		return false;
	add_address(v, &a);
	return true;
}

/* --- times and numbers ------------------------------------------------------------------------ */

/* A second before and at a time of the plain day, and of the next Saturday. */
static void
add_hour(struct values *v, long seconds)
{
	long day = atol(VALUES_NOON) - DAY / 2;

	for (int d = 0; d <= 5; d += 5) {
		add_number(v, VALUE_TIME, day + d * DAY + seconds - 1);
		add_number(v, VALUE_TIME, day + d * DAY + seconds);
	}
}

static bool
take_hour(struct values *v, const char *text, size_t len)
{
	int hour, minute, end = 0;
	char copy[8];

	if (len < 4 || len > 5)
		return false;
	snprintf(copy, sizeof copy, "%.*s", (int)len, text);
	if (sscanf(copy, "%2d:%2d%n", &hour, &minute, &end) != 2 || (size_t)end != len)
		return false;
	add_hour(v, hour * 3600L + minute * 60L);
	return true;
}

static void
take_number(struct values *v, const char *text, size_t len)
{
	char copy[24], *end;
	double n;

	snprintf(copy, sizeof copy, "%.*s", (int)len, text);
	n = strtod(copy, &end);
	if (end == copy || *end != '\0' || n < 0 || n > 4e9)
		return;
	if (n <= 24)
		add_hour(v, (long)(n * 3600));
	if (n >= 1e8)
		add_number(v, VALUE_TIME, (long)n);
	for (long by = -1; by <= 1; by++) {
		long m = (long)n + by;

		if (m >= 0 && m <= 999)
			add_number(v, VALUE_COUNT, m);
		if (m >= 0 && m <= 1000000)
			add_number(v, VALUE_LOAD, m);
		if (m >= 0 && m <= 65535)
			add_number(v, VALUE_PORT, m);
	}
}

/* --- names ------------------------------------------------------------------------------------ */

static bool
is_host(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '.' && text[i] != '-')
			return false;
	return len > 0 && len < 200;
}

static void
add_system(struct values *v, const char *text, size_t len)
{
	if (len > 0 && len < NAME_SIZE && name_ok(text, len))
		add(v, VALUE_SYSTEM, text, len);
}

static void
add_name(struct values *v, const char *text, size_t len)
{
	if (v->list[VALUE_NAME].n < BASE_MAX)
		add(v, VALUE_NAME, text, len);
	add_system(v, text, len);
	if (is_host(text, len) && memchr(text, '.', len) != NULL)
		add(v, VALUE_HOST, text, len);
	if (len < NAME_SIZE && name_ok(text, len))
		add(v, VALUE_USER, text, len);
}

/* A name, and for "NETWORKID.APPLID" both of its parts. */
static void
take_name(struct values *v, const char *text, size_t len)
{
	const char *dot = memchr(text, '.', len);
	size_t before = dot != NULL ? (size_t)(dot - text) : 0;

	if (len == 0 || len > LENGTH_MAX)
		return;
	add_name(v, text, len);
	if (dot == NULL || before >= NAME_SIZE || len - before - 1 >= NAME_SIZE)
		return;
	add_system(v, text, before);
	add_system(v, dot + 1, len - before - 1);
}

/* Writes a text that fits a Lua pattern, for patterns of common forms. */
static size_t
fit(char *out, const char *pattern, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = pattern[i];

		if (c == '%' && i + 1 < len) {
			c = pattern[++i];
			out[n++] = c == 'd' || c == 'x' ? '1' : c == 'l' ? 'a' : isalpha((unsigned char)c) ? 'A' : c;
		} else if (strchr("^$()*+?[]", c) == NULL) {
			out[n++] = c;
		}
	}
	return n;
}

/* The values of a distinguished name: "CN=NETX.CTGAPP,O=Example". */
static void
take_parts(struct values *v, const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		const char *comma = memchr(text, ',', (size_t)(end - text)), *equals;

		comma = comma != NULL ? comma : end;
		equals = memchr(text, '=', (size_t)(comma - text));
		if (equals != NULL)
			take_name(v, equals + 1, (size_t)(comma - equals - 1));
		text = comma + 1;
	}
}

static void
take_text(struct values *v, const char *text, size_t len)
{
	char plain[LENGTH_MAX];

	if (len == 0 || len > LENGTH_MAX || take_address(v, text, len) || take_hour(v, text, len))
		return;
	take_name(v, text, len);
	take_parts(v, text, len);
	if (len > 1)
		take_name(v, plain, fit(plain, text, len));
}

void
values_take_lua(struct values *v, const char *text, size_t len)
{
	struct luatext t = { .at = text, .end = text + len, .line = 1 };
	struct luatext_token token;

	while ((token = luatext_next(&t)).kind != LUATEXT_END) {
		if (token.kind == LUATEXT_QUOTED)
			take_text(v, token.start, token.len);
		else if (token.kind == LUATEXT_WORD && isdigit((unsigned char)token.start[0]))
			take_number(v, token.start, token.len);
	}
}

void
values_take_data(struct values *v, const char *text, size_t len)
{
	static const char between[] = " \t\r\n,;\"'[]{}";
	size_t at = 0;

	while (at < len) {
		size_t n = 0;

		while (at + n < len && (text[at + n] == '\0' || strchr(between, text[at + n]) == NULL))
			n++;
		take_text(v, text + at, n);
		if (n > 0 && n < 20)
			take_number(v, text + at, n);
		at += n + 1;
	}
}

/* --- the definition --------------------------------------------------------------------------- */

static void
take_ipconn(struct values *v, const struct ipconn_def *d)
{
	char both[2 * NAME_SIZE + 1];

	take_name(v, d->networkid, strlen(d->networkid));
	take_name(v, d->applid, strlen(d->applid));
	take_name(v, d->ipconn, strlen(d->ipconn));
	if (d->applid[0] != '\0') {
		snprintf(both, sizeof both, "%s.%s", d->networkid, d->applid);
		take_name(v, both, strlen(both));
	}
}

static void
begin_plain(struct values *v)
{
	for (int k = 0; k < VALUE_KINDS; k++)
		if (k != VALUE_SERVICE && k != VALUE_ADDRESS && k != VALUE_TIME)
			add_text(v, (enum value_kind)k, "");
	add_text(v, VALUE_ADDRESS, "127.0.0.1");
	add_text(v, VALUE_TIME, VALUES_NOON);
	add_text(v, VALUE_TLS, "no");
	add_text(v, VALUE_TLS, "TLSv1.2");
	add_text(v, VALUE_TLS, "TLSv1.3");
	add_text(v, VALUE_PROOF, "verified");
	add_text(v, VALUE_PROOF, "unverified");
	add_text(v, VALUE_SOCKETS, "2");
	take_name(v, STRANGER, strlen(STRANGER));
}

void
values_begin(struct values *v, const struct definition *d)
{
	begin_plain(v);
	for (size_t i = 0; i < d->ntcpipservices; i++)
		add_text(v, VALUE_SERVICE, d->tcpipservice[i].tcpipservice);
	take_name(v, d->region.networkid, strlen(d->region.networkid));
	take_name(v, d->region.applid, strlen(d->region.applid));
	for (size_t i = 0; i < d->nipconns; i++)
		take_ipconn(v, &d->ipconn[i]);
	for (size_t i = 0; i < d->nprograms; i++)
		add_text(v, VALUE_PROGRAM, d->program[i].program);
	for (size_t i = 0; i < d->ntransactions; i++)
		add_text(v, VALUE_TRAN, d->transaction[i].transaction);
	v->defined = v->list[VALUE_SYSTEM].n;
}

/* --- derived values --------------------------------------------------------------------------- */

/* Adds a value with `drop` bytes at `at` replaced by the bytes `put`. */
static void
edit(struct values *v, enum value_kind kind, const char *text, size_t len, size_t at, size_t drop, const char *put, size_t put_len)
{
	char out[LENGTH_MAX + 20];

	if (len + put_len > sizeof out)
		return;
	memcpy(out, text, at);
	memcpy(out + at, put, put_len);
	memcpy(out + at + put_len, text + at + drop, len - at - drop);
	len = len - drop + put_len;
	if (kind == VALUE_SYSTEM)
		add_system(v, out, len);
	else if (len > 0)
		add(v, kind, out, len);
}

/* One byte more, less, or another at the ends and at each mark; a part before and behind. */
static void
derive_edits(struct values *v, enum value_kind kind, const char *text, size_t len)
{
	edit(v, kind, text, len, 0, 0, "X", 1);
	edit(v, kind, text, len, len, 0, "X", 1);
	edit(v, kind, text, len, len, 0, "1", 1);
	edit(v, kind, text, len, 0, 1, "", 0);
	edit(v, kind, text, len, len - 1, 1, "", 0);
	edit(v, kind, text, len, 0, 1, "X", 1);
	edit(v, kind, text, len, len - 1, 1, "X", 1);
	for (size_t i = 1; i + 1 < len; i++)
		if (!isalnum((unsigned char)text[i])) {
			edit(v, kind, text, len, i, 1, "X", 1);
			edit(v, kind, text, len, i, 1, "", 0);
		}
	edit(v, kind, text, len, 0, 0, STRANGER, 4);
	edit(v, kind, text, len, 0, 0, STRANGER ".", 5);
	edit(v, kind, text, len, len, 0, STRANGER, 4);
	edit(v, kind, text, len, len, 0, "." STRANGER, 5);
}

static void
derive_case(struct values *v, enum value_kind kind, const char *text, size_t len)
{
	char low[LENGTH_MAX], high[LENGTH_MAX];

	for (size_t i = 0; i < len; i++) {
		low[i] = (char)tolower((unsigned char)text[i]);
		high[i] = (char)toupper((unsigned char)text[i]);
	}
	edit(v, kind, low, len, 0, 0, "", 0);
	edit(v, kind, high, len, 0, 0, "", 0);
}

/* A NUL that cuts the name for C, and further bytes behind white space and a line's end. */
static void
derive_bytes(struct values *v, enum value_kind kind, const char *text, size_t len)
{
	edit(v, kind, text, len, len, 0, "\0" STRANGER, 5);
	edit(v, kind, text, len, 0, 0, STRANGER "\0", 5);
	edit(v, kind, text, len, len, 0, "\n" STRANGER, 5);
	edit(v, kind, text, len, len, 0, " ", 1);
	edit(v, kind, text, len, len, 0, "," STRANGER, 5);
}

static void
derive(struct values *v, enum value_kind kind)
{
	struct value_list *l = &v->list[kind];
	size_t n = l->n;

	for (size_t i = 0; i < n && i < l->base + PAIRS_DERIVED; i++) {
		const char *text = l->item[i].bytes;
		size_t len = l->item[i].len;

		if (len == 0)
			continue;
		derive_edits(v, kind, text, len);
		derive_case(v, kind, text, len);
		if (kind == VALUE_NAME)
			derive_bytes(v, kind, text, len);
	}
}

static void
add_limits(struct values *v)
{
	for (int k = 0; k < VALUE_KINDS; k++)
		v->list[k].base = v->list[k].n;
	add_number(v, VALUE_COUNT, 0);
	add_number(v, VALUE_COUNT, 1);
	add_number(v, VALUE_COUNT, 999);
	add_number(v, VALUE_LOAD, 0);
	add_number(v, VALUE_LOAD, 1000000);
	add_number(v, VALUE_PORT, -1);
	add_number(v, VALUE_PORT, 1);
	add_number(v, VALUE_PORT, 65535);
	add_text(v, VALUE_ADDRESS, "192.0.2.1");
	add_text(v, VALUE_ADDRESS, "2001:db8::1");
	add_text(v, VALUE_ADDRESS, "::1");
	add_hour(v, 0);
}

/* The names NETWORKID.APPLID of certificates, of all pairs of names of the definition. */
static void
add_pairs(struct values *v)
{
	const struct value_list *l = &v->list[VALUE_SYSTEM];
	char name[2 * NAME_SIZE + 1];

	for (size_t i = 0; i < v->defined * v->defined && i < PAIRS_MAX; i++) {
		const struct value *networkid = &l->item[i / v->defined], *applid = &l->item[i % v->defined];

		snprintf(name, sizeof name, "%s.%s", networkid->bytes, applid->bytes);
		if (networkid->len > 0 && applid->len > 0)
			add_text(v, VALUE_NAME, name);
	}
}

int
values_derive(struct values *v)
{
	add_limits(v);
	add_pairs(v);
	derive(v, VALUE_NAME);
	derive(v, VALUE_HOST);
	derive(v, VALUE_SYSTEM);
	return v->short_of_memory ? -1 : 0;
}
