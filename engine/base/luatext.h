/* SPDX-License-Identifier: Apache-2.0 */
/*
 * luatext: reads Lua text token by token, without Lua; comments and white space are skipped. For a text that is not Lua
 * the result is unspecified, but safe.
 */
#ifndef SALLYPORT_LUATEXT_H
#define SALLYPORT_LUATEXT_H

#include <stddef.h>

struct luatext { /* set at and end, and line to 1 */
	const char *at, *end; /* borrowed */
	int line;             /* of at */
};

enum luatext_kind {
	LUATEXT_END,
	LUATEXT_WORD,   /* a name, a keyword, a number */
	LUATEXT_QUOTED, /* a string in quotes: the bytes between them */
	LUATEXT_LONG,   /* a string in long brackets */
	LUATEXT_MARK,   /* one byte of anything else */
};

struct luatext_token {
	enum luatext_kind kind;
	const char *start;
	size_t len;
	int line; /* of its first byte */
};

#define LUATEXT_ESCAPED 5

/*
 * Writes the byte as a string in quotation marks spells it, with NUL: as it is, \" or \\, or \ddd. Returns its length.
 */
size_t luatext_escape(char out[LUATEXT_ESCAPED], unsigned char c);

/* The length of UTF-8's byte order mark at the beginning, which some editors write: 3 or 0 bytes. */
size_t luatext_mark(const char *text, size_t len);
/* Reads the next token and moves t behind it. */
struct luatext_token luatext_next(struct luatext *t);

/*
 * The lines on which the elements of the chunk's returned list begin, in *lines (for free()), when that list is written
 * out: `return { ... }`, or `rows = { ... }` and `return rows`. Returns their number; 0: the list is not written out,
 * or there is no memory.
 */
size_t luatext_rows(const char *text, size_t len, int **lines);
/* The line of the only quoted string with these bytes; 0: no such string, or several. */
int luatext_quoted(const char *text, size_t len, const char *bytes);

#endif
