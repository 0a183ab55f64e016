/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lpattern: matches a Lua pattern against a subject and charges one step for each comparison. lfind uses the matches.
 */
#ifndef SALLYPORT_LPATTERN_H
#define SALLYPORT_LPATTERN_H

#include <stddef.h>

struct lua_State;

enum {
	LPATTERN_CAPTURES = 32,
	LPATTERN_OPEN = -1,     /* length of a capture without its ')' yet */
	LPATTERN_POSITION = -2, /* length of a "()" */
};

struct lpattern_capture {
	const char *at;
	ptrdiff_t len;
};

struct lpattern {
	struct lua_State *L;
	const char *subject, *end; /* a NUL follows end */
	const char *pattern_end;
	int depth;                 /* levels of recursion left */
	int captures;
	unsigned steps;            /* done, not charged yet */
	struct lpattern_capture capture[LPATTERN_CAPTURES];
};

/* Prepares a match of `pattern` against `subject`; both must stay valid during the match. */
void lpattern_begin(struct lpattern *m, struct lua_State *L, const char *subject, size_t len, const char *pattern, size_t pattern_len);
/*
 * Returns the end of a match of `pattern` (without its '^') that starts at s; NULL: no match. Raises an error for a
 * malformed pattern and when the budget is spent.
 */
const char *lpattern_match(struct lpattern *m, const char *s, const char *pattern);
/*
 * Pushes capture i of the match [s, e). Capture 0 of a pattern without captures is the whole match. [-0, +1, may throw]
 */
void lpattern_push_capture(struct lpattern *m, int i, const char *s, const char *e);
/*
 * Pushes all captures; the whole match when there are none and s is not NULL. Returns the number of values. [may throw]
 */
int lpattern_push_captures(struct lpattern *m, const char *s, const char *e);

#endif
