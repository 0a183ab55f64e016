/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/dn_type.h"

#include <openssl/err.h>
#include <openssl/objects.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/*
 * The OID arcs in which types of names are registered (X.520, RFC 4519, PKCS 9, some countries and companies).
 * OpenSSL's other objects are not types of names.
 */
static const char *const arcs[] = { "2.5.4.", "0.9.2342.19200300.100.1.", "1.2.840.113549.1.9.", "1.3.6.1.4.1.311.60.2.1.", "1.3.6.1.4.1.311.17.",
	"1.3.6.1.5.5.7.9.", "1.2.643." };

/*
 * Types by the names that other systems use (RACF prints SP, T and PC, Windows S, E, G and I), and by common
 * misspellings.
 */
static const struct {
	const char *written, *meant;
} aliases[] = {
	{ "S", "ST" }, { "SP", "ST" }, { "STATE", "ST" }, { "E", "emailAddress" }, { "EMAIL", "emailAddress" }, { "T", "title" }, { "PC", "postalCode" },
	{ "G", "GN" }, { "I", "initials" }, { "UO", "OU" }, { "NC", "CN" }, { "TS", "ST" }, { "CD", "DC" }, { "ORG", "O" }, { "COUNTRY", "C" },
	{ "DOMAIN", "DC" }, { "USERID", "UID" },
};

#define USUAL "CN, OU, O, L, ST, C, DC, UID, serialNumber, emailAddress, and OIDs such as 1.2.3.4"

/*
 * OpenSSL's short names that differ from another type's short name only in case: OpenSSL's "uid" is not the UID of
 * RFC 4514. Types are compared in any case, so these names are left out.
 */
static bool
is_taken(int nid)
{
	return nid == NID_uniqueIdentifier || nid == NID_Mail;
}

void
dn_type_print(const struct asn1_object_st *o, char out[DN_TYPE_SIZE])
{
	int nid = OBJ_obj2nid(o);
	const char *known = nid == NID_undef || is_taken(nid) ? NULL : OBJ_nid2sn(nid);
	char dotted[128] = "~";
	int n;

	if (known != NULL && strlen(known) < DN_TYPE_SIZE) {
		memcpy(out, known, strlen(known) + 1);
		return;
	}
	n = OBJ_obj2txt(dotted, sizeof dotted, o, 1);
	memcpy(out, dotted, DN_TYPE_SIZE - 1);
	out[DN_TYPE_SIZE - 1] = '\0';
	if (n >= DN_TYPE_SIZE)
		out[DN_TYPE_SIZE - 2] = '~';
}

/* --- as written ------------------------------------------------------------------------------- */

static bool
is_type(int nid)
{
	char oid[128];

	if (nid == NID_undef || is_taken(nid) || OBJ_obj2txt(oid, sizeof oid, OBJ_nid2obj(nid), 1) <= 0)
		return false;
	for (size_t i = 0; i < sizeof arcs / sizeof *arcs; i++)
		if (strncmp(oid, arcs[i], strlen(arcs[i])) == 0)
			return true;
	return false;
}

/* Searches by OpenSSL's names in any case. OpenSSL's table has gaps, for which it queues errors. */
static int
search(const char *written, const char *(*name_of)(int nid))
{
	int found = NID_undef, end = OBJ_new_nid(0);

	ERR_set_mark();
	for (int nid = 1; nid < end && found == NID_undef; nid++) {
		const char *name = name_of(nid);

		if (name != NULL && strcasecmp(name, written) == 0 && is_type(nid))
			found = nid;
	}
	ERR_pop_to_mark();
	return found;
}

static int
type_or_none(int nid)
{
	return is_type(nid) ? nid : NID_undef;
}

/* Tries the word unchanged and in upper case first: nearly all words are found so, and the full search is slow. */
static int
look_up(const char *written)
{
	int nid = type_or_none(OBJ_sn2nid(written));
	char upper[DN_TYPE_SIZE];
	size_t n = 0;

	for (; nid == NID_undef && written[n] != '\0' && n < sizeof upper - 1; n++)
		upper[n] = (char)toupper((unsigned char)written[n]);
	upper[n] = '\0';
	return n > 0 ? type_or_none(OBJ_sn2nid(upper)) : nid;
}

static int
by_short_name(const char *written)
{
	int nid = look_up(written);

	return nid != NID_undef ? nid : search(written, OBJ_nid2sn);
}

static const char *
alias_of(const char *written)
{
	for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
		if (strcasecmp(aliases[i].written, written) == 0)
			return aliases[i].meant;
	return NULL;
}

/* Returns the short name to suggest for an unknown word; NULL: no suggestion. */
static const char *
meant_by(const char *written)
{
	const char *alias = alias_of(written);
	int nid;

	if (alias != NULL)
		return alias;
	if (strncasecmp(written, "OID.", 4) == 0)
		written += 4;
	nid = search(written, OBJ_nid2ln);
	if (nid == NID_undef && isdigit((unsigned char)*written))
		nid = OBJ_txt2nid(written);
	return is_type(nid) ? OBJ_nid2sn(nid) : NULL;
}

/* Reads an OID that OpenSSL's table does not have, in the form that a certificate's OID is printed in. */
static int
read_oid(const char *written, char out[DN_TYPE_SIZE])
{
	ASN1_OBJECT *o;

	ERR_set_mark();
	o = isdigit((unsigned char)*written) ? OBJ_txt2obj(written, 1) : NULL;
	ERR_pop_to_mark();
	if (o == NULL)
		return -1;
	dn_type_print(o, out);
	ASN1_OBJECT_free(o);
	return strcmp(out, written) == 0 ? 0 : -1;
}

int
dn_type_read(const char *written, char out[DN_TYPE_SIZE], struct fault *f)
{
	int nid = by_short_name(written);
	const char *meant;

	if (nid != NID_undef) {
		snprintf(out, DN_TYPE_SIZE, "%s", OBJ_nid2sn(nid));
		return 0;
	}
	if (read_oid(written, out) == 0)
		return 0;
	meant = meant_by(written);
	if (meant != NULL)
		return fault_set(f, "'%s' is not an attribute type here; write %s", written, meant);
	return fault_set(f, "'%s' is not an attribute type; the types are " USUAL, written);
}

bool
dn_type_likely(const char *word)
{
	return look_up(word) != NID_undef || alias_of(word) != NULL || is_type(OBJ_ln2nid(word));
}
