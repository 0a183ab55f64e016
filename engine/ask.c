/* SPDX-License-Identifier: Apache-2.0 */
/* ask: one asking of one door: policy_ask of policy.h, and the one place that makes a refusal of whatever went wrong. */
#include "policy.h"

#include "asking.h"
#include "clock.h"
#include "lfacts.h"
#include "log.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdio.h>
#include <string.h>

#define COPY_DEPTH 16

struct question { /* an asking of a door */
	struct asking g;
	enum door door;
	const struct facts *facts; /* NULL: they are a table, the first value */
	struct verdict *out;
	bool mock;   /* the second value sets the host's mock */
	bool failed; /* the refusal is ours, not the script's */
};

/* Copies a plain value raw, tables whole, so that no door can change a row of a spec. [-0, +1, may throw] */
static void
push_copy(lua_State *L, int idx, int depth)
{
	if (!lua_istable(L, idx)) {
		lua_pushvalue(L, idx);
		return;
	}
	if (depth == COPY_DEPTH)
		luaL_error(L, "facts are nested more than %d deep", COPY_DEPTH);
	luaL_checkstack(L, 6, "facts");
	lua_newtable(L); /* [copy] */
	for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1)) { /* [copy key value] */
		lua_pushvalue(L, -2);
		push_copy(L, lua_gettop(L) - 1, depth + 1); /* [copy key value key value'] */
		lua_rawset(L, -5);
	}
}

static void
push_facts(lua_State *L, struct asking *g)
{
	struct question *q = (struct question *)g;

	if (q->mock)
		lhost_mock(L, &g->p->host, 3);
	if (q->facts != NULL)
		lfacts_push(L, q->facts);
	else
		push_copy(L, 2, 0);
}

static int
forget_mock(lua_State *L)
{
	struct asking *g = lua_touserdata(L, 1);

	lhost_mock(L, &g->p->host, 0);
	return 0;
}

/* The one place: every way an asking can fail becomes this refusal. */
static void
fail(struct question *q)
{
	verdict_refuse(q->out, q->g.code, "%s", q->g.text);
	snprintf(q->out->file, sizeof q->out->file, "%s", q->g.at.file);
	q->out->line = q->g.at.line;
	q->failed = true;
}

static const unsigned suits[DOOR_COUNT] = {
	[DOOR_ADMIT] = 1u << VERDICT_ACCEPT | 1u << VERDICT_REFUSE,
	[DOOR_CERTIFY] = 1u << VERDICT_ACCEPT | 1u << VERDICT_REFUSE,
	[DOOR_BIND] = 1u << VERDICT_ACCEPT | 1u << VERDICT_REFUSE,
	[DOOR_INSTALL] = 1u << VERDICT_INSTALL | 1u << VERDICT_REFUSE,
	[DOOR_ATTACH] = 1u << VERDICT_ACCEPT | 1u << VERDICT_REFUSE,
};

/* Why what the door answered is no answer; "" when it is one. */
static void
object(struct question *q, const struct verdict *v)
{
	struct asking *g = &q->g;
	const char *door = g->function;
	const char *yes = q->door == DOOR_INSTALL ? "install" : "accept";

	if (g->values == 0)
		snprintf(g->text, sizeof g->text, "%s answered nothing (a forgotten return?)", door);
	else if (g->values > 1)
		snprintf(g->text, sizeof g->text, "%s answered %d values; a door answers one verdict", door, g->values);
	else if (v == NULL)
		snprintf(g->text, sizeof g->text, "%s answered a %s, not policy.%s or policy.refuse", door,
			luaL_typename(g->co, -1), yes);
	else if (v->kind == VERDICT_PASS)
		snprintf(g->text, sizeof g->text, "%s answered pass outside policy.first and policy.all", door);
	else if ((suits[q->door] >> v->kind & 1) == 0)
		snprintf(g->text, sizeof g->text, "%s answered %s; it may answer %s or refuse", door, verdict_name(v->kind), yes);
}

/* A verdict says only what its door may say. */
static void
take(struct question *q, const struct verdict *v)
{
	*q->out = *v;
	if (q->door != DOOR_CERTIFY)
		q->out->userid[0] = '\0';
	if (q->door != DOOR_ADMIT)
		q->out->sysplex = false;
	if (q->door != DOOR_INSTALL)
		memset(&q->out->install, 0, sizeof q->out->install);
}

/* The door answered: is it an answer? */
static void
judge(struct question *q)
{
	const struct verdict *v = NULL;

	if (q->door == DOOR_DELETE) { /* a notification */
		*q->out = (struct verdict){ .kind = VERDICT_ACCEPT };
		return;
	}
	if (q->g.values == 1)
		v = lhost_verdict(q->g.co, -1);
	object(q, v);
	if (q->g.text[0] == '\0') {
		take(q, v);
		return;
	}
	asking_reject(&q->g);
	fail(q);
}

/* Asks with the values facts and mock on the top of the stack. [-2, +0] */
static void
run(struct question *q)
{
	if (asking_run(&q->g))
		judge(q);
	else
		fail(q);
	asking_settle(&q->g);
	if (q->mock)
		asking_protect(&q->g, forget_mock);
}

/* The script's function for the door: false when the answer is out already. */
static bool
find_hook(struct question *q)
{
	if (asking_find(&q->g, (unsigned)q->door))
		return true;
	if (q->door == DOOR_DELETE && q->g.at.file[0] != '\0')
		*q->out = (struct verdict){ .kind = VERDICT_ACCEPT };
	else
		fail(q);
	return false;
}

static void
complain(const struct question *q)
{
	const struct verdict *v = q->out;
	char at[PLACE_SIZE + 24];

	snprintf(at, sizeof at, v->line > 0 ? "%s:%d" : "%s", v->file, v->line);
	log_say(q->g.p->log, MSG_SP0022, "connection", q->facts->connection, "door", q->g.function, "policy", q->g.script,
		"code", v->code, "at", at, "text", v->text, "traceback", q->g.trace, NULL);
}

static struct question
question(struct policy *p, const char *script, enum door d, struct verdict *out)
{
	return (struct question){ .g = { .p = p, .script = script, .function = door_name(d), .push = push_facts }, .door = d, .out = out };
}

static void
ask_script(struct ask *a, struct record_door *d)
{
	struct question q = question(a->policy, a->script, a->door, &a->verdict);
	struct policy *p = a->policy;

	q.facts = a->facts;
	policy_renew(p);
	if (find_hook(&q)) {
		p->host.door = d;
		p->host.tape = a->tape;
		p->host.asking = true;
		if (a->tape != NULL)
			tape_begin(a->tape, a->door, a->replay);
		lua_pushnil(p->L);
		lua_pushnil(p->L);
		run(&q);
		if (a->tape != NULL && a->tape->full && !a->replay)
			record_effect(d, "answers kept for a reload", "not all: there is no room; the others are answered as at the time of the reload");
		p->host.door = NULL;
		p->host.tape = NULL;
		p->host.asking = false;
	}
	if (q.failed)
		complain(&q);
}

/* No script is named: what the door does by itself (DESIGN 3.4). */
static void
ask_nobody(const struct ask *a, struct verdict *v)
{
	const struct certificate *c = a->facts->certificate;

	*v = (struct verdict){ .kind = VERDICT_ACCEPT };
	if (a->door == DOOR_INSTALL)
		verdict_refuse(v, "urm_no", "the tcpipservice names no urm, so no partner is autoinstalled");
	else if (a->door != DOOR_CERTIFY)
		return;
	else if (c == NULL)
		verdict_refuse(v, "no_certificate", "the peer presented no certificate");
	else if (!c->chain.ok && c->chain.n == 0)
		verdict_refuse(v, "chain", "the certificate's chain was not verified");
	else if (!c->chain.ok)
		verdict_refuse(v, "chain", "%s (depth %d)", c->chain.error[0].text, c->chain.error[0].depth);
	else if (a->facts->way == WAY_OUT && !a->facts->names_host)
		verdict_refuse(v, "host_name", "the certificate (%.80s) does not name %s", c->subject.printed, a->facts->peer.host);
}

void
policy_ask(struct ask *a)
{
	struct record_door *d = a->entry != NULL ? a->entry : record_ask(a->record, a->door, a->script, a->facts->now);
	double start = clock_span();

	if (a->facts->request != NULL)
		record_request(d, a->facts->request, a->facts->users, a->facts->bytes);
	a->verdict = (struct verdict){ .kind = VERDICT_REFUSE, .code = "policy_error" };
	if (a->script == NULL)
		ask_nobody(a, &a->verdict);
	else
		ask_script(a, d);
	record_verdict(d, &a->verdict, (clock_span() - start) * 1e6);
	a->done(a);
}

void
policy_ask_table(struct policy *p, const char *script, enum door d, int facts_idx, int mock_idx, struct verdict *out)
{
	struct question q = question(p, script, d, out);
	int facts = lua_absindex(p->L, facts_idx), mock = mock_idx != 0 ? lua_absindex(p->L, mock_idx) : 0;

	q.mock = mock != 0;
	*out = (struct verdict){ .kind = VERDICT_REFUSE, .code = "policy_error" };
	if (!find_hook(&q))
		return;
	lua_pushvalue(p->L, facts);
	if (mock != 0)
		lua_pushvalue(p->L, mock);
	else
		lua_pushnil(p->L);
	run(&q);
}
