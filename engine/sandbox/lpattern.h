/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lpattern: Lua patterns against a subject, one step paid for each comparison made. Knows nothing of what is done with a match.
 */
#ifndef SALLYPORT_LPATTERN_H
#define SALLYPORT_LPATTERN_H

#include <stddef.h>

struct lua_State;

enum {
	LPATTERN_CAPTURES = 32,
	LPATTERN_OPEN = -1,     /* length of a capture whose ')' was not met yet */
	LPATTERN_POSITION = -2, /* of a "()" */
};

struct lpattern_capture {
	const char *at;
	ptrdiff_t len;
};

struct lpattern {
	struct lua_State *L;
	const char *subject, *end; /* NUL follows end */
	const char *pattern_end;
	int depth;                 /* levels of recursion left */
	int captures;
	unsigned steps;            /* made, not yet paid */
	struct lpattern_capture capture[LPATTERN_CAPTURES];
};

void lpattern_begin(struct lpattern *m, struct lua_State *L, const char *subject, size_t len, const char *pattern, size_t pattern_len);
/* Where a match of `pattern` (without its '^') that starts at s ends; NULL: none. Raises for a malformed pattern and a spent budget. */
const char *lpattern_match(struct lpattern *m, const char *s, const char *pattern);
/* Pushes capture i of the match [s, e); capture 0 of a pattern without any is the whole match. [-0, +1, may throw] */
void lpattern_push_capture(struct lpattern *m, int i, const char *s, const char *e);
/* Pushes all captures, or the whole match when there are none and s is not NULL. Returns how many. */
int lpattern_push_captures(struct lpattern *m, const char *s, const char *e);

#endif
