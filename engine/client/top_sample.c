/* SPDX-License-Identifier: Apache-2.0 */
#include "client/top_sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "client/control_client.h"
#include "client/table.h"

#define CALL_SECONDS 2

/* --- members of rows -------------------------------------------------------------------------- */

/* A member as printable text, cut; "" when it is missing or null. */
static void
text_of(const json_t *row, const char *key, char *out, size_t size)
{
	const json_t *v = json_object_get(row, key);
	char cell[TABLE_CELL];

	out[0] = '\0';
	if (v != NULL && !json_is_null(v))
		snprintf(out, size, "%.*s", (int)size - 1, table_cell(v, cell, sizeof cell));
	if (strcmp(out, "-") == 0)
		out[0] = '\0';
}

static double
number_of(const json_t *row, const char *key)
{
	return json_number_value(json_object_get(row, key));
}

/* NETWORKID.APPLID of a row. */
static void
partner_of(const json_t *row, char out[2 * NAME_SIZE])
{
	char networkid[NAME_SIZE], applid[NAME_SIZE];

	text_of(row, "networkid", networkid, sizeof networkid);
	text_of(row, "applid", applid, sizeof applid);
	snprintf(out, 2 * NAME_SIZE, "%s%s%s", networkid, networkid[0] != '\0' ? "." : "", applid);
}

static double
rate(double now, double before, double seconds)
{
	return seconds > 0 && now >= before ? (now - before) / seconds : TOP_SAMPLE_UNKNOWN;
}

/* --- questions -------------------------------------------------------------------------------- */

/* The rows of the answer, a new reference. NULL with a sentence in s. */
static json_t *
ask(struct top_sample *s, const char *path, json_t *request)
{
	struct fault f = { "" };
	json_t *answer = control_client_call(path, request, CALL_SECONDS, &f), *rows = json_object_get(answer, "rows");

	if (answer != NULL && !json_is_array(rows)) {
		text_of(answer, "error", f.text, sizeof f.text);
		fault_wrap(&f, "the region's answer is not understood");
	}
	if (!json_is_array(rows))
		snprintf(s->trouble, sizeof s->trouble, "%.199s", f.text);
	rows = json_is_array(rows) ? json_incref(rows) : NULL;
	json_decref(answer);
	json_decref(request);
	return rows;
}

static json_t *
inquire(struct top_sample *s, const char *path, const char *what)
{
	return ask(s, path, json_pack("{s:s, s:[s], s:{}}", "command", "inquire", "args", what, "options"));
}

static json_t *
inquire_busiest(struct top_sample *s, const char *path)
{
	char most[12];

	snprintf(most, sizeof most, "%d", TOP_SAMPLE_IPCONNS);
	return ask(s, path, json_pack("{s:s, s:[s], s:{s:s}}", "command", "inquire", "args", "ipconn", "options", "busiest", most));
}

static json_t *
explain_refused(struct top_sample *s, const char *path)
{
	char most[12];

	snprintf(most, sizeof most, "%d", TOP_SAMPLE_REFUSALS);
	return ask(s, path, json_pack("{s:s, s:[], s:{s:s, s:s}}", "command", "explain", "args", "options", "last", most, "refused", "yes"));
}

/* --- the region ------------------------------------------------------------------------------- */

static void
take_region(struct top_sample *s, const json_t *row, double now)
{
	double seconds = s->at > 0 ? now - s->at : 0, refusals = number_of(row, "refusals");

	s->restarted = s->at > 0 && (s->pid != number_of(row, "pid") || s->started != number_of(row, "started"));
	text_of(row, "applid", s->applid, sizeof s->applid);
	text_of(row, "networkid", s->networkid, sizeof s->networkid);
	text_of(row, "status", s->status, sizeof s->status);
	s->pid = number_of(row, "pid");
	s->started = number_of(row, "started");
	s->generation = number_of(row, "generation");
	s->sockets = number_of(row, "sockets");
	s->ipconns = number_of(row, "ipconns");
	s->sessions = number_of(row, "sessions");
	s->refusal_rate = rate(refusals, s->refusals, s->restarted ? 0 : seconds);
	s->refusals = refusals;
	s->lag = json_object_get(row, "loop_lag") != NULL ? number_of(row, "loop_lag") : TOP_SAMPLE_UNKNOWN;
}

static void
take_doors(struct top_sample *s, const json_t *rows, double seconds)
{
	size_t i;
	json_t *row;

	s->ndoors = 0;
	json_array_foreach((json_t *)rows, i, row) {
		struct top_sample_door *d = &s->door[i], before = *d;

		if (i == TOP_SAMPLE_DOORS)
			break;
		text_of(row, "door", d->name, sizeof d->name);
		d->asked = number_of(row, "asked");
		d->refused = number_of(row, "refused");
		d->asked_rate = rate(d->asked, before.asked, seconds);
		d->refused_rate = rate(d->refused, before.refused, seconds);
		s->ndoors++;
	}
}

/* The requests of an ipconn in the sample before; -1: it was not there. */
static double
requests_before(const struct top_sample_ipconn *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].name, name) == 0)
			return list[i].requests;
	return -1;
}

static void
take_ipconn(struct top_sample_ipconn *c, const json_t *row)
{
	text_of(row, "ipconn", c->name, sizeof c->name);
	text_of(row, "connstatus", c->status, sizeof c->status);
	text_of(row, "peer", c->peer, sizeof c->peer);
	partner_of(row, c->partner);
	c->requests = number_of(row, "requests");
	c->in_use = number_of(row, "in_use");
	c->queued = number_of(row, "queued");
}

static void
take_ipconns(struct top_sample *s, const json_t *rows, double seconds)
{
	struct top_sample_ipconn *before = malloc(sizeof s->ipconn);
	size_t n = s->nipconns, i;
	json_t *row;

	if (before != NULL)
		memcpy(before, s->ipconn, sizeof s->ipconn);
	s->nipconns = 0;
	json_array_foreach((json_t *)rows, i, row) {
		struct top_sample_ipconn *c = &s->ipconn[i];
		double had;

		if (i == TOP_SAMPLE_IPCONNS)
			break;
		take_ipconn(c, row);
		had = before != NULL ? requests_before(before, n, c->name) : -1;
		c->rate = had >= 0 ? rate(c->requests, had, seconds) : TOP_SAMPLE_UNKNOWN;
		s->nipconns++;
	}
	free(before);
}

/* --- refusals --------------------------------------------------------------------------------- */

/* The last element of a list whose verdict is a refusal; NULL: none. */
static const json_t *
last_refusal(const json_t *list)
{
	for (size_t i = json_array_size(list); i > 0; i--) {
		const json_t *d = json_array_get(list, i - 1);
		const char *verdict = json_string_value(json_object_get(d, "verdict"));

		if (verdict != NULL && strcmp(verdict, "refuse") == 0)
			return d;
	}
	return NULL;
}

/* A connection that was refused has its code; of another one a request was refused, or a reload refused it. */
static void
take_refusal(struct top_sample_refusal *r, const json_t *record)
{
	const char *outcome = json_string_value(json_object_get(record, "outcome"));
	bool refused = outcome != NULL && strcmp(outcome, "refused") == 0;
	const json_t *d = last_refusal(json_object_get(record, "requests"));

	if (d == NULL)
		d = last_refusal(json_object_get(record, "doors"));
	text_of(record, "connection", r->connection, sizeof r->connection);
	text_of(record, "peer", r->peer, sizeof r->peer);
	text_of(refused ? record : d, "code", r->code, sizeof r->code);
	text_of(refused ? record : d, refused ? "stage" : "door", r->where, sizeof r->where);
	partner_of(json_object_get(json_object_get(record, "facts"), "capex"), r->partner);
	r->time = number_of(record, "time");
	r->record = record;
}

static void
take_refusals(struct top_sample *s, json_t *rows)
{
	size_t n = json_array_size(rows);

	json_decref(s->records);
	s->records = rows;
	s->nrefusals = 0;
	for (size_t i = 0; i < n && i < TOP_SAMPLE_REFUSALS; i++)
		take_refusal(&s->refusal[s->nrefusals++], json_array_get(rows, n - 1 - i));
}

/* --- a sample --------------------------------------------------------------------------------- */

struct answers { /* owned: the rows of one moment; NULL: not asked, or no answer */
	json_t *region, *doors, *ipconns, *refusals;
};

/* Asks all questions. False: there was no answer, for the reason in s. */
static bool
ask_all(struct top_sample *s, const char *path, struct answers *a)
{
	const json_t *row;
	bool news;

	a->region = inquire(s, path, "region");
	row = json_array_get(a->region, 0);
	if (row == NULL)
		return false;
	news = s->records == NULL || number_of(row, "refusals") != s->refusals || number_of(row, "generation") != s->generation ||
		number_of(row, "started") != s->started;
	a->doors = inquire(s, path, "door");
	a->ipconns = a->doors != NULL ? inquire_busiest(s, path) : NULL;
	a->refusals = a->ipconns != NULL && news ? explain_refused(s, path) : NULL;
	return a->ipconns != NULL && (!news || a->refusals != NULL);
}

void
top_sample_take(struct top_sample *s, const char *path)
{
	struct answers a = { .region = NULL };
	double now, seconds;

	s->answered = ask_all(s, path, &a);
	if (s->answered) {
		now = clock_span();
		take_region(s, json_array_get(a.region, 0), now);
		seconds = s->at > 0 && !s->restarted ? now - s->at : 0;
		take_doors(s, a.doors, seconds);
		take_ipconns(s, a.ipconns, seconds);
		if (a.refusals != NULL)
			take_refusals(s, json_incref(a.refusals));
		s->at = now;
	}
	json_decref(a.region);
	json_decref(a.doors);
	json_decref(a.ipconns);
	json_decref(a.refusals);
}

void
top_sample_free(struct top_sample *s)
{
	json_decref(s->records);
	s->records = NULL;
}
