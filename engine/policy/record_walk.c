/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/record_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "policy/record_internal.h"
#include "policy/record_json.h"

#define LOOKS 32 /* records that one step looks at */

struct record_walk {
	struct records *records;       /* borrowed */
	struct cursor look;            /* first backward, to find `from`; then forward, to append rows */
	struct cursor from;            /* the oldest record to append, found so far */
	size_t last, found;            /* rows wanted (0: all); records found, in the second part those still to append */
	bool telling;                  /* the walk is in its second part */
	bool refused, by_peer, peer_ok;
	struct addr peer;
	char connection[CONNECTION_SIZE]; /* "" any */
};

/* With the lock of the record. */
static bool
fits(const struct record *r, const struct record_walk *w)
{
	if (w->refused && strcmp(r->outcome, "refused") != 0 && !r->reasked && !record_request_refused(r))
		return false;
	return !w->by_peer || (w->peer_ok && r->facts != NULL && addr_same_ip(&r->facts->peer.addr, &w->peer));
}

static bool
matches(struct record *r, const struct record_walk *w)
{
	bool yes;

	record_lock(r);
	yes = fits(r, w);
	record_unlock(r);
	return yes;
}

static bool
could_be_id(const char *text)
{
	return text[0] != '\0' && strlen(text) < CONNECTION_SIZE;
}

struct record_walk *
record_walk_begin(struct records *rs, const struct record_query *q)
{
	struct record_walk *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	*w = (struct record_walk){ .records = rs, .last = q->last, .refused = q->refused, .by_peer = q->peer != NULL };
	if (q->peer != NULL)
		w->peer_ok = addr_parse(&w->peer, q->peer, 0) == 0;
	if (q->connection != NULL)
		snprintf(w->connection, sizeof w->connection, "%s", could_be_id(q->connection) ? q->connection : "-");
	pthread_mutex_lock(&rs->lock);
	cursor_open(&rs->walks, &w->look, rs->newest, true);
	cursor_open(&rs->walks, &w->from, NULL, false);
	pthread_mutex_unlock(&rs->lock);
	return w;
}

/* r: may be NULL. Only this thread frees records, so that r stays while others change the lists. */
static void
append_row(const struct record_walk *w, struct record *r, json_t *rows)
{
	if (!record_lock(r))
		return;
	if (fits(r, w))
		json_array_append_new(rows, record_json(r));
	record_unlock(r);
}

/* Looks at older records until enough are found. With the lock of the collection. */
static void
search_older(struct record_walk *w)
{
	for (int i = 0; i < LOOKS && w->look.at != NULL && (w->last == 0 || w->found < w->last); i++) {
		struct record *r = w->look.at;

		w->look.at = r->older;
		if (!matches(r, w))
			continue;
		w->from.at = r;
		w->found++;
	}
	if (w->look.at != NULL && (w->last == 0 || w->found < w->last))
		return;
	w->telling = true;
	w->look.backward = false;
	w->look.at = w->from.at;
}

/* The next record to append, or NULL, in one of LOOKS. With the lock of the collection. */
static struct record *
find_next(struct record_walk *w)
{
	for (int i = 0; i < LOOKS && w->look.at != NULL && w->found > 0; i++) {
		struct record *r = w->look.at;

		w->look.at = r->newer;
		if (!matches(r, w))
			continue;
		w->found--;
		return r;
	}
	return NULL;
}

/* Appends as many records as were found; records that are opened meanwhile do not count. */
static bool
append_next(struct record_walk *w, json_t *rows)
{
	struct record *r;
	bool more;

	pthread_mutex_lock(&w->records->lock);
	r = find_next(w);
	more = w->look.at != NULL && w->found > 0;
	pthread_mutex_unlock(&w->records->lock);
	append_row(w, r, rows);
	return more;
}

bool
record_walk_more(struct record_walk *w, json_t *rows)
{
	if (w->connection[0] != '\0') {
		append_row(w, record_find(w->records, w->connection), rows);
		return false;
	}
	if (w->telling)
		return append_next(w, rows);
	pthread_mutex_lock(&w->records->lock);
	search_older(w);
	pthread_mutex_unlock(&w->records->lock);
	return true;
}

void
record_walk_end(struct record_walk *w)
{
	if (w == NULL)
		return;
	pthread_mutex_lock(&w->records->lock);
	cursor_close(&w->records->walks, &w->look);
	cursor_close(&w->records->walks, &w->from);
	pthread_mutex_unlock(&w->records->lock);
	free(w);
}

json_t *
records_explain(struct records *rs, const struct record_query *q)
{
	struct record_walk *w = record_walk_begin(rs, q);
	json_t *rows = json_array();

	while (w != NULL && record_walk_more(w, rows))
		;
	record_walk_end(w);
	return rows;
}
