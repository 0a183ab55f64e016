/* SPDX-License-Identifier: Apache-2.0 */
/* keep: what becomes of the table after a name: a tcpipservice, an ipconn, a program, a transaction of the definition. */
#include "config/definition_internal.h"

#include "net/http_client.h"
#include "base/ccsid.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdio.h>
#include <string.h>

/* HOST and its older form IPADDRESS become one host. */
static void
settle_host(struct making *m, struct tcpipservice_def *s)
{
	bool both = definition_build_given(m, "host") && definition_build_given(m, "ipaddress") && *s->ipaddress != '\0';

	if (both && strcasecmp(s->host, s->ipaddress) != 0 && !(host_is_any(s->host) && host_is_any(s->ipaddress)))
		reading_complain(m->r, "twice", key_lines_of(&m->r->places, m->line, "ipaddress"),
			"%s: host is \"%s\" and ipaddress, its older form, is \"%s\"; give one of the two", m->title, s->host, s->ipaddress);
	if (!definition_build_given(m, "host") && *s->ipaddress != '\0')
		memcpy(s->host, s->ipaddress, sizeof s->host);
	if (host_is_any(s->host))
		snprintf(s->host, sizeof s->host, "%s", strcasecmp(s->host, "default") == 0 ? "default" : "any");
}

/* The constructor's table, by its rows, into an object that is all zero. [-0, +0, may throw] */
static void
fill(lua_State *L, struct making *m, const struct attribute *rows, void *object)
{
	m->attribute = rows;
	m->object = object;
	definition_build_take(L, 1, m);
}

/* The list with room for one more; NULL when there is no memory, or no name to keep it by (a fault already). [-0, +0, may throw] */
static void *
room(lua_State *L, const struct pending *p, const struct making *m, void *list, size_t n, size_t max, size_t size)
{
	if (n >= max)
		luaL_error(L, "a definition has at most %d %ss, and there is one more; leave some out, or let a second region have them", (int)max, p->word);
	return *p->name != '\0' ? definition_build_one_more(m->r, list, n, size) : NULL;
}

static void
keep_service(lua_State *L, const struct pending *p, struct making *m)
{
	struct definition *d = m->r->d;
	struct tcpipservice_def s = { .line = p->line }, *list;

	fill(L, m, tcpipservice_attributes, &s);
	memcpy(s.tcpipservice, p->name, sizeof s.tcpipservice);
	settle_host(m, &s);
	ciphers_spell(s.ciphers);
	s.given = m->given;
	list = room(L, p, m, d->tcpipservice, d->ntcpipservices, SERVICES_MAX, sizeof s);
	if (list == NULL)
		return;
	d->tcpipservice = list;
	list[d->ntcpipservices++] = s;
}

static void
keep_ipconn(lua_State *L, const struct pending *p, struct making *m)
{
	struct definition *d = m->r->d;
	struct ipconn_def c = { .line = p->line }, *list;

	fill(L, m, ipconn_attributes, &c);
	memcpy(c.ipconn, p->name, sizeof c.ipconn);
	ciphers_spell(c.ciphers);
	if (!definition_build_given(m, "applid"))
		memcpy(c.applid, c.ipconn, sizeof c.applid);
	c.given = m->given;
	list = room(L, p, m, d->ipconn, d->nipconns, IPCONNS_MAX, sizeof c);
	if (list == NULL)
		return;
	d->ipconn = list;
	list[d->nipconns++] = c;
}

/* --- programs --- */

enum { BUILTIN = 1, SCRIPT = 2, URL = 4, IPCONN = 8 }; /* the kinds, as bits */

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

/* A program is one thing. */
static void
check_kind(struct making *m, const struct program_def *p)
{
	unsigned kinds = kinds_of(p);

	if (kinds == 0)
		reading_complain(m->r, "missing", m->line, "%s says nothing that could be run; give it one of builtin, script, url and ipconn", m->title);
	else if ((kinds & (kinds - 1)) != 0)
		reading_complain(m->r, "twice", m->line, "%s gives more than one of builtin, script, url and ipconn; a program is one of them", m->title);
}

static void
check_url(struct making *m, const struct program_def *p)
{
	char printed[PATH_SIZE];
	struct fault f;

	if (p->url[0] != '\0' && http_client_check_url(p->url, &f) < 0)
		reading_complain(m->r, "value", key_lines_of(&m->r->places, m->line, "url"), "%s: url is \"%s\": %s", m->title,
			text_printable(printed, sizeof printed, p->url, strlen(p->url)), f.text);
}

/* 0 is: as it comes. */
static void
check_ccsid(struct making *m, const struct program_def *p)
{
	if (p->ccsid != 0 && !ccsid_known(p->ccsid))
		reading_complain(m->r, "value", key_lines_of(&m->r->places, m->line, "ccsid"),
			"%s: ccsid is %d; it must be 037, 500, 819, 1047 or 1208, or 0 for data as it comes", m->title, p->ccsid);
}

static void
keep_program(lua_State *L, const struct pending *pending, struct making *m)
{
	struct definition *d = m->r->d;
	struct program_def p = { .line = pending->line }, *list;

	fill(L, m, program_attributes, &p);
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
keep_transaction(lua_State *L, const struct pending *p, struct making *m)
{
	struct definition *d = m->r->d;
	struct transaction_def t = { .line = p->line }, *list;

	fill(L, m, transaction_attributes, &t);
	memcpy(t.transaction, p->name, sizeof t.transaction);
	list = room(L, p, m, d->transaction, d->ntransactions, TRANSACTIONS_MAX, sizeof t);
	if (list == NULL)
		return;
	d->transaction = list;
	t.given = m->given;
	list[d->ntransactions++] = t;
}

/* --- which word means what --- */

static const struct {
	const char *word;
	void (*keep)(lua_State *L, const struct pending *p, struct making *m);
} keepers[] = {
	{ "tcpipservice", keep_service },
	{ "ipconn", keep_ipconn },
	{ "program", keep_program },
	{ "transaction", keep_transaction },
};

void
definition_keep_named(struct lua_State *L, const struct pending *p, struct making *m)
{
	for (size_t i = 0; i < sizeof keepers / sizeof *keepers; i++)
		if (strcmp(keepers[i].word, p->word) == 0)
			keepers[i].keep(L, p, m);
}
