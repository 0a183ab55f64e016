/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/cert.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <limits.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/addr.h"
#include "base/digits.h"
#include "tls/dn_type.h"

/* The state while one certificate is read: the result, the rest of the total, and the reason of a failure. */
struct reading {
	struct certificate *c;
	size_t left; /* bytes of text that are still allowed */
	struct cert_fault *why;
};

static int
give_up(struct reading *r, enum cert_trouble trouble, const char *format, ...) __attribute__((format(printf, 3, 4)));

static int
give_up(struct reading *r, enum cert_trouble trouble, const char *format, ...)
{
	va_list ap;

	r->why->trouble = trouble;
	va_start(ap, format);
	vsnprintf(r->why->text, sizeof r->why->text, format, ap);
	va_end(ap);
	return -1;
}

static int
no_memory(struct reading *r)
{
	return give_up(r, CERT_MEMORY, "no memory to describe the certificate");
}

static int
broken(struct reading *r, const char *what)
{
	return give_up(r, CERT_BROKEN, "the certificate's %s cannot be read", what);
}

/* Subtracts the bytes of a text, and one for its end, from the total. */
static int
spend(struct reading *r, size_t len)
{
	if (len > CERT_TEXT)
		return give_up(r, CERT_LIMIT, "a name in the certificate has %zu bytes; at most %d are read", len, CERT_TEXT);
	if (len + 1 > r->left)
		return give_up(r, CERT_LIMIT, "the certificate's names have more than %d bytes in all", CERT_TOTAL);
	r->left -= len + 1;
	return 0;
}

/* OpenSSL's memory may come from another allocator, so every kept value is copied. */
static int
set_text(struct reading *r, struct text *t, const void *bytes, size_t len)
{
	if (spend(r, len) < 0)
		return -1;
	t->bytes = malloc(len + 1);
	if (t->bytes == NULL)
		return no_memory(r);
	if (len > 0)
		memcpy(t->bytes, bytes, len);
	t->bytes[len] = '\0';
	t->len = len;
	return 0;
}

static int
read_rdn(struct reading *r, struct rdn *part, const X509_NAME_ENTRY *e)
{
	unsigned char *utf8 = NULL;
	int len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(e));
	int rc;

	if (len < 0)
		return broken(r, "name");
	dn_type_print(X509_NAME_ENTRY_get_object(e), part->type);
	rc = set_text(r, &part->value, utf8, (size_t)len);
	OPENSSL_free(utf8);
	return rc;
}

/* Escapes every byte outside printable ASCII, including NUL, so that the printed form is a safe C string. */
static char *
print_name(const X509_NAME *name)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *bytes, *copy = NULL;
	long len;

	if (out && X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253) >= 0) {
		len = BIO_get_mem_data(out, &bytes);
		copy = len < 0 ? NULL : malloc((size_t)len + 1);
		if (copy && len > 0)
			memcpy(copy, bytes, (size_t)len);
		if (copy)
			copy[len] = '\0';
	}
	BIO_free(out);
	return copy;
}

static bool
is_shared(const X509_NAME *name, int i)
{
	int part = X509_NAME_ENTRY_set(X509_NAME_get_entry(name, i));

	return (i > 0 && X509_NAME_ENTRY_set(X509_NAME_get_entry(name, i - 1)) == part) ||
		(i + 1 < X509_NAME_entry_count(name) && X509_NAME_ENTRY_set(X509_NAME_get_entry(name, i + 1)) == part);
}

/* Makes room for n parts; those that are not filled yet are zero, so that freeing them is harmless. */
static int
make_parts(struct reading *r, struct dn *d, size_t n)
{
	d->item = n > 0 ? calloc(n, sizeof *d->item) : NULL;
	if (n > 0 && d->item == NULL)
		return no_memory(r);
	d->n = n;
	return 0;
}

static int
read_dn(struct reading *r, struct dn *d, const X509_NAME *name)
{
	int i, n = X509_NAME_entry_count(name);

	if (n > CERT_NAMES)
		return give_up(r, CERT_LIMIT, "a distinguished name in the certificate has %d parts; at most %d are read", n, CERT_NAMES);
	if (make_parts(r, d, n > 0 ? (size_t)n : 0) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		d->item[i].shared = is_shared(name, i);
		if (read_rdn(r, &d->item[i], X509_NAME_get_entry(name, i)) < 0)
			return -1;
	}
	d->printed = print_name(name);
	return d->printed ? 0 : no_memory(r);
}

static int
add_name(struct reading *r, struct texts *l, const void *bytes, size_t len)
{
	struct text *grown = l->item;

	if (l->n >= CERT_NAMES)
		return give_up(r, CERT_LIMIT, "the certificate has more than %d alternative names of one kind", CERT_NAMES);
	if ((l->n & (l->n - 1)) == 0) /* the list grows to 1, 2, 4, ... places */
		grown = realloc(l->item, (l->n ? l->n * 2 : 1) * sizeof *grown);
	if (grown == NULL)
		return no_memory(r);
	l->item = grown;
	if (set_text(r, &l->item[l->n], bytes, len) < 0)
		return -1;
	l->n++;
	return 0;
}

/* Prints the address as addr_ip does, so that it can be compared with a peer's address as a string. */
static int
add_ip(struct reading *r, struct texts *l, const ASN1_OCTET_STRING *ip)
{
	const unsigned char *bytes = ASN1_STRING_get0_data(ip);
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	const void *sa = &in;
	struct addr a;
	char text[ADDR_TEXT];

	switch (ASN1_STRING_length(ip)) {
	case 4:
		memcpy(&in.sin_addr, bytes, 4);
		break;
	case 16:
		memcpy(&in6.sin6_addr, bytes, 16);
		sa = &in6;
		break;
	default:
		return broken(r, "iPAddress");
	}
	if (addr_from_sockaddr(&a, sa) < 0 || addr_ip(&a, text, sizeof text) == NULL)
		return broken(r, "iPAddress");
	return add_name(r, l, text, strlen(text));
}

static int
add_string(struct reading *r, struct texts *l, const ASN1_STRING *s)
{
	return add_name(r, l, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

static int
read_general(struct reading *r, const GENERAL_NAME *g)
{
	switch (g->type) {
	case GEN_DNS:
		return add_string(r, &r->c->dns, g->d.dNSName);
	case GEN_URI:
		return add_string(r, &r->c->uri, g->d.uniformResourceIdentifier);
	case GEN_EMAIL:
		return add_string(r, &r->c->email, g->d.rfc822Name);
	case GEN_IPADD:
		return add_ip(r, &r->c->ip, g->d.iPAddress);
	default:
		return 0; /* no fact exists for names of the other kinds */
	}
}

static int
read_san(struct reading *r, X509 *x)
{
	int critical = -1, i, rc = 0;
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, &critical, NULL);

	if (names == NULL) /* critical -1: the extension is absent; otherwise it is there twice or cannot be read */
		return critical == -1 ? 0 : broken(r, "subjectAltName");
	for (i = 0; rc == 0 && i < sk_GENERAL_NAME_num(names); i++)
		rc = read_general(r, sk_GENERAL_NAME_value(names, i));
	GENERAL_NAMES_free(names);
	return rc;
}

static int
read_serial(struct reading *r, X509 *x)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
	BIGNUM *number;
	char *hex;

	if (ASN1_STRING_length(serial) > CERT_SERIAL)
		return give_up(r, CERT_LIMIT, "the certificate's serial number has more than %d bytes", CERT_SERIAL);
	number = ASN1_INTEGER_to_BN(serial, NULL);
	hex = number ? BN_bn2hex(number) : NULL;
	r->c->serial = hex ? strdup(hex) : NULL;
	OPENSSL_free(hex);
	BN_free(number);
	return r->c->serial ? 0 : no_memory(r);
}

int
cert_digest(const struct x509_st *x, char out[CERT_DIGEST])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned i, n = 0;

	if (!X509_digest(x, EVP_sha256(), md, &n) || n * 2 + 1 != CERT_DIGEST)
		return -1;
	for (i = 0; i < n; i++)
		digits_hex(out + 2 * i, md[i], 2, DIGITS_LOWER);
	out[2 * n] = '\0';
	return 0;
}

static int
read_digest(struct reading *r, char out[CERT_DIGEST], const X509 *x)
{
	return cert_digest(x, out) < 0 ? no_memory(r) : 0;
}

static int
read_time(struct reading *r, int64_t *out, const ASN1_TIME *t)
{
	struct tm tm;

	if (!ASN1_TIME_check(t) || !ASN1_TIME_to_tm(t, &tm))
		return broken(r, "validity");
	*out = timegm(&tm);
	return 0;
}

static int
describe(struct reading *r, X509 *x)
{
	struct certificate *c = r->c;

	if (read_dn(r, &c->subject, X509_get_subject_name(x)) < 0 || read_dn(r, &c->issuer, X509_get_issuer_name(x)) < 0)
		return -1;
	if (read_san(r, x) < 0 || read_serial(r, x) < 0 || read_digest(r, c->sha256, x) < 0)
		return -1;
	if (read_time(r, &c->not_before, X509_get0_notBefore(x)) < 0)
		return -1;
	return read_time(r, &c->not_after, X509_get0_notAfter(x));
}

struct certificate *
cert_read(struct x509_st *x, struct cert_fault *why)
{
	struct reading r = { .c = calloc(1, sizeof *r.c), .left = CERT_TOTAL, .why = why };

	*why = (struct cert_fault){ .trouble = CERT_MEMORY };
	if (r.c == NULL) {
		no_memory(&r);
		return NULL;
	}
	atomic_init(&r.c->refs, 1);
	if (describe(&r, x) == 0)
		return r.c;
	certificate_unref(r.c);
	return NULL;
}

struct certificate *
cert_read_der(const unsigned char *der, size_t len, struct cert_fault *why)
{
	const unsigned char *end = der;
	struct certificate *c = NULL;
	X509 *x = len > LONG_MAX ? NULL : d2i_X509(NULL, &end, (long)len);

	*why = (struct cert_fault){ .trouble = CERT_BROKEN, .text = "not a certificate in DER" };
	if (x && end == der + len)
		c = cert_read(x, why);
	X509_free(x);
	return c;
}

int
cert_read_name(struct dn *d, const struct X509_name_st *name)
{
	struct cert_fault why;
	struct reading r = { .left = CERT_TOTAL, .why = &why };

	*d = (struct dn){ .n = 0 };
	return read_dn(&r, d, name);
}

/* As read_dn, of a name that was read: to print a name takes longer than the rest of a description. */
static int
copy_dn(struct reading *r, struct dn *d, const struct dn *from)
{
	if (make_parts(r, d, from->n) < 0)
		return -1;
	for (size_t i = 0; i < from->n; i++) {
		d->item[i].shared = from->item[i].shared;
		memcpy(d->item[i].type, from->item[i].type, sizeof d->item[i].type);
		if (set_text(r, &d->item[i].value, from->item[i].value.bytes, from->item[i].value.len) < 0)
			return -1;
	}
	d->printed = strdup(from->printed);
	return d->printed != NULL ? 0 : no_memory(r);
}

static bool
same_name(const X509_NAME *a, const X509_NAME *b)
{
	const unsigned char *bytes[2];
	size_t len[2];

	return X509_NAME_get0_der(a, &bytes[0], &len[0]) && X509_NAME_get0_der(b, &bytes[1], &len[1]) && len[0] == len[1] &&
		memcmp(bytes[0], bytes[1], len[0]) == 0;
}

/* Reads a name, or copies `known` when that was read from an equal one. */
static int
take_dn(struct reading *r, struct dn *d, const X509_NAME *name, const X509_NAME *other, const struct dn *known)
{
	return same_name(name, other) ? copy_dn(r, d, known) : read_dn(r, d, name);
}

/* The leaf is described already. */
static int
link_leaf(struct reading *r, struct chain_link *at)
{
	memcpy(at->sha256, r->c->sha256, sizeof at->sha256);
	return copy_dn(r, &at->subject, &r->c->subject) < 0 ? -1 : copy_dn(r, &at->issuer, &r->c->issuer);
}

static int
link_issuer(struct reading *r, struct chain_link *at, const X509 *x, const X509 *issued)
{
	const X509_NAME *subject = X509_get_subject_name(x);

	if (take_dn(r, &at->subject, subject, X509_get_issuer_name(issued), &at[-1].issuer) < 0)
		return -1;
	if (take_dn(r, &at->issuer, X509_get_issuer_name(x), subject, &at->subject) < 0)
		return -1;
	return read_digest(r, at->sha256, x);
}

static int
read_der(struct reading *r, struct chain_link *at, const X509 *x)
{
	int len = i2d_X509(x, &at->der);

	at->der_len = len > 0 ? (size_t)len : 0;
	return len > 0 ? 0 : no_memory(r);
}

int
cert_link(struct certificate *c, const struct x509_st *x, const struct x509_st *issued, struct cert_fault *why)
{
	struct reading r = { .c = c, .left = CERT_TOTAL, .why = why };
	struct chain_link *at = &c->chain.link[c->chain.links];

	if (c->chain.links == CHAIN_LINKS)
		return 0;
	c->chain.links++; /* members that are not filled yet are zero */
	if ((issued != NULL ? link_issuer(&r, at, x, issued) : link_leaf(&r, at)) < 0)
		return -1;
	return read_der(&r, at, x);
}
