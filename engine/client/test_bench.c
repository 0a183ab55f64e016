/* SPDX-License-Identifier: Apache-2.0 */
#include "client/test_bench.h"

#include <math.h>
#include <stdio.h>

void
test_bench_print(const struct script_bench *b)
{
	printf("%-24s %-8s %5s %13s %9s %12s\n", "SCRIPT", "DOOR", "ROWS", "INSTRUCTIONS", "BYTES", "NANOSECONDS");
	for (size_t i = 0; i < b->n; i++) {
		const struct bench_entry *e = &b->entry[i];

		printf("%-24s %-8s %5u %13ld %9zu %12.0f\n", e->script, door_name(e->door), e->rows, e->instructions, e->bytes, e->nanoseconds);
	}
}

json_t *
test_bench_json(const struct script_bench *b)
{
	json_t *list = json_array();

	for (size_t i = 0; i < b->n; i++) {
		const struct bench_entry *e = &b->entry[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:I, s:I, s:I}", "script", e->script, "door", door_name(e->door), "rows",
			(int)e->rows, "instructions", (json_int_t)e->instructions, "bytes", (json_int_t)e->bytes, "nanoseconds",
			(json_int_t)llround(e->nanoseconds)));
	}
	return list;
}
