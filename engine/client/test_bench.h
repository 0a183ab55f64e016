/* SPDX-License-Identifier: Apache-2.0 */
/* test_bench: prints the costs of `sallyport test --bench`. */
#ifndef SALLYPORT_TEST_BENCH_H
#define SALLYPORT_TEST_BENCH_H

#include <jansson.h>

#include "policy/script_bench.h"

/* Prints a line on stdout for each door of a script. */
void test_bench_print(const struct script_bench *b);
/* Returns a list of {script, door, rows, instructions, bytes, nanoseconds}. */
json_t *test_bench_json(const struct script_bench *b);

#endif
