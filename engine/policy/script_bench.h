/* SPDX-License-Identifier: Apache-2.0 */
/* script_bench: the cost of the functions of scripts, by their rows: for each script and door the most of any row. */
#ifndef SALLYPORT_SCRIPT_BENCH_H
#define SALLYPORT_SCRIPT_BENCH_H

#include <stddef.h>

#include "base/name.h"
#include "policy/door.h"

struct policy;
struct policy_row;

struct bench_entry { /* of one door of a script */
	char script[SCRIPT_SIZE];
	enum door door;
	unsigned rows;
	long instructions; /* each the most of any row; of one row the median time */
	size_t bytes;
	double nanoseconds;
};

struct script_bench { /* zero-initialise; freed by script_bench_free */
	struct bench_entry *entry; /* owned, in the order of the first row of each */
	size_t n;
};

/*
 * Asks the row again, some dozens of times, and adds its cost. Changes only row->verdict, row->entry and row->cost.
 * Coverage of p is not noted meanwhile. Without memory the row is not added.
 */
void script_bench_row(struct script_bench *b, struct policy *p, struct policy_row *row);
void script_bench_free(struct script_bench *b);

#endif
