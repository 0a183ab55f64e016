/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/certificate.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"

struct certificate *
certificate_ref(struct certificate *c)
{
	if (c != NULL)
		atomic_fetch_add(&c->refs, 1);
	return c;
}

static void
texts_free(struct texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->item[i].bytes);
	free(t->item);
}

void
certificate_drop_der(struct certificate *c)
{
	for (size_t i = 0; c != NULL && !c->kept && i < c->chain.links; i++) {
		free(c->chain.link[i].der);
		c->chain.link[i].der = NULL;
		c->chain.link[i].der_len = 0;
	}
}

void
certificate_unref(struct certificate *c)
{
	if (c == NULL || atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	dn_free(&c->subject);
	dn_free(&c->issuer);
	texts_free(&c->dns);
	texts_free(&c->uri);
	texts_free(&c->ip);
	texts_free(&c->email);
	certificate_drop_der(c);
	for (size_t i = 0; i < c->chain.links; i++) {
		dn_free(&c->chain.link[i].subject);
		dn_free(&c->chain.link[i].issuer);
	}
	free(c->chain.link);
	free(c->serial);
	free(c);
}

/* --- its memory --- */

#define ALLOCATED 32 /* bytes that an allocation needs besides its own */

static size_t
weight_of_texts(const struct texts *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		n += sizeof *t->item + t->item[i].len + ALLOCATED;
	return n;
}

static size_t
weight_of_dn(const struct dn *d)
{
	size_t n = d->printed != NULL ? strlen(d->printed) : 0;

	for (size_t i = 0; i < d->n; i++)
		n += sizeof *d->item + d->item[i].value.len + ALLOCATED;
	return n;
}

size_t
certificate_weight(const struct certificate *c)
{
	size_t n;

	if (c == NULL)
		return 0;
	n = sizeof *c + weight_of_dn(&c->subject) + weight_of_dn(&c->issuer);
	n += weight_of_texts(&c->dns) + weight_of_texts(&c->uri) + weight_of_texts(&c->ip) + weight_of_texts(&c->email);
	for (size_t i = 0; i < c->chain.links; i++)
		n += sizeof *c->chain.link + weight_of_dn(&c->chain.link[i].subject) + weight_of_dn(&c->chain.link[i].issuer);
	return n;
}

/* --- the hosts that it names --- */

static bool
names_address(const struct certificate *c, const struct addr *a)
{
	struct addr named;

	for (size_t i = 0; i < c->ip.n; i++)
		if (strlen(c->ip.item[i].bytes) == c->ip.item[i].len && addr_parse(&named, c->ip.item[i].bytes, 0) == 0 && addr_same_ip(&named, a))
			return true;
	return false;
}

/*
 * A host name: labels of 1 to 63 letters, digits, '-' and '_', one dot between two labels. The last label is not a
 * number: URL parsers read such a name as an address.
 */
static bool
is_name(const char *p, size_t n)
{
	size_t label = 0;
	bool number = true;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == '.') {
			if (label == 0 || label > 63)
				return false;
			label = 0;
			number = true;
			continue;
		}
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", p[i]) == NULL)
			return false;
		number = number && p[i] >= '0' && p[i] <= '9';
		label++;
	}
	return label > 0 && label <= 63 && !number;
}

/* "*.example.com" names a host with one label more than "example.com", which must have at least two labels. */
static bool
wildcard_names(const char *name, size_t len, const char *host, size_t n)
{
	const char *dot = memchr(host, '.', n);
	size_t rest;

	if (len < 2 || name[0] != '*' || name[1] != '.' || dot == NULL || !is_name(name + 2, len - 2) || memchr(name + 2, '.', len - 2) == NULL)
		return false;
	rest = n - (size_t)(dot - host);
	return rest == len - 1 && strncasecmp(dot, name + 1, rest) == 0;
}

bool
certificate_names(const struct certificate *c, const char *host)
{
	size_t n = strlen(host);
	struct addr a;

	if (addr_parse(&a, host, 0) == 0)
		return names_address(c, &a);
	if (n > 1 && host[n - 1] == '.')
		n--; /* an absolute name; certificates have names without the last dot */
	if (!is_name(host, n))
		return false;
	for (size_t i = 0; i < c->dns.n; i++) {
		const struct text *t = &c->dns.item[i];

		if ((t->len == n && strncasecmp(t->bytes, host, n) == 0 && memchr(t->bytes, '\0', n) == NULL) || wildcard_names(t->bytes, t->len, host, n))
			return true;
	}
	return false;
}
