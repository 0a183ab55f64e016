/* SPDX-License-Identifier: Apache-2.0 */
#include "client/test_report.h"

#include <stdio.h>
#include <string.h>

#include "client/explain.h"
#include "client/table.h"
#include "client/test_bench.h"
#include "client/test_cover.h"
#include "policy/facts_json.h"

static json_t *
text_or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? facts_json_sentence(text) : json_null();
}

static json_t *
line_or_null(int line)
{
	return line > 0 ? json_integer(line) : json_null();
}

/* The objections of a row as a list of sentences. */
static json_t *
sentences(const struct faults *objections)
{
	json_t *list = json_array();

	for (size_t i = 0; i < objections->n; i++)
		json_array_append_new(list, text_or_null(fault_entry_text(&objections->entry[i])));
	return list;
}

void
test_report_row(void *arg, const struct policy_specs_row *row)
{
	struct test_report *t = arg;

	if (row->objections->errors == 0) {
		t->passed++;
		return;
	}
	t->failed++;
	if (t->failures == NULL)
		t->failures = json_array();
	json_array_append_new(t->failures, json_pack("{s:o, s:o, s:o, s:i, s:o, s:o, s:o}", "file", text_or_null(row->file), "line",
		line_or_null(row->line), "script", text_or_null(row->script), "row", row->row, "name", text_or_null(row->name), "text",
		sentences(row->objections), "doors", row->doors != NULL ? json_deep_copy(row->doors) : json_array()));
}

/* --- text ------------------------------------------------------------------------------------- */

static void
print_failure(const json_t *failure)
{
	char a[TABLE_CELL], b[TABLE_CELL];
	json_t *sentence;
	size_t i;

	printf("%s", table_cell(json_object_get(failure, "file"), a, sizeof a));
	if (json_is_integer(json_object_get(failure, "line")))
		printf(":%s", table_cell(json_object_get(failure, "line"), a, sizeof a));
	printf(": row %s", table_cell(json_object_get(failure, "row"), a, sizeof a));
	if (json_is_string(json_object_get(failure, "name")))
		printf(" \"%s\"", table_cell(json_object_get(failure, "name"), b, sizeof b));
	printf(" does not hold\n");
	json_array_foreach(json_object_get(failure, "text"), i, sentence)
		printf("    %s\n", table_cell(sentence, a, sizeof a));
	explain_doors(stdout, json_object_get(failure, "doors"));
}

static void
print_text(const struct test_report *t, size_t faults)
{
	json_t *failure;
	size_t i;

	json_array_foreach(t->failures, i, failure)
		print_failure(failure);
	if (t->cover != NULL)
		test_cover_print(t->cover);
	if (t->bench != NULL)
		test_bench_print(t->bench);
	printf("%u passed, %zu failed  [%.3f s]\n", t->passed, t->failed + faults, t->seconds);
}

/* --- JSON ------------------------------------------------------------------------------------- */

/* The failures, and the faults in the same form. */
static json_t *
list_failures(const struct test_report *t, const struct faults *faults)
{
	json_t *list = t->failures != NULL ? json_copy(t->failures) : json_array();

	for (size_t i = 0; i < faults->n; i++) {
		const struct fault_entry *e = &faults->entry[i];

		if (e->level == FAULT_ERROR)
			json_array_append_new(list, json_pack("{s:o, s:o, s:n, s:n, s:n, s:[o], s:[]}", "file", text_or_null(e->file), "line",
				line_or_null(e->line), "script", "row", "name", "text", text_or_null(fault_entry_text(e)), "doors"));
	}
	return list;
}

static int
print_json(const struct test_report *t, const struct faults *faults)
{
	json_t *o = json_pack("{s:i, s:i, s:f, s:o, s:o}", "passed", (int)t->passed, "failed", (int)(t->failed + faults->errors), "seconds", t->seconds, "cover",
		t->cover != NULL ? test_cover_json(t->cover) : json_null(), "failures", list_failures(t, faults));
	int status;

	if (t->bench != NULL)
		json_object_set_new(o, "bench", test_bench_json(t->bench));
	status = o != NULL ? json_dumpf(o, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(16)) : -1;

	json_decref(o);
	return status == 0 && putchar('\n') != EOF ? 0 : -1;
}

int
test_report_print(const struct test_report *t, const struct faults *faults, bool json)
{
	int status = 0;

	if (json)
		status = print_json(t, faults);
	else
		print_text(t, faults->errors);
	return fflush(stdout) == 0 ? status : -1;
}

void
test_report_free(struct test_report *t)
{
	json_decref(t->failures);
	*t = (struct test_report){ .failures = NULL };
}
