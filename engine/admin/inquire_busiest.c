/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inquire ipconn --busiest: the ipconns with most requests. A walk over all of them keeps the names of the busiest, and
 * makes no rows; the rows are made afterwards.
 */
#include "admin/inquire_row.h"

#include <stdlib.h>
#include <string.h>

#include "region/region.h"

#define LOOKS 32 /* ipconns that one step looks at */

struct busy {
	char name[NAME_SIZE];
	uint64_t requests;
};

enum { BUSIEST_BEGIN, BUSIEST_WALK, BUSIEST_ROWS };

static uint64_t
requests_of(const struct ipconn *i)
{
	const struct ipconn_statistics *n = ipconn_counts(i);

	return n->requests_received + n->requests_sent;
}

/* Puts i into the list, which is in the order of requests, when it belongs there. */
static void
consider(struct query *q, const struct ipconn *i)
{
	struct busy *list = q->list;
	uint64_t requests = requests_of(i);
	size_t at = q->n < q->busiest ? q->n++ : q->n;

	if (at == q->n && requests <= list[at - 1].requests)
		return;
	if (at == q->n)
		at--;
	for (; at > 0 && list[at - 1].requests < requests; at--)
		list[at] = list[at - 1];
	list[at].requests = requests;
	memcpy(list[at].name, i->def->ipconn, sizeof list[at].name);
}

static void
walk(struct query *q)
{
	for (int n = 0; n < LOOKS; n++) {
		const struct ipconn *i = inquire_next_ipconn(q);

		if (i == NULL) {
			q->stage = BUSIEST_ROWS;
			return;
		}
		consider(q, i);
	}
}

const struct ipconn *
inquire_busiest_next(struct query *q, bool *more)
{
	*more = true;
	if (q->stage == BUSIEST_BEGIN) {
		q->list = calloc(q->busiest, sizeof(struct busy));
		q->stage = q->list != NULL ? BUSIEST_WALK : BUSIEST_ROWS;
	}
	if (q->stage == BUSIEST_WALK) {
		walk(q);
		return NULL;
	}
	*more = q->index < q->n;
	return *more ? registry_name(q->region->registry, ((const struct busy *)q->list)[q->index++].name) : NULL;
}
