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
	const struct invariants *claims;
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
		json_array_append_new(t->failures, json_pack("{s:o, s:s, s:s, s:f}", "name", facts_json_sentence(name), "file", file, "rows",
			rows, "seconds", seconds));
		break;
	case TEST_INVARIANTS_QUIET:
		faults_add(t->faults, FAULT_ERROR, "invariant", file, 0, "\"%s\" does not hold; sallyport test --invariants --region %s prints the row", name,
			t->test->file);
	}
}

static void
print_result(const struct telling *t, const struct search_result *r)
{
	size_t n = invariants_count(t->claims);
	json_t *o;

	if (t->test->print == TEST_INVARIANTS_TEXT)
		printf("%zu of %zu claims hold; %lu connections in %.1f s, seed %" PRIu64 "\n", n - r->failed, n, r->walks, r->seconds, t->test->seed);
	if (t->test->print != TEST_INVARIANTS_JSON)
		return;
	o = json_pack("{s:i, s:i, s:I, s:f, s:I, s:O}", "claims", (int)n, "failed", (int)r->failed, "walks", (json_int_t)r->walks, "seconds", r->seconds,
		"seed", (json_int_t)t->test->seed, "failures", t->failures);
	json_dumpf(o, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(o);
}

static int
search(const struct test_invariants *test, struct invariants *claims, struct draft *d, struct faults *faults)
{
	struct telling t = { .test = test, .claims = claims, .failures = json_array(), .faults = faults };
	const struct search_order o = { .worker = draft_worker(d), .invariants = claims, .seconds = test->seconds, .seed = test->seed,
		.found = test_invariants_found, .arg = &t };
	struct search_result r;
	size_t before = faults->errors;
	int rc = search_run(&o, &r, faults);

	print_result(&t, &r);
	json_decref(t.failures);
	return rc < 0 && faults->errors > before + (test->print == TEST_INVARIANTS_QUIET ? r.failed : 0) ? -1 : (int)r.failed;
}

int
test_invariants_run(const struct test_invariants *test, struct faults *faults)
{
	const struct draft_options o = { .file = test->file, .policies = test->region->policies, .open = true };
	char library[PATH_SIZE];
	struct invariants *claims;
	struct draft *d = NULL;
	struct fault f;
	int rc = -1;

	if (sources_library(library, sizeof library, &f) < 0) {
		faults_add(faults, FAULT_ERROR, "library", NULL, 0, "%s", f.text);
		return -1;
	}
	claims = invariants_load(test->region, library, faults);
	if (claims != NULL && invariants_count(claims) == 0 && test->print == TEST_INVARIANTS_QUIET)
		rc = 0;
	else if (claims != NULL && invariants_count(claims) == 0)
		faults_add(faults, FAULT_ERROR, "no_claims", test->region->policies, 0,
			"there is no NAME_invariant.lua; write return { { name = \"...\", holds = function(walk) ... end } }");
	else if (claims != NULL && (d = draft_load(&o, faults)) != NULL)
		rc = search(test, claims, d, faults);
	draft_free(d);
	invariants_free(claims);
	return rc;
}
