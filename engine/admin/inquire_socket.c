/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inquire socket: the connections of all workers. Each gate copies its own, in its thread and in slices, and the home
 * shows the copies before its own connections. A connection that moved home meanwhile is shown once, by its copy.
 */
#include "admin/inquire_row.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/nametable.h"
#include "conn/conn.h"
#include "conn/stages.h"
#include "net/mailbox.h"
#include "region/region.h"

#define COPIES 256 /* connections that a gate copies in one turn */

struct view { /* a connection as its row shows it */
	char connection[CONNECTION_SIZE]; /* first: the name in a nametable */
	char ipconn[NAME_SIZE], tcpipservice[NAME_SIZE], userid[NAME_SIZE], cipher[48];
	const char *stage, *tls; /* static */
	enum way way;
	struct addr peer, own;
	uint64_t generation;
};

struct part { /* the copies of one gate */
	struct post post; /* first */
	struct gather *gather;
	struct worker *worker;
	struct cursor at;
	bool begun;
	struct view *view; /* owned */
	size_t n;
};

struct gather { /* the copies of all gates */
	struct post post;          /* first: tells the home that all is copied */
	unsigned parts;
	struct part *part;         /* owned: of the workers 1, 2, ... */
	atomic_uint left;          /* gates that are not at their end */
	atomic_bool abandoned;     /* the inquiry has ended: copy nothing, and free it at home */
	bool over;                 /* all is copied; the rest is of the home alone */
	struct nametable shown;    /* copies that were shown */
	struct query *query;       /* borrowed, unless abandoned */
};

static struct view
view_of(const struct conn *c)
{
	const struct facts *f = c->facts;
	struct view v = { .stage = stages_name(c->stage), .way = f->way, .peer = f->peer.addr, .own = f->own.addr, .generation = c->generation->number,
		.tls = f->tls.version != NULL ? f->tls.version : "" };

	memcpy(v.connection, f->connection, sizeof v.connection);
	snprintf(v.ipconn, sizeof v.ipconn, "%s", c->ipconn != NULL ? c->ipconn->def->ipconn : "");
	snprintf(v.tcpipservice, sizeof v.tcpipservice, "%s", f->tcpipservice);
	snprintf(v.userid, sizeof v.userid, "%s", f->userid);
	snprintf(v.cipher, sizeof v.cipher, "%s", f->tls.cipher);
	return v;
}

static json_t *
row_of(const struct view *v)
{
	char text[ADDR_TEXT];
	json_t *row = json_object();

	inquire_put(row, "connection", v->connection);
	inquire_put(row, "stage", v->stage);
	inquire_put(row, "way", v->way == WAY_OUT ? "OUT" : "IN");
	inquire_put(row, "peer", addr_print(&v->peer, text, sizeof text));
	inquire_put(row, "own", addr_print(&v->own, text, sizeof text));
	inquire_put(row, "ipconn", v->ipconn);
	inquire_put(row, "tcpipservice", v->tcpipservice);
	inquire_put_number(row, "generation", (double)v->generation);
	inquire_put(row, "tls", v->tls);
	inquire_put(row, "cipher", v->cipher);
	inquire_put(row, "userid", v->userid);
	return row;
}

static void
show(struct query *q, const struct view *v)
{
	if (inquire_wanted(q, v->connection))
		json_array_append_new(q->rows, row_of(v));
}

/* --- in the threads of the gates -------------------------------------------------------------- */

/* Makes room for some more copies. False: no memory; the rest is not shown. */
static bool
grow(struct part *p)
{
	struct view *grown = realloc(p->view, (p->n + COPIES) * sizeof *grown);

	if (grown != NULL)
		p->view = grown;
	return grown != NULL;
}

/* Copies some connections. True: the last ones. */
static bool
copy_some(struct part *p)
{
	struct worker *w = p->worker;

	if (!p->begun)
		cursor_open(&w->walks, &p->at, w->conns, false);
	p->begun = true;
	if (!atomic_load(&p->gather->abandoned) && grow(p)) {
		for (int i = 0; i < COPIES && p->at.at != NULL; i++) {
			const struct conn *c = p->at.at;

			p->view[p->n++] = view_of(c);
			p->at.at = c->next;
		}
		if (p->at.at != NULL)
			return false;
	}
	cursor_close(&w->walks, &p->at);
	return true;
}

static void
inquire_socket_visit(struct post *post)
{
	struct part *p = (struct part *)post;
	const struct crew *crew = p->worker->crew;

	if (!copy_some(p))
		mailbox_send(crew->mailbox[p->worker->number], &p->post);
	else if (atomic_fetch_sub(&p->gather->left, 1) == 1)
		mailbox_send(crew->mailbox[0], &p->gather->post);
}

/* --- at home ---------------------------------------------------------------------------------- */

static void
free_gather(struct gather *g)
{
	for (unsigned i = 0; i < g->parts; i++)
		free(g->part[i].view);
	free(g->part);
	nametable_free(&g->shown);
	free(g);
}

static void
inquire_socket_gathered(struct post *post)
{
	struct gather *g = (struct gather *)post;

	g->over = true;
	if (atomic_load(&g->abandoned)) {
		free_gather(g);
		return;
	}
	g->query->waits = false;
	if (g->query->go_on != NULL)
		g->query->go_on(g->query->arg);
}

static void
inquire_socket_leave(struct query *q)
{
	struct gather *g = q->list;

	q->list = NULL;
	if (g == NULL)
		return;
	if (g->over)
		free_gather(g);
	else
		atomic_store(&g->abandoned, true);
}

/* Asks the gates for their copies. Without memory only the connections of the home are shown. */
static void
begin(struct query *q)
{
	const struct crew *crew = q->region->worker.crew;
	struct gather *g = calloc(1, sizeof *g);

	q->stage = 1;
	if (g == NULL || (g->part = calloc(crew->n, sizeof *g->part)) == NULL) {
		free(g);
		return;
	}
	g->parts = crew->n - 1;
	g->query = q;
	g->post.run = inquire_socket_gathered;
	atomic_store(&g->left, g->parts);
	q->list = g;
	q->waits = true;
	q->leave = inquire_socket_leave;
	for (unsigned i = 0; i < g->parts; i++) {
		g->part[i] = (struct part){ .post = { .run = inquire_socket_visit }, .gather = g, .worker = crew->worker[i + 1] };
		mailbox_send(crew->mailbox[i + 1], &g->part[i].post);
	}
}

/* The next copy; NULL: all were shown. q->n: the gate, q->index: in its copies. */
static const struct view *
next_copy(struct query *q)
{
	const struct gather *g = q->list;

	for (; g != NULL && q->n < g->parts; q->n++, q->index = 0)
		if (q->index < g->part[q->n].n)
			return &g->part[q->n].view[q->index++];
	return NULL;
}

static bool
is_shown(const struct query *q, const char *connection)
{
	const struct gather *g = q->list;

	return g != NULL && nametable_find(&g->shown, connection) != NULL;
}

static bool
show_own(struct query *q)
{
	const struct conn *c = inquire_next(q, &q->region->worker.walks, q->region->worker.conns);
	struct view v;

	if (c == NULL)
		return false;
	q->at.at = c->next;
	if (is_shown(q, c->facts->connection))
		return true;
	v = view_of(c);
	show(q, &v);
	return true;
}

bool
inquire_socket_step(struct query *q)
{
	const struct view *v;

	if (q->stage == 0 && worker_count(&q->region->worker) > 1) {
		begin(q);
		return true;
	}
	v = next_copy(q);
	if (v == NULL)
		return show_own(q);
	nametable_add(&((struct gather *)q->list)->shown, (void *)(uintptr_t)v);
	show(q, v);
	return true;
}
