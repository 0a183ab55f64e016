/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/ring_crl.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>


/* The extensions of a CRL that OpenSSL understands when they are critical. A delta CRL was refused before. */
static bool
is_understood(int nid)
{
	return nid == NID_issuing_distribution_point || nid == NID_authority_key_identifier;
}

/* Why a CRL's issuing distribution point makes the CRL unusable; NULL: it does not. */
static const char *
flaw_of_point(const X509_CRL *crl)
{
	int critical;
	ISSUING_DIST_POINT *p = X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, &critical, NULL);
	const char *flaw = NULL;

	if (p == NULL)
		return critical == -1 ? NULL : "its issuing distribution point cannot be read, or is there twice";
	if (p->indirectCRL > 0)
		flaw = "it is an indirect CRL, which lists certificates of other issuers; those are not processed";
	else if (p->onlysomereasons != NULL)
		flaw = "it lists revocations for some reasons only (onlySomeReasons); those lists are not processed";
	else if (p->onlyattr > 0)
		flaw = "it lists attribute certificates only (onlyContainsAttributeCerts)";
	else if (p->onlyuser > 0 && p->onlyCA > 0)
		flaw = "its issuing distribution point says both onlyContainsUserCerts and onlyContainsCACerts";
	ISSUING_DIST_POINT_free(p);
	return flaw;
}

static const char *
flaw_of_extensions(const X509_CRL *crl)
{
	for (int i = 0; i < X509_CRL_get_ext_count(crl); i++) {
		X509_EXTENSION *e = X509_CRL_get_ext(crl, i);

		if (X509_EXTENSION_get_critical(e) && !is_understood(OBJ_obj2nid(X509_EXTENSION_get_object(e))))
			return "it has a critical extension that is not understood";
	}
	return NULL;
}

static const char *
flaw_of_reason(const X509_REVOKED *gone)
{
	int critical;
	ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(gone, NID_crl_reason, &critical, NULL);
	bool removes = reason != NULL && ASN1_ENUMERATED_get(reason) == CRL_REASON_REMOVE_FROM_CRL;

	ASN1_ENUMERATED_free(reason);
	if (reason == NULL && critical != -1)
		return "an entry's reason cannot be read";
	return removes ? "an entry says removeFromCRL, as in a delta CRL only; those are not processed" : NULL;
}

static const char *
flaw_of_entry(const X509_REVOKED *gone)
{
	for (int i = 0; i < X509_REVOKED_get_ext_count(gone); i++) {
		X509_EXTENSION *e = X509_REVOKED_get_ext(gone, i);

		if (OBJ_obj2nid(X509_EXTENSION_get_object(e)) == NID_certificate_issuer)
			return "an entry is for a certificate of another issuer; such lists (indirect CRLs) are not processed";
		if (X509_EXTENSION_get_critical(e))
			return "an entry has a critical extension that is not understood";
	}
	return flaw_of_reason(gone);
}

static const char *
flaw_of_entries(X509_CRL *crl)
{
	STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(crl);
	const char *flaw = NULL;

	for (int i = 0; flaw == NULL && i < sk_X509_REVOKED_num(list); i++)
		flaw = flaw_of_entry(sk_X509_REVOKED_value(list, i));
	return flaw;
}

static const char *
flaw_of(X509_CRL *crl)
{
	const char *flaw = NULL;

	if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0)
		flaw = "it is a delta CRL, which lists changes since its base only; those are not processed";
	if (flaw == NULL)
		flaw = flaw_of_point(crl);
	if (flaw == NULL)
		flaw = flaw_of_extensions(crl);
	return flaw != NULL ? flaw : flaw_of_entries(crl);
}

void
ring_crl_judge(const struct ring_items *l, struct faults *faults)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct ring_item *at = &l->item[i];
		const char *flaw = at->crl != NULL ? flaw_of(at->crl) : NULL;

		if (flaw != NULL)
			faults_add(faults, FAULT_ERROR, "crl_kind", at->file->path, at->line,
				"this CRL cannot be applied: %s; put the issuer's complete CRL there instead", flaw);
	}
	ERR_clear_error();
}

/* --- warnings */

static bool
same_extension(const X509_CRL *a, const X509_CRL *b, int nid)
{
	int i = X509_CRL_get_ext_by_NID(a, nid, -1), j = X509_CRL_get_ext_by_NID(b, nid, -1);

	if (i < 0 || j < 0)
		return i < 0 && j < 0;
	return ASN1_OCTET_STRING_cmp(X509_EXTENSION_get_data(X509_CRL_get_ext(a, i)), X509_EXTENSION_get_data(X509_CRL_get_ext(b, j))) == 0;
}

static bool
is_early(const X509_CRL *crl)
{
	return X509_cmp_current_time(X509_CRL_get0_lastUpdate(crl)) > 0;
}

static bool
is_late(const X509_CRL *crl)
{
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);

	return next != NULL && X509_cmp_current_time(next) < 0;
}

/* True when the ring has a current CRL of the same issuer for the same certificates: OpenSSL uses that one. */
static bool
has_current(const struct ring_items *l, const X509_CRL *crl)
{
	for (size_t i = 0; i < l->n; i++) {
		const X509_CRL *other = l->item[i].crl;

		if (other != NULL && !is_early(other) && !is_late(other) && X509_CRL_cmp(other, crl) == 0
			&& same_extension(other, crl, NID_issuing_distribution_point)
			&& same_extension(other, crl, NID_authority_key_identifier))
			return true;
	}
	return false;
}

static void
warn_of_times(const struct ring_items *l, const struct ring_item *at, const char *issuer, struct faults *faults)
{
	char when[RING_ITEM_TIME];

	if (has_current(l, at->crl))
		return;
	if (is_late(at->crl))
		faults_add(faults, FAULT_WARNING, "crl_expired", at->file->path, at->line,
			"nextUpdate was %s: the certificates issued by %s that this CRL covers are refused until the next CRL is in the ring",
			ring_item_time(X509_CRL_get0_nextUpdate(at->crl), when), issuer);
	else if (is_early(at->crl))
		faults_add(faults, FAULT_WARNING, "crl_not_yet", at->file->path, at->line,
			"thisUpdate is %s, in the future: the certificates issued by %s that this CRL covers are refused until then",
			ring_item_time(X509_CRL_get0_lastUpdate(at->crl), when), issuer);
}

enum issuer { ISSUER_NONE, ISSUER_NAMED, ISSUER_FOUND };

static enum issuer
issued_by(X509_CRL *crl, X509 *x)
{
	EVP_PKEY *key = X509_get0_pubkey(x);

	if (X509_NAME_cmp(X509_get_subject_name(x), X509_CRL_get_issuer(crl)) != 0)
		return ISSUER_NONE;
	if ((X509_get_key_usage(x) & KU_CRL_SIGN) == 0 || key == NULL || X509_CRL_verify(crl, key) != 1)
		return ISSUER_NAMED;
	return ISSUER_FOUND;
}

static void
warn_of_issuer(const struct ring_items *l, const struct ring_item *at, const char *issuer, struct faults *faults)
{
	enum issuer best = ISSUER_NONE;

	for (size_t i = 0; best != ISSUER_FOUND && i < l->n; i++) {
		enum issuer found = l->item[i].x != NULL ? issued_by(at->crl, l->item[i].x) : ISSUER_NONE;

		best = found > best ? found : best;
	}
	if (best == ISSUER_NONE)
		faults_add(faults, FAULT_WARNING, "crl_issuer", at->file->path, at->line,
			"no certificate of this ring is its issuer, %s; the CRL has no effect unless partners present that certificate as an intermediate", issuer);
	else if (best == ISSUER_NAMED)
		faults_add(faults, FAULT_WARNING, "crl_signature", at->file->path, at->line,
			"no certificate of the ring named %s that may sign CRLs has signed it; partners with certificates of its issuer may be refused", issuer);
}

void
ring_crl_warn(const struct ring_items *l, struct faults *faults)
{
	char issuer[RING_ITEM_NAME];

	for (size_t i = 0; i < l->n; i++) {
		const struct ring_item *at = &l->item[i];

		if (at->crl == NULL)
			continue;
		ring_item_name(X509_CRL_get_issuer(at->crl), issuer);
		warn_of_times(l, at, issuer, faults);
		warn_of_issuer(l, at, issuer, faults);
	}
	ERR_clear_error();
}
