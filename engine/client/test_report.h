/* SPDX-License-Identifier: Apache-2.0 */
/* test_report: the results of `sallyport test`, and their printing as text or as one JSON object. */
#ifndef SALLYPORT_TEST_REPORT_H
#define SALLYPORT_TEST_REPORT_H

#include <jansson.h>

#include "policy/policy_specs.h"

struct test_report { /* zero-initialise; freed by test_report_free */
	unsigned passed, failed; /* rows */
	json_t *failures; /* owned; one object for each row that does not hold */
	double seconds;   /* of the run */
	const struct script_cover *cover; /* borrowed; NULL: not wanted */
	const struct script_bench *bench; /* the same */
};

/* Counts the row, and keeps a row that does not hold. arg: the struct test_report. A `told` of policy_specs.h. */
void test_report_row(void *arg, const struct policy_specs_row *row);
/*
 * Prints the results on stdout: each row that does not hold with its objections and its doors, the coverage, the
 * costs, then the counts; json: one object {passed, failed, seconds, cover, failures}, with the costs also {bench}.
 * Each error in `faults` counts as failed too, and is one of the failures in JSON. -1: stdout cannot be written, or
 * there is no memory.
 */
int test_report_print(const struct test_report *t, const struct faults *faults, bool json);
void test_report_free(struct test_report *t);

#endif
