/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lua lists the active lines of a function only when a script has made that function. The compiled form (ldump.c of Lua
 * 5.4) has the lines of all of them.
 */
#include "sandbox/script_lines.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define DUMP_MAX (4 * 1024 * 1024)
#define INSTRUCTION 4 /* bytes */
#define ABSOLUTE (-0x80) /* in place of a difference of lines: the list of absolute lines has the line */
#define DEEPEST 250   /* nested functions; the parser allows 200 */

/* --- the compiled form ------------------------------------------------------------------------ */

struct reader {
	const unsigned char *at, *end;
	bool bad;            /* the form is not understood */
	unsigned char *line; /* flags by line number */
	size_t n;
};

/* Reads n bytes; NULL: there are not so many. */
static const unsigned char *
take(struct reader *r, size_t n)
{
	const unsigned char *at = r->at;

	if (r->bad || n > (size_t)(r->end - r->at)) {
		r->bad = true;
		return NULL;
	}
	r->at += n;
	return at;
}

static unsigned
take_byte(struct reader *r)
{
	const unsigned char *at = take(r, 1);

	return at != NULL ? *at : 0;
}

/* A number: seven bits a byte, the high ones first; the last byte has the eighth bit. */
static size_t
take_number(struct reader *r)
{
	size_t n = 0;
	unsigned byte = 0;

	while (!r->bad && (byte & 0x80) == 0) {
		byte = take_byte(r);
		r->bad = r->bad || n > SIZE_MAX >> 8;
		n = n << 7 | (byte & 0x7f);
	}
	return r->bad ? 0 : n;
}

static void
skip_text(struct reader *r)
{
	size_t n = take_number(r);

	if (n > 0)
		take(r, n - 1);
}

static void
skip_constants(struct reader *r)
{
	for (size_t n = take_number(r); n > 0 && !r->bad; n--)
		switch (take_byte(r)) {
		case LUA_TNIL:
		case LUA_TBOOLEAN:             /* false */
		case LUA_TBOOLEAN | 0x10:      /* true */
			break;
		case LUA_TNUMBER:              /* an integer */
			take(r, sizeof(lua_Integer));
			break;
		case LUA_TNUMBER | 0x10:       /* a float */
			take(r, sizeof(lua_Number));
			break;
		case LUA_TSTRING:              /* a short string */
		case LUA_TSTRING | 0x10:       /* a long one */
			skip_text(r);
			break;
		default:
			r->bad = true;
		}
}

static void
mark(struct reader *r, size_t line)
{
	if (line < r->n)
		r->line[line] = 1;
}

struct function {
	size_t first;       /* the line of its beginning */
	bool varied;        /* its first instruction takes the variable arguments, and is of no line */
	size_t ninstructions;
};

/* Reads the lines of the instructions and marks them. The last instruction is the end of the function. */
static void
mark_lines(struct reader *r, const struct function *fn)
{
	size_t n = take_number(r), nabsolute, line = fn->first;
	const unsigned char *step = take(r, n);

	nabsolute = take_number(r);
	for (size_t pc = 0; !r->bad && pc < n; pc++) {
		signed char difference = (signed char)step[pc];

		if (difference != ABSOLUTE) {
			line += (size_t)(long)difference;
		} else if (nabsolute == 0 || take_number(r) != pc) {
			r->bad = true;
		} else {
			line = take_number(r);
			nabsolute--;
		}
		if (pc + 1 < n && (pc > 0 || !fn->varied))
			mark(r, line);
	}
	r->bad = r->bad || n != fn->ninstructions || nabsolute != 0;
}

static void
skip_names(struct reader *r)
{
	for (size_t n = take_number(r); n > 0 && !r->bad; n--) { /* local variables */
		skip_text(r);
		take_number(r);
		take_number(r);
	}
	for (size_t n = take_number(r); n > 0 && !r->bad; n--) /* upvalues */
		skip_text(r);
}

static void
take_function(struct reader *r, unsigned depth)
{
	struct function fn;

	skip_text(r); /* the name of its source */
	fn.first = take_number(r);
	take_number(r); /* its last line */
	take_byte(r);   /* parameters */
	fn.varied = take_byte(r) != 0;
	take_byte(r); /* stack */
	fn.ninstructions = take_number(r);
	if (fn.ninstructions > DUMP_MAX || depth > DEEPEST)
		r->bad = true;
	take(r, fn.ninstructions * INSTRUCTION);
	skip_constants(r);
	for (size_t n = take_number(r); n > 0 && !r->bad; n--) /* upvalues */
		take(r, 3);
	for (size_t n = take_number(r); n > 0 && !r->bad; n--)
		take_function(r, depth + 1);
	mark_lines(r, &fn);
	skip_names(r);
}

/* The header: the version, and the sizes and forms of numbers of this machine. */
static void
take_header(struct reader *r)
{
	static const unsigned char head[] = { 0x1b, 'L', 'u', 'a', 0x54, 0, 0x19, 0x93, '\r', '\n', 0x1a, '\n', INSTRUCTION, sizeof(lua_Integer),
		sizeof(lua_Number) };
	const unsigned char *at = take(r, sizeof head);

	r->bad = r->bad || memcmp(at, head, sizeof head) != 0;
	take(r, sizeof(lua_Integer) + sizeof(lua_Number));
	take_byte(r); /* upvalues of the chunk */
}

/* --- compiling -------------------------------------------------------------------------------- */

struct compiled {
	const char *bytes;
	size_t len;
	struct buf dump;
};

static int
script_lines_write(lua_State *L, const void *bytes, size_t n, void *arg)
{
	struct compiled *t = arg;

	(void)L;
	return buf_add(&t->dump, bytes, n);
}

/* Argument: the struct compiled. */
static int
script_lines_compile(lua_State *L)
{
	struct compiled *t = lua_touserdata(L, 1);

	if (luaL_loadbufferx(L, t->bytes, t->len, "=script", "t") != LUA_OK)
		return lua_error(L);
	if (lua_dump(L, script_lines_write, t, 0) != 0)
		return luaL_error(L, "out of memory");
	return 0;
}

static int
compile(struct compiled *t, struct fault *f)
{
	lua_State *L = luaL_newstate();
	int status = LUA_ERRMEM;

	if (L == NULL)
		return fault_set(f, "out of memory");
	lua_pushcfunction(L, script_lines_compile);
	lua_pushlightuserdata(L, t);
	status = lua_pcall(L, 1, 0, 0);
	if (status != LUA_OK)
		fault_set(f, "%s", lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "out of memory");
	lua_close(L);
	return status == LUA_OK ? 0 : -1;
}

static size_t
count_lines(const char *bytes, size_t len)
{
	size_t n = 1;

	for (size_t i = 0; i < len; i++)
		n += bytes[i] == '\n' || bytes[i] == '\r';
	return n;
}

int
script_lines(const char *bytes, size_t len, unsigned char **line, size_t *n, struct fault *f)
{
	struct compiled t = { .bytes = bytes, .len = len };
	struct reader r = { .n = count_lines(bytes, len) + 1 };
	int rc;

	buf_init(&t.dump, DUMP_MAX);
	rc = compile(&t, f);
	r.line = calloc(r.n, 1);
	if (rc == 0 && r.line == NULL)
		rc = fault_set(f, "out of memory");
	if (rc == 0) {
		r.at = buf_bytes(&t.dump);
		r.end = r.at + buf_len(&t.dump);
		take_header(&r);
		take_function(&r, 0);
		if (r.bad || r.at != r.end)
			rc = fault_set(f, "the compiled form of this Lua is not that of Lua 5.4, so that its lines are not known");
	}
	buf_free(&t.dump);
	if (rc < 0) {
		free(r.line);
		return -1;
	}
	*line = r.line;
	*n = r.n;
	return 0;
}
