/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counterexample: a connection by which a claim does not hold, with the plainest values. A claim may remember the walks
 * that it has seen, so it is asked afresh each time: about the connection alone, or about an earlier one and then it.
 */
#include "candidate/search_internal.h"

#include <string.h>

#include "base/clock.h"

/* Asks claim i about one connection. As invariants_judge. */
static int
ask(struct search *s, size_t i, const struct supposed *c)
{
	struct walked w;
	int holds = 1;

	if (supposed_walk(&s->ground, c, &w) == 0)
		holds = invariants_judge(s->order->invariants, i, &w, s->faults);
	supposed_end(&w);
	return holds;
}

/* True when a claim that has seen only `first` (NULL: nothing) does not hold by c. */
static bool
fails(struct search *s, size_t i, const struct supposed *first, const struct supposed *c)
{
	if (invariants_forget(s->order->invariants, s->faults) < 0)
		return false;
	return (first == NULL || ask(s, i, first) == 1) && ask(s, i, c) == 0;
}

/* Replaces each value of *shrunk, which is `first` or c, by the plain one when the claim fails as before. */
static void
shrink(struct search *s, size_t i, struct supposed *shrunk, const struct supposed *first, const struct supposed *c)
{
	for (int slot = SLOT_COUNT - 1; slot >= 0; slot--) {
		unsigned short was = shrunk->value[slot];

		shrunk->value[slot] = 0;
		if (was != 0 && !fails(s, i, first, c))
			shrunk->value[slot] = was;
	}
}

/* The earlier connection after which the claim does not hold by c; NULL: none alone. */
static const struct supposed *
find_first(struct search *s, size_t i, const struct supposed *c)
{
	for (size_t k = s->nseen; k-- > 0;)
		if (fails(s, i, &s->seen[k].supposed, c))
			return &s->seen[k].supposed;
	return NULL;
}

static void
print(struct search *s, const struct supposed *c, const char *name, struct buf *out)
{
	struct walked w;

	if (supposed_walk(&s->ground, c, &w) == 0)
		supposed_row(&s->ground, c, &w, name, out);
	supposed_end(&w);
}

/* Lets the claims see again the connections that were accepted. */
static void
recall(struct search *s)
{
	struct invariants *all = s->order->invariants;

	if (invariants_forget(all, s->faults) < 0)
		return;
	for (size_t k = 0; k < s->nseen; k++)
		for (size_t i = 0; i < invariants_count(all); i++)
			if (!s->settled[i])
				ask(s, i, &s->seen[k].supposed);
}

void
counterexample_report(struct search *s, size_t i, const struct supposed *c)
{
	const char *name = invariants_name(s->order->invariants, i);
	struct supposed second = *c, first;
	const struct supposed *before = NULL;
	struct buf rows;

	buf_init(&rows, 0);
	if (!fails(s, i, NULL, &second) && (before = find_first(s, i, &second)) != NULL) {
		first = *before;
		shrink(s, i, &second, &first, &second);
		shrink(s, i, &first, &first, &second);
		print(s, &first, "the connection before", &rows);
	} else {
		shrink(s, i, &second, NULL, &second);
	}
	print(s, &second, name, &rows);
	buf_add(&rows, "", 1);
	recall(s);
	s->result->failed++;
	s->order->found(s->order->arg, i, buf_len(&rows) > 1 ? (const char *)buf_bytes(&rows) : "", clock_span() - s->start);
	buf_free(&rows);
}
