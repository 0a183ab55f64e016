/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec_certificate: the real certificate of a row: certificate = "FILE.pem", { file = "FILE.pem" } or the names of one
 * that is made.
 */
#include "policy/spec_internal.h"

#include <lauxlib.h>
#include <lua.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "tls/issue.h"

#define FILE_BYTES_MAX (1024 * 1024)
#define NAMES_MAX 200   /* of one certificate */
#define DAY 86400.0
#define LATEST 253402300799.0 /* the end of 9999 */
#define AUTHORITY "Test authority"
#define STRANGER "Another authority"

static const char *const file_words[] = { "file", "verified", "userid", NULL };
static const char *const issuer_words[] = { "c", "st", "l", "o", "ou", "cn", NULL };
static const char *const made_words[] = { "c", "st", "l", "o", "ou", "cn", "dns", "ip", "uri", "email", "issuer", "not_before", "not_after",
	"verified", "userid", NULL };

/* The names in the order of a certificate, and the kind that each has there (issue.h). */
static const struct {
	const char *key, *kind;
} kinds[] = { { "c", "C" }, { "st", "ST" }, { "l", "L" }, { "o", "O" }, { "ou", "OU" }, { "cn", "CN" }, { "dns", "dns" }, { "ip", "ip" },
	{ "uri", "uri" }, { "email", "email" } };

#define SUBJECT_KINDS 6 /* the first ones are parts of a subject */

struct naming {
	const char *of; /* for objections */
	struct issue_text text[NAMES_MAX]; /* the bytes are of strings in the row */
	size_t n;
};

/* Adds the string on the top. False, with the objection: it is not a string, or there are too many. [-1, +0] */
static bool
add_name(lua_State *L, struct spec_run *r, struct naming *names, const char *key, const char *kind)
{
	bool fits = lua_type(L, -1) == LUA_TSTRING && names->n < NAMES_MAX;

	if (!fits)
		spec_object(r, "%s.%s: %s", names->of, key, names->n == NAMES_MAX ? "the certificate has too many names" : "must be a string or a list of strings");
	else
		names->text[names->n++] = (struct issue_text){ kind, lua_tostring(L, -1), lua_rawlen(L, -1) };
	lua_pop(L, 1);
	return fits;
}

/* Takes the strings of a key of the table at idx. [-0, +0] */
static bool
take_names(lua_State *L, int idx, struct spec_run *r, struct naming *names, const char *key, const char *kind)
{
	int type = spec_member(L, idx, key), list = lua_gettop(L);
	bool fits = true;

	if (type == LUA_TTABLE)
		for (lua_Integer i = 1; fits && i <= (lua_Integer)lua_rawlen(L, list); i++) {
			lua_rawgeti(L, list, i);
			fits = add_name(L, r, names, key, kind);
		}
	else if (type != LUA_TNIL) {
		lua_pushvalue(L, list);
		fits = add_name(L, r, names, key, kind);
	}
	lua_settop(L, list - 1);
	return fits;
}

/* A time of the table at idx, in seconds since 1970; when absent: `fallback`. False, with the objection. [-0, +0] */
static bool
take_time(lua_State *L, int idx, struct spec_run *r, const char *key, double fallback, int64_t *out)
{
	double value = spec_member(L, idx, key) == LUA_TNIL ? fallback : lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : NAN;
	bool fits = value >= 0 && value <= LATEST;

	lua_pop(L, 1);
	*out = fits ? (int64_t)value : 0;
	if (!fits)
		spec_object(r, "certificate.%s: must be a number of seconds since 1970", key);
	return fits;
}

/* An optional string of the table at idx; NULL: it is absent. False, with the objection: it is no plain string. */
static bool
take_text(lua_State *L, int idx, struct spec_run *r, const char *key, const char **out)
{
	int type = spec_member(L, idx, key);
	bool fits = type == LUA_TNIL || (type == LUA_TSTRING && strlen(lua_tostring(L, -1)) == lua_rawlen(L, -1));

	*out = type == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
	lua_pop(L, 1); /* the row keeps the string */
	if (!fits)
		spec_object(r, "certificate.%s: must be a string without NUL", key);
	return fits;
}

/* The member `verified`: true, false, or absent. False, with the objection: another value. [-0, +0] */
static bool
take_verified(lua_State *L, int idx, struct spec_run *r, enum spec_verified *out)
{
	int type = spec_member(L, idx, "verified");

	*out = type == LUA_TNIL ? SPEC_VERIFIED_UNSAID : lua_toboolean(L, -1) ? SPEC_VERIFIED : SPEC_UNVERIFIED;
	lua_pop(L, 1);
	if (type != LUA_TNIL && type != LUA_TBOOLEAN)
		spec_object(r, "certificate.verified: must be true or false");
	return type == LUA_TNIL || type == LUA_TBOOLEAN;
}

/* --- a certificate that is made --------------------------------------------------------------- */

/* The authority of that name, which is made once for rows that follow each other. NULL with the objection. */
static const struct issuer *
find_issuer(struct spec_run *r, const char *cn)
{
	struct fault f;

	if (r->issuer != NULL && strcmp(r->issuer_name, cn) == 0)
		return r->issuer;
	issue_free(r->issuer);
	r->issuer = issue_authority_always(cn, &f);
	snprintf(r->issuer_name, sizeof r->issuer_name, "%s", cn);
	if (r->issuer == NULL)
		spec_object(r, "certificate: %s", f.text);
	return r->issuer;
}

/* The authority with the parts of the table at idx. NULL with the objection. [-0, +0] */
static const struct issuer *
make_issuer(lua_State *L, int idx, struct spec_run *r)
{
	struct naming names = { .of = "certificate.issuer" };
	struct fault f;

	if (!spec_keys(L, idx, r, issuer_words, names.of))
		return NULL;
	for (size_t i = 0; i < SUBJECT_KINDS; i++)
		if (!take_names(L, idx, r, &names, kinds[i].key, kinds[i].kind))
			return NULL;
	if (names.n == 0) {
		spec_object(r, "certificate.issuer: must have a part, such as cn");
		return NULL;
	}
	issue_free(r->issuer);
	r->issuer_name[0] = '\0';
	r->issuer = issue_authority_named(names.text, names.n, &f);
	if (r->issuer == NULL)
		spec_object(r, "certificate.issuer: %s", f.text);
	return r->issuer;
}

/* The authority that the table at idx names. NULL with the objection. [-0, +0] */
static const struct issuer *
take_issuer(lua_State *L, int idx, struct spec_run *r)
{
	bool parts = spec_member(L, idx, "issuer") == LUA_TTABLE;
	const struct issuer *by = parts ? make_issuer(L, lua_gettop(L), r) : NULL;
	const char *cn = NULL;

	lua_pop(L, 1);
	if (parts || !take_text(L, idx, r, "issuer", &cn))
		return by;
	if (cn == NULL || (cn[0] != '\0' && strlen(cn) < sizeof r->issuer_name))
		return find_issuer(r, cn != NULL ? cn : AUTHORITY);
	spec_object(r, "certificate.issuer: must be the CN of an authority, of 1 to %zu bytes, or a table of its parts", sizeof r->issuer_name - 1);
	return NULL;
}

/* Makes the certificate with the names and dates of the table at idx. [-0, +0] */
static bool
make(lua_State *L, int idx, struct spec_run *r, struct spec_certificate *c)
{
	struct naming names = { .of = "certificate" };
	struct issue_leaf l = { .text = names.text };
	const struct issuer *by;
	struct fault f;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!take_names(L, idx, r, &names, kinds[i].key, kinds[i].kind))
			return false;
	l.n = names.n;
	if (!take_time(L, idx, r, "not_before", fmax(0, c->now - DAY), &l.not_before) ||
	    !take_time(L, idx, r, "not_after", fmin(LATEST, c->now + 365 * DAY), &l.not_after))
		return false;
	by = take_issuer(L, idx, r);
	if (by == NULL)
		return false;
	if (issue_present(by, &l, c->verified != SPEC_UNVERIFIED, &c->presented, &f) == 0)
		return true;
	spec_object(r, "certificate: %s", f.text);
	return false;
}

/* --- a certificate of a file ------------------------------------------------------------------ */

static int
read_file(const char *path, struct presented *p, struct fault *f)
{
	static const struct file_rule rule = { .class = FILE_PLAIN, .max = FILE_BYTES_MAX };
	struct file_content content = { .bytes = NULL };
	int rc = file_read(path, &rule, &content, f);

	if (rc == 0)
		rc = presented_read(p, content.bytes, content.len, f);
	file_free(&content);
	return rc;
}

static bool
read(struct spec_run *r, const char *file, struct spec_certificate *c)
{
	char path[2 * PATH_SIZE];
	struct fault f;

	if (path_beside(path, sizeof path, r->source->path, file) < 0) {
		spec_object(r, "certificate: the name of the file is too long");
		return false;
	}
	if (read_file(path, &c->presented, &f) == 0)
		return true;
	spec_object(r, "certificate: %s: %s", path, f.text);
	return false;
}

/* --- all of it -------------------------------------------------------------------------------- */

/* Takes the table at idx. */
static bool
take_table(lua_State *L, int idx, struct spec_run *r, struct spec_certificate *c)
{
	const char *file = NULL, *userid = NULL;

	if (!take_text(L, idx, r, "file", &file) || !take_text(L, idx, r, "userid", &userid) || !take_verified(L, idx, r, &c->verified) ||
	    !spec_keys(L, idx, r, file != NULL ? file_words : made_words, "certificate"))
		return false;
	snprintf(c->userid, sizeof c->userid, "%s", userid != NULL ? userid : "");
	return file != NULL ? read(r, file, c) : make(L, idx, r, c);
}

/* Takes the member, which is at idx. */
static bool
take(lua_State *L, int idx, struct spec_run *r, struct spec_certificate *c)
{
	if (!(c->now >= 0 && c->now <= LATEST))
		spec_object(r, "facts.now must be a time from 1970 to 9999: the certificate is verified then");
	else if (lua_type(L, idx) == LUA_TSTRING)
		return read(r, lua_tostring(L, idx), c);
	else if (lua_type(L, idx) == LUA_TTABLE)
		return take_table(L, idx, r, c);
	else
		spec_object(r, "certificate must be the name of a file or a table, such as { cn = \"A.B\" }");
	return false;
}

bool
spec_certificate_take(struct lua_State *L, int idx, struct spec_run *r, double now)
{
	bool there = spec_member(L, idx, "certificate") != LUA_TNIL, fits;

	r->certificate.now = now;
	fits = !there || take(L, lua_gettop(L), r, &r->certificate);
	lua_pop(L, 1);
	return fits;
}

void
spec_certificate_drop(struct spec_run *r)
{
	presented_free(&r->certificate.presented);
	r->certificate = (struct spec_certificate){ .now = 0 };
}

/* Makes the last certificate of the file the signer. -1: no memory. */
static int
trust_last(struct presented *p)
{
	const struct presented_item *last = &p->item[p->n - 1];
	unsigned char *copy = malloc(last->len);

	if (copy == NULL)
		return -1;
	memcpy(copy, last->der, last->len);
	p->signer = (struct presented_item){ copy, last->len };
	return 0;
}

/* Makes an authority that signed nothing the signer. */
static int
trust_another(struct spec_run *r, struct presented *p)
{
	const struct issue_leaf none = { .n = 0, .not_after = (int64_t)LATEST };
	const struct issuer *by = find_issuer(r, STRANGER);
	struct presented other = { .n = 0 };
	struct fault f;
	int rc = by != NULL ? issue_present(by, &none, true, &other, &f) : -1;

	if (rc == 0) {
		p->signer = other.signer;
		other.signer.der = NULL;
	}
	presented_free(&other);
	return rc;
}

bool
spec_certificate_settle(struct spec_run *r)
{
	struct presented *p = &r->certificate.presented;
	int rc = 0;

	if (p->n == 0 || p->signer.der != NULL || r->certificate.verified == SPEC_VERIFIED_UNSAID)
		return true;
	rc = r->certificate.verified == SPEC_VERIFIED ? trust_last(p) : trust_another(r, p);
	if (rc < 0)
		spec_object(r, "certificate: out of memory");
	return rc == 0;
}

struct certificate *
spec_certificate_verify(struct spec_run *r, enum way way)
{
	struct spec_certificate *own = &r->certificate;
	struct presented *p = &own->presented;
	struct cert_fault why = { CERT_MEMORY, "out of memory" };
	struct certificate *c = NULL;

	if (own->verified == SPEC_UNVERIFIED || p->signer.der != NULL || trust_last(p) == 0)
		c = presented_verify(p, NULL, way, (int64_t)own->now, &why);
	if (c == NULL)
		spec_object(r, "certificate: %s; the engine refuses it and asks no script", why.text);
	return c;
}
