/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_run.h"

#include "policy/script_call.h"
#include "policy/lshape.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdio.h>
#include <string.h>

struct running {
	struct script_call call;
	const struct policy_run *r;
};

/* Sets a member; leaves it out when value is "", as in facts. [-0, +0, may throw] */
static void
set_text(lua_State *L, enum fact key, const char *value)
{
	if (value[0] == '\0')
		return;
	lua_pushstring(L, value);
	lua_setfield(L, -2, fact_row(key)->name);
}

static void
set_integer(lua_State *L, enum fact key, lua_Integer value)
{
	lua_pushinteger(L, value);
	lua_setfield(L, -2, fact_row(key)->name);
}

static void
policy_run_push(lua_State *L, struct script_call *call)
{
	const struct policy_run *r = ((struct running *)call)->r;

	luaL_checkstack(L, 6, "request");
	lshape_begin(L, WAY_IN);
	lua_createtable(L, 0, 12);
	set_text(L, FACT_program_tran, r->request->tran);
	set_text(L, FACT_program_program, r->request->program);
	set_text(L, FACT_program_userid, r->users->task);
	set_text(L, FACT_program_linkuser, r->users->link);
	set_text(L, FACT_program_ipconn, r->ipconn);
	set_text(L, FACT_program_applid, r->applid);
	set_text(L, FACT_program_networkid, r->networkid);
	set_text(L, FACT_program_connection, r->connection);
	set_integer(L, FACT_program_generation, (lua_Integer)r->generation);
	set_integer(L, FACT_program_hops, r->request->hops);
	if (r->ccsid != 0)
		set_integer(L, FACT_program_ccsid, r->ccsid);
	lua_pushlstring(L, r->len > 0 ? r->data : "", r->len);
	lua_setfield(L, -2, fact_row(FACT_program_data)->name);
	lshape_set(L, SHAPE_program);
}

/* Copies the answer, or writes the reason why the returned values are none into the call's text. */
static void
take_data(struct running *n, struct buf *answer)
{
	struct script_call *call = &n->call;
	const char *data;
	size_t len;

	if (call->values == 0) {
		snprintf(call->text, sizeof call->text, "run answered nothing (a forgotten return?)");
		return;
	}
	if (call->values > 1) {
		snprintf(call->text, sizeof call->text, "run answered %d values; it answers one string", call->values);
		return;
	}
	if (lua_type(call->co, -1) != LUA_TSTRING) {
		snprintf(call->text, sizeof call->text, "run answered a %s, not a string or policy.refuse", luaL_typename(call->co, -1));
		return;
	}
	data = lua_tolstring(call->co, -1, &len);
	if (len > PAYLOAD_MAX)
		snprintf(call->text, sizeof call->text, "run answered %zu bytes; an answer has at most %d", len, PAYLOAD_MAX);
	else if (buf_add(answer, data, len) < 0)
		snprintf(call->text, sizeof call->text, "no memory for an answer of %zu bytes", len);
}

static void
refuse_failed(struct policy_run *r, const struct script_call *call)
{
	script_call_refuse(call, &r->verdict);
	snprintf(r->trace, sizeof r->trace, "%s", call->trace);
	r->failed = true;
}

static void
judge_answer(struct running *n, struct policy_run *r)
{
	const struct verdict *v = n->call.values == 1 ? lhost_verdict(n->call.co, -1) : NULL;

	if (v != NULL && v->kind == VERDICT_REFUSE) {
		r->verdict = *v;
		return;
	}
	take_data(n, r->answer);
	if (n->call.text[0] == '\0') {
		r->verdict.kind = VERDICT_ACCEPT;
		return;
	}
	script_call_reject(&n->call);
	refuse_failed(r, &n->call);
}

void
policy_run(struct policy_run *r)
{
	struct policy *p = r->policy;
	struct running n = {
		.call = { .p = p, .script = r->script, .function = "run", .push = policy_run_push, .limits = &r->limits, .beyond = r->len },
		.r = r,
	};

	r->verdict = (struct verdict){ .kind = VERDICT_REFUSE, .code = "policy_error" };
	policy_renew(p);
	if (!script_call_find(&n.call, HOOK_RUN)) {
		refuse_failed(r, &n.call);
		return;
	}
	lua_pushnil(p->L);
	lua_pushnil(p->L);
	if (script_call_run(&n.call) == SCRIPT_ANSWERED)
		judge_answer(&n, r);
	else
		refuse_failed(r, &n.call);
	script_call_settle(&n.call);
}
