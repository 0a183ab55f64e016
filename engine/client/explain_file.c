/* SPDX-License-Identifier: Apache-2.0 */
#include "client/explain_file.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "records/record_reader.h"

#define RECORDS_MAX 2000  /* as many as a region shows in one answer */
#define SHADOWS_MAX 16    /* verdicts of shadows about one connection */
#define REQUESTS_MAX 16   /* as many as a region keeps of one connection */

struct gathering { /* the records of the file, the last one first */
	const struct explain_search *search;
	struct record_reader *reader;
	const json_t *told; /* the rows of the region */
	struct addr peer;
	json_t *list;       /* owned */
	struct fault *fault;
};

static const char *
connection_of(const json_t *row)
{
	const char *id = json_string_value(json_object_get(row, "connection"));

	return id != NULL ? id : "";
}

static bool
is_told(const json_t *rows, const json_t *row)
{
	json_t *one;
	size_t i;

	json_array_foreach((json_t *)rows, i, one)
		if (strcmp(connection_of(one), connection_of(row)) == 0)
			return true;
	return false;
}

static bool
fits_peer(const struct gathering *g, const json_t *row)
{
	const char *ip = json_string_value(json_object_get(json_object_get(json_object_get(row, "facts"), "peer"), "ip"));
	struct addr a;

	return g->search->peer == NULL || (ip != NULL && addr_parse(&a, ip, 0) == 0 && addr_same_ip(&a, &g->peer));
}

/* Puts the account before the others: they come with the last one first. */
static bool
take_first(void *arg, int64_t id, const char *account, size_t len)
{
	json_t *list = arg, *one = json_loadb(account, len, 0, NULL);

	(void)id;
	if (one != NULL)
		json_array_insert_new(list, 0, one);
	return true;
}

static bool
take_record(void *arg, int64_t id, const char *account, size_t len)
{
	struct gathering *g = arg;
	json_t *row = json_loadb(account, len, 0, NULL), *requests;

	if (row == NULL)
		return true;
	if (is_told(g->told, row) || !fits_peer(g, row)) {
		json_decref(row);
		return true;
	}
	requests = json_array();
	record_reader_requests(g->reader, id, REQUESTS_MAX, take_first, requests, g->fault);
	json_object_set_new(row, "requests", requests);
	json_array_append_new(g->list, row);
	return json_array_size(g->list) < (g->search->last > 0 && g->search->last < RECORDS_MAX ? g->search->last : RECORDS_MAX);
}

static int
explain_file_order(const void *a, const void *b)
{
	double x = json_number_value(json_object_get(*(json_t *const *)a, "time")), y = json_number_value(json_object_get(*(json_t *const *)b, "time"));

	return x < y ? -1 : x > y;
}

/* Both lists as one new array by time, of which the last `last` stay. */
static json_t *
merge(const json_t *told, const json_t *list, size_t last)
{
	size_t n = json_array_size(told), m = json_array_size(list), skip = last > 0 && n + m > last ? n + m - last : 0;
	json_t **all = malloc((n + m + 1) * sizeof(json_t *)), *out = json_array();

	for (size_t i = 0; all != NULL && i < n + m; i++)
		all[i] = i < n ? json_array_get(told, i) : json_array_get(list, i - n);
	if (all != NULL)
		qsort(all, n + m, sizeof(json_t *), explain_file_order);
	for (size_t i = skip; all != NULL && i < n + m; i++)
		json_array_append(out, all[i]);
	free(all);
	return out;
}

json_t *
explain_file_rows(const char *path, const struct explain_search *q, const json_t *rows, struct fault *f)
{
	struct gathering g = { .search = q, .told = rows, .list = json_array(), .fault = f };
	struct record_reader_search s = { .connection = q->connection, .refused = q->refused };
	json_t *out = NULL;

	g.reader = record_reader_open(path, f);
	if (q->peer != NULL)
		addr_parse(&g.peer, q->peer, 0); /* command_words_explain has checked it */
	if (g.reader != NULL && record_reader_records(g.reader, &s, take_record, &g, f) == 0)
		out = merge(rows, g.list, q->last);
	record_reader_close(g.reader);
	json_decref(g.list);
	return out;
}

int
explain_file_shadows(const char *path, json_t *rows, struct fault *f)
{
	struct record_reader *r = record_reader_open(path, f);
	int rc = r != NULL ? 0 : -1;
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		json_t *list = rc == 0 ? json_array() : NULL;

		if (rc == 0)
			rc = record_reader_shadows(r, connection_of(row), SHADOWS_MAX, take_first, list, f);
		if (json_array_size(list) > 0)
			json_object_set(row, "shadow", list);
		json_decref(list);
	}
	record_reader_close(r);
	return rc;
}
