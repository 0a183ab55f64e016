/* SPDX-License-Identifier: Apache-2.0 */
/* luatext: a Lua text word by word, without Lua; comments and white space are passed over. The result for a text that is not Lua is not specified, but safe. */
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

/* How many bytes at the beginning are UTF-8's byte order mark, which some editors write: 3 or 0. */
size_t luatext_mark(const char *text, size_t len);
/* The next token; t stands behind it then. */
struct luatext_token luatext_next(struct luatext *t);

/*
 * The lines on which the elements of the list begin that the chunk returns, in *lines (for free()), when that list is written out: `return { … }`, or
 * `rows = { … }` and `return rows`. Returns how many; 0: it is not, or there is no memory.
 */
size_t luatext_rows(const char *text, size_t len, int **lines);
/* The line of the one quoted string that has these bytes; 0: no such string, or several. */
int luatext_quoted(const char *text, size_t len, const char *bytes);

#endif
