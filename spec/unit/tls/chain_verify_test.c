/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "spec/support/pki.h"
#include "tls/chain_limits.h"
#include "tls/chain_verify.h"

#define LEVEL 2
#define EXPONENT 3071

static struct identity ca;

static int
build(void **state)
{
	(void)state;
	ca = pki_make((struct wish){ .cn = "CA", .authority = true });
	return 0;
}

static int
raze(void **state)
{
	(void)state;
	pki_free(&ca);
	return 0;
}

/* --- What a ring trusts, and what a peer presents. */

struct scene {
	const struct identity *trusted[3];
	const struct identity *leaf;
	const struct identity *others[12];
	X509_CRL *crl; /* owned by the scene; NULL: no CRL */
	unsigned long flags;
	int level;     /* 0: LEVEL */
};

static struct cert_fault why;

static X509_STORE *
store_of(const struct scene *s)
{
	X509_STORE *store = X509_STORE_new();

	for (size_t i = 0; i < 3 && s->trusted[i]; i++)
		X509_STORE_add_cert(store, s->trusted[i]->certificate);
	if (s->crl) {
		X509_STORE_add_crl(store, s->crl);
		X509_CRL_free(s->crl);
		X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	}
	return store;
}

static struct certificate *
walked(struct scene s)
{
	X509_STORE *store = store_of(&s);
	X509_STORE_CTX *x = X509_STORE_CTX_new();
	STACK_OF(X509) *presented = sk_X509_new_null();
	struct certificate *c;

	sk_X509_push(presented, s.leaf->certificate);
	for (size_t i = 0; i < 12 && s.others[i]; i++)
		sk_X509_push(presented, s.others[i]->certificate);
	assert_int_equal(X509_STORE_CTX_init(x, store, s.leaf->certificate, presented), 1);
	X509_STORE_CTX_set_default(x, "ssl_client");
	X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(x), s.flags);
	X509_VERIFY_PARAM_set_depth(X509_STORE_CTX_get0_param(x), 4);
	c = chain_verify_chain(x, s.level ? s.level : LEVEL, &why);
	X509_STORE_CTX_free(x);
	X509_STORE_free(store);
	sk_X509_free(presented);
	if (c)
		assert_false(c->chain.ok && (!c->chain.complete || c->chain.n));
	return c;
}

/* Prints "code@depth code@depth ...", and the result: ok, complete, or short. An anchor has a +. */
static void
comes_to(struct scene s, const char *expected)
{
	struct certificate *c = walked(s);
	char got[400], *p = got;

	assert_non_null(c);
	p += sprintf(p, "%s%s", c->chain.ok ? "ok" : c->chain.complete ? "complete" : "short", c->chain.anchored ? "+" : "");
	for (size_t i = 0; i < c->chain.n; i++)
		p += sprintf(p, " %d@%d", c->chain.error[i].code, c->chain.error[i].depth);
	assert_string_equal(got, expected);
	certificate_unref(c);
}

static void
a_chain_to_an_anchor_is_walked_to_its_end(void **state)
{
	struct identity good = pki_make((struct wish){ .cn = "good", .issuer = &ca });
	struct identity flawed = pki_make((struct wish){ .cn = "flawed", .issuer = &ca, .from = -2 * DAY, .to = -DAY, .usage = "serverAuth" });
	struct identity weak = pki_make((struct wish){ .cn = "weak", .issuer = &ca, .rsa_bits = 1024 });

	(void)state;
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &good }, "ok+");
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &flawed }, "complete+ 26@0 10@0");
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &flawed, .crl = pki_crl(&ca, &flawed, -3600, DAY) }, "complete+ 26@0 23@0 10@0");
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &good, .crl = pki_crl(&ca, NULL, -2 * DAY, -DAY) }, "complete+ 12@0 12@1");
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &weak }, "complete+ 66@0");
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &weak, .level = 1 }, "ok+");
	pki_free(&good);
	pki_free(&flawed);
	pki_free(&weak);
}

static void
without_an_anchor_the_leaf_is_still_looked_at(void **state)
{
	struct identity alone = pki_make((struct wish){ .cn = "alone" });
	struct identity flawed = pki_make((struct wish){ .cn = "old", .from = -2 * DAY, .to = -DAY, .usage = "serverAuth", .rsa_bits = 1024 });
	struct identity early = pki_make((struct wish){ .cn = "early", .from = DAY, .to = 2 * DAY });
	struct identity forged = pki_make((struct wish){ .cn = "forged", .forger = &alone, .from = -2 * DAY, .to = -DAY });
	struct identity other = pki_make((struct wish){ .cn = "Other", .authority = true });
	struct identity stray = pki_make((struct wish){ .cn = "stray", .issuer = &other, .from = -2 * DAY, .to = -DAY });

	(void)state;
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &alone }, "short 18@0");
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &flawed }, "short 66@0 18@0 26@0 10@0");
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &early }, "short 18@0 9@0");
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &forged }, "short 18@0 7@0 10@0");
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &stray }, "short 20@0 21@0 10@0");
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &stray, .others = { &other } }, "short 19@1 10@0");
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &alone, .crl = pki_crl(&ca, NULL, -3600, DAY) }, "short 18@0");
	pki_free(&alone);
	pki_free(&flawed);
	pki_free(&early);
	pki_free(&forged);
	pki_free(&other);
	pki_free(&stray);
}

static void
unknown(X509 *x)
{
	ASN1_OCTET_STRING *bytes = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *type = OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1);
	X509_EXTENSION *e = X509_EXTENSION_create_by_OBJ(NULL, type, 1, bytes);

	assert_true(X509_add_ext(x, e, -1));
	X509_EXTENSION_free(e);
	ASN1_OBJECT_free(type);
	ASN1_OCTET_STRING_free(bytes);
}

static void
a_critical_extension_that_nobody_knows_is_listed_there_too(void **state)
{
	struct identity alone = pki_make((struct wish){ .cn = "alone" });

	(void)state;
	unknown(alone.certificate);
	X509_sign(alone.certificate, alone.key, EVP_sha256());
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &alone }, "short 18@0 34@0");
	pki_free(&alone);
}

/*
 * The top certificate names the anchor as its issuer, but another key signed it: by names alone the chain reaches the
 * anchor.
 */
static void
an_anchor_that_only_the_name_leads_to_is_none(void **state)
{
	struct identity evil = pki_make((struct wish){ .cn = "Evil", .authority = true });
	struct identity top = pki_make((struct wish){ .cn = "Top", .authority = true, .issuer = &ca, .forger = &evil });
	struct identity leaf = pki_make((struct wish){ .cn = "x", .issuer = &top, .from = -2 * DAY, .to = -DAY });
	struct certificate *c;

	(void)state;
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &leaf, .others = { &top } }, "short 7@1 10@0");
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &leaf, .others = { &top }, .crl = pki_crl(&ca, &leaf, -3600, DAY) }, "short 7@1 10@0");
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &leaf, .others = { &top }, .crl = pki_crl(&top, &leaf, -3600, DAY) }, "short 7@1 10@0");
	c = walked((struct scene){ .trusted = { &ca }, .leaf = &leaf, .others = { &top } });
	assert_non_null(c);
	assert_int_equal(c->chain.links, 2);
	assert_string_equal(c->chain.link[1].subject.printed, "CN=Top,O=Tests");
	certificate_unref(c);
	pki_free(&evil);
	pki_free(&top);
	pki_free(&leaf);
}

static void
a_signature_below_the_top_ends_the_walk_as_well(void **state)
{
	struct identity evil = pki_make((struct wish){ .cn = "Evil", .authority = true });
	struct identity middle = pki_make((struct wish){ .cn = "Middle", .authority = true, .issuer = &ca });
	struct identity leaf = pki_make((struct wish){ .cn = "x", .issuer = &middle, .forger = &evil });

	(void)state;
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &leaf, .others = { &middle } }, "short 7@0");
	pki_free(&evil);
	pki_free(&middle);
	pki_free(&leaf);
}

static void
a_crl_that_its_issuer_did_not_sign_ends_the_walk(void **state)
{
	struct identity evil = pki_make((struct wish){ .cn = "CA", .authority = true });
	struct identity leaf = pki_make((struct wish){ .cn = "x", .issuer = &ca });

	(void)state;
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &leaf, .crl = pki_crl(&evil, NULL, -3600, DAY) }, "short+ 8@0");
	pki_free(&evil);
	pki_free(&leaf);
}

static void
a_chain_that_is_too_long_ends_the_walk(void **state)
{
	struct identity c[6], leaf;
	struct scene s = { .trusted = { &ca } };

	(void)state;
	for (int i = 0; i < 6; i++) {
		c[i] = pki_make((struct wish){ .cn = (char[]){ 'I', (char)('0' + i), 0 }, .authority = true, .issuer = i ? &c[i - 1] : &ca });
		s.others[5 - i] = &c[i];
	}
	leaf = pki_make((struct wish){ .cn = "x", .issuer = &c[5], .usage = "serverAuth" });
	s.leaf = &leaf;
	comes_to(s, "short 22@5 26@0");
	for (int i = 0; i < 6; i++)
		pki_free(&c[i]);
	pki_free(&leaf);
}

/* --- Keys. */

static void
a_key_that_costs_too_much_is_not_computed_with(void **state)
{
	struct identity top = pki_make((struct wish){ .cn = "Top", .authority = true, .issuer = &ca, .forger = &ca, .key = pki_dear_rsa(3072, EXPONENT) });
	struct identity leaf = pki_make((struct wish){ .cn = "x", .issuer = &top, .forger = &ca, .from = -2 * DAY, .to = -DAY });
	struct identity alone = pki_make((struct wish){ .cn = "alone", .forger = &ca, .key = pki_dear_rsa(3072, 65), .from = -2 * DAY, .to = -DAY });
	struct identity fine = pki_make((struct wish){ .cn = "fine", .issuer = &ca, .key = pki_dear_rsa(3072, 64) });
	struct identity large = pki_make((struct wish){ .cn = "large", .issuer = &ca, .key = pki_dear_rsa(8200, 17) });
	struct certificate *c;

	(void)state;
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &leaf, .others = { &top } }, "short 50@1 10@0");
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &alone }, "short 50@0 10@0");
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &fine }, "ok+");
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &large }, "short 50@0");
	c = walked((struct scene){ .trusted = { &ca }, .leaf = &alone });
	assert_non_null(c);
	assert_true(c->unfit);
	assert_string_equal(c->chain.error[0].text, "key not used: an RSA exponent of more than 64 bits");
	certificate_unref(c);
	c = walked((struct scene){ .trusted = { &ca }, .leaf = &leaf, .others = { &top } });
	assert_non_null(c);
	assert_false(c->unfit); /* its own key is good */
	certificate_unref(c);
	pki_free(&top);
	pki_free(&leaf);
	pki_free(&alone);
	pki_free(&fine);
	pki_free(&large);
}

static EVP_PKEY *
explicit_curve(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	assert_true(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, "explicit"));
	return key;
}

/* A certificate as a peer sends it: parsed from its bytes. */
static struct identity
sent(struct identity id)
{
	unsigned char *der = NULL;
	const unsigned char *p;
	int n = i2d_X509(id.certificate, &der);

	X509_free(id.certificate);
	p = der;
	id.certificate = d2i_X509(NULL, &p, n);
	assert_non_null(id.certificate);
	OPENSSL_free(der);
	return id;
}

static void
a_curve_has_a_name_and_a_key_a_known_type(void **state)
{
	struct identity curve = sent(pki_make((struct wish){ .cn = "x", .issuer = &ca, .key = explicit_curve() }));
	struct identity type = pki_make((struct wish){ .cn = "x", .issuer = &ca, .key = EVP_PKEY_Q_keygen(NULL, NULL, "X25519") });
	struct identity ed = pki_make((struct wish){ .cn = "x", .issuer = &ca, .key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") });

	(void)state;
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &curve }, "short 94@0");
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &type }, "short 50@0");
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &ed }, "ok+");
	pki_free(&curve);
	pki_free(&type);
	pki_free(&ed);
}

static void
a_self_signature_that_costs_too_much_is_not_taken_for_a_good_one(void **state)
{
	struct identity dear = pki_make((struct wish){ .cn = "dear", .key = EVP_EC_gen("P-384") });
	struct identity partner = pki_make((struct wish){ .cn = "partner", .key = EVP_EC_gen("P-384"), .issuer = &ca });

	(void)state;
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &dear }, "short 18@0 50@0");
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &partner }, "ok+");
	comes_to((struct scene){ .trusted = { &dear }, .leaf = &dear }, "ok+");
	pki_free(&dear);
	pki_free(&partner);
}

/* --- Roads to an anchor. */

static void
a_pinned_leaf_is_its_own_anchor(void **state)
{
	struct identity pin = pki_make((struct wish){ .cn = "pin", .v1 = true });
	struct identity mimic = pki_make((struct wish){ .cn = "pin", .v1 = true });
	struct certificate *c = walked((struct scene){ .trusted = { &ca, &pin }, .leaf = &pin });

	(void)state;
	assert_non_null(c);
	assert_true(c->chain.ok && c->chain.anchored);
	assert_int_equal(c->chain.links, 1);
	assert_string_equal(c->chain.link[0].sha256, c->sha256);
	certificate_unref(c);
	comes_to((struct scene){ .trusted = { &ca, &pin }, .leaf = &mimic }, "short 18@0");
	pki_free(&pin);
	pki_free(&mimic);
}

/* The old root signed the new root, which the ring trusts: the peer presents the certificate signed by the old root. */
static void
a_cross_signed_root_ends_at_the_one_the_ring_trusts(void **state)
{
	struct identity old = pki_make((struct wish){ .cn = "Old", .authority = true });
	struct identity middle = pki_make((struct wish){ .cn = "Middle", .authority = true, .issuer = &ca });
	struct identity leaf = pki_make((struct wish){ .cn = "x", .issuer = &middle });
	struct identity cross = { X509_dup(ca.certificate), NULL };
	struct certificate *c;

	(void)state;
	X509_set_issuer_name(cross.certificate, X509_get_subject_name(old.certificate));
	X509_sign(cross.certificate, old.key, EVP_sha256());
	c = walked((struct scene){ .trusted = { &ca }, .leaf = &leaf, .others = { &middle, &cross, &old } });
	assert_non_null(c);
	assert_true(c->chain.ok && c->chain.anchored);
	assert_int_equal(c->chain.links, 3);
	assert_string_equal(c->chain.link[2].issuer.printed, "CN=CA,O=Tests");
	certificate_unref(c);
	comes_to((struct scene){ .trusted = { &old }, .leaf = &leaf, .others = { &middle, &cross } }, "ok+"); /* a ring with the old root only */
	pki_free(&old);
	pki_free(&middle);
	pki_free(&leaf);
	pki_free(&cross);
}

static void
an_intermediate_among_the_signers_is_no_anchor_without_its_root(void **state)
{
	struct identity middle = pki_make((struct wish){ .cn = "Middle", .authority = true, .issuer = &ca });
	struct identity leaf = pki_make((struct wish){ .cn = "x", .issuer = &middle });

	(void)state;
	comes_to((struct scene){ .trusted = { &middle }, .leaf = &leaf }, "short 2@1");
	comes_to((struct scene){ .trusted = { &middle, &ca }, .leaf = &leaf }, "ok+");
	pki_free(&middle);
	pki_free(&leaf);
}

static void
strict_checking_is_a_flag_of_the_walk(void **state)
{
	struct identity pin = pki_make((struct wish){ .cn = "pin", .v1 = true, .authority = true });
	struct certificate *c = walked((struct scene){ .trusted = { &pin }, .leaf = &pin, .flags = X509_V_FLAG_X509_STRICT });

	(void)state;
	assert_non_null(c);
	assert_true(c->chain.complete && c->chain.anchored && !c->chain.ok);
	certificate_unref(c);
	pki_free(&pin);
}

/* --- Bounds of what is presented. */

static size_t
message_of(unsigned char *out, const X509 *x, int n, bool tls13)
{
	unsigned char *p = out + (tls13 ? 4 : 3), *der = NULL;
	int len = i2d_X509(x, &der);
	size_t list;

	while (n-- > 0) {
		p[0] = 0;
		p[1] = (unsigned char)(len >> 8);
		p[2] = (unsigned char)len;
		memcpy(p + 3, der, (size_t)len);
		p += len + 3;
		if (tls13)
			p[0] = p[1] = 0, p += 2;
	}
	OPENSSL_free(der);
	list = (size_t)(p - out) - (tls13 ? 4 : 3);
	out[0] = 0;
	p = out + (tls13 ? 1 : 0);
	p[0] = (unsigned char)(list >> 16);
	p[1] = (unsigned char)(list >> 8);
	p[2] = (unsigned char)list;
	return list + (tls13 ? 4 : 3);
}

/* NULL: the message is accepted */
static const char *
judged(const X509 *x, int n)
{
	static unsigned char bytes[200000];
	size_t len = message_of(bytes, x, n, false);
	int old = chain_limits_message(bytes, len, false, &why);

	len = message_of(bytes, x, n, true);
	assert_int_equal(chain_limits_message(bytes, len, true, &why), old);
	return old < 0 ? why.text : NULL;
}

static void
many_parts(X509_NAME *n)
{
	for (int i = 0; i < 1300; i++)
		assert_true(X509_NAME_add_entry_by_txt(n, "OU", MBSTRING_UTF8, (const unsigned char *)"x", 1, -1, 0));
}

static void
compress(EVP_PKEY *key)
{
	assert_true(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"));
}

static void
a_message_is_bounded_before_it_is_decoded(void **state)
{
	EVP_PKEY *quick = EVP_EC_gen("P-384"), *slow = EVP_EC_gen("P-224"), *binary = EVP_EC_gen("B-283");
	struct identity leaf = pki_make((struct wish){ .cn = "x", .issuer = &ca });
	struct identity wide = pki_make((struct wish){ .name = many_parts });
	struct identity v1 = pki_make((struct wish){ .cn = "x", .v1 = true, .key = EVP_EC_gen("P-224") });
	struct identity a, b, c;

	(void)state;
	compress(quick);
	compress(slow);
	compress(binary);
	a = pki_make((struct wish){ .cn = "x", .issuer = &ca, .key = quick });
	b = pki_make((struct wish){ .cn = "x", .issuer = &ca, .key = slow, .v1 = true });
	c = pki_make((struct wish){ .cn = "x", .issuer = &ca, .key = binary });
	assert_null(judged(leaf.certificate, 0));
	assert_null(judged(leaf.certificate, CHAIN_LIMITS_CERTIFICATES));
	assert_string_equal(judged(leaf.certificate, CHAIN_LIMITS_CERTIFICATES + 1), "the peer presents more than 10 certificates");
	assert_non_null(strstr(judged(wide.certificate, 1), "more than 5000 elements"));
	assert_null(judged(v1.certificate, 2));
	assert_null(judged(a.certificate, 2));
	assert_non_null(strstr(judged(b.certificate, 1), "certificate 1 of the peer has a compressed key"));
	assert_non_null(strstr(judged(c.certificate, 1), "certificate 1 of the peer has a compressed key"));
	assert_int_equal(chain_limits_message((const unsigned char *)"\0\0\7\0\0\4abcd", 10, false, &why), 0);
	assert_int_equal(chain_limits_message((const unsigned char *)"", 0, true, &why), 0);
	pki_free(&leaf);
	pki_free(&wide);
	pki_free(&v1);
	pki_free(&a);
	pki_free(&b);
	pki_free(&c);
}

static char *
list(const char *stem, int n)
{
	char *text = calloc((size_t)n, strlen(stem) + 10), *p = text;

	for (int i = 0; i < n; i++)
		p += sprintf(p, "%s%s%d", i ? "," : "", stem, i);
	return text;
}

static void
names_and_constraints_are_bounded_over_the_chain(void **state)
{
	char *subtrees = list("excluded;DNS:n", 501), *few = list("excluded;DNS:n", 490), *names = list("DNS:", 900);
	struct identity a = pki_make((struct wish){ .cn = "A", .authority = true, .issuer = &ca, .constraints = subtrees });
	struct identity b = pki_make((struct wish){ .cn = "B", .authority = true, .issuer = &a, .constraints = subtrees });
	struct identity c = pki_make((struct wish){ .cn = "C", .authority = true, .issuer = &a, .constraints = few, .san = names });
	struct identity under_b = pki_make((struct wish){ .cn = "x", .issuer = &b });
	struct identity under_c = pki_make((struct wish){ .cn = "x", .issuer = &c, .san = names });

	(void)state;
	assert_null(walked((struct scene){ .trusted = { &ca }, .leaf = &under_b, .others = { &b, &a } }));
	assert_int_equal(why.trouble, CERT_LIMIT);
	assert_string_equal(why.text, "the peer's certificates have more than 1000 name constraints");
	comes_to((struct scene){ .trusted = { &ca }, .leaf = &under_c, .others = { &c, &a } }, "ok+");
	assert_null(walked((struct scene){ .trusted = { &ca }, .leaf = &under_c, .others = { &c, &a, &c, &c, &c } }));
	assert_int_equal(why.trouble, CERT_LIMIT);
	free(subtrees);
	free(few);
	free(names);
	pki_free(&a);
	pki_free(&b);
	pki_free(&c);
	pki_free(&under_b);
	pki_free(&under_c);
}

/* --- No memory: OpenSSL's allocations fail from the n-th of a walk on, `failures` of them. */

static long until_failure; /* allocations that still succeed */
static long failures;      /* allocations that fail after those */

static bool
fails(void)
{
	if (failures == 0 || until_failure-- > 0)
		return false;
	failures--;
	return true;
}

static void *
failing_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return n > 0 && !fails() ? malloc(n) : NULL;
}

static void *
failing_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails() ? NULL : realloc(p, n);
}

static void
plain_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* True when a policy that tolerates the error `tolerated` alone would accept the certificate. */
static bool
tolerable(const struct certificate *c, int tolerated)
{
	for (size_t i = 0; i < c->chain.n; i++)
		if (c->chain.error[i].code != tolerated)
			return false;
	return true;
}

/* False: no allocation failed, because fewer were made. */
static bool
stays_revoked(const struct identity *gone, long n, long times)
{
	struct scene s = { .trusted = { &ca }, .leaf = gone, .crl = pki_crl(&ca, gone, -3600, DAY) };
	X509_STORE *store = store_of(&s);
	X509_STORE_CTX *x = X509_STORE_CTX_new();
	struct certificate *c;
	bool failed;

	assert_int_equal(X509_STORE_CTX_init(x, store, gone->certificate, NULL), 1);
	until_failure = n;
	failures = times;
	c = chain_verify_chain(x, LEVEL, &why);
	failed = failures < times;
	failures = 0;
	if (c != NULL && tolerable(c, X509_V_ERR_CERT_HAS_EXPIRED))
		fail_msg("behind allocation %ld %ld failed, and all that is left is the expiry", n, times);
	certificate_unref(c);
	X509_STORE_CTX_free(x);
	X509_STORE_free(store);
	return failed;
}

static void
without_memory_a_revoked_certificate_is_no_better(void **state)
{
	static const long times[] = { 1, 2, 3, 4, 6, 1000000 };
	struct identity gone = pki_make((struct wish){ .cn = "x", .issuer = &ca, .from = -2 * DAY, .to = -DAY });

	(void)state;
	for (size_t i = 0; i < sizeof times / sizeof *times; i++)
		for (long n = 0; stays_revoked(&gone, n, times[i]); n++)
			;
	pki_free(&gone);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_to_an_anchor_is_walked_to_its_end),
		cmocka_unit_test(without_an_anchor_the_leaf_is_still_looked_at),
		cmocka_unit_test(a_critical_extension_that_nobody_knows_is_listed_there_too),
		cmocka_unit_test(an_anchor_that_only_the_name_leads_to_is_none),
		cmocka_unit_test(a_signature_below_the_top_ends_the_walk_as_well),
		cmocka_unit_test(a_crl_that_its_issuer_did_not_sign_ends_the_walk),
		cmocka_unit_test(without_memory_a_revoked_certificate_is_no_better),
		cmocka_unit_test(a_chain_that_is_too_long_ends_the_walk),
		cmocka_unit_test(a_key_that_costs_too_much_is_not_computed_with),
		cmocka_unit_test(a_curve_has_a_name_and_a_key_a_known_type),
		cmocka_unit_test(a_self_signature_that_costs_too_much_is_not_taken_for_a_good_one),
		cmocka_unit_test(a_pinned_leaf_is_its_own_anchor),
		cmocka_unit_test(a_cross_signed_root_ends_at_the_one_the_ring_trusts),
		cmocka_unit_test(an_intermediate_among_the_signers_is_no_anchor_without_its_root),
		cmocka_unit_test(strict_checking_is_a_flag_of_the_walk),
		cmocka_unit_test(a_message_is_bounded_before_it_is_decoded),
		cmocka_unit_test(names_and_constraints_are_bounded_over_the_chain),
	};

	if (!CRYPTO_set_mem_functions(failing_malloc, failing_realloc, plain_free))
		return 1;
	return cmocka_run_group_tests(tests, build, raze);
}
