/* SPDX-License-Identifier: Apache-2.0 */
/* spec_question: the facts and the certificate of a row with walk = true as a question of `ask` (region/ask.h). */
#include "policy/spec_internal.h"

#include <lauxlib.h>
#include <lua.h>

#include <string.h>

#include "policy/facts_json.h"

static const char *const fact_words[] = { "way", "now", "tcpipservice", "peer", "load", "tls", "capex", "ipconn", "request",
	"socket", NULL };
static const char *const peer_words[] = { "ip", "port", NULL }, *const tls_words[] = { "version", "sni", NULL };
static const char *const ipconn_words[] = { "ipconn", NULL }, *const request_words[] = { "tran", "program", "userid", "bytes", NULL };
static const char *const load_words[] = { "halfopen", "connections", "from_peer", "from_prefix", "refused_from_peer", NULL };
static const char *const capex_words[] = { "applid", "networkid", "host", "port", "sendcount", "receivecount", "sockets", "server_applid",
	"server_networkid", NULL };

/* The tables of facts that a walk takes, and their members. The other facts are made by the walk. */
static const struct {
	const char *name, *label;
	const char *const *words;
} tables[] = { { "peer", "facts.peer of a walk", peer_words }, { "tls", "facts.tls of a walk", tls_words },
	{ "ipconn", "facts.ipconn of a walk", ipconn_words }, { "request", "facts.request of a walk", request_words },
	{ "load", "facts.load of a walk", load_words }, { "capex", "facts.capex of a walk", capex_words } };

/* --- the form of the facts -------------------------------------------------------------------- */

/* Pushes a copy of the facts at idx without tls = false, which says that the peer uses none. [-0, +1] */
static void
push_plain(lua_State *L, int idx)
{
	lua_newtable(L);
	for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1)) { /* [copy key value] */
		if (lua_type(L, -2) == LUA_TSTRING && strcmp(lua_tostring(L, -2), "tls") == 0 && lua_isboolean(L, -1))
			continue;
		lua_pushvalue(L, -2);
		lua_pushvalue(L, -2);
		lua_rawset(L, -5);
	}
}

/* Objects to facts that a walk does not take, and to values that no peer sends. */
static bool
facts_fit(lua_State *L, int facts, struct spec_run *r)
{
	bool fits = spec_keys(L, facts, r, fact_words, "facts of a walk");
	int top = lua_gettop(L);
	struct fault f;

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		if (spec_member(L, facts, tables[i].name) == LUA_TTABLE)
			fits &= spec_keys(L, top + 1, r, tables[i].words, tables[i].label);
		lua_settop(L, top);
	}
	push_plain(L, facts);
	lua_newtable(L); /* [facts mock] */
	if (fits && policy_judge_row(r->policy, DOOR_COUNT, top + 1, top + 2, &f) < 0) {
		spec_object(r, "%s", f.text);
		fits = false;
	}
	lua_settop(L, top);
	return fits;
}

/* --- values ----------------------------------------------------------------------------------- */

/* The value at idx as JSON: a string, a number or a boolean. */
static json_t *
value(lua_State *L, int idx)
{
	size_t len;
	const char *s;

	if (lua_isinteger(L, idx))
		return json_integer((json_int_t)lua_tointeger(L, idx));
	if (lua_type(L, idx) == LUA_TNUMBER)
		return json_real(lua_tonumber(L, idx));
	if (lua_type(L, idx) != LUA_TSTRING)
		return json_boolean(lua_toboolean(L, idx));
	s = lua_tolstring(L, idx, &len);
	return facts_json_text(s, len);
}

/* Sets the member of the question from the fact of that name. [-0, +0] */
static void
put(lua_State *L, int facts, json_t *question, const char *fact, const char *member)
{
	if (spec_member(L, facts, fact) != LUA_TNIL)
		json_object_set_new(question, member, value(L, -1));
	lua_pop(L, 1);
}

/* Sets the member of the question from a table of facts. [-0, +0] */
static void
put_table(lua_State *L, int facts, json_t *question, const char *name)
{
	int top = lua_gettop(L);
	json_t *o;

	if (spec_member(L, facts, name) == LUA_TTABLE) {
		o = json_object();
		json_object_set_new(question, name, o);
		for (lua_pushnil(L); lua_next(L, top + 1) != 0; lua_pop(L, 1))
			json_object_set_new(o, lua_tostring(L, -2), value(L, -1));
	}
	lua_settop(L, top);
}

static void
put_peer(lua_State *L, int facts, json_t *question)
{
	int top = lua_gettop(L);
	char text[ADDR_TEXT + 10];
	const char *ip;

	if (spec_member(L, facts, "peer") == LUA_TTABLE && spec_member(L, top + 1, "ip") == LUA_TSTRING) {
		ip = lua_tostring(L, -1);
		if (spec_member(L, top + 1, "port") == LUA_TNIL)
			snprintf(text, sizeof text, "%s", ip);
		else
			snprintf(text, sizeof text, strchr(ip, ':') != NULL ? "[%s]:%d" : "%s:%d", ip, (int)lua_tointeger(L, -1));
		json_object_set_new(question, "peer", json_string(text));
	}
	lua_settop(L, top);
}

static void
put_tls(lua_State *L, int facts, json_t *question)
{
	int top = lua_gettop(L), type = spec_member(L, facts, "tls");

	if (type == LUA_TBOOLEAN)
		json_object_set_new(question, "tls", json_string("no"));
	if (type == LUA_TTABLE) {
		put(L, top + 1, question, "sni", "sni");
		if (spec_member(L, top + 1, "version") == LUA_TSTRING)
			json_object_set_new(question, "tls", json_string(strcmp(lua_tostring(L, -1), "TLSv1.2") == 0 ? "1.2" : "1.3"));
	}
	lua_settop(L, top);
}

/* A further socket of the partner. [-0, +0] */
static void
put_socket(lua_State *L, int facts, json_t *question)
{
	json_t *capex = json_object_get(question, "capex");

	if (spec_member(L, facts, "socket") == LUA_TNUMBER && lua_tonumber(L, -1) == 2) {
		if (capex == NULL) {
			capex = json_object();
			json_object_set_new(question, "capex", capex);
		}
		json_object_set_new(capex, "socket", json_integer(2));
	}
	lua_pop(L, 1);
}

/* The listener, or the ipconn that is dialled. */
static void
put_way(lua_State *L, int facts, json_t *question)
{
	int top = lua_gettop(L);
	bool out = spec_member(L, facts, "way") == LUA_TSTRING && strcmp(lua_tostring(L, -1), "out") == 0;

	if (out && spec_member(L, facts, "ipconn") == LUA_TTABLE)
		put(L, top + 2, question, "ipconn", "out");
	else if (!out)
		put(L, facts, question, "tcpipservice", "tcpipservice");
	lua_settop(L, top);
}

/* --- the certificate -------------------------------------------------------------------------- */

static int
put_pem(json_t *question, const char *member, const struct presented *p, int (*print)(const struct presented *, struct buf *))
{
	struct buf pem;
	int rc;

	buf_init(&pem, 0);
	rc = print(p, &pem);
	if (rc == 0)
		rc = json_object_set_new(question, member, json_stringn((const char *)buf_bytes(&pem), buf_len(&pem)));
	buf_free(&pem);
	return rc;
}

/* Sets the certificates, which the ring of the definition verifies unless the row says otherwise. */
static bool
put_certificate(struct spec_run *r)
{
	struct presented *p = &r->certificate.presented;
	int rc = 0;

	if (p->n > 0)
		rc = put_pem(r->question, "certificates", p, presented_print);
	if (rc == 0 && p->signer.der != NULL)
		rc = put_pem(r->question, "signer", p, presented_print_signer);
	if (rc < 0)
		spec_object(r, "out of memory");
	return rc == 0;
}

bool
spec_question(struct lua_State *L, int idx, int facts, struct spec_run *r)
{
	json_t *q;

	if (!facts_fit(L, facts, r) || !spec_certificate_take(L, idx, r, spec_now(L, facts)) || !spec_certificate_settle(r))
		return false;
	json_decref(r->question);
	r->question = q = json_object();
	if (q == NULL) {
		spec_object(r, "out of memory");
		return false;
	}
	put_way(L, facts, q);
	put_peer(L, facts, q);
	put_tls(L, facts, q);
	put(L, facts, q, "now", "now");
	put_table(L, facts, q, "load");
	put_table(L, facts, q, "capex");
	put_socket(L, facts, q);
	put_table(L, facts, q, "request");
	return put_certificate(r);
}
