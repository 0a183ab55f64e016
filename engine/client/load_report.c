/* SPDX-License-Identifier: Apache-2.0 */
#include "client/load_report.h"

#include <jansson.h>
#include <stdio.h>

static const struct {
	const char *name;
	double percent;
} points[] = { { "p50", 50 }, { "p90", 90 }, { "p99", 99 }, { "p99.9", 99.9 } };

#define POINTS (sizeof points / sizeof points[0])

/* --- text */

static void
say_latency(const char *what, const struct latency *l)
{
	if (latency_count(l) == 0)
		return;
	printf("%s, ms: ", what);
	for (size_t i = 0; i < POINTS; i++)
		printf("%s %.3f  ", points[i].name, latency_at(l, points[i].percent) * 1000);
	printf("max %.3f\n", latency_max(l) * 1000);
}

static const char *
why(const struct load_tally_row *r)
{
	const char *text = r->reason[0] != '\0' ? r->reason : r->alert[0] != '\0' ? r->alert : r->trouble;

	return text[0] != '\0' ? text : "-";
}

static void
say_rows(const struct load_tally *t)
{
	printf("\n%8s %-11s %-14s %-6s %-6s %s\n", "COUNT", "OUTCOME", "PARTNER", "STAGE", "STATUS", "REASON OR ALERT");
	for (int i = 0; i < t->rows; i++) {
		const struct load_tally_row *r = &t->row[i];
		char status[16] = "-";

		if (r->status != 0)
			snprintf(status, sizeof status, "%d", r->status);
		printf("%8ld %-11s %-14s %-6s %-6s %s\n", r->count, load_outcome_name(r->outcome), load_kind_name(r->kind),
			r->outcome == LOAD_REFUSED ? stage_name(r->stage) : "-", status, why(r));
	}
	if (t->others > 0)
		printf("%8ld others\n", t->others);
}

void
load_report_text(const struct load_tally *t, bool requests)
{
	printf("%ld connections in %.2f s: %ld accepted, %ld refused, %ld failed, %ld interrupted; %.1f outcomes/s\n", t->begun, t->over - t->first,
		t->outcome[LOAD_ACCEPTED], t->outcome[LOAD_REFUSED], t->outcome[LOAD_FAILED], t->outcome[LOAD_INTERRUPTED], load_tally_connect_rate(t));
	if (t->behind > 0)
		printf("%ld connections began behind the rate: give more --concurrency\n", t->behind);
	if (t->lost + t->by_region > 0)
		printf("of the accepted ones the region released %ld, and %ld were lost\n", t->by_region, t->lost);
	say_latency("from the dial to the answer to CAPEX", &t->connect);
	if (requests) {
		printf("%ld requests: %ld answered, %ld refused, %ld without an end; %.1f answers/s\n", t->sent, t->answered, t->failed,
			t->sent - t->answered - t->failed, load_tally_request_rate(t));
		say_latency("from a request to its answer", &t->request);
	}
	say_rows(t);
}

/* --- JSON */

static void
put(json_t *o, const char *key, const char *text)
{
	json_object_set_new(o, key, text[0] != '\0' ? json_string(text) : json_null());
}

static json_t *
latency(const struct latency *l)
{
	json_t *o = json_pack("{s:I}", "count", (json_int_t)latency_count(l));

	for (size_t i = 0; i < POINTS; i++)
		json_object_set_new(o, points[i].name, json_real(latency_at(l, points[i].percent)));
	json_object_set_new(o, "max", json_real(latency_max(l)));
	return o;
}

static json_t *
row(const struct load_tally_row *r)
{
	json_t *o = json_pack("{s:I, s:s, s:s}", "count", (json_int_t)r->count, "outcome", load_outcome_name(r->outcome), "partner", load_kind_name(r->kind));

	put(o, "stage", r->outcome == LOAD_REFUSED ? stage_name(r->stage) : "");
	json_object_set_new(o, "status", r->status != 0 ? json_integer(r->status) : json_null());
	put(o, "reason", r->reason);
	put(o, "alert", r->alert);
	put(o, "error", r->trouble);
	return o;
}

static json_t *
requests_of(const struct load_tally *t)
{
	json_t *o = json_pack("{s:I, s:I, s:I, s:I, s:f}", "sent", (json_int_t)t->sent, "answered", (json_int_t)t->answered, "refused", (json_int_t)t->failed,
		"unanswered", (json_int_t)(t->sent - t->answered - t->failed), "per_second", load_tally_request_rate(t));

	json_object_set_new(o, "latency", latency(&t->request));
	return o;
}

void
load_report_json(const struct load_tally *t, bool requests)
{
	json_t *o = json_pack("{s:I, s:f, s:f, s:I}", "connections", (json_int_t)t->begun, "seconds", t->over - t->first, "per_second",
		load_tally_connect_rate(t), "behind", (json_int_t)t->behind), *rows = json_array();

	for (int i = 0; i < LOAD_OUTCOMES; i++)
		json_object_set_new(o, load_outcome_name((enum load_outcome)i), json_integer(t->outcome[i]));
	json_object_set_new(o, "released", json_pack("{s:I, s:I, s:I}", "partner", (json_int_t)t->by_partner, "region", (json_int_t)t->by_region, "lost",
		(json_int_t)t->lost));
	json_object_set_new(o, "latency", latency(&t->connect));
	if (requests)
		json_object_set_new(o, "requests", requests_of(t));
	for (int i = 0; i < t->rows; i++)
		json_array_append_new(rows, row(&t->row[i]));
	json_object_set_new(o, "outcomes", rows);
	json_object_set_new(o, "others", json_integer(t->others));
	json_dumpf(o, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(9));
	fputc('\n', stdout);
	json_decref(o);
}
