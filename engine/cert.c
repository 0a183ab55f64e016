/* SPDX-License-Identifier: Apache-2.0 */
#include "cert.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "addr.h"

#define NAMES_MAX 64   /* of a kind */
#define NAME_BYTES 1024

/* OpenSSL's memory may come from another allocator than ours: everything that stays is copied. */
static int
set_text(struct text *t, const void *bytes, size_t len)
{
	if (len > NAME_BYTES)
		return -1;
	t->bytes = malloc(len + 1);
	if (t->bytes == NULL)
		return -1;
	if (len > 0)
		memcpy(t->bytes, bytes, len);
	t->bytes[len] = '\0';
	t->len = len;
	return 0;
}

/* OpenSSL's short names that are another's in another case: "uid" is not the UID of RFC 4514 and of people's filters, where case says nothing. */
static bool
is_taken(int nid)
{
	return nid == NID_uniqueIdentifier || nid == NID_Mail;
}

/*
 * The short name where there is one that fits and is nobody else's, else the dotted OID. One that does not fit ends in '~': it can then be taken
 * neither for another OID nor for a short name.
 */
static void
set_type(struct rdn *r, const ASN1_OBJECT *o)
{
	int nid = OBJ_obj2nid(o);
	const char *known = nid == NID_undef || is_taken(nid) ? NULL : OBJ_nid2sn(nid);
	char dotted[128] = "~";
	int n;

	if (known && strlen(known) < sizeof r->type) {
		memcpy(r->type, known, strlen(known) + 1);
		return;
	}
	n = OBJ_obj2txt(dotted, sizeof dotted, o, 1);
	memcpy(r->type, dotted, sizeof r->type - 1);
	r->type[sizeof r->type - 1] = '\0';
	if (n >= (int)sizeof r->type)
		r->type[sizeof r->type - 2] = '~';
}

static int
read_rdn(struct rdn *r, const X509_NAME_ENTRY *e)
{
	unsigned char *utf8 = NULL;
	int len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(e));
	int rc;

	if (len < 0)
		return -1;
	set_type(r, X509_NAME_ENTRY_get_object(e));
	rc = set_text(&r->value, utf8, (size_t)len);
	OPENSSL_free(utf8);
	return rc;
}

/* Everything outside printable ASCII is escaped, NUL included, so that the printed form is one safe C string. */
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

int
cert_read_name(struct dn *d, const struct X509_name_st *name)
{
	int i, n = X509_NAME_entry_count(name);

	*d = (struct dn){ .n = 0 };
	if (n < 0 || n > NAMES_MAX)
		return -1;
	d->item = n ? calloc((size_t)n, sizeof *d->item) : NULL;
	if (n && d->item == NULL)
		return -1;
	d->n = (size_t)n; /* what is not filled yet is zero, and freeing it is harmless */
	for (i = 0; i < n; i++) {
		d->item[i].shared = is_shared(name, i);
		if (read_rdn(&d->item[i], X509_NAME_get_entry(name, i)) < 0)
			return -1;
	}
	d->printed = print_name(name);
	return d->printed ? 0 : -1;
}

static int
add_name(struct texts *l, const void *bytes, size_t len)
{
	struct text *grown;

	if (l->n >= NAMES_MAX)
		return -1;
	grown = realloc(l->item, (l->n + 1) * sizeof *grown);
	if (grown == NULL)
		return -1;
	l->item = grown;
	if (set_text(&l->item[l->n], bytes, len) < 0)
		return -1;
	l->n++;
	return 0;
}

/* Printed as addr prints a peer's address, so that the two can be compared as strings. */
static int
add_ip(struct texts *l, const ASN1_OCTET_STRING *ip)
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
		return -1;
	}
	if (addr_from_sockaddr(&a, sa) < 0 || addr_ip(&a, text, sizeof text) == NULL)
		return -1;
	return add_name(l, text, strlen(text));
}

static int
add_string(struct texts *l, const ASN1_STRING *s)
{
	return add_name(l, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

static int
read_general(struct certificate *c, const GENERAL_NAME *g)
{
	switch (g->type) {
	case GEN_DNS:
		return add_string(&c->dns, g->d.dNSName);
	case GEN_URI:
		return add_string(&c->uri, g->d.uniformResourceIdentifier);
	case GEN_EMAIL:
		return add_string(&c->email, g->d.rfc822Name);
	case GEN_IPADD:
		return add_ip(&c->ip, g->d.iPAddress);
	default:
		return 0; /* kinds no policy can ask for */
	}
}

static int
read_san(struct certificate *c, X509 *x)
{
	int critical = -1, i, rc = 0;
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, &critical, NULL);

	if (names == NULL)
		return critical == -1 ? 0 : -1; /* -1: there is none; else it is there twice or cannot be read */
	for (i = 0; rc == 0 && i < sk_GENERAL_NAME_num(names); i++)
		rc = read_general(c, sk_GENERAL_NAME_value(names, i));
	GENERAL_NAMES_free(names);
	return rc;
}

static int
read_serial(struct certificate *c, X509 *x)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
	BIGNUM *number;
	char *hex;

	if (ASN1_STRING_length(serial) > NAME_BYTES)
		return -1;
	number = ASN1_INTEGER_to_BN(serial, NULL);
	hex = number ? BN_bn2hex(number) : NULL;
	c->serial = hex ? strdup(hex) : NULL;
	OPENSSL_free(hex);
	BN_free(number);
	return c->serial ? 0 : -1;
}

static int
read_digest(struct certificate *c, const X509 *x)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned i, n = 0;

	if (!X509_digest(x, EVP_sha256(), md, &n) || n * 2 >= sizeof c->sha256)
		return -1;
	for (i = 0; i < n; i++)
		snprintf(c->sha256 + 2 * i, 3, "%02x", md[i]);
	return 0;
}

static int
read_time(int64_t *out, const ASN1_TIME *t)
{
	struct tm tm;

	if (!ASN1_TIME_check(t) || !ASN1_TIME_to_tm(t, &tm))
		return -1;
	*out = timegm(&tm);
	return 0;
}

static int
describe(struct certificate *c, X509 *x)
{
	if (cert_read_name(&c->subject, X509_get_subject_name(x)) < 0 || cert_read_name(&c->issuer, X509_get_issuer_name(x)) < 0)
		return -1;
	if (read_san(c, x) < 0 || read_serial(c, x) < 0 || read_digest(c, x) < 0)
		return -1;
	if (read_time(&c->not_before, X509_get0_notBefore(x)) < 0)
		return -1;
	return read_time(&c->not_after, X509_get0_notAfter(x));
}

struct certificate *
cert_read(struct x509_st *x)
{
	struct certificate *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	atomic_init(&c->refs, 1);
	if (describe(c, x) < 0) {
		certificate_unref(c);
		return NULL;
	}
	return c;
}

struct certificate *
cert_read_der(const unsigned char *der, size_t len)
{
	const unsigned char *end = der;
	struct certificate *c = NULL;
	X509 *x = len > LONG_MAX ? NULL : d2i_X509(NULL, &end, (long)len);

	if (x && end == der + len)
		c = cert_read(x);
	X509_free(x);
	return c;
}

static void
note_error(struct certificate *c, int code, int depth)
{
	struct chain_error *e;

	if (code == X509_V_OK || c->chain.n >= CHAIN_ERRORS)
		return;
	e = &c->chain.error[c->chain.n++];
	e->code = code;
	e->depth = depth;
	e->text = X509_verify_cert_error_string(code);
}

/* Only authorities whose CRL is in the ring are held to it (ring.h). */
static bool
issuer_has_no_crl(X509_STORE_CTX *walk)
{
	X509 *at = X509_STORE_CTX_get_current_cert(walk);
	STACK_OF(X509_CRL) *found = at ? X509_STORE_CTX_get1_crls(walk, X509_get_issuer_name(at)) : NULL;
	bool none = at && sk_X509_CRL_num(found) <= 0;

	sk_X509_CRL_pop_free(found, X509_CRL_free);
	return none;
}

/* Every error is noted and the walk goes on, so that whoever decides sees all of them. */
static int
collect(int ok, X509_STORE_CTX *walk)
{
	struct certificate *c = X509_STORE_CTX_get_app_data(walk);
	int code = X509_STORE_CTX_get_error(walk);

	if (!ok && !(code == X509_V_ERR_UNABLE_TO_GET_CRL && issuer_has_no_crl(walk)))
		note_error(c, code, X509_STORE_CTX_get_error_depth(walk));
	return 1;
}

struct certificate *
cert_read_chain(struct x509_store_ctx_st *walk, int level)
{
	X509 *leaf = X509_STORE_CTX_get0_cert(walk);
	struct certificate *c = leaf ? cert_read(leaf) : NULL;
	int rc;

	if (c == NULL || !X509_STORE_CTX_set_app_data(walk, c)) {
		certificate_unref(c);
		return NULL;
	}
	X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(walk), level);
	X509_STORE_CTX_set_verify_cb(walk, collect);
	rc = X509_verify_cert(walk);
	if (rc <= 0 && c->chain.n == 0) /* a failure it tells no callback of: memory, a chain it could not even begin */
		note_error(c, X509_STORE_CTX_get_error(walk), X509_STORE_CTX_get_error_depth(walk));
	c->chain.ok = rc > 0 && c->chain.n == 0;
	X509_STORE_CTX_set_app_data(walk, NULL);
	return c;
}
