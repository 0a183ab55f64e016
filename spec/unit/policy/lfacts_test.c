/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/lfacts.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int
set_up(void **state)
{
	lua_State *L = luaL_newstate();

	luaL_openlibs(L);
	*state = L;
	return 0;
}

static int
tear_down(void **state)
{
	lua_close(*state);
	return 0;
}

static int
push_inside(lua_State *L)
{
	lfacts_push(L, lua_touserdata(L, 1));
	return 1;
}

/* Sets the global `f` to the facts. */
static void
push(lua_State *L, struct facts *f)
{
	lua_pushcfunction(L, push_inside);
	lua_pushlightuserdata(L, f);
	assert_int_equal(lua_pcall(L, 1, 1, 0), LUA_OK);
	lua_setglobal(L, "f");
}

static void
holds(lua_State *L, const char *expression)
{
	char chunk[400];

	snprintf(chunk, sizeof chunk, "return %s", expression);
	if (luaL_dostring(L, chunk))
		fail_msg("%s: %s", expression, lua_tostring(L, -1));
	if (!lua_toboolean(L, -1))
		fail_msg("%s does not hold", expression);
	lua_settop(L, 0);
}

static struct text
bytes(const char *p, size_t n)
{
	struct text t = { malloc(n + 1), n };

	memcpy(t.bytes, p, n);
	t.bytes[n] = '\0';
	return t;
}

static struct facts
bare(void)
{
	struct facts f = { .now = 1000.5, .connection = "boot-7", .generation = 3, .tcpipservice = "IPIC" };

	assert_int_equal(addr_parse(&f.peer.addr, "::ffff:192.0.2.7", 5000), 0);
	assert_int_equal(addr_parse(&f.own.addr, "2001:db8::1", 1491), 0);
	f.load.from_prefix = 4;
	f.load.refused_from_peer = 2;
	return f;
}

static void
at_accept_there_are_ends_and_counts_and_no_more(void **state)
{
	lua_State *L = *state;
	struct facts f = bare();

	push(L, &f);
	holds(L, "f.stage == 'tcp' and f.way == 'in' and f.now == 1000.5 and f.recheck == false");
	holds(L, "f.connection == 'boot-7' and f.generation == 3 and f.tcpipservice == 'IPIC'");
	holds(L, "f.peer.ip == '192.0.2.7' and f.peer.port == 5000 and f.peer.sysplex == false");
	holds(L, "f.own.ip == '2001:db8::1' and f.own.port == 1491");
	holds(L, "f.load.halfopen == 0 and f.load.connections == 0 and f.load.from_peer == 0");
	holds(L, "f.load.from_prefix == 4 and f.load.refused_from_peer == 2");
	holds(L, "f.tls == nil and f.certificate == nil and f.capex == nil and f.ipconn == nil");
	holds(L, "f.socket == nil");
}

static void
later_facts_are_added(void **state)
{
	lua_State *L = *state;
	struct facts f = bare();

	f.stage = STAGE_CAPEX;
	f.way = WAY_OUT;
	f.recheck = f.peer.sysplex = true;
	f.tls.version = "TLSv1.3";
	strcpy(f.tls.cipher, "TLS_AES_128_GCM_SHA256");
	f.has_capex = true;
	f.capex = (struct capex){ .networkid = "NETX", .suggested_applid = "00000027", .server_applid = "CICSA", .host = "client.example",
		.port = -1, .sendcount = 100, .receivecount = 0, .sockets = 2, .socket = 2, .token = "secret" };
	f.socket = 2;
	strcpy(f.ipconn.ipconn, "APPL");
	strcpy(f.ipconn.applid, "MYAPPL");
	strcpy(f.ipconn.networkid, "NETX");
	push(L, &f);
	holds(L, "f.stage == 'capex' and f.way == 'out' and f.recheck and f.peer.sysplex");
	holds(L, "f.tls.version == 'TLSv1.3' and f.tls.cipher == 'TLS_AES_128_GCM_SHA256' and f.tls.sni == nil");
	holds(L, "f.capex.applid == '' and f.capex.suggested_applid == '00000027' and f.capex.networkid == 'NETX'");
	holds(L, "f.capex.server_applid == 'CICSA' and f.capex.server_networkid == nil and f.capex.host == 'client.example'");
	holds(L, "f.capex.port == -1 and f.capex.sendcount == 100 and f.capex.receivecount == 0 and f.capex.sockets == 2");
	holds(L, "f.capex.callback == false and f.socket == 2");
	holds(L, "(function() local n = 0 for k, v in pairs(f.capex) do assert(type(k) == 'string' and v ~= nil) n = n + 1 end return n == 10 end)()");
	holds(L, "rawget(f.capex, 'token') == nil and not pcall(function() return f.capex.token end)"); /* a secret */
	holds(L, "f.ipconn.ipconn == 'APPL' and f.ipconn.applid == 'MYAPPL' and f.ipconn.networkid == 'NETX'");
	holds(L, "f.ipconn.tcpipservice == 'IPIC'");
}

static void
a_certificate_is_told_byte_by_byte(void **state)
{
	lua_State *L = *state;
	struct facts f = bare();
	struct certificate *c = calloc(1, sizeof *c);

	c->refs = 1;
	c->subject.item = calloc(2, sizeof *c->subject.item);
	c->subject.n = 2;
	strcpy(c->subject.item[0].type, "O");
	c->subject.item[0].value = bytes("Example", 7);
	strcpy(c->subject.item[1].type, "CN");
	c->subject.item[1].value = bytes("NETX\0.CTGAPP", 12);
	c->subject.printed = strdup("CN=NETX\\00.CTGAPP,O=Example");
	c->dns.item = calloc(1, sizeof *c->dns.item);
	c->dns.item[0] = bytes("a\0b", 3);
	c->dns.n = 1;
	c->serial = strdup("0A");
	strcpy(c->sha256, "ab");
	c->not_before = 1;
	c->not_after = 253402300799;
	c->chain.n = 2;
	c->chain.error[0] = (struct chain_error){ 10, 1, "certificate has expired" };
	c->chain.error[1] = (struct chain_error){ 20, 0, "unable to get local issuer certificate" };
	f.certificate = c;
	push(L, &f);
	holds(L, "#f.certificate.subject == 2 and f.certificate.subject[1].type == 'O' and f.certificate.subject[1].value == 'Example'");
	holds(L, "f.certificate.subject[2].type == 'CN' and f.certificate.subject[2].value == 'NETX\\0.CTGAPP'");
	holds(L, "f.certificate.subject.printed == [[CN=NETX\\00.CTGAPP,O=Example]] and #f.certificate.issuer == 0");
	holds(L, "f.certificate.san.dns[1] == 'a\\0b' and #f.certificate.san.uri == 0 and #f.certificate.san.ip + #f.certificate.san.email == 0");
	holds(L, "f.certificate.serial == '0A' and f.certificate.sha256 == 'ab' and f.certificate.userid == nil");
	holds(L, "f.certificate.not_before == 1 and f.certificate.not_after == 253402300799");
	holds(L, "f.certificate.chain.ok == false and f.certificate.chain.code == 10 and f.certificate.chain.depth == 1");
	holds(L, "f.certificate.chain.text == 'certificate has expired' and #f.certificate.chain.errors == 2");
	holds(L, "f.certificate.chain.errors[2].code == 20 and f.certificate.chain.errors[2].depth == 0");
	c->chain.n = 0;
	c->chain.ok = true;
	strcpy(f.userid, "USER1");
	push(L, &f);
	holds(L, "f.certificate.chain.ok and f.certificate.chain.code == nil and f.certificate.chain.text == nil");
	holds(L, "#f.certificate.chain.errors == 0 and f.certificate.userid == 'USER1'");
	certificate_unref(c);
}

static struct certificate *
chained(void)
{
	struct certificate *c = calloc(1, sizeof *c);

	c->refs = 1;
	c->serial = strdup("0A");
	c->chain.ok = c->chain.complete = c->chain.anchored = true;
	c->chain.link = calloc(CHAIN_LINKS, sizeof *c->chain.link);
	c->chain.links = 2;
	strcpy(c->chain.link[0].sha256, "aa");
	strcpy(c->chain.link[1].sha256, "bb");
	c->chain.link[1].subject.item = calloc(1, sizeof *c->subject.item);
	c->chain.link[1].subject.n = 1;
	strcpy(c->chain.link[1].subject.item[0].type, "CN");
	c->chain.link[1].subject.item[0].value = bytes("CA", 2);
	return c;
}

static void
a_chain_has_its_certificates_and_its_anchor(void **state)
{
	lua_State *L = *state;
	struct facts f = bare();
	struct certificate *c = chained();

	f.certificate = c;
	push(L, &f);
	holds(L, "f.certificate.chain.complete and f.certificate.chain.ok and f.certificate.chain.text == nil");
	holds(L, "not pcall(function() return f.certificate.chain.ancor end)");
	holds(L, "#f.certificate.chain.certificates == 2 and f.certificate.chain.certificates[1].sha256 == 'aa'");
	holds(L, "f.certificate.chain.certificates[2].subject[1].value == 'CA' and f.certificate.chain.certificates[2].subject[1].type == 'CN'");
	holds(L, "f.certificate.chain.anchor.sha256 == 'bb' and f.certificate.chain.anchor.subject[1].value == 'CA'");
	holds(L, "rawequal(f.certificate.chain.certificates, f.certificate.chain.certificates)");
	holds(L, "not pcall(function() return f.certificate.chain.certificates[1].sha265 end)");
	holds(L, "not pcall(function() return f.certificate.chain.ancor end)");
	push(L, &f);
	holds(L, "(function() local n = 0; for k in pairs(f.certificate.chain) do if k == 'anchor' or k == 'certificates' then n = n + 1 end end return n == 2 end)()");
	push(L, &f);
	certificate_unref(c); /* the facts of the script hold a reference */
	holds(L, "f.certificate.chain.certificates[1].sha256 == 'aa'");
	lua_pushnil(L);
	lua_setglobal(L, "f");
	lua_gc(L, LUA_GCCOLLECT);
}

static void
a_chain_without_an_anchor_has_none(void **state)
{
	lua_State *L = *state;
	struct facts f = bare();
	struct certificate *c = chained();

	c->chain.ok = c->chain.complete = c->chain.anchored = false;
	f.certificate = c;
	push(L, &f);
	holds(L, "f.certificate.chain.anchor == nil and #f.certificate.chain.certificates == 2");
	certificate_unref(c);
}

static void
an_ipconn_is_shown_by_its_attributes(void **state)
{
	lua_State *L = *state;
	struct ipconn_view v = { .connstatus = CONN_ACQUIRED, .inservice = true };

	attribute_defaults(resource_ipconn, &v.def);
	strcpy(v.def.ipconn, "APPL");
	strcpy(v.def.applid, "MYAPPL");
	strcpy(v.def.networkid, "NETX");
	v.def.receivecount = 100;
	v.def.userauth = USERAUTH_VERIFY;
	lfacts_push_ipconn(L, &v);
	lua_setglobal(L, "c");
	holds(L, "c.ipconn == 'APPL' and c.applid == 'MYAPPL' and c.networkid == 'NETX'");
	holds(L, "c.receivecount == 100 and math.type(c.receivecount) == 'integer' and c.userauth == 'VERIFY' and c.port == 'NO'");
	holds(L, "c.connstatus == 'ACQUIRED' and c.servstatus == 'INSERVICE' and c.autoinstalled == false");
	v.autoinstalled = true;
	v.inservice = false;
	strcpy(v.template, "TEMPL");
	lfacts_push_ipconn(L, &v);
	lua_setglobal(L, "c");
	holds(L, "c.servstatus == 'OUTSERVICE' and c.autoinstalled == true and c.template == 'TEMPL'");
}

static void
a_request_is_told_without_its_password(void **state)
{
	lua_State *L = *state;
	struct facts f = bare();
	struct request q = { .tran = "CPMI", .program = "ECHO", .userid = "FRED", .password = "secret", .has_password = true };
	struct users u = { .link = "LNK1", .task = "FRED", .checked = { "FRED", "LNK1" }, .nchecked = 2 };

	f.stage = STAGE_REQUEST;
	f.request = &q;
	f.users = &u;
	f.bytes = 5;
	push(L, &f);
	holds(L, "f.stage == 'request' and f.request.tran == 'CPMI' and f.request.program == 'ECHO' and f.request.bytes == 5");
	holds(L, "f.request.userid == 'FRED' and f.request.linkuser == 'LNK1' and f.request.taskuser == 'FRED'");
	holds(L, "#f.request.users == 2 and f.request.users[1] == 'FRED' and f.request.users[2] == 'LNK1'");
	holds(L, "(function() for k, v in pairs(f.request) do if v == 'secret' or k:find 'password' then return false end end return true end)()");
	q.userid[0] = u.link[0] = '\0';
	push(L, &f);
	holds(L, "f.request.userid == nil and f.request.linkuser == nil");
}

static void
a_table_of_facts_is_one_of_lua_although_its_members_are_made_late(void **state)
{
	lua_State *L = *state;
	struct facts f = bare();
	struct certificate *c = chained();

	f.certificate = c;
	push(L, &f);
	holds(L, "rawequal(f.peer, f.peer) and rawequal(f.certificate, f.certificate) and rawequal(f.certificate.san, f.certificate.san)");
	holds(L, "(function() local names = {} for k in pairs(f) do assert(type(k) == 'string') names[#names + 1] = k end table.sort(names) "
		"return table.concat(names, ' ') == 'certificate connection generation load notes now own peer recheck stage tcpipservice way' end)()");
	holds(L, "(function() local n = 0 for k, v in pairs(f.certificate) do assert(type(k) == 'string' and v ~= nil) n = n + 1 end return n == 8 end)()");
	holds(L, "not pcall(function() return f.lod end) and not pcall(function() return f.certificate.subjekt end)");
	certificate_unref(c);
}

static void
a_script_may_write_to_facts_before_it_reads_them(void **state)
{
	lua_State *L = *state;
	struct facts f = bare();
	struct certificate *c = chained();

	f.certificate = c;
	push(L, &f);
	holds(L, "(function() f.load = 'mine' f.more = 1 return f.load == 'mine' and f.more == 1 and f.peer.port == 5000 end)()");
	push(L, &f);
	holds(L, "(function() local l = f.load f.load = nil return l.from_prefix == 4 and f.load == nil end)()");
	push(L, &f);
	holds(L, "(function() f.certificate.sha256 = 'cc' return f.certificate.sha256 == 'cc' and f.certificate.serial == '0A' end)()");
	f.has_capex = true;
	strcpy(f.capex.networkid, "NETX");
	push(L, &f);
	holds(L, "(function() f.capex.applid = 'MINE' return f.capex.applid == 'MINE' and f.capex.networkid == 'NETX' end)()");
	certificate_unref(c);
}

static void
facts_are_those_of_the_question_when_they_are_read_later(void **state)
{
	lua_State *L = *state;
	struct facts f = bare();
	struct certificate *c = chained();
	struct request q = { .tran = "CPMI" };
	struct users u = { .task = "FRED" };

	f.certificate = c;
	f.request = &q;
	f.users = &u;
	f.has_capex = true;
	strcpy(f.capex.networkid, "NETX");
	push(L, &f);
	memset(&f.capex, 'x', sizeof f.capex);
	memset(&q, 'x', sizeof q);
	memset(&u, 'x', sizeof u);
	f.certificate = NULL;
	f.load.from_prefix = 99;
	strcpy(f.tcpipservice, "OTHER");
	memset(&f.peer, 0, sizeof f.peer);
	certificate_unref(c);
	lua_gc(L, LUA_GCCOLLECT);
	holds(L, "f.request.tran == 'CPMI' and f.request.taskuser == 'FRED' and f.capex.networkid == 'NETX'");
	holds(L, "f.load.from_prefix == 4 and f.tcpipservice == 'IPIC' and f.peer.ip == '192.0.2.7'");
	holds(L, "f.certificate.serial == '0A' and f.certificate.chain.anchor.sha256 == 'bb'");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(at_accept_there_are_ends_and_counts_and_no_more),
		T(later_facts_are_added),
		T(a_certificate_is_told_byte_by_byte),
		T(a_chain_has_its_certificates_and_its_anchor),
		T(a_chain_without_an_anchor_has_none),
		T(an_ipconn_is_shown_by_its_attributes),
		T(a_request_is_told_without_its_password),
		T(a_table_of_facts_is_one_of_lua_although_its_members_are_made_late),
		T(a_script_may_write_to_facts_before_it_reads_them),
		T(facts_are_those_of_the_question_when_they_are_read_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
