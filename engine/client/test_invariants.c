/* SPDX-License-Identifier: Apache-2.0 */
#include "client/test_invariants.h"

#include <jansson.h>

#include <inttypes.h>
#include <stdio.h>

#include "candidate/search.h"
#include "policy/facts_json.h"
#include "region/draft.h"
#include "sandbox/sources.h"

struct telling {
	const struct test_invariants *test;
	struct invariants *claims; /* borrowed */
	json_t *failures; /* owned */
	struct faults *faults;
};

static void
test_invariants_found(void *arg, size_t claim, const char *rows, double seconds)
{
	struct telling *t = arg;
	const char *name = invariants_name(t->claims, claim), *file = invariants_file(t->claims, claim);

	switch (t->test->print) {
	case TEST_INVARIANTS_TEXT:
		printf("%s: \"%s\" does not hold; found after %.2f s. The row:\n%s", file, name, seconds, rows);
		fflush(stdout);
		break;
	case TEST_INVARIANTS_JSON:
		json_array_append_new(t->failures, json_pack("{s:o, s:s, s:n, s:s, s:f, s:n}", "name", facts_json_sentence(name), "file", file, "line",
			"rows", rows, "seconds", seconds, "text"));
		break;
	case TEST_INVARIANTS_QUIET:
		faults_add(t->faults, FAULT_ERROR, "invariant", file, 0, "\"%s\" does not hold; sallyport test --invariants --region %s prints the row", name,
			t->test->file);
	}
}

static json_t *
fault_json(const struct fault_entry *e)
{
	return json_pack("{s:n, s:o, s:o, s:n, s:n, s:o}", "name", "file", e->file != NULL ? facts_json_sentence(e->file) : json_null(), "line",
		e->line > 0 ? json_integer(e->line) : json_null(), "rows", "seconds", "text", facts_json_sentence(fault_entry_text(e)));
}

/* Prints the object; the faults are failures without rows. */
static void
print_json(const struct telling *t, size_t claims, const struct search_result *r)
{
	json_t *o;

	for (size_t i = 0; i < t->faults->n; i++)
		if (t->faults->entry[i].level == FAULT_ERROR)
			json_array_append_new(t->failures, fault_json(&t->faults->entry[i]));
	o = json_pack("{s:i, s:i, s:I, s:f, s:I, s:O}", "claims", (int)claims, "failed", (int)json_array_size(t->failures), "walks", (json_int_t)r->walks,
		"seconds", r->seconds, "seed", (json_int_t)t->test->seed, "failures", t->failures);
	json_dumpf(o, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(o);
}

/* Returns the number of claims that do not hold; -1 with faults. */
static int
search(struct telling *t, struct draft *d, struct search_result *r)
{
	const struct test_invariants *test = t->test;
	const struct search_order o = { .worker = draft_worker(d), .invariants = t->claims, .seconds = test->seconds, .seed = test->seed,
		.found = test_invariants_found, .arg = t };
	int rc = search_run(&o, r, t->faults);
	size_t n = invariants_count(t->claims);

	if (test->print == TEST_INVARIANTS_TEXT)
		printf("%zu of %zu claims hold; %lu connections in %.1f s, seed %" PRIu64 "\n", n - r->failed - r->broken, n, r->walks, r->seconds, test->seed);
	return rc < 0 ? -1 : (int)r->failed;
}

static struct invariants *
load(const struct test_invariants *test, struct faults *faults)
{
	char library[PATH_SIZE];
	struct fault f;

	if (sources_library(library, sizeof library, &f) == 0)
		return invariants_load(test->region, library, faults);
	faults_add(faults, FAULT_ERROR, "library", NULL, 0, "%s", f.text);
	return NULL;
}

static int
run(struct telling *t, struct search_result *r)
{
	const struct draft_options o = { .file = t->test->file, .policies = t->test->region->policies, .open = true };
	struct draft *d;
	int rc = -1;

	if (invariants_count(t->claims) == 0 && t->test->print == TEST_INVARIANTS_QUIET)
		return 0;
	if (invariants_count(t->claims) == 0) {
		faults_add(t->faults, FAULT_ERROR, "no_claims", t->test->region->policies, 0,
			"there is no NAME_invariant.lua; write return { { name = \"...\", holds = function(walk) ... end } }");
		return -1;
	}
	d = draft_load(&o, t->faults);
	if (d != NULL)
		rc = search(t, d, r);
	draft_free(d);
	return rc;
}

int
test_invariants_run(const struct test_invariants *test, struct faults *faults)
{
	struct invariants *claims = test->file != NULL ? load(test, faults) : NULL;
	struct telling t = { .test = test, .claims = claims, .failures = json_array(), .faults = faults };
	struct search_result r = { .walks = 0 };
	int rc = claims != NULL ? run(&t, &r) : -1;

	if (test->print == TEST_INVARIANTS_JSON)
		print_json(&t, claims != NULL ? invariants_count(claims) : 0, &r);
	json_decref(t.failures);
	invariants_free(claims);
	return rc;
}
