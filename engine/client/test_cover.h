/* SPDX-License-Identifier: Apache-2.0 */
/* test_cover: prints the coverage of `sallyport test --cover`. */
#ifndef SALLYPORT_TEST_COVER_H
#define SALLYPORT_TEST_COVER_H

#include <jansson.h>

#include "policy/script_cover.h"

/* Prints the counts of each script on stdout, then its lines that were not run, and its checks with one value only. */
void test_cover_print(const struct script_cover *c);
/*
 * Returns an object by the names of the scripts: {lines, covered, checks, both, missing, onesided}. missing: the lines
 * that were not run; onesided: {line, name, value}, value null: the check was not called.
 */
json_t *test_cover_json(const struct script_cover *c);

#endif
