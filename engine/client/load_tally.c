/* SPDX-License-Identifier: Apache-2.0 */
#include "client/load_tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

const char *
load_outcome_name(enum load_outcome o)
{
	static const char *const names[LOAD_OUTCOMES] = { "accepted", "refused", "failed", "interrupted" };

	return names[o];
}

static bool
same(const struct load_tally_row *a, const struct load_tally_row *b)
{
	return a->kind == b->kind && a->outcome == b->outcome && a->stage == b->stage && a->status == b->status && strcmp(a->alert, b->alert) == 0 &&
		strcmp(a->reason, b->reason) == 0 && strcmp(a->trouble, b->trouble) == 0;
}

static void
count(struct load_tally *t, const struct load_tally_row *like)
{
	int i = 0;

	t->outcome[like->outcome]++;
	while (i < t->rows && !same(&t->row[i], like))
		i++;
	if (i == LOAD_TALLY_ROWS) {
		t->others++;
		return;
	}
	if (i == t->rows)
		t->row[t->rows++] = *like;
	t->row[i].count++;
}

static enum load_outcome
outcome_of(const struct connect_peer_outcome *c, bool stopped)
{
	if (c->accepted)
		return LOAD_ACCEPTED;
	return stopped ? LOAD_INTERRUPTED : c->refused ? LOAD_REFUSED : LOAD_FAILED;
}

static void
count_release(struct load_tally *t, const char *by)
{
	if (by == NULL || strcmp(by, "lost") == 0)
		t->lost++;
	else if (strcmp(by, "region") == 0)
		t->by_region++;
	else
		t->by_partner++;
}

void
load_tally_end(struct load_tally *t, enum load_kind k, bool stopped, const struct connect_peer_result *r)
{
	const struct connect_peer_outcome *c = &r->socket[0];
	struct load_tally_row row = { .kind = k, .outcome = outcome_of(c, stopped), .status = c->status };

	t->sent += r->requests.sent;
	if (row.outcome == LOAD_ACCEPTED)
		count_release(t, r->released);
	if (row.outcome == LOAD_REFUSED)
		row.stage = c->stage;
	if (row.outcome == LOAD_FAILED)
		snprintf(row.trouble, sizeof row.trouble, "%.*s", (int)sizeof row.trouble - 1, c->trouble);
	snprintf(row.alert, sizeof row.alert, "%s", c->alert);
	snprintf(row.reason, sizeof row.reason, "%s", c->has_answer ? c->answer.reason : "");
	count(t, &row);
}

void
load_tally_unable(struct load_tally *t, enum load_kind k, const char *why)
{
	struct load_tally_row row = { .kind = k, .outcome = LOAD_FAILED };

	snprintf(row.trouble, sizeof row.trouble, "%.*s", (int)sizeof row.trouble - 1, why);
	count(t, &row);
}

void
load_tally_request(struct load_tally *t, double seconds, bool answered)
{
	double now = clock_span();

	if (t->answered + t->failed == 0 || now - seconds < t->asked_first)
		t->asked_first = now - seconds;
	t->asked_last = now;
	t->answered += answered;
	t->failed += !answered;
	latency_add(&t->request, seconds);
}

static int
load_tally_order(const void *a, const void *b)
{
	const struct load_tally_row *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return x->kind != y->kind ? (int)x->kind - (int)y->kind : (int)x->outcome - (int)y->outcome;
}

void
load_tally_sort(struct load_tally *t)
{
	qsort(t->row, (size_t)t->rows, sizeof t->row[0], load_tally_order);
}

static double
rate(long n, double seconds)
{
	return n > 0 && seconds > 0 ? (double)n / seconds : 0;
}

double
load_tally_connect_rate(const struct load_tally *t)
{
	return rate(t->outcome[LOAD_ACCEPTED] + t->outcome[LOAD_REFUSED] + t->outcome[LOAD_FAILED], t->told - t->first);
}

double
load_tally_request_rate(const struct load_tally *t)
{
	return rate(t->answered, t->asked_last - t->asked_first);
}
