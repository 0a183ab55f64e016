/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lhost_saf: the questions of scripts to the saf of the generation, or of a mock. The record gets each answer, like a
 * check.
 */
#include "policy/lhost.h"

#include "policy/lhost_internal.h"
#include "policy/lshape.h"
#include "policy/record_answer.h"
#include "security/saf_read.h"

#include <stdio.h>
#include <string.h>

#define STEPS 20 /* cost of a question; each generic profile costs two more */

struct mocked { /* the saf of a mock; a userdata of its table */
	struct saf *saf;      /* owned */
	struct faults faults; /* of reading the saf; owned here, so that a Lua error leaks nothing */
};

static int
lhost_saf_gc(lua_State *L)
{
	struct mocked *m = lua_touserdata(L, 1);

	saf_free(m->saf);
	faults_free(&m->faults);
	*m = (struct mocked){ .saf = NULL };
	return 0;
}

static struct mocked *
push_box(lua_State *L)
{
	struct mocked *m = lua_newuserdatauv(L, sizeof *m, 0);

	*m = (struct mocked){ .saf = NULL };
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, lhost_saf_gc);
	lua_setfield(L, -2, "__gc");
	lua_setmetatable(L, -2);
	return m;
}

void
lhost_saf_mock(struct lua_State *L, int idx)
{
	struct mocked *m;

	idx = lua_absindex(L, idx);
	m = push_box(L);
	m->saf = saf_new();
	if (m->saf == NULL)
		luaL_error(L, "mock: saf: out of memory");
	saf_read(L, idx, m->saf, "mock", &m->faults);
	for (size_t i = 0; i < m->faults.n; i++)
		if (m->faults.entry[i].level == FAULT_ERROR && m->faults.entry[i].text != NULL)
			luaL_error(L, "mock: saf: %s", m->faults.entry[i].text);
	if (m->faults.errors > 0)
		luaL_error(L, "mock: saf: out of memory");
}

/* The saf; NULL: none is named. The table of the mock keeps the userdata. [-0, +0] */
static const struct saf *
saf_of(lua_State *L, const struct lhost *h)
{
	const struct saf *s = h->saf;

	if (lhost_push_mock(L, h, MOCK_SAF)) {
		const struct mocked *m = lua_touserdata(L, -1);

		s = m != NULL ? m->saf : NULL;
		lua_pop(L, 1);
	}
	return s;
}

static const char *
want_text(lua_State *L, int idx, const char *who, const char *what)
{
	const char *text;
	size_t len;

	if (lua_type(L, idx) != LUA_TSTRING)
		script_place_raise(L, "%s: the %s must be a string, not a %s", who, what, luaL_typename(L, idx));
	text = lua_tolstring(L, idx, &len);
	if (strlen(text) != len)
		script_place_raise(L, "%s: the %s holds a NUL", who, what);
	return text;
}

static enum saf_access
want_access(lua_State *L, int idx)
{
	int a;

	if (lua_isnoneornil(L, idx))
		return SAF_READ;
	a = saf_access_of(want_text(L, idx, "saf.check", "access"));
	if (a <= SAF_NONE)
		script_place_raise(L, "saf.check: access is \"execute\", \"read\", \"update\", \"control\" or \"alter\", not '%.32s'", lua_tostring(L, idx));
	return (enum saf_access)a;
}

static void
push_reason(lua_State *L, const struct saf_decision *d)
{
	lua_createtable(L, 0, 3);
	if (d->profile[0] != '\0') {
		lua_pushstring(L, d->profile);
		lua_setfield(L, -2, "profile");
	}
	lua_pushstring(L, saf_access_name(d->held));
	lua_setfield(L, -2, "held");
	lua_pushstring(L, d->by);
	lua_setfield(L, -2, "by");
	lshape_set(L, SHAPE_saf_decision);
}

/*
 * Adds a check, "saf FRED READ TCICSTRN CPMI": "PAY*, group, holds READ". Names may come from a peer: the record
 * escapes them.
 */
static void
note(struct lhost *h, const char *title, const struct saf_decision *d)
{
	char detail[SAF_PROFILE_SIZE + 64];
	int n;

	if (d->profile[0] != '\0')
		n = snprintf(detail, sizeof detail, "%s, %s, holds %s", d->profile, d->by, saf_access_name(d->held));
	else
		n = snprintf(detail, sizeof detail, "%s", d->by);
	record_check(h->now.entry, title, d->permitted, detail, (size_t)n);
}

static void
keep_check(const struct lhost *h, const char *class, const char *profile, const char *userid, enum saf_access access, const struct saf_decision *d)
{
	struct jsontext *j = record_answer_begin(h->now.entry, "saf.check");

	jsontext_text(j, "class", class, strlen(class));
	jsontext_text(j, "profile", profile, strlen(profile));
	jsontext_text(j, "userid", userid, strlen(userid));
	jsontext_string(j, "access", saf_access_name(access));
	jsontext_flag(j, "answer", d->permitted);
	jsontext_some(j, "by_profile", d->profile);
	jsontext_string(j, "held", saf_access_name(d->held));
	jsontext_string(j, "by", d->by);
	record_answer_end(h->now.entry);
}

/* u NULL: there is no such user, or no saf. */
static void
keep_user(const struct lhost *h, const char *userid, const struct saf_user *u, size_t groups)
{
	struct jsontext *j = record_answer_begin(h->now.entry, "saf.user");

	jsontext_text(j, "userid", userid, strlen(userid));
	if (u == NULL) {
		jsontext_null(j, "answer");
	} else {
		jsontext_begin(j, "answer", '{');
		jsontext_flag(j, "revoked", u->revoked);
		jsontext_begin(j, "groups", '[');
		for (size_t i = 0; i < groups && j != NULL && !j->full; i++)
			jsontext_string(j, NULL, saf_group(h->saf, userid, i));
		jsontext_end(j, ']');
		jsontext_end(j, '}');
	}
	record_answer_end(h->now.entry);
}

/* host.saf_check(class, profile, userid, access) -> true or false, and a table { profile =, held =, by = } */
static int
lhost_saf_check(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	const char *class = want_text(L, 1, "saf.check", "class"), *resource = want_text(L, 2, "saf.check", "profile");
	const char *userid = want_text(L, 3, "saf.check", "userid");
	enum saf_access wanted = want_access(L, 4);
	const struct saf *s;
	struct saf_decision d = { .by = "no saf" };
	char title[TEXT_SIZE];

	lua_settop(L, 4);
	s = saf_of(L, h);
	lhost_pay(L, h, STEPS + 2 * saf_generics(s, class));
	if (s != NULL)
		saf_check(s, class, resource, userid, wanted, &d);
	snprintf(title, sizeof title, "saf %.40s %s %.40s %.100s", userid, saf_access_name(wanted), class, resource);
	note(h, title, &d);
	keep_check(h, class, resource, userid, wanted, &d);
	lua_pushboolean(L, d.permitted);
	push_reason(L, &d);
	return 2;
}

/* host.saf_user(userid) -> { revoked =, groups = { ... } }, or nil */
static int
lhost_saf_user(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	const char *userid = want_text(L, 1, "saf.user", "userid");
	const struct saf *s = saf_of(L, h);
	const struct saf_user *u = saf_user(s, userid);
	size_t n = saf_groups(s, userid);
	char title[80];

	lhost_pay(L, h, STEPS + n);
	snprintf(title, sizeof title, "saf user %.40s", userid);
	record_effect(h->now.entry, title, u == NULL ? (s != NULL ? "unknown" : "no saf") : u->revoked ? "revoked" : "known");
	keep_user(h, userid, u, s == h->saf ? n : 0);
	if (u == NULL)
		return lua_pushnil(L), 1;
	lua_createtable(L, 0, 2);
	lua_pushboolean(L, u->revoked);
	lua_setfield(L, -2, "revoked");
	lua_createtable(L, (int)n, 0);
	for (size_t i = 0; i < n; i++) {
		lua_pushstring(L, saf_group(s, userid, i));
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lshape_set(L, SHAPE_saf_groups);
	lua_setfield(L, -2, "groups");
	lshape_set(L, SHAPE_saf_user);
	return 1;
}

const luaL_Reg lhost_saf_functions[] = {
	{ "saf_check", lhost_saf_check },
	{ "saf_user", lhost_saf_user },
	{ NULL, NULL },
};
