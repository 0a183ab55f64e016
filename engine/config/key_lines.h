/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_lines: the lines of the keys in a definition's text. Lua only reports the line of a constructor's call; a fault
 * of one key should have the line of that key.
 */
#ifndef SALLYPORT_KEY_LINES_H
#define SALLYPORT_KEY_LINES_H

#include <stddef.h>

struct key_lines_key { /* one `key =` or `["key"] =` in the text */
	const char *at; /* borrowed: the key's first byte in its text */
	size_t len;
	int line;
	int group;     /* the outermost { } that contains it, counted from 1; keys of inner tables are not kept */
};

struct key_lines_group {
	int line; /* of its opening brace */
};

struct key_lines { /* a zeroed one is empty */
	struct key_lines_key *key;     /* owned, in the order of the text */
	size_t nkeys;
	struct key_lines_group *group; /* owned; group[0] is the first */
	size_t ngroups;
};

/*
 * Adds the keys of any text, and skips comments and strings. Each line is counted from `before` on, which is larger
 * than the lines of the texts that were added earlier. The text must outlive p. Without memory some keys are missing.
 */
void key_lines_add(struct key_lines *p, const char *text, size_t len, int before);
void key_lines_free(struct key_lines *p);
/*
 * Finds a key that occurs twice in one table, at any depth; Lua keeps the last value and reports nothing. 1: the first
 * such key, with its second place in *out (group has no meaning); 0: none; -1: no memory. The text must be valid Lua.
 * The search ends at the word `function`.
 */
int key_lines_twice(const char *text, size_t len, struct key_lines_key *out);
/*
 * Returns the line of `key` in the table of the constructor that was called on `line`; `line` itself when the key is
 * not found.
 */
int key_lines_of(const struct key_lines *p, int line, const char *key);

#endif
