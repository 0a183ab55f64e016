/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_lines: on which line of a definition's text a key stands. Lua only tells the line of a constructor's call, and a fault of
 * one key among twenty should lead to that key.
 */
#ifndef SALLYPORT_KEY_LINES_H
#define SALLYPORT_KEY_LINES_H

#include <stddef.h>

struct key_lines_key { /* one `key =` or `["key"] =` inside a table that was written out */
	size_t at;     /* offset of the key's first byte */
	size_t len;
	int line;
	int group;     /* which outermost { } it stands in, counted from 1; keys of inner tables are not kept */
};

struct key_lines_group {
	int line; /* of its opening brace */
};

struct key_lines {
	const char *text;          /* borrowed */
	struct key_lines_key *key;     /* owned, in the order of the text */
	size_t nkeys;
	struct key_lines_group *group; /* owned; group[0] is the first */
	size_t ngroups;
};

/* Reads the text once, passing over comments and strings. Any bytes will do; without memory there are fewer places. */
void key_lines_read(struct key_lines *p, const char *text, size_t len);
void key_lines_free(struct key_lines *p);
/* The first key that stands twice in one table, at any depth (Lua keeps the last and says nothing): 1 with its second place in *out, whose group means
 * nothing; 0: none; -1: no memory. The text is one that Lua takes; behind the word function nothing is looked at, for that is no data. */
int key_lines_twice(const char *text, size_t len, struct key_lines_key *out);
/* The line of `key` in the table of the constructor that was called on `line`; `line` itself when it is not to be found. */
int key_lines_of(const struct key_lines *p, int line, const char *key);

#endif
