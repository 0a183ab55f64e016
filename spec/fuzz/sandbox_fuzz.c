/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts made of the input, asked at every door through policy_ask: everything a script can reach, the library
 * `policy.*` too, with every kind of argument. Whatever comes, an asking ends near its limits, a limit that was hit is
 * a refusal, a verdict holds only what it may, the state stays fit for a harmless script, and no byte of the stack is
 * out of place (the sanitizers watch).
 *
 * Input: each byte picks a piece of Lua; the pieces are glued into statements that mostly compile. With a first byte of
 * 0 the rest is the script's text as it stands.
 */
#include "policy/policy.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TEXT_MAX = 16000, NESTED_MAX = 6 };

static const char *const names[] = {
	"assert", "error", "getmetatable", "ipairs", "next", "pairs", "pcall", "rawequal", "rawget", "rawlen", "rawset", "select",
	"setmetatable", "tonumber", "tostring", "type", "xpcall", "require", "string.byte", "string.char", "string.find", "string.format",
	"string.gmatch", "string.gsub", "string.len", "string.lower", "string.match", "string.pack", "string.packsize", "string.rep",
	"string.reverse", "string.sub", "string.unpack", "string.upper", "table.concat", "table.insert", "table.move", "table.pack",
	"table.remove", "table.sort", "table.unpack", "utf8.char", "utf8.codepoint", "utf8.codes", "utf8.len", "utf8.offset", "math.max",
	"math.tointeger", "math.fmod", "math.ult", "p.accept", "p.refuse", "p.install", "p.pass", "p.check", "p.first", "p.all", "p.when",
	"p.ipconn", "p.ipconns", "p.counter", "p.rate", "p.note", "p.zone", "p.data", "r.take", "zone.at", "ip.set", "ip.within", "ip.is_address", "cert.cn", "cert.ou", "cert.verified", "cert.san", "cert.named", "cert.pins",
	"cert.pinned", "cert.issued_by", "cert.expires_within", "capex.is_blank", "capex.applid", "capex.name", "capex.last_four",
	"capex.wants_callback", "capex.wants_sessions", "c.next", "c.peek", "set.holds", "v[1]", "v[2]", "v[3]",
};

static const char *const values[] = {
	"nil", "true", "false", "0", "1", "-1", "2", "3", "1 << 50", "math.mininteger", "math.maxinteger", "0/0", "-1/0", "1e308", "0.5", "''",
	"'a'", "'%'", "'%b'", "'[%w-'", "'(a*)%1'", "'%f[%a]'", "'.-b'", "'()'", "'%99.99f'", "'%q%s%d'", "'%-10.3s'", "'i16z'", "'s1!16Xd'",
	"'c999999'", "'a\\0b'", "'\\r\\n\\27'", "'\\xff\\xc3'", "'\\u{10348}'", "('x'):rep(5000)", "('a'):rep(60)", "('a?'):rep(40)", "'#'",
	"'10.0.0.0/8'", "'fe80::1'", "'10.1.2.3'", "'policy'", "'sallyport.host'", "'CN'", "'dns'", "'NETX'", "'never'", "{}", "{ 1, 2, 3 }",
	"{ 'b', 'a', 'c' }", "{ [1] = 1, [1 << 40] = 2 }", "{ userid = 'CICSUSER' }", "{ ipconn = 'NETX', port = -1 }", "{ '10.0.0.0/8' }",
	"{ min = 3, max = 9, wrap = true }", "{ __index = f }", "{ __gc = f }", "{ __mode = 'k' }", "{ __close = f, __call = f }",
	"{ __tostring = f, __name = 'x' }", "{ __len = f, __eq = f, __lt = f, __concat = f, __pairs = f }", "{ __metatable = false }",
	"string", "p", "facts", "facts.peer", "facts.capex", "facts.peer.ip", "set", "c", "f", "g", "print", "p.accept()",
	"p.refuse('no', 'x')", "p.install { ipconn = 'A' }", "p.pass()", "kept", "t", "m", "v[1]", "v[2]", "v[3]", "v", "'y'", "_ENV",
};

enum { NAMES = sizeof names / sizeof *names, VALUES = sizeof values / sizeof *values };

struct maker { /* a script under way */
	const uint8_t *in, *end;
	char text[TEXT_MAX + 1];
	size_t n;
};

static unsigned
pick(struct maker *k, unsigned of)
{
	return k->in < k->end ? *k->in++ % of : 0;
}

static void
add(struct maker *k, const char *text)
{
	size_t len = strlen(text);

	if (k->n + len > TEXT_MAX)
		return;
	memcpy(k->text + k->n, text, len);
	k->n += len;
}

static void add_value(struct maker *k, unsigned depth);

static void
add_call(struct maker *k, unsigned depth)
{
	unsigned n;

	add(k, names[pick(k, NAMES)]);
	add(k, "(");
	n = pick(k, 6);
	for (unsigned i = 0; i < n; i++) {
		add(k, i > 0 ? ", " : "");
		add_value(k, depth + 1);
	}
	add(k, ")");
}

static void
add_value(struct maker *k, unsigned depth)
{
	unsigned what = pick(k, 8);

	if (what == 0 && depth < NESTED_MAX) {
		add_call(k, depth);
	} else if (what == 1) {
		add(k, names[pick(k, NAMES)]);
	} else if (what == 2 && depth < NESTED_MAX) {
		add(k, "{ ");
		add_value(k, depth + 1);
		add(k, ", [");
		add_value(k, depth + 1);
		add(k, "] = 1 }");
	} else {
		add(k, values[pick(k, VALUES)]);
	}
}

static void
add_statement(struct maker *k)
{
	static const char *const before[] = { "v = { pcall(", "v = { ", "t[#t + 1] = ", "kept = ", "local x <close> = setmetatable({}, m) local y = ",
		"for i = 1, 40 do local y = ", "pcall(function() ", "m.__index = ", "m.__close = ", "while t do v = { ", "f = ", "for x in " };
	static const char *const after[] = { ") }\n", " }\n", "\n", "\n", "\n", " end\n", " end)\n", "\n", "\n", " } end\n", "\n", " do v = { x } end\n" };
	unsigned what = pick(k, sizeof before / sizeof *before);

	add(k, "do ");
	add(k, before[what]);
	if (what == 0) {
		add(k, names[pick(k, NAMES)]);
		for (unsigned i = 0, n = pick(k, 5); i < n; i++) {
			add(k, ", ");
			add_value(k, 0);
		}
	} else if (what == 6) {
		add(k, "local y = ");
		add_call(k, 0);
	} else if (what == 11) {
		add_call(k, 0);
	} else {
		add_value(k, 0);
	}
	add(k, after[what]);
	add(k, " end\n");
}

static const char prologue[] =
	"local p, ip, cert, capex = require 'policy', require 'policy.ip', require 'policy.cert', require 'policy.capex'\n"
	"local set, c, kept = ip.set { '10.0.0.0/8', ['fe80::/10'] = 'lab' }, p.counter 'X', nil\n"
	"local r, zone = p.rate('R', { count = 3, per = 1 }), p.zone 'UTC'\n"
	"local f, g = function(...) return ... end, function() error 'g' end\n"
	"local function door(facts)\nlocal t, m, v = { 3, 1, 2 }, { __index = g, __close = g }, { 1, 2, 3 }\n";
static const char epilogue[] = "return v[1]\nend\nreturn { admit = door, certify = door, bind = door, install = door, delete = door }\n";

static void
make(struct maker *k, const uint8_t *data, size_t size)
{
	k->in = data;
	k->end = data + size;
	k->n = 0;
	if (size > 0 && data[0] == 0) {
		k->n = size - 1 < TEXT_MAX ? size - 1 : TEXT_MAX;
		memcpy(k->text, data + 1, k->n);
		return;
	}
	add(k, prologue);
	while (k->in < k->end && k->n < TEXT_MAX - 2000)
		add_statement(k);
	k->n = k->n < TEXT_MAX - 200 ? k->n : TEXT_MAX - 200;
	add(k, epilogue);
}

static void
fail(const char *what, const struct maker *k)
{
	fprintf(stderr, "%s\n%.*s\n", what, (int)k->n, k->text);
	abort();
}

static double
cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
answered(struct ask *a)
{
	(void)a;
}

static void
ask(struct ask *a, const struct maker *k)
{
	double began = cpu_ms();
	const struct verdict *v = &a->verdict;

	a->done = answered;
	policy_ask(a);
	if (cpu_ms() - began > 2000)
		fail("took long", k);
	if (v->kind == VERDICT_PASS || memchr(v->text, '\0', sizeof v->text) == NULL || memchr(v->file, '\0', sizeof v->file) == NULL)
		fail("not an answer", k);
	if (v->kind == VERDICT_REFUSE && !name_code_ok(v->code, strlen(v->code)))
		fail("a refusal without a code", k);
	if (v->kind == VERDICT_INSTALL && (a->door != DOOR_INSTALL || !name_ok(v->install.ipconn, strlen(v->install.ipconn))))
		fail("a bad installation", k);
	if (v->kind == VERDICT_ACCEPT && a->door == DOOR_INSTALL)
		fail("accepted what must be installed", k);
	if (v->userid[0] != '\0' && !name_ok(v->userid, strlen(v->userid)))
		fail("a bad user", k);
}

static void
write_script(const char *dir, const char *name, const char *text, size_t len)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s.lua", dir, name);
	file = fopen(path, "w");
	if (file == NULL || fwrite(text, 1, len, file) != len || fclose(file) != 0)
		abort();
}

/* Loads and asks the script, then a harmless one in the same state. */
static void
run(const char *dir, const struct maker *k)
{
	static const char harmless[] = "local p = require 'policy' return { admit = function(f) return p.check('is', f.way == 'in') and p.accept() end }";
	const struct budget_limits limits = { 20000, 40, 1024 };
	struct facts facts = { .stage = STAGE_CAPEX, .way = WAY_IN, .now = 1000, .connection = "c-1", .tcpipservice = "IPIC" };
	struct sources *sources = sources_new("lua", dir);
	struct faults faults = { 0 };
	struct policy *p = policy_new(sources, &limits, NULL, NULL, &faults);
	struct ask a = { .policy = p, .script = "fuzzed", .facts = &facts };

	addr_parse(&facts.peer.addr, "192.0.2.7", 5000);
	write_script(dir, "fuzzed", k->text, k->n);
	write_script(dir, "harmless", harmless, sizeof harmless - 1);
	if (p == NULL || policy_load(p, "harmless", &faults) < 0)
		abort();
	policy_load(p, "fuzzed", &faults);
	for (int i = 0; i < DOOR_COUNT + 1; i++) {
		a.door = (enum door)(i % DOOR_COUNT);
		ask(&a, k);
	}
	a.script = "harmless";
	a.door = DOOR_ADMIT;
	ask(&a, k);
	if (a.verdict.kind != VERDICT_ACCEPT)
		fail("a harmless script suffered", k);
	policy_free(p);
	sources_free(sources);
	faults_free(&faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct maker *k = malloc(sizeof *k);
	char dir[64], path[128];

	snprintf(dir, sizeof dir, "/tmp/sallyport-fuzz-XXXXXX");
	if (k == NULL || mkdtemp(dir) == NULL)
		abort();
	make(k, data, size);
	run(dir, k);
	snprintf(path, sizeof path, "%s/fuzzed.lua", dir);
	unlink(path);
	snprintf(path, sizeof path, "%s/harmless.lua", dir);
	unlink(path);
	rmdir(dir);
	free(k);
	return 0;
}
