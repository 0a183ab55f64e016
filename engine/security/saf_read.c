/* SPDX-License-Identifier: Apache-2.0 */
#include "security/saf_read.h"

#include "config/attribute.h"
#include "config/datafile.h"
#include "base/file.h"
#include "config/keypath.h"
#include "security/scrypt.h"
#include "base/sum.h"
#include "tls/tls.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REVOKE_MAX 255
#define REVOKE_ALL_MAX 65535

static const char *const top_words[] = { "revoke", "revoke_all", "users", "classes", NULL };
static const char *const user_words[] = { "password", "groups", "revoked", NULL };
static const char *const profile_words[] = { "uacc", "permit", NULL };

struct place { /* where the reader is */
	struct saf *saf;
	const char *class, *profile, *userid;
};

/* [-0, +1] */
static int
push_field(lua_State *L, int idx, const char *key)
{
	lua_pushstring(L, key);
	return lua_rawget(L, idx);
}

/* --- users ------------------------------------------------------------------------------------ */

static void
read_password(lua_State *L, int idx, struct keypath *k, struct saf_user *u)
{
	size_t len, before;
	const char *hash = keypath_text(L, idx, k, "password", &len);
	struct scrypt parsed;
	struct fault f;

	if (hash == NULL)
		return;
	before = keypath_enter(k, "password", 8);
	if (strlen(hash) != len || scrypt_parse(&parsed, hash, &f) < 0)
		keypath_complain(k, FAULT_ERROR, "value", "%s; `sallyport passwd` makes a hash", strlen(hash) != len ? "holds a NUL" : f.text);
	else
		snprintf(u->password, sizeof u->password, "%s", hash);
	keypath_leave(k, before);
}

static void
saf_read_group(lua_State *L, struct keypath *k, void *arg)
{
	struct place *at = arg;
	char name[NAME_SIZE];
	const char *text;
	size_t len;

	if (lua_type(L, -1) != LUA_TSTRING) {
		keypath_complain(k, FAULT_ERROR, "value", "must be the name of a group, not a %s", luaL_typename(L, -1));
		return;
	}
	text = lua_tolstring(L, -1, &len);
	if (keypath_name(k, text, len, "group", name, sizeof name) && saf_add_to_group(at->saf, at->userid, name) < 0)
		keypath_complain(k, FAULT_ERROR, "twice", "%s occurs twice (or memory ran out)", name);
}

static void
saf_read_user(lua_State *L, struct keypath *k, const char *key, size_t len, void *arg)
{
	struct place *at = arg;
	int idx = lua_gettop(L);
	struct saf_user u = { .revoked = false };
	size_t before;

	if (!keypath_name(k, key, len, "user", u.userid, sizeof u.userid) ||
		!keypath_table(L, idx, k, "a table { password = \"scrypt:...\", groups = { ... }, revoked = false }"))
		return;
	keypath_known(L, idx, k, user_words);
	read_password(L, idx, k, &u);
	u.revoked = keypath_flag(L, idx, k, "revoked");
	if (saf_add_user(at->saf, &u) < 0) {
		keypath_complain(k, FAULT_ERROR, "twice", "a user %s exists already, in another case (or memory ran out)", u.userid);
		return;
	}
	at->userid = u.userid;
	before = keypath_enter(k, "groups", 6);
	if (push_field(L, idx, "groups") != LUA_TNIL && keypath_table(L, -1, k, "a list of names { \"PAYROLL\" }"))
		keypath_items(L, -1, k, saf_read_group, at);
	keypath_leave(k, before);
	lua_settop(L, idx);
}

/* A group must not have the name of a user, because a permit could mean either. */
static void
saf_read_check_groups(lua_State *L, struct keypath *k, const char *key, size_t len, void *arg)
{
	struct place *at = arg;

	(void)L;
	(void)len;
	for (size_t i = 0; i < saf_groups(at->saf, key); i++)
		if (saf_user(at->saf, saf_group(at->saf, key, i)) != NULL)
			keypath_complain(k, FAULT_ERROR, "ambiguous", "is in a group %s, and there is a user of that name; a permit could mean either",
				saf_group(at->saf, key, i));
}

/* --- classes ---------------------------------------------------------------------------------- */

static bool
read_access(lua_State *L, struct keypath *k, enum saf_access *out)
{
	const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
	int a = text != NULL && strlen(text) == lua_rawlen(L, -1) ? saf_access_of(text) : -1;
	char printed[40];

	if (text == NULL)
		keypath_complain(k, FAULT_ERROR, "value", "must be \"none\", \"execute\", \"read\", \"update\", \"control\" or \"alter\", not a %s", luaL_typename(L, -1));
	else if (a < 0)
		keypath_complain(k, FAULT_ERROR, "value", "'%s' is not none, execute, read, update, control or alter",
			text_printable(printed, sizeof printed, text, lua_rawlen(L, -1)));
	else
		*out = (enum saf_access)a;
	return a >= 0;
}

static void
saf_read_permit(lua_State *L, struct keypath *k, const char *key, size_t len, void *arg)
{
	struct place *at = arg;
	char who[NAME_SIZE] = "*";
	enum saf_access access;

	if (!(len == 1 && key[0] == '*') && !keypath_name(k, key, len, "user or group", who, sizeof who))
		return;
	if (read_access(L, k, &access) && saf_permit(at->saf, at->class, at->profile, who, access) < 0)
		keypath_complain(k, FAULT_ERROR, "twice", "%s exists already, in another case (or memory ran out)", who);
}

static enum saf_access
read_uacc(lua_State *L, int idx, struct keypath *k)
{
	enum saf_access uacc = SAF_NONE;
	size_t before = keypath_enter(k, "uacc", 4);

	if (push_field(L, idx, "uacc") != LUA_TNIL)
		read_access(L, k, &uacc);
	lua_pop(L, 1);
	keypath_leave(k, before);
	return uacc;
}

static bool
profile_name(struct keypath *k, const char *key, size_t len, char out[SAF_PROFILE_SIZE])
{
	struct fault f;

	if (profile_check(key, len, &f) < 0) {
		keypath_complain(k, FAULT_ERROR, "value", "is not the name of a profile: %s", f.text);
		return false;
	}
	return text_upper(out, SAF_PROFILE_SIZE, key, len);
}

static void
saf_read_profile(lua_State *L, struct keypath *k, const char *key, size_t len, void *arg)
{
	struct place *at = arg;
	int idx = lua_gettop(L);
	char name[SAF_PROFILE_SIZE];
	size_t before;

	if (!profile_name(k, key, len, name) || !keypath_table(L, idx, k, "a table { uacc = \"none\", permit = { FRED = \"read\" } }"))
		return;
	keypath_known(L, idx, k, profile_words);
	if (saf_add_profile(at->saf, at->class, name, read_uacc(L, idx, k)) < 0) {
		keypath_complain(k, FAULT_ERROR, "twice", "a profile %s exists already, in another case (or memory ran out)", name);
		return;
	}
	at->profile = name;
	before = keypath_enter(k, "permit", 6);
	if (push_field(L, idx, "permit") != LUA_TNIL && keypath_table(L, -1, k, "a table { FRED = \"read\" }"))
		keypath_each(L, -1, k, saf_read_permit, at);
	keypath_leave(k, before);
	lua_settop(L, idx);
}

static void
saf_read_class(lua_State *L, struct keypath *k, const char *key, size_t len, void *arg)
{
	struct place *at = arg;
	char name[SAF_CLASS_SIZE];

	if (!keypath_name(k, key, len, "class", name, sizeof name) || !keypath_table(L, -1, k, "a table { [\"PROFILE\"] = { ... } }"))
		return;
	if (saf_add_class(at->saf, name) < 0) {
		keypath_complain(k, FAULT_ERROR, "twice", "a class %s exists already, in another case (or memory ran out)", name);
		return;
	}
	at->class = name;
	keypath_each(L, -1, k, saf_read_profile, at);
}

/* --- the whole -------------------------------------------------------------------------------- */

static void
read_times(lua_State *L, int idx, struct keypath *k, const char *key, struct saf *s, int max, void (*set)(struct saf *s, unsigned times))
{
	lua_Integer times = -1;
	size_t before = keypath_enter(k, key, strlen(key));

	if (push_field(L, idx, key) != LUA_TNIL) {
		if (lua_type(L, -1) == LUA_TNUMBER && lua_isinteger(L, -1))
			times = lua_tointeger(L, -1);
		if (times < 0 || times > max)
			keypath_complain(k, FAULT_ERROR, "value", "must be a whole number from 0 (no limit) to %d", max);
		else
			set(s, (unsigned)times);
	}
	lua_pop(L, 1);
	keypath_leave(k, before);
}

/* With revoke_all below revoke a user is revoked for all partners before revoke is reached for one. */
static void
read_revoke(lua_State *L, int idx, struct keypath *k, struct saf *s)
{
	read_times(L, idx, k, "revoke", s, REVOKE_MAX, saf_set_revoke);
	read_times(L, idx, k, "revoke_all", s, REVOKE_ALL_MAX, saf_set_revoke_all);
	if (saf_revoke_all(s) > 0 && saf_revoke_all(s) < saf_revoke(s))
		keypath_complain(k, FAULT_WARNING, "no_effect", "revoke is %u and revoke_all is %u, so revoke has no effect; give revoke_all a larger number, or leave it "
			"out", saf_revoke(s), saf_revoke_all(s));
}

static void
saf_read_say_stranger(void *arg, const char *class, const char *profile, const char *who)
{
	struct keypath *k = arg;

	keypath_complain(k, FAULT_WARNING, "unknown_name", "classes.%s.%s.permit.%s is neither a user nor a group with a user", class, profile, who);
}

/* Sorts the faults: the order of lua_next is random, and messages must be stable. */
static int
saf_read_order(const void *a, const void *b)
{
	const struct fault_entry *x = a, *y = b;

	return strcmp(x->text != NULL ? x->text : "", y->text != NULL ? y->text : "");
}

/* Calls each for the pairs of the table under key. [-0, +0] */
static void
read_part(lua_State *L, int idx, struct keypath *k, const char *key, const char *what,
	void (*each)(lua_State *L, struct keypath *k, const char *key, size_t len, void *arg), struct place *at)
{
	size_t before = keypath_enter(k, key, strlen(key));

	if (push_field(L, idx, key) != LUA_TNIL && keypath_table(L, -1, k, what))
		keypath_each(L, -1, k, each, at);
	lua_pop(L, 1);
	keypath_leave(k, before);
}

void
saf_read(struct lua_State *L, int idx, struct saf *s, const char *name, struct faults *faults)
{
	struct keypath k = { .file = name, .faults = faults };
	struct place at = { .saf = s };
	size_t before = faults->n, errors = faults->errors;

	idx = lua_absindex(L, idx);
	luaL_checkstack(L, 24, NULL);
	if (!keypath_table(L, idx, &k, "one table: return { users = { ... }, classes = { ... } }"))
		return;
	keypath_known(L, idx, &k, top_words);
	read_revoke(L, idx, &k, s);
	read_part(L, idx, &k, "users", "a table { FRED = { ... } }", saf_read_user, &at);
	if (faults->errors == errors)
		read_part(L, idx, &k, "users", "", saf_read_check_groups, &at);
	read_part(L, idx, &k, "classes", "a table { TCICSTRN = { ... } }", saf_read_class, &at);
	if (faults->errors == errors)
		saf_strangers(s, saf_read_say_stranger, &k);
	if (faults->n > before)
		qsort(faults->entry + before, faults->n - before, sizeof *faults->entry, saf_read_order);
}

/* --- a file ----------------------------------------------------------------------------------- */

struct load {
	struct saf *saf;
	const char *file;
	struct faults *faults;
};

static void
saf_read_returned(lua_State *L, void *arg)
{
	struct load *l = arg;

	saf_read(L, -1, l->saf, l->file, l->faults);
}

#define HASH "scrypt:" /* the beginning of a password hash, as `sallyport passwd` prints it */

/* The digest of the text without its password hashes (saf_digest). Without memory it stays empty. */
static void
take_digest(struct saf *s, const char *bytes, size_t len)
{
	char *public = malloc(len + 1);
	size_t n = 0;

	for (size_t i = 0; public != NULL && i < len; i++) {
		if (len - i >= strlen(HASH) && memcmp(bytes + i, HASH, strlen(HASH)) == 0)
			while (i < len && strchr("\"'\n", bytes[i]) == NULL)
				i++;
		if (i < len)
			public[n++] = bytes[i];
	}
	if (public != NULL)
		tls_digest(public, n, saf_digest(s));
	free(public);
}

static void
read_bytes(struct load *l, const char *bytes, size_t len)
{
	struct datafile d = { .bytes = bytes, .len = len, .what = "the file", .read = saf_read_returned, .arg = l };
	struct fault f;
	int line = 0;

	l->saf = saf_new();
	if (l->saf != NULL) {
		*saf_sum(l->saf) = sum_add(SUM_BEGIN, bytes, len);
		take_digest(l->saf, bytes, len);
	}
	if (l->saf == NULL)
		fault_set(&f, "out of memory");
	else if (datafile_run(&d, &line, &f) == 0)
		return;
	faults_add(l->faults, FAULT_ERROR, "syntax", l->file, line, "%s", f.text);
}

struct saf *
saf_load_bytes(const char *bytes, size_t len, const char *file, struct faults *faults)
{
	struct load l = { .file = file, .faults = faults };
	size_t errors = faults->errors;

	read_bytes(&l, bytes, len);
	if (faults->errors == errors)
		return l.saf;
	saf_free(l.saf);
	return NULL;
}

struct saf *
saf_load(const char *file, struct faults *faults)
{
	static const struct file_rule rule = { .class = FILE_SECRET, .max = SAF_BYTES_MAX };
	struct file_content content;
	struct saf *s;
	struct fault f;

	if (file_read(file, &rule, &content, &f) < 0) {
		faults_add(faults, FAULT_ERROR, "file", file, 0, "%s", f.text);
		return NULL;
	}
	file_warn(file, rule.class, &content.st, "", faults);
	s = saf_load_bytes(content.bytes, content.len, file, faults);
	file_free(&content);
	return s;
}
