/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_run.h"

#include "policy/lpush.h"
#include "policy/lshape.h"
#include "policy/script_wait.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct running {
	struct script_wait script; /* first */
	struct policy_run *r;      /* borrowed */
};

static void
policy_run_push(lua_State *L, struct script_call *call)
{
	const struct policy_run *r = ((struct running *)call)->r;
	struct lpush p = { .L = L };

	luaL_checkstack(L, 8, "request");
	lshape_push_kit(L);
	p.kit = lua_gettop(L);
	lshape_begin(L, p.kit, WAY_IN, NULL);
	lua_createtable(L, 0, 12);
	lpush_name(&p, FACT_program_tran, r->request->tran);
	lpush_name(&p, FACT_program_program, r->request->program);
	lpush_name(&p, FACT_program_userid, r->users->task);
	lpush_name(&p, FACT_program_linkuser, r->users->link);
	lpush_name(&p, FACT_program_ipconn, r->ipconn);
	lpush_name(&p, FACT_program_applid, r->applid);
	lpush_name(&p, FACT_program_networkid, r->networkid);
	lpush_name(&p, FACT_program_connection, r->connection);
	lpush_integer(&p, FACT_program_generation, (long long)r->generation);
	lpush_integer(&p, FACT_program_hops, r->request->hops);
	if (r->ccsid != 0)
		lpush_integer(&p, FACT_program_ccsid, r->ccsid);
	lpush_bytes(&p, FACT_program_data, r->len > 0 ? r->data : "", r->len);
	lshape_seal(L, p.kit, SHAPE_program);
	lua_remove(L, p.kit);
}

/* Copies the answer, or writes the reason why the returned values are none into the call's text. */
static void
take_data(struct running *n, struct buf *answer)
{
	struct script_call *call = &n->script.call;
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

/* Ends the run by a refusal of the engine. */
static void
refuse_failed(struct running *n)
{
	script_call_refuse(&n->script.call, &n->r->verdict);
	snprintf(n->r->trace, sizeof n->r->trace, "%s", n->script.call.p->trace);
	n->r->failed = !n->script.call.refused;
}

static void
judge_answer(struct running *n)
{
	struct script_call *call = &n->script.call;
	const struct verdict *v = call->values == 1 ? lhost_verdict(call->co, -1) : NULL;

	if (v != NULL && v->kind == VERDICT_REFUSE) {
		n->r->verdict = *v;
		return;
	}
	take_data(n, n->r->answer);
	if (call->text[0] == '\0') {
		n->r->verdict.kind = VERDICT_ACCEPT;
		return;
	}
	script_call_reject(call);
	refuse_failed(n);
}

/* Frees n and tells the caller, who may free r. */
static void
finish(struct running *n)
{
	struct policy_run *r = n->r;

	r->running = NULL;
	free(n);
	r->done(r);
}

static void
policy_run_ended(struct script_wait *script, enum script_end end)
{
	struct running *n = (struct running *)script;

	if (end == SCRIPT_ANSWERED)
		judge_answer(n);
	else
		refuse_failed(n);
	script_call_settle(&script->call);
	finish(n);
}

static void
policy_run_waits(struct script_wait *script)
{
	struct policy_run *r = ((struct running *)script)->r;

	if (r->waiting != NULL)
		r->waiting(r);
}

static struct running *
running_new(struct policy_run *r)
{
	const struct host_world *world = r->policy->host.world;
	struct running *n = malloc(sizeof *n);

	if (n == NULL)
		return NULL;
	*n = (struct running){
		.script = { .call = { .p = r->policy, .script = r->script, .function = "run", .push = policy_run_push, .limits = &r->limits,
				.beyond = r->len, .asking = { .request = r->entry, .waits = r->waits && world != NULL && world->waits != NULL } },
			.peer = r->peer, .ended = policy_run_ended, .waits = policy_run_waits },
		.r = r,
	};
	return n;
}

static void
begin(struct running *n)
{
	lua_State *L = n->r->policy->L;

	if (!script_call_find(&n->script.call, HOOK_RUN)) {
		refuse_failed(n);
		finish(n);
		return;
	}
	n->r->running = n;
	lua_pushnil(L);
	lua_pushnil(L);
	script_wait_run(&n->script);
}

void
policy_run(struct policy_run *r)
{
	struct running *n;

	r->verdict = (struct verdict){ .kind = VERDICT_REFUSE, .code = "policy_error" };
	policy_renew(r->policy);
	n = running_new(r);
	if (n != NULL) {
		begin(n);
		return;
	}
	verdict_refuse(&r->verdict, "policy_limit", "no memory to run the script");
	r->failed = true;
	r->done(r);
}

void
policy_run_cancel(struct policy_run *r)
{
	if (r->running == NULL)
		return;
	script_wait_cancel(&r->running->script);
	free(r->running);
	r->running = NULL;
}
