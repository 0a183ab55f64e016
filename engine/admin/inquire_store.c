/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inquire store: the shared store as each worker sees it, which has a connection of its own there. Each worker makes
 * its row in its thread.
 */
#include "admin/inquire_row.h"

#include <stdio.h>
#include <stdlib.h>

#include "net/errand.h"
#include "region/region.h"
#include "store/store.h"

struct look { /* at the stores of all workers */
	struct errand errand; /* first */
	const struct crew *crew;
	struct query *query;  /* borrowed; NULL: the inquiry has ended, and the errand has not */
	bool over;            /* the errand has ended */
	json_t *row[ERRAND_WORKERS]; /* owned; NULL: the worker has no store, or the row was shown */
};

static json_t *
doubts_of(const struct store_server *server)
{
	json_t *list = json_array();
	const char *rule;

	for (unsigned i = 0; server != NULL && i < STORE_DOUBTS; i++)
		if (store_server_doubt(server, i, &rule) != NULL)
			json_array_append_new(list, json_string(rule));
	return list;
}

static void
put_counts(json_t *row, const struct store_counts *c)
{
	inquire_put_number(row, "asked", (double)c->asked);
	inquire_put_number(row, "failed", (double)c->failed);
	inquire_put_number(row, "estimated", (double)c->estimated);
	inquire_put_number(row, "reads", (double)c->reads);
	inquire_put_number(row, "found", (double)c->found);
}

/* NULL: the region names no store. In the thread of the worker. */
static json_t *
row_of(const struct worker *w)
{
	struct store_view v = store_look(w->store);
	char number[12];
	json_t *row;

	if (v.state == STORE_OFF)
		return NULL;
	row = json_object();
	snprintf(number, sizeof number, "%u", w->number);
	inquire_put(row, "store", v.text);
	inquire_put(row, "worker", number);
	inquire_put(row, "state", store_state_name(v.state));
	inquire_put(row, "server", v.place);
	inquire_put(row, "version", v.server != NULL ? v.server->version : "");
	inquire_put_number(row, "since", v.since);
	inquire_put_number(row, "regions", v.regions);
	put_counts(row, &v.counts);
	inquire_put_number(row, "waiting", (double)v.waiting);
	inquire_put(row, "why", v.why);
	json_object_set_new(row, "doubts", doubts_of(v.server));
	return row;
}

/* Takes the row. */
static void
show(struct query *q, json_t *row)
{
	if (row != NULL && inquire_wanted(q, json_string_value(json_object_get(row, "store"))))
		json_array_append(q->rows, row);
	json_decref(row);
}

static void
free_look(struct look *l)
{
	for (unsigned i = 0; i < ERRAND_WORKERS; i++)
		json_decref(l->row[i]);
	free(l);
}

static void
inquire_store_visit(struct errand *e, unsigned worker)
{
	struct look *l = (struct look *)e;

	l->row[worker] = row_of(l->crew->worker[worker]);
}

static void
inquire_store_looked(struct errand *e)
{
	struct look *l = (struct look *)e;
	struct query *q = l->query;

	l->over = true;
	if (q == NULL) {
		free_look(l);
		return;
	}
	q->waits = false;
	if (q->go_on != NULL)
		q->go_on(q->arg);
}

static void
inquire_store_leave(struct query *q)
{
	struct look *l = q->list;

	q->list = NULL;
	if (l->over)
		free_look(l);
	else
		l->query = NULL;
}

/* Asks all workers. False: no memory. */
static bool
begin(struct query *q)
{
	struct look *l = calloc(1, sizeof *l);

	if (l == NULL)
		return false;
	*l = (struct look){ .errand = { .visit = inquire_store_visit, .done = inquire_store_looked }, .crew = q->region->worker.crew, .query = q };
	q->list = l;
	q->leave = inquire_store_leave;
	q->waits = true;
	q->n = l->crew->n;
	errand_send(&l->errand, l->crew->mailbox, l->crew->n);
	return true;
}

/* With one worker, and without memory, the row of the home alone. */
bool
inquire_store_step(struct query *q)
{
	struct look *l = q->list;

	if (l == NULL && worker_count(&q->region->worker) > 1 && begin(q))
		return true;
	if (l == NULL) {
		show(q, row_of(&q->region->worker));
		return false;
	}
	show(q, l->row[q->index]);
	l->row[q->index] = NULL;
	return ++q->index < q->n;
}
