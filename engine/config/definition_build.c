/* SPDX-License-Identifier: Apache-2.0 */
#include "config/definition_build.h"
#include "config/definition_place.h"

#include "base/ccsid.h"
#include "config/datafile.h"
#include "config/definition_list.h"
#include "net/http_url.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[] = { "region", "tcpipservice", "ipconn", "program", "transaction", "include", "env", NULL };

struct making { /* a constructor's table that becomes an object */
	struct reading *r;
	const char *word;                  /* "tcpipservice" */
	const char *title;                 /* "tcpipservice IPICSEC", for messages */
	const struct attribute *attribute; /* the rows of its table of attributes */
	void *object;
	int line;
	uint64_t given; /* one bit for each row */
	bool faulty;
};

/* The same fault again, from a loop, is not added. */
static bool
said_just_now(const struct reading *r, int line, const char *text)
{
	const struct fault_entry *last = r->faults->n > r->before ? &r->faults->entry[r->faults->n - 1] : NULL;

	return last != NULL && last->line == definition_place_line(line) && last->text != NULL && strcmp(last->text, text) == 0 &&
		last->file != NULL && strcmp(last->file, definition_place_file(r->d, line)) == 0;
}

void
definition_complain(struct reading *r, const char *rule, int line, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (r->full || said_just_now(r, line, text))
		return;
	definition_fault(r->d, r->faults, FAULT_ERROR, rule, line, "%s", text);
	r->full = r->faults->n - r->before >= FAULTS_MAX;
	if (r->full)
		definition_fault(r->d, r->faults, FAULT_ERROR, "too_many_faults", line, "there are more than %d faults; the others are not shown", FAULTS_MAX);
}

/* Makes room for one more at the end of a list that doubles. NULL without memory, which is a fault. */
static void *
one_more(struct reading *r, void *list, size_t n, size_t size)
{
	void *more = list;

	if (n == 0 || (n & (n - 1)) == 0)
		more = realloc(list, (n ? 2 * n : 1) * size);
	if (more == NULL)
		definition_complain(r, "memory", 0, "out of memory");
	return more;
}

/* --- unknown words ---------------------------------------------------------------------------- */

static void
say_stray(struct reading *r, struct stray *s)
{
	const char *near = near_word(words, s->word);

	if (s->said)
		return;
	s->said = true;
	r->region_tried |= near != NULL && strcmp(near, "region") == 0;
	definition_complain(r, "unknown_word", s->line, "there is no '%s' here, only region, tcpipservice, ipconn, program, transaction, include and env%s%s%s", s->word,
		near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* lua_CFunction: the placeholder of a failed constructor: takes any arguments, so that reading continues. */
static int
definition_build_nothing(lua_State *L)
{
	lua_pushcfunction(L, definition_build_nothing);
	return 1;
}

/* lua_CFunction: the placeholder of an unknown word, which was called. Upvalues: the reading, the index of the word. */
static int
definition_build_stray_called(lua_State *L)
{
	struct reading *r = lua_touserdata(L, lua_upvalueindex(1));

	say_stray(r, &r->stray[lua_tointeger(L, lua_upvalueindex(2))]);
	return definition_build_nothing(L);
}

/* Pushes a placeholder for an unknown word; its fault is added later. [-0, +1, may throw] */
static int
push_stray(lua_State *L, struct reading *r, const char *word)
{
	struct stray s = { .line = datafile_line(L) }, *list;

	text_printable(s.word, sizeof s.word, word, strlen(word));
	if (r->nstrays >= FAULTS_MAX || (list = one_more(r, r->stray, r->nstrays, sizeof s)) == NULL) {
		say_stray(r, &s);
		return definition_build_nothing(L);
	}
	r->stray = list;
	list[r->nstrays++] = s;
	lua_pushlightuserdata(L, r);
	lua_pushinteger(L, (lua_Integer)r->nstrays - 1);
	lua_pushcclosure(L, definition_build_stray_called, 2);
	return 1;
}

/* Returns the unknown word whose placeholder is at idx; the caller adds its fault. NULL: another value. [-0, +0] */
static struct stray *
stray_at(lua_State *L, int idx, struct reading *r)
{
	struct stray *s = NULL;

	if (lua_tocfunction(L, idx) != definition_build_stray_called)
		return NULL;
	if (lua_getupvalue(L, idx, 2) != NULL) {
		s = &r->stray[lua_tointeger(L, -1)];
		lua_pop(L, 1);
		s->said = true;
	}
	return s;
}

void
definition_build_strays(struct reading *r, int line)
{
	for (size_t i = 0; i < r->nstrays; i++)
		if (line == 0 || r->stray[i].line != line)
			say_stray(r, &r->stray[i]);
}

/* --- one table -------------------------------------------------------------------------------- */

/* Whether the table has that key. */
static bool
is_given(const struct making *t, const char *name)
{
	const struct attribute *a = attribute_find(t->attribute, name);

	return a != NULL && (t->given >> (a - t->attribute) & 1) != 0;
}

/* The doors of the URM are functions of one script, which the key urm names. */
static const char *
key_of_door(const struct making *t, const char *key)
{
	bool of_urm = strcmp(key, "install") == 0 || strcmp(key, "delete") == 0;

	return of_urm && t->attribute == resource_tcpipservice ? "urm" : NULL;
}

static void
unknown_key(struct making *t, const char *key, size_t len)
{
	char printed[64];
	const char *near = strlen(key) == len ? attribute_nearest(t->attribute, key) : NULL, *urm = key_of_door(t, key);
	int line = key_lines_of(&t->r->lines, t->line, key);

	text_printable(printed, sizeof printed, key, len);
	if (t->attribute == resource_tcpipservice && resource_not_ipic(key))
		definition_complain(t->r, "not_ipic", line, "'%s' in %s does not apply to IPIC; leave it out", printed, t->title);
	else if (urm != NULL)
		definition_complain(t->r, "unknown_key", line, "unknown key '%s' in %s; the script for that door is named by '%s'", printed, t->title, urm);
	else if (near != NULL)
		definition_complain(t->r, "unknown_key", line, "unknown key '%s' in %s; did you mean '%s'?", printed, t->title, near);
	else
		definition_complain(t->r, "unknown_key", line, "unknown key '%s' in %s", printed, t->title);
}

static bool
is_number(const struct attribute *a)
{
	return a->kind == ATTR_INT || a->kind == ATTR_SECONDS;
}

/* A number in quotation marks is a fault, except for the row's word `no`. */
static int
set_string(const struct attribute *a, void *object, const char *value, size_t len, struct fault *f)
{
	char allowed[160], printed[48];

	if (!is_number(a) || (a->no != NULL && strcasecmp(a->no, value) == 0))
		return attribute_set_text(a, object, value, len, f);
	return fault_set(f, "%s is the string \"%s\"; it must be %s%s", a->name, text_printable(printed, sizeof printed, value, len),
		a->no ? "" : "a number, ", attribute_allowed(a, allowed, sizeof allowed));
}

/* The fault was added where the value was made: take_pair adds none for an empty sentence. */
static int
said_already(struct fault *f)
{
	return fault_set(f, "%s", "");
}

/* Sets the value of env at idx: a text, also for a number, but never the name of a script. */
static int
set_env(lua_State *L, int idx, const struct definition_env_value *v, const struct attribute *a, const struct making *t, struct fault *f)
{
	const char *name = t->r->env[v->call].name, *value;
	size_t len;

	if (a->kind == ATTR_SCRIPT)
		return fault_set(f, "%s is env \"%s\"; the name of a script is written out", a->name, name);
	if (v->unset)
		return said_already(f);
	value = definition_env_text(L, idx, &len);
	return attribute_set_text(a, t->object, value, len, f) < 0 ? fault_wrap(f, "env \"%s\"", name) : 0;
}

/* Sets a script with parameters: the table { "SCRIPT", name = value ... } at idx. [-0, +0, may throw] */
static int
set_script(lua_State *L, int idx, const struct attribute *a, const struct making *t, struct fault *f)
{
	char text[PARAMS_TEXT_SIZE];
	size_t len;
	const char *name = lua_rawgeti(L, idx, 1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;

	lua_pop(L, 1); /* the table keeps the string */
	if (!definition_env_settle(L, idx, t->r))
		return said_already(f);
	if (name == NULL)
		return fault_set(f, "%s is a table without the name of a script; write %s = { \"SCRIPT\", name = value }", a->name, a->name);
	if (attribute_set_text(a, t->object, name, len, f) < 0)
		return -1;
	if (params_read(L, idx, text, f) < 0) {
		char said[sizeof f->text];

		snprintf(said, sizeof said, "%s", f->text);
		return fault_set(f, "%s %s", a->name, said);
	}
	if (text[0] != '\0' && ((const char *)t->object)[a->offset] == '\0')
		return fault_set(f, "%s gives parameters to no script", a->name);
	if (text[0] != '\0' && params_add(&t->r->d->params, t->title, a->name, key_lines_of(&t->r->lines, t->line, a->name), text) < 0)
		return fault_set(f, "%s: out of memory", a->name);
	return 0;
}

static int
set_value(lua_State *L, int idx, const struct attribute *a, const struct making *t, struct fault *f)
{
	const struct definition_env_value *env = definition_env_at(L, idx, t->r);
	char allowed[160];
	size_t len;
	const char *value;

	if (env != NULL)
		return set_env(L, idx, env, a, t, f);
	if (lua_type(L, idx) == LUA_TSTRING) {
		value = lua_tolstring(L, idx, &len);
		return set_string(a, t->object, value, len, f);
	}
	if (a->kind == ATTR_SCRIPT && lua_istable(L, idx))
		return set_script(L, lua_absindex(L, idx), a, t, f);
	if (lua_istable(L, idx) && a->kind == ATTR_WORDS)
		return definition_list_words(L, lua_absindex(L, idx), a, t->object, f);
	if (lua_istable(L, idx) && a->kind == ATTR_MAP)
		return definition_env_settle(L, lua_absindex(L, idx), t->r) ? definition_list_map(L, lua_absindex(L, idx), a, t->object, f) : said_already(f);
	if (lua_type(L, idx) == LUA_TNUMBER && is_number(a))
		return attribute_set_number(a, t->object, lua_tonumber(L, idx), f);
	return fault_set(f, "%s is a %s; it must be %s%s", a->name, luaL_typename(L, idx), is_number(a) ? "" : "a string: ",
		attribute_allowed(a, allowed, sizeof allowed));
}

/* Sets the attribute from the pair [.. key value] of lua_next, which stays unchanged. False: a fault was added. */
static bool
take_pair(lua_State *L, struct making *t)
{
	const struct attribute *a;
	struct stray *stray;
	struct fault f;
	const char *key;
	size_t len;

	if (lua_type(L, -2) != LUA_TSTRING) {
		definition_complain(t->r, "form", t->line, "%s holds a value without a name; write name = value", t->title);
		return false;
	}
	key = lua_tolstring(L, -2, &len);
	a = strlen(key) == len ? attribute_find(t->attribute, key) : NULL;
	if (a == NULL) {
		unknown_key(t, key, len);
		return false;
	}
	t->given |= (uint64_t)1 << (a - t->attribute);
	if ((stray = stray_at(L, -1, t->r)) != NULL)
		fault_set(&f, is_number(a) ? "%s is %s; it must be a number" : "%s = %s needs quotation marks: \"%s\"", a->name, stray->word, stray->word);
	else if (set_value(L, lua_gettop(L), a, t, &f) == 0)
		return true;
	if (f.text[0] != '\0')
		definition_complain(t->r, "value", key_lines_of(&t->r->lines, t->line, key), "%s: %s", t->title, f.text);
	return false;
}

/* Sets the defaults. Those of an ipconn are kept, because a definition may have very many. */
static void
set_defaults(struct reading *r, const struct attribute *rows, void *object)
{
	if (rows != resource_ipconn) {
		attribute_defaults(rows, object);
		return;
	}
	if (!r->blanks)
		attribute_defaults(rows, &r->blank);
	r->blanks = true;
	memcpy(object, &r->blank, sizeof r->blank);
}

/*
 * Reads the table at idx into t->object by t->attribute: defaults, values, faults. Raw: lua_next calls no metamethod.
 * [-0, +0, may throw]
 */
static void
take_table(lua_State *L, int idx, struct making *t)
{
	char allowed[160];

	set_defaults(t->r, t->attribute, t->object);
	for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1))
		t->faulty |= !take_pair(L, t);
	for (const struct attribute *a = t->attribute; a->name != NULL; a++)
		if (a->required && !is_given(t, a->name)) {
			t->faulty = true;
			definition_complain(t->r, "missing", t->line, "%s lacks %s; it must be %s", t->title, a->name, attribute_allowed(a, allowed, sizeof allowed));
		}
}

/* --- one object ------------------------------------------------------------------------------- */

/* Combines HOST and its older form IPADDRESS into host. */
static void
settle_host(struct making *m, struct tcpipservice_def *s)
{
	bool both = is_given(m, "host") && is_given(m, "ipaddress") && *s->ipaddress != '\0';

	if (both && strcasecmp(s->host, s->ipaddress) != 0 && !(resource_host_is_any(s->host) && resource_host_is_any(s->ipaddress)))
		definition_complain(m->r, "twice", key_lines_of(&m->r->lines, m->line, "ipaddress"),
			"%s: host is \"%s\" and ipaddress, its older form, is \"%s\"; give one of the two", m->title, s->host, s->ipaddress);
	if (!is_given(m, "host") && *s->ipaddress != '\0')
		memcpy(s->host, s->ipaddress, sizeof s->host);
	if (resource_host_is_any(s->host))
		snprintf(s->host, sizeof s->host, "%s", strcasecmp(s->host, "default") == 0 ? "default" : "any");
}

/*
 * Reads the constructor's table by its rows into an object; but for an ipconn it is all zero before. [-0, +0, may
 * throw]
 */
static void
fill(lua_State *L, struct making *m, const struct attribute *rows, void *object)
{
	m->attribute = rows;
	m->object = object;
	take_table(L, 1, m);
}

/* Makes room for one more object in the list. NULL: no memory, or the name was a fault. [-0, +0, may throw] */
static void *
room(lua_State *L, const struct pending *p, const struct making *m, void *list, size_t n, size_t max, size_t size)
{
	if (n >= max)
		luaL_error(L, "a definition has at most %d %ss, and there is one more; leave some out, or define them in a second region", (int)max, p->word);
	return *p->name != '\0' ? one_more(m->r, list, n, size) : NULL;
}

static void
definition_build_service(lua_State *L, const struct pending *p, struct making *m)
{
	struct definition *d = m->r->d;
	struct tcpipservice_def s = { .line = p->line }, *list;

	fill(L, m, resource_tcpipservice, &s);
	memcpy(s.tcpipservice, p->name, sizeof s.tcpipservice);
	settle_host(m, &s);
	resource_spell_ciphers(s.ciphers);
	s.given = m->given;
	list = room(L, p, m, d->tcpipservice, d->ntcpipservices, SERVICES_MAX, sizeof s);
	if (list == NULL)
		return;
	d->tcpipservice = list;
	list[d->ntcpipservices++] = s;
}

static void
definition_build_ipconn(lua_State *L, const struct pending *p, struct making *m)
{
	struct definition *d = m->r->d;
	struct ipconn_def c, *list;

	fill(L, m, resource_ipconn, &c);
	c.line = p->line;
	memcpy(c.ipconn, p->name, sizeof c.ipconn);
	resource_spell_ciphers(c.ciphers);
	if (!is_given(m, "applid"))
		memcpy(c.applid, c.ipconn, sizeof c.applid);
	c.given = m->given;
	list = room(L, p, m, d->ipconn, d->nipconns, IPCONNS_MAX, sizeof c);
	if (list == NULL)
		return;
	d->ipconn = list;
	list[d->nipconns++] = c;
}

enum { BUILTIN = 1, SCRIPT = 2, URL = 4, IPCONN = 8 }; /* the kinds of programs, as bits */

static unsigned
kinds_of(const struct program_def *p)
{
	return (p->builtin[0] != '\0' ? BUILTIN : 0) | (p->script[0] != '\0' ? SCRIPT : 0) | (p->url[0] != '\0' ? URL : 0) |
		(p->ipconn[0] != '\0' ? IPCONN : 0);
}

static bool
is_builtin(const char *name)
{
	return strcmp(name, "ECHO") == 0 || strcmp(name, "WHOAMI") == 0;
}

/* A program must be of exactly one kind. */
static void
check_kind(struct making *m, const struct program_def *p)
{
	unsigned kinds = kinds_of(p);

	if (kinds == 0)
		definition_complain(m->r, "missing", m->line, "%s has nothing to run; give it one of builtin, script, url and ipconn", m->title);
	else if ((kinds & (kinds - 1)) != 0)
		definition_complain(m->r, "twice", m->line, "%s gives more than one of builtin, script, url and ipconn; a program is one of them", m->title);
}

static void
check_url(struct making *m, const struct program_def *p)
{
	char printed[PATH_SIZE];
	struct fault f;

	if (p->url[0] != '\0' && http_url_check(p->url, NULL, 0, &f) < 0)
		definition_complain(m->r, "value", key_lines_of(&m->r->lines, m->line, "url"), "%s: url is \"%s\": %s", m->title,
			text_printable(printed, sizeof printed, p->url, strlen(p->url)), f.text);
}

/* 0: data is not converted. */
static void
check_ccsid(struct making *m, const struct program_def *p)
{
	if (p->ccsid != 0 && !ccsid_known(p->ccsid))
		definition_complain(m->r, "value", key_lines_of(&m->r->lines, m->line, "ccsid"),
			"%s: ccsid is %d; it must be 037, 500, 819, 1047 or 1208, or 0 for data that is not converted", m->title, p->ccsid);
}

static void
definition_build_program(lua_State *L, const struct pending *pending, struct making *m)
{
	struct definition *d = m->r->d;
	struct program_def p = { .line = pending->line }, *list;

	fill(L, m, resource_program, &p);
	memcpy(p.program, pending->name, sizeof p.program);
	text_upper(p.builtin, sizeof p.builtin, p.builtin, strlen(p.builtin));
	if (kinds_of(&p) == 0 && is_builtin(p.program))
		memcpy(p.builtin, p.program, sizeof p.builtin);
	if (!m->faulty) {
		check_kind(m, &p);
		check_url(m, &p);
		check_ccsid(m, &p);
	}
	list = room(L, pending, m, d->program, d->nprograms, PROGRAMS_MAX, sizeof p);
	if (list == NULL)
		return;
	d->program = list;
	p.given = m->given;
	list[d->nprograms++] = p;
}

static void
definition_build_transaction(lua_State *L, const struct pending *p, struct making *m)
{
	struct definition *d = m->r->d;
	struct transaction_def t = { .line = p->line }, *list;

	fill(L, m, resource_transaction, &t);
	memcpy(t.transaction, p->name, sizeof t.transaction);
	list = room(L, p, m, d->transaction, d->ntransactions, TRANSACTIONS_MAX, sizeof t);
	if (list == NULL)
		return;
	d->transaction = list;
	t.given = m->given;
	list[d->ntransactions++] = t;
}

static const struct {
	const char *word;
	void (*keep)(lua_State *L, const struct pending *p, struct making *m);
} keepers[] = {
	{ "tcpipservice", definition_build_service },
	{ "ipconn", definition_build_ipconn },
	{ "program", definition_build_program },
	{ "transaction", definition_build_transaction },
};

/* Reads the table at 1, after a name, and keeps the object in the definition. [-0, +0, may throw] */
static void
keep_named(struct lua_State *L, const struct pending *p, struct making *m)
{
	for (size_t i = 0; i < sizeof keepers / sizeof *keepers; i++)
		if (strcmp(keepers[i].word, p->word) == 0)
			keepers[i].keep(L, p, m);
}

/* --- the constructors ------------------------------------------------------------------------- */

static struct reading *
reading_of(lua_State *L)
{
	return lua_touserdata(L, lua_upvalueindex(1));
}

/* lua_CFunction: region { ... }. Upvalue: the reading. */
static int
definition_build_make_region(lua_State *L)
{
	struct reading *r = reading_of(L);
	struct region_def region;
	char place[PATH_SIZE + 16];
	struct making t = { .r = r, .word = "region", .title = "region", .attribute = resource_region, .object = &region };

	t.line = datafile_line(L);
	r->region_tried = true;
	if (lua_gettop(L) != 1 || !lua_istable(L, 1)) {
		definition_complain(r, "form", t.line, "region takes one table: region { applid = \"...\", networkid = \"...\" }");
		return 0;
	}
	memset(&region, 0, sizeof region);
	take_table(L, 1, &t);
	region.line = t.line;
	region.given = t.given;
	if (r->d->region.line != 0) {
		definition_complain(r, "twice", t.line, "a second region; the first is at %s", definition_place_text(r->d, r->d->region.line, t.line, place, sizeof place));
		return 0;
	}
	r->d->region = region;
	r->region_sound = !t.faulty;
	return 0;
}

/*
 * lua_CFunction: the call with the table after the name. Upvalues: the reading, the index of the pending constructor.
 */
static int
definition_build_make_named(lua_State *L)
{
	struct reading *r = reading_of(L);
	struct pending *p = &r->pending[lua_tointeger(L, lua_upvalueindex(2))];
	struct making t = { .r = r, .word = p->word, .line = p->line };
	char title[32];

	snprintf(title, sizeof title, "%s %s", p->word, *p->name ? p->name : "?");
	t.title = title;
	p->done = true;
	if (lua_gettop(L) != 1 || !lua_istable(L, 1))
		definition_complain(r, "form", datafile_line(L), "%s takes one table after its name: %s \"NAME\" { ... }", title, p->word);
	else
		keep_named(L, p, &t);
	return 0;
}

static void
take_name(lua_State *L, struct reading *r, struct pending *p)
{
	const struct attribute row = { .name = p->word, .kind = ATTR_NAME, .offset = offsetof(struct pending, name),
		.size = strcmp(p->word, "transaction") == 0 ? TRAN_SIZE : sizeof p->name };
	struct fault f;
	size_t len;
	const char *name = lua_tolstring(L, 1, &len);

	if (attribute_set_text(&row, p, name, len, &f) < 0)
		definition_complain(r, "value", p->line, "the name of this %s", f.text);
}

/* lua_CFunction: tcpipservice "NAME", ipconn "NAME" and the others. Upvalues: the reading, the word. */
static int
definition_build_begin_named(lua_State *L)
{
	struct reading *r = reading_of(L);
	struct pending p = { .word = lua_touserdata(L, lua_upvalueindex(2)), .line = datafile_line(L) }, *list;
	struct stray *stray;

	if ((stray = stray_at(L, 1, r)) != NULL) {
		definition_complain(r, "form", p.line, "a name needs quotation marks: %s \"%s\" { ... }", p.word, stray->word);
		return definition_build_nothing(L);
	}
	if (lua_gettop(L) != 1 || lua_type(L, 1) != LUA_TSTRING) {
		definition_complain(r, "form", p.line, "%s takes a name and then a table: %s \"NAME\" { ... }", p.word, p.word);
		return definition_build_nothing(L);
	}
	if (r->npending > NAMED_MAX)
		return luaL_error(L, "a region.lua defines at most %d resources, and there is one more; define some in a second region", NAMED_MAX);
	if ((list = one_more(r, r->pending, r->npending, sizeof p)) == NULL)
		return definition_build_nothing(L);
	r->pending = list;
	take_name(L, r, &p);
	list[r->npending++] = p;
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_pushinteger(L, (lua_Integer)r->npending - 1);
	lua_pushcclosure(L, definition_build_make_named, 2);
	return 1;
}

/* --- the environment -------------------------------------------------------------------------- */

static void
push_constructor(lua_State *L, struct reading *r, const char *word)
{
	static const struct {
		const char *word;
		lua_CFunction function;
	} plain[] = { { "region", definition_build_make_region }, { "include", definition_include_call }, { "env", definition_env_call } };

	lua_pushlightuserdata(L, r);
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (strcmp(plain[i].word, word) == 0) {
			lua_pushcclosure(L, plain[i].function, 1);
			return;
		}
	lua_pushlightuserdata(L, (void *)(uintptr_t)word);
	lua_pushcclosure(L, definition_build_begin_named, 2);
}

int
definition_build_find(lua_State *L)
{
	struct reading *r = reading_of(L);
	const char *word = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";

	for (size_t i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], word) == 0) {
			push_constructor(L, r, words[i]);
			return 1;
		}
	return push_stray(L, r, word);
}

int
definition_build_assigned(lua_State *L)
{
	struct reading *r = reading_of(L);
	const char *word = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
	char printed[64];

	for (size_t i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], word) == 0) {
			r->region_tried |= i == 0;
			definition_complain(r, "form", datafile_line(L), "%s is not a variable; remove the =", word);
			return 0;
		}
	text_printable(printed, sizeof printed, word, strlen(word));
	definition_complain(r, "form", datafile_line(L), "'%s' is assigned to; a definition is region { ... }, or a tcpipservice, ipconn, program "
		"or transaction \"NAME\" { ... }, and helpers are local", printed);
	return 0;
}
