/* SPDX-License-Identifier: Apache-2.0 */
/* Myers, An O(ND) Difference Algorithm and Its Variations (1986): the greedy form, with its steps kept. */
#include "client/unified.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CONTEXT 3
#define STEPS_MAX 2000

struct line {
	const char *at; /* borrowed from the text */
	size_t len;     /* with its newline */
};

struct lines {
	struct line *line; /* owned */
	size_t n;
};

struct edit { /* a line of the difference: of the old text only '-', of the new one only '+', of both ' ' */
	char mark;
	const struct line *line;
	size_t old, new; /* the numbers of the lines of both texts before it */
};

struct script { /* the edits from the last to the first, until turned */
	struct edit *edit; /* owned */
	size_t n;
};

static int
split(const struct unified_text *t, struct lines *out)
{
	const char *at = t->bytes, *end = t->bytes + t->len;
	size_t count = 1;

	for (size_t i = 0; i < t->len; i++)
		count += t->bytes[i] == '\n';
	out->line = calloc(count, sizeof *out->line);
	out->n = 0;
	while (out->line != NULL && at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = newline != NULL ? (size_t)(newline + 1 - at) : (size_t)(end - at);

		out->line[out->n++] = (struct line){ at, len };
		at += len;
	}
	return out->line != NULL ? 0 : -1;
}

static bool
same(const struct line *a, const struct line *b)
{
	return a->len == b->len && memcmp(a->at, b->at, a->len) == 0;
}

/* --- the steps -------------------------------------------------------------------------------- */

struct search { /* the middle parts of both texts, which begin and end differently */
	const struct line *a, *b;
	long n, m;
	int *step[STEPS_MAX + 1]; /* owned: of step d the furthest lines of the old text on the diagonals -d, -d+2 to d */
	long steps;
};

/* The furthest line on diagonal k (-d to d) that step d reaches from step d-1. */
static long
reach(const struct search *s, long d, long k)
{
	const int *was = d > 0 ? s->step[d - 1] + (d - 1) : NULL;
	bool down = d > 0 && (k == -d || (k != d && was[k - 1] < was[k + 1]));
	long x = d == 0 ? 0 : down ? was[k + 1] : was[k - 1] + 1, y = x - k;

	while (x < s->n && y < s->m && x >= 0 && y >= 0 && same(&s->a[x], &s->b[y])) {
		x++;
		y++;
	}
	return x;
}

/* 1: the last step reached the ends. 0: more than STEPS_MAX steps are needed. -1: no memory. */
static int
search(struct search *s)
{
	for (long d = 0; d <= STEPS_MAX; d++) {
		s->step[d] = malloc((size_t)(2 * d + 1) * sizeof(int));
		if (s->step[d] == NULL)
			return -1;
		s->steps = d;
		for (long k = -d; k <= d; k += 2) {
			long x = reach(s, d, k);

			s->step[d][k + d] = (int)x;
			if (k == s->n - s->m && x >= s->n)
				return 1;
		}
	}
	return 0;
}

static void
put(struct script *e, char mark, const struct line *line)
{
	e->edit[e->n++] = (struct edit){ .mark = mark, .line = line };
}

/* Writes the edits of the middle from its end to its beginning. */
static void
walk_back(const struct search *s, struct script *e)
{
	long x = s->n, y = s->m;

	for (long d = s->steps; d >= 0; d--) {
		long k = x - y;
		const int *was = d > 0 ? s->step[d - 1] + (d - 1) : NULL;
		bool down = d > 0 && (k == -d || (k != d && was[k - 1] < was[k + 1]));
		long fromx = d == 0 ? 0 : down ? was[k + 1] : was[k - 1], fromy = d == 0 ? 0 : fromx - (down ? k + 1 : k - 1);

		for (; x > (down || d == 0 ? fromx : fromx + 1) && y > (down ? fromy + 1 : fromy); x--, y--)
			put(e, ' ', &s->a[x - 1]);
		if (d > 0 && down)
			put(e, '+', &s->b[--y]);
		else if (d > 0)
			put(e, '-', &s->a[--x]);
	}
}

/* Shows the middle as one change. */
static void
replace_all(const struct search *s, struct script *e)
{
	for (long y = s->m; y > 0; y--)
		put(e, '+', &s->b[y - 1]);
	for (long x = s->n; x > 0; x--)
		put(e, '-', &s->a[x - 1]);
}

/* The edits from the last to the first. -1: no memory. */
static int
compare(const struct lines *a, const struct lines *b, struct script *e)
{
	size_t head = 0, tail = 0;
	struct search s = { .steps = 0 };
	int found;

	while (head < a->n && head < b->n && same(&a->line[head], &b->line[head]))
		head++;
	while (tail < a->n - head && tail < b->n - head && same(&a->line[a->n - tail - 1], &b->line[b->n - tail - 1]))
		tail++;
	s.a = a->line + head;
	s.b = b->line + head;
	s.n = (long)(a->n - head - tail);
	s.m = (long)(b->n - head - tail);
	e->edit = calloc(a->n + b->n + 1, sizeof *e->edit);
	found = e->edit != NULL ? search(&s) : -1;
	for (size_t i = 0; found >= 0 && i < tail; i++)
		put(e, ' ', &a->line[a->n - 1 - i]);
	if (found > 0)
		walk_back(&s, e);
	else if (found == 0)
		replace_all(&s, e);
	for (size_t i = head; found >= 0 && i > 0; i--)
		put(e, ' ', &a->line[i - 1]);
	for (long d = 0; d <= s.steps; d++)
		free(s.step[d]);
	return found >= 0 ? 0 : -1;
}

/* --- printing --------------------------------------------------------------------------------- */

/* Puts the edits into their order and numbers them. */
static void
turn(struct script *e)
{
	size_t old = 0, new = 0;

	for (size_t i = 0; i < e->n / 2; i++) {
		struct edit other = e->edit[i];

		e->edit[i] = e->edit[e->n - 1 - i];
		e->edit[e->n - 1 - i] = other;
	}
	for (size_t i = 0; i < e->n; i++) {
		e->edit[i].old = old;
		e->edit[i].new = new;
		old += e->edit[i].mark != '+';
		new += e->edit[i].mark != '-';
	}
}

/* The end of the hunk whose first change is at i. More than 2 * CONTEXT equal lines end a hunk. */
static size_t
hunk_end(const struct script *e, size_t i)
{
	size_t end = i, last = i;

	for (; end < e->n && end - last <= 2 * CONTEXT; end++)
		if (e->edit[end].mark != ' ')
			last = end;
	return last + 1 + CONTEXT < e->n ? last + 1 + CONTEXT : e->n;
}

static int
print_line(const struct edit *e, struct buf *out)
{
	bool whole = e->line->len > 0 && e->line->at[e->line->len - 1] == '\n';

	if (buf_add(out, &e->mark, 1) < 0 || buf_add(out, e->line->at, e->line->len) < 0)
		return -1;
	return whole ? 0 : buf_printf(out, "\n\\ No newline at end of file\n");
}

static int
print_hunk(const struct script *e, size_t from, size_t to, struct buf *out)
{
	size_t old = 0, new = 0;
	int rc;

	for (size_t i = from; i < to; i++) {
		old += e->edit[i].mark != '+';
		new += e->edit[i].mark != '-';
	}
	rc = buf_printf(out, "@@ -%zu,%zu +%zu,%zu @@\n", e->edit[from].old + (old > 0), old, e->edit[from].new + (new > 0), new);
	for (size_t i = from; i < to && rc == 0; i++)
		rc = print_line(&e->edit[i], out);
	return rc;
}

static int
print_all(const struct script *e, struct buf *out)
{
	size_t done = 0;
	int rc = 0;

	for (size_t i = 0; i < e->n && rc == 0; i++) {
		size_t from = i >= done + CONTEXT ? i - CONTEXT : done;

		if (e->edit[i].mark == ' ')
			continue;
		done = hunk_end(e, i);
		rc = print_hunk(e, from, done, out);
		i = done - 1;
	}
	return rc;
}

int
unified_diff(const struct unified_text *was, const struct unified_text *now, struct buf *out)
{
	struct lines a = { 0 }, b = { 0 };
	struct script e = { 0 };
	int rc = -1;

	if (was->len == now->len && memcmp(was->bytes, now->bytes, was->len) == 0)
		return 0;
	if (split(was, &a) == 0 && split(now, &b) == 0 && compare(&a, &b, &e) == 0) {
		turn(&e);
		rc = buf_printf(out, "--- %s\n+++ %s\n", was->label, now->label);
		rc = rc == 0 ? print_all(&e, out) : rc;
	}
	free(a.line);
	free(b.line);
	free(e.edit);
	return rc;
}
