/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_ask: one question at a door, from policy_ask to done(): begin, and, when its script waits, continue. Each
 * failure of a script becomes a refusal in script_call_refuse.
 */
#include "policy/policy.h"

#include "policy/script_wait.h"
#include "base/clock.h"
#include "policy/lfacts.h"
#include "base/log.h"
#include "policy/lrow.h"
#include "policy/lshape.h"
#include "policy/notes.h"
#include "policy/policy_params.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A question to the function of a door, until its verdict is there: facts, tape, door, record and coroutine are here.
 */
struct asking {
	struct script_wait script; /* first */
	struct ask *ask;         /* borrowed; NULL: a row of a decision table */
	enum door door;
	const struct notes *notes; /* of the connection, when the question begins */
	const struct facts *facts; /* NULL: the two values on the stack are the facts, as a table, and the mock */
	const struct facts *presented; /* of a table: the certificate, when the table lacks it */
	struct verdict *out;
	double start; /* clock_span() */
	bool failed; /* the refusal is the engine's, not the script's */
};

static void
policy_ask_push(lua_State *L, struct script_call *call)
{
	struct asking *q = (struct asking *)call;

	if (q->facts != NULL) {
		lfacts_push(L, q->facts);
		lfacts_set_notes(L, q->notes, q->door);
		return;
	}
	lhost_mock(L, &call->p->host, 3);
	lrow_push(L, 2, q->door);
	if (q->presented != NULL && (fact_row(FACT_facts_certificate)->doors[q->presented->way] >> q->door & 1) != 0)
		lfacts_set_certificate(L, q->presented);
}

static int
policy_ask_forget_mock(lua_State *L)
{
	struct script_call *call = lua_touserdata(L, 1);

	lhost_mock(L, &call->p->host, 0);
	return 0;
}

static void
refuse_failed(struct asking *q)
{
	script_call_refuse(&q->script.call, q->out);
	q->failed = !q->script.call.refused;
}

/*
 * Writes the reason why the returned values are no answer of the door into the call's text; leaves it "" when they are
 * one.
 */
static void
write_objection(struct asking *q, const struct verdict *v)
{
	struct script_call *call = &q->script.call;
	const char *door = call->function;
	enum verdict_kind yes_kind = door_row(q->door)->yes;
	const char *yes = verdict_name(yes_kind);

	if (call->values == 0)
		snprintf(call->text, sizeof call->text, "%s answered nothing (a forgotten return?)", door);
	else if (call->values > 1)
		snprintf(call->text, sizeof call->text, "%s answered %d values; a door answers one verdict", door, call->values);
	else if (v == NULL)
		snprintf(call->text, sizeof call->text, "%s answered a %s, not policy.%s or policy.refuse", door,
			luaL_typename(call->co, -1), yes);
	else if (v->kind == VERDICT_PASS)
		snprintf(call->text, sizeof call->text, "%s answered pass outside policy.first and policy.all", door);
	else if (v->kind != VERDICT_REFUSE && v->kind != yes_kind)
		snprintf(call->text, sizeof call->text, "%s answered %s; it may answer %s or refuse", door, verdict_name(v->kind), yes);
}

/* Takes the verdict, and of its grants those of the door. */
static void
take_verdict(struct asking *q, const struct verdict *v)
{
	enum door_grant grants = door_row(q->door)->grants;

	*q->out = *v;
	if (grants != GRANT_USERID)
		q->out->userid[0] = '\0';
	if (grants != GRANT_SYSPLEX)
		q->out->sysplex = false;
	if (grants != GRANT_INSTALL)
		memset(&q->out->install, 0, sizeof q->out->install);
}

/* Judges the values that the function returned. */
static void
judge_answer(struct asking *q)
{
	const struct verdict *v = NULL;

	if (door_row(q->door)->kind == DOOR_NOTICE) {
		*q->out = (struct verdict){ .kind = VERDICT_ACCEPT };
		return;
	}
	if (q->script.call.values == 1)
		v = lhost_verdict(q->script.call.co, -1);
	write_objection(q, v);
	if (q->script.call.text[0] == '\0') {
		take_verdict(q, v);
		return;
	}
	script_call_reject(&q->script.call);
	refuse_failed(q);
}

/* The function has ended: takes its answer, or refuses. */
static void
take_end(struct asking *q, enum script_end end)
{
	if (end == SCRIPT_ANSWERED)
		judge_answer(q);
	else
		refuse_failed(q);
	script_call_settle(&q->script.call);
}

/* Finds the script's function for the door. False: there is none, and the verdict is set. */
static bool
find_hook(struct asking *q)
{
	if (script_call_find(&q->script.call, (unsigned)q->door))
		return true;
	if (door_row(q->door)->kind == DOOR_NOTICE && q->script.call.at.file[0] != '\0')
		*q->out = (struct verdict){ .kind = VERDICT_ACCEPT };
	else
		refuse_failed(q);
	return false;
}

static void
log_failure(const struct asking *q)
{
	const struct script_call *call = &q->script.call;
	const struct verdict *v = q->out;
	char at[VERDICT_PLACE_SIZE];

	log_say(call->p->log, MSG_SP0022, "connection", q->facts->connection, "door", call->function, "policy", call->script, "code", v->code,
		"at", verdict_place(v, at), "text", v->text, "traceback", call->p->trace, NULL);
}

/* The beginning of a question. The caller adds the members of its kind. */
static void
make_asking(struct asking *q, struct policy *p, const char *script, enum door d, struct record_entry *entry, struct notes **notes,
	struct verdict *out)
{
	*q = (struct asking){
		.script.call = { .p = p, .script = script, .function = door_name(d), .push = policy_ask_push,
			.asking = { .entry = entry, .door = d, .notes = notes_made_at(d) ? notes : NULL } },
		.door = d, .out = out, .start = clock_span(),
	};
}

static bool
keeps_answers(const struct ask *a)
{
	return a->tape != NULL && !a->replay && door_row(a->door)->reask != REASK_NEVER;
}

/* The script has run: notes the gaps of the tape and of the hidden facts in the record. */
static void
note_gaps(const struct asking *q)
{
	const struct ask *a = q->ask;

	if (a->facts->ip_hidden && lshape_read_hidden(q->script.call.p->L))
		answer_tape_lacks(a->tape, "facts.peer.ip", NULL);
	if (keeps_answers(a) && a->tape->full)
		record_effect(q->script.call.asking.entry, "answers kept for a reload",
			"not all: there is no room; a reload asks the region for the others");
}

/* The policy keeps one for its next question. */
static void
asking_free(struct asking *q)
{
	struct policy *p = q->script.call.p;

	free(p->spare);
	p->spare = q;
}

/* The verdict is there: completes the record, frees q, tells the caller. */
static void
finish(struct asking *q)
{
	struct ask *a = q->ask;

	if (q->failed && !a->silent)
		log_failure(q);
	a->seconds = clock_span() - q->start - q->script.waited;
	a->entry = q->script.call.asking.entry;
	a->asking = NULL;
	record_waited(a->entry, q->script.waited * 1e6);
	record_verdict(a->entry, &a->verdict, a->seconds * 1e6);
	asking_free(q);
	a->done(a);
}

/* The script has ended. */
static void
policy_ask_ended(struct script_wait *script, enum script_end end)
{
	struct asking *q = (struct asking *)script;

	take_end(q, end);
	note_gaps(q);
	finish(q);
}

void
policy_cancel(struct ask *a, const char *why)
{
	struct asking *q = a->asking;
	struct record_entry *entry;

	if (q == NULL)
		return;
	script_wait_cancel(&q->script);
	entry = q->script.call.asking.entry;
	record_check(entry, "ended without a verdict", false, why, strlen(why));
	record_waited(entry, q->script.waited * 1e6);
	a->asking = NULL;
	asking_free(q);
}

/* Puts the question to the script. */
static void
begin(struct asking *q)
{
	struct ask *a = q->ask;
	lua_State *L = a->policy->L;

	if (!find_hook(q)) {
		finish(q);
		return;
	}
	if (a->tape != NULL)
		answer_tape_begin(a->tape, a->door, a->replay);
	lua_pushnil(L);
	lua_pushnil(L);
	a->asking = q;
	script_wait_run(&q->script);
}

static struct asking *
asking_new(struct ask *a, struct record_entry *entry)
{
	struct policy *p = a->policy;
	struct asking *q = p->spare != NULL ? p->spare : malloc(sizeof *q);

	p->spare = NULL;
	if (q == NULL)
		return NULL;
	make_asking(q, a->policy, a->script, a->door, entry, a->notes, &a->verdict);
	q->script.ended = policy_ask_ended;
	q->script.peer = a->facts->peer.addr;
	q->ask = a;
	q->script.call.asking.tape = a->tape;
	q->script.call.asking.view = a->view;
	q->script.call.asking.waits = a->waits && a->policy->host.world != NULL && a->policy->host.world->waits != NULL;
	q->facts = a->facts;
	q->notes = a->notes != NULL ? *a->notes : a->facts->notes;
	return q;
}

/* Accepts when the certificate's chain verified and, way out, the certificate names the host that the region dials. */
static void
judge_chain(const struct facts *f, struct verdict *v)
{
	const struct certificate *c = f->certificate;

	if (c == NULL)
		verdict_refuse(v, "no_certificate", "the peer presented no certificate");
	else if (!c->chain.ok && c->chain.n == 0)
		verdict_refuse(v, "chain", "the certificate's chain was not verified");
	else if (!c->chain.ok)
		verdict_refuse(v, "chain", "%s (depth %d)", c->chain.error[0].text, c->chain.error[0].depth);
	else if (f->way == WAY_OUT && !f->names_host)
		verdict_refuse(v, "host_name", "the certificate (%.80s) does not name %s", c->subject.printed, f->peer.host);
	else
		*v = (struct verdict){ .kind = VERDICT_ACCEPT };
}

/* The verdict of a door whose definition names no script. */
static void
decide_by_default(const struct ask *a, struct verdict *v)
{
	switch (door_row(a->door)->without_script) {
	case DEFAULT_ACCEPT:
		*v = (struct verdict){ .kind = VERDICT_ACCEPT };
		break;
	case DEFAULT_CHAIN:
		judge_chain(a->facts, v);
		break;
	case DEFAULT_URM_NO:
		verdict_refuse(v, "urm_no", "the tcpipservice names no urm, so no partner is autoinstalled");
		break;
	case DEFAULT_REFUSE:
		verdict_refuse(v, "policy_error", "no script is named for %s", door_name(a->door));
		break;
	}
}

static struct record_entry *
open_entry(const struct ask *a)
{
	struct record_entry *entry = a->entry != NULL ? a->entry : record_entry_add(a->record, a->door, a->script, a->facts->now);

	if (a->script != NULL)
		record_asked(entry, a->facts, policy_hash(a->policy, a->script), policy_params_text(a->policy, a->script));
	else
		record_asked(entry, a->facts, NULL, NULL);
	if (a->facts->request != NULL)
		record_request(entry, a->facts->request, a->facts->users, a->facts->bytes);
	return entry;
}

/* The verdict of the engine, without a script. */
static void
decide(struct ask *a, struct record_entry *entry)
{
	double start = clock_span();

	if (a->script == NULL)
		decide_by_default(a, &a->verdict);
	else
		verdict_refuse(&a->verdict, "policy_limit", "no memory to ask the script");
	a->seconds = clock_span() - start;
	record_verdict(entry, &a->verdict, a->seconds * 1e6);
	a->entry = entry;
	a->done(a);
}

void
policy_ask(struct ask *a)
{
	struct record_entry *entry = open_entry(a);
	struct asking *q;

	a->verdict = (struct verdict){ .kind = VERDICT_REFUSE, .code = "policy_error" };
	if (a->notes != NULL)
		notes_drop(a->notes, a->door);
	if (a->script != NULL)
		policy_renew(a->policy);
	q = a->script != NULL ? asking_new(a, entry) : NULL;
	if (q != NULL)
		begin(q);
	else
		decide(a, entry);
}

/* Arguments: the policy, the facts, the mock, the door. */
static int
policy_ask_judge_row(lua_State *L)
{
	struct policy *p = lua_touserdata(L, 1);

	lrow_push(L, 2, (enum door)lua_tointeger(L, 4));
	lhost_mock(L, &p->host, 3);
	lhost_mock(L, &p->host, 0);
	return 0;
}

int
policy_judge_row(struct policy *p, enum door d, int facts_idx, int mock_idx, struct fault *f)
{
	lua_State *L = p->L;
	int facts = lua_absindex(L, facts_idx), mock = lua_absindex(L, mock_idx), top = lua_gettop(L), status;

	lua_pushcfunction(L, policy_ask_judge_row);
	lua_pushlightuserdata(L, p);
	lua_pushvalue(L, facts);
	lua_pushvalue(L, mock);
	lua_pushinteger(L, d);
	status = lua_pcall(L, 4, 0, 0);
	if (status != LUA_OK)
		fault_set(f, "%s", lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "no memory");
	lua_settop(L, top);
	return status == LUA_OK ? 0 : -1;
}

void
policy_ask_row(struct policy *p, struct policy_row *row)
{
	struct notes *notes = NULL;
	struct asking q;
	int facts = lua_absindex(p->L, row->facts), mock = lua_absindex(p->L, row->mock);

	make_asking(&q, p, row->script, row->door, row->entry, &notes, &row->verdict);
	row->verdict = (struct verdict){ .kind = VERDICT_REFUSE, .code = "policy_error" };
	q.presented = row->presented;
	q.script.call.cost = row->cost;
	if (find_hook(&q)) {
		q.script.call.params = row->params;
		lua_pushvalue(p->L, facts);
		lua_pushvalue(p->L, mock);
		take_end(&q, script_call_run(&q.script.call));
		script_call_protect(&q.script.call, policy_ask_forget_mock);
	}
	record_verdict(row->entry, &row->verdict, (clock_span() - q.start) * 1e6);
	notes_unref(notes);
}
