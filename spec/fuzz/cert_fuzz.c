/* SPDX-License-Identifier: Apache-2.0 */
/* cert: a stranger's certificate. What is described holds the promises of facts.h; anything else is refused whole. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls/cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "cert_fuzz: broken promise: %s\n", what);
	abort();
}

/* The length of the UTF-8 sequence at s, 0 when it is none: no surrogates, nothing overlong, nothing above U+10FFFF. */
static size_t
sequence(const unsigned char *s, size_t left)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0, i;

	if (n == 0 || n > left)
		return 0;
	for (i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static int
is_utf8(const struct text *t)
{
	const unsigned char *s = (const unsigned char *)t->bytes;
	size_t i = 0, n = 1;

	while (i < t->len && (n = sequence(s + i, t->len - i)) != 0)
		i += n;
	return n != 0;
}

static void
check_text(const struct text *t)
{
	must(t->bytes != NULL && t->len <= CERT_TEXT && t->bytes[t->len] == '\0', "a text ends in NUL and has a bounded length");
}

static void
check_dn(const struct dn *d)
{
	const char *s;
	size_t i;

	must(d->n <= CERT_NAMES, "a name has a bounded number of parts");
	for (i = 0; i < d->n; i++) {
		check_text(&d->item[i].value);
		must(is_utf8(&d->item[i].value), "a value is UTF-8");
		must(d->item[i].type[0] && memchr(d->item[i].type, '\0', sizeof d->item[i].type) != NULL, "a type is a string");
	}
	for (s = d->printed; *s; s++)
		must(*s >= ' ' && *s <= '~', "the printed form is printable");
}

static void
check_texts(const struct texts *l)
{
	size_t i;

	must(l->n <= CERT_NAMES, "a bounded number of a kind");
	for (i = 0; i < l->n; i++)
		check_text(&l->item[i]);
}

/*
 * Only a SAN entry without a NUL names a host. The hosts are made of the bytes of the entries, which are the likeliest
 * to be taken for them.
 */
static void
check_named(const struct certificate *c)
{
	char host[CERT_TEXT + 3];
	size_t i;

	must(!certificate_names(c, "") && !certificate_names(c, ".") && !certificate_names(c, "*"), "a certificate names no host of no name");
	for (i = 0; i < c->dns.n; i++) {
		snprintf(host, sizeof host, "%s", c->dns.item[i].bytes);
		must(!certificate_names(c, host) || strlen(host) == c->dns.item[i].len || c->dns.n + c->ip.n > 1, "a name with a NUL names no host");
		snprintf(host, sizeof host, "a.%s", c->dns.item[i].bytes);
		must(!certificate_names(c, host) || c->dns.n + c->ip.n > 1, "a name names no host below it");
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cert_fault why;
	struct certificate *c = cert_read_der(data, size, &why);

	if (c == NULL) {
		must(why.text[0] != '\0', "a refusal has words");
		return 0;
	}
	check_dn(&c->subject);
	check_dn(&c->issuer);
	check_texts(&c->dns);
	check_texts(&c->uri);
	check_texts(&c->ip);
	check_texts(&c->email);
	check_named(c);
	must(strlen(c->sha256) == 64, "a digest has 64 digits");
	must(c->serial[strspn(c->serial, "-0123456789ABCDEF")] == '\0', "a serial is hex");
	must(!c->chain.ok && c->chain.n == 0, "no chain was walked");
	certificate_unref(c);
	return 0;
}
