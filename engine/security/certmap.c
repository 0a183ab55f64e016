/* SPDX-License-Identifier: Apache-2.0 */
#include "security/certmap.h"

#include "tls/dn.h"
#include "tls/ring.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The kinds in RACF's order. Within a kind the number of parts is the order: a whole subject name has more parts than
 * its end.
 */
enum kind { KIND_FINGERPRINT, KIND_SUBJECT_AND_ISSUER, KIND_SUBJECT, KIND_ISSUER };

struct filter {
	struct filter *next;
	enum kind kind;
	size_t number;             /* its number in the list, from 1 */
	char userid[NAME_SIZE];
	char sha256[65];           /* lower case; "": none */
	struct dn subject, issuer; /* owned; n = 0: not given */
	char anchor[65];           /* lower case; "": any */
};

#define DIGITS 64 /* hex digits of a SHA-256 fingerprint */

struct certmap {
	struct filter *first; /* owned; in the order of the search */
	size_t n;
	uint64_t sum;
};

uint64_t
certmap_sum(const struct certmap *m)
{
	return m != NULL ? m->sum : 0;
}

void
certmap_set_sum(struct certmap *m, uint64_t sum)
{
	m->sum = sum;
}

struct certmap *
certmap_new(void)
{
	return calloc(1, sizeof(struct certmap));
}

static void
filter_free(struct filter *x)
{
	dn_free(&x->subject);
	dn_free(&x->issuer);
	free(x);
}

void
certmap_free(struct certmap *m)
{
	while (m != NULL && m->first != NULL) {
		struct filter *x = m->first;

		m->first = x->next;
		filter_free(x);
	}
	free(m);
}

/* --- building --------------------------------------------------------------------------------- */

static int
take_digest(char out[65], const char *what, const char *text, struct fault *f)
{
	size_t n = 0;

	for (; *text != '\0'; text++) {
		if (*text == ':')
			continue;
		if (!isxdigit((unsigned char)*text) || n == DIGITS)
			break;
		out[n++] = (char)tolower((unsigned char)*text);
	}
	return *text == '\0' && n == DIGITS ? 0 : fault_set(f, "%s is not a SHA-256 fingerprint: 64 hex digits", what);
}

static int
take_name(struct dn *d, const char *what, const char *text, struct fault *f)
{
	if (text == NULL || dn_parse(d, text, strlen(text), f) == 0)
		return 0;
	return fault_wrap(f, "%s", what);
}

static int
fill(struct filter *x, const struct filter_text *given, struct fault *f)
{
	if (given->sha256 == NULL && given->subject == NULL && given->issuer == NULL)
		return fault_set(f, "a filter names a certificate by sha256, or by subject, issuer or both");
	if (given->sha256 != NULL && (given->subject != NULL || given->issuer != NULL || given->anchor != NULL))
		return fault_set(f, "sha256 cannot be given with subject, issuer or anchor");
	if (given->sha256 != NULL)
		return take_digest(x->sha256, "sha256", given->sha256, f);
	if (given->anchor != NULL && take_digest(x->anchor, "anchor", given->anchor, f) < 0)
		return -1;
	x->kind = given->subject == NULL ? KIND_ISSUER : given->issuer == NULL ? KIND_SUBJECT : KIND_SUBJECT_AND_ISSUER;
	return take_name(&x->subject, "subject", given->subject, f) < 0 || take_name(&x->issuer, "issuer", given->issuer, f) < 0 ? -1 : 0;
}

static bool
same(const struct filter *a, const struct filter *b)
{
	return strcmp(a->sha256, b->sha256) == 0 && dn_same(&a->subject, &b->subject) && dn_same(&a->issuer, &b->issuer)
		&& strcmp(a->anchor, b->anchor) == 0;
}

static bool
before(const struct filter *a, const struct filter *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind;
	if (a->subject.n != b->subject.n || a->issuer.n != b->issuer.n)
		return a->subject.n != b->subject.n ? a->subject.n > b->subject.n : a->issuer.n > b->issuer.n;
	return a->anchor[0] != '\0' && b->anchor[0] == '\0';
}

static int
put_in(struct certmap *m, struct filter *x, struct fault *f)
{
	struct filter **at = &m->first;

	for (const struct filter *o = m->first; o != NULL; o = o->next)
		if (same(o, x))
			return fault_set(f, "the same filter exists already, for %s", o->userid);
	while (*at != NULL && !before(x, *at))
		at = &(*at)->next;
	x->number = ++m->n;
	x->next = *at;
	*at = x;
	return 0;
}

int
certmap_add(struct certmap *m, const struct filter_text *given, struct fault *f)
{
	struct filter *x = calloc(1, sizeof *x);

	if (x == NULL)
		return fault_set(f, "out of memory");
	snprintf(x->userid, sizeof x->userid, "%s", given->userid);
	if (fill(x, given, f) == 0 && put_in(m, x, f) == 0)
		return 0;
	filter_free(x);
	return -1;
}

size_t
certmap_filters(const struct certmap *m)
{
	return m->n;
}

/* --- asking ----------------------------------------------------------------------------------- */

static bool
issuer_fits(const struct filter *x, const struct dn *issuer)
{
	return x->kind == KIND_ISSUER ? dn_ends(issuer, &x->issuer) : dn_same(issuer, &x->issuer);
}

static bool
anchor_fits(const struct filter *x, const struct certificate *c)
{
	return x->anchor[0] == '\0' || (c->chain.anchored && c->chain.links > 0 && strcmp(c->chain.link[c->chain.links - 1].sha256, x->anchor) == 0);
}

static bool
fits(const struct filter *x, const struct certificate *c)
{
	if (x->kind == KIND_FINGERPRINT)
		return strcmp(x->sha256, c->sha256) == 0;
	if (!c->chain.ok || !anchor_fits(x, c) || (x->kind != KIND_ISSUER && !dn_ends(&c->subject, &x->subject)))
		return false;
	return x->kind == KIND_SUBJECT || issuer_fits(x, &c->issuer);
}

const char *
certmap_userid(const struct certmap *m, const struct certificate *c)
{
	const struct filter *x = m != NULL && c != NULL ? m->first : NULL;

	while (x != NULL && !fits(x, c))
		x = x->next;
	return x != NULL ? x->userid : NULL;
}

void
certmap_decide(const struct certmap *m, const struct certificate *c, const char *said, char out[NAME_SIZE])
{
	const char *userid = said[0] != '\0' ? said : certmap_userid(m, c);

	snprintf(out, NAME_SIZE, "%s", userid != NULL ? userid : "");
}

/* --- checking --------------------------------------------------------------------------------- */

static bool
certmap_is_issuer(void *arg, const struct dn *subject)
{
	return issuer_fits(arg, subject);
}

static void
check_filter(struct filter *x, const struct ring *r, const char *file, struct faults *faults)
{
	if (x->issuer.n > 0 && !ring_any_authority(r, certmap_is_issuer, x))
		faults_add(faults, FAULT_WARNING, "issuer_unknown", file, 0, "[%zu]: no signer and no intermediate of the ring is named %s; unless partners present "
				"an intermediate of %s, the filter fits no certificate", x->number, x->issuer.printed,
				x->kind == KIND_ISSUER ? "a name that ends so" : "exactly this name");
	if (x->anchor[0] != '\0' && !ring_is_signer(r, x->anchor))
		faults_add(faults, FAULT_WARNING, "anchor_unknown", file, 0, "[%zu]: no signer of the ring has the fingerprint that anchor gives, so the filter fits no "
			"certificate; see openssl x509 -in %s/signers/NAME.pem -noout -fingerprint -sha256", x->number, ring_dir(r));
}

void
certmap_check(const struct certmap *m, const struct ring *r, const char *file, struct faults *faults)
{
	for (struct filter *x = m->first; x != NULL; x = x->next)
		check_filter(x, r, file, faults);
}
