/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/inputs.h"

#include "base/zone.h"
#include "policy/data_pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct files {
	char dir[64];
	struct inputs *inputs;
};

/* A directory "zones" with links to zones of the machine, and a link that leads out of it. */
static int
setup(void **state)
{
	struct files *h = calloc(1, sizeof *h);
	char path[300];

	snprintf(h->dir, sizeof h->dir, "%s/inputsXXXXXX", getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(h->dir));
	snprintf(path, sizeof path, "cp " INPUT_ZONES "/UTC %s/UTC && cp " INPUT_ZONES "/UTC %s/Other", h->dir, h->dir);
	assert_int_equal(system(path), 0);
	snprintf(path, sizeof path, "%s/Inside", h->dir);
	assert_int_equal(symlink("UTC", path), 0);
	snprintf(path, sizeof path, "%s/Outside", h->dir);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	snprintf(path, sizeof path, "printf 'k,v\\nx,1\\n' >%s/list.csv", h->dir);
	assert_int_equal(system(path), 0);
	snprintf(path, sizeof path, "printf 'net,v\\n10.0.0.0/8,1\\n' >%s/nets.csv", h->dir);
	assert_int_equal(system(path), 0);
	h->inputs = inputs_new(h->dir, NULL, NULL);
	*state = h;
	return 0;
}

static int
teardown(void **state)
{
	static const char *const names[] = { "UTC", "Other", "Inside", "Outside", "list.csv", "nets.csv" };
	struct files *h = *state;
	char path[300];

	inputs_free(h->inputs);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", h->dir, names[i]);
		unlink(path);
	}
	rmdir(h->dir);
	free(h);
	return 0;
}

static const struct zone *
zone(struct files *h, const char *name, struct fault *f)
{
	return inputs_zone(h->inputs, name, strlen(name), f);
}

static void
a_zone_is_read_once(void **state)
{
	struct files *h = *state;
	struct fault f = { "" };
	const struct zone *z = zone(h, "UTC", &f);

	assert_non_null(z);
	assert_ptr_equal(zone(h, "UTC", &f), z);
	assert_non_null(zone(h, "Inside", &f));
	assert_string_equal(inputs_first(h->inputs)->name, "UTC");
	assert_int_equal(strlen(inputs_first(h->inputs)->digest), 64);
	assert_string_equal(inputs_first(h->inputs)->next->digest, inputs_first(h->inputs)->digest);
}

static void
no_link_leads_out_of_the_directory(void **state)
{
	struct files *h = *state;
	struct fault f = { "" };

	assert_null(zone(h, "Outside", &f));
	assert_non_null(strstr(f.text, "the zone Outside leads out of "));
	assert_null(inputs_first(h->inputs));
}

static void
a_sealed_set_reads_nothing_more(void **state)
{
	struct files *h = *state;
	struct fault f = { "" };
	const struct zone *z = zone(h, "UTC", &f);

	inputs_seal(h->inputs);
	assert_ptr_equal(zone(h, "UTC", &f), z);
	assert_null(zone(h, "Other", &f));
	assert_string_equal(f.text, "the zone Other was not read when the generation was loaded");
}

/* Two sets, as of two generations, share the rows of equal files; the last one frees them. */
static void
equal_data_is_shared(void **state)
{
	struct files *h = *state;
	struct data_pool *pool = data_pool_new();
	struct inputs *a = inputs_new(h->dir, pool, NULL), *b = inputs_new(h->dir, pool, NULL);
	const struct dataset *one = inputs_data(a, h->dir, "list.csv", 8, "k", NULL);

	assert_non_null(one);
	assert_ptr_equal(inputs_data(b, h->dir, "list.csv", 8, "k", NULL), one);
	assert_ptr_not_equal(inputs_data(b, h->dir, "list.csv", 8, NULL, NULL), one);
	assert_int_equal(data_pool_count(pool), 2);
	inputs_free(a);
	assert_int_equal(data_pool_count(pool), 2);
	assert_string_equal(dataset_find(one, "x", 1)->line == 2 ? "found" : "", "found");
	inputs_free(b);
	assert_int_equal(data_pool_count(pool), 0);
	data_pool_free(pool);
}

/* The set of a file is made once, apart from the rows of the same file. */
static void
equal_networks_are_shared(void **state)
{
	struct files *h = *state;
	struct data_pool *pool = data_pool_new();
	struct inputs *a = inputs_new(h->dir, pool, NULL), *b = inputs_new(h->dir, pool, NULL);
	const struct networks *one = inputs_networks(a, h->dir, "nets.csv", 8, "net", "v", NULL);

	assert_non_null(one);
	assert_ptr_equal(inputs_networks(a, h->dir, "nets.csv", 8, "net", "v", NULL), one);
	assert_ptr_equal(inputs_networks(b, h->dir, "nets.csv", 8, "net", "v", NULL), one);
	assert_int_equal(data_pool_count(pool), 1);
	assert_ptr_not_equal(inputs_networks(b, h->dir, "nets.csv", 8, "net", NULL, NULL), one);
	assert_non_null(inputs_data(b, h->dir, "nets.csv", 8, "net", NULL));
	assert_int_equal(data_pool_count(pool), 3);
	inputs_free(a);
	assert_int_equal(data_pool_count(pool), 3);
	inputs_free(b);
	assert_int_equal(data_pool_count(pool), 0);
	data_pool_free(pool);
}

/* Large data is freed in a thread; it has left the pool before. */
static void
large_data_leaves_the_pool_at_once(void **state)
{
	struct files *h = *state;
	struct data_pool *pool = data_pool_new();
	struct inputs *a = inputs_new(h->dir, pool, NULL);
	char path[300];
	FILE *f;

	snprintf(path, sizeof path, "%s/list.csv", h->dir);
	f = fopen(path, "w");
	fprintf(f, "net,v\n");
	for (int i = 0; i < 70000; i++)
		fprintf(f, "10.%d.%d.0/24,%d\n", i / 256 % 256, i % 256, i);
	fclose(f);
	assert_non_null(inputs_networks(a, h->dir, "list.csv", 8, "net", "v", NULL));
	assert_non_null(inputs_data(a, h->dir, "list.csv", 8, NULL, NULL));
	inputs_free(a);
	assert_int_equal(data_pool_count(pool), 0);
	data_pool_free(pool);
}

static void
a_fault_of_networks_names_file_and_line(void **state)
{
	struct files *h = *state;
	struct fault f = { "" };

	assert_null(inputs_networks(h->inputs, h->dir, "list.csv", 8, "k", NULL, &f));
	assert_non_null(strstr(f.text, "/list.csv:2: k: "));
	assert_null(inputs_first(h->inputs));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = { T(a_zone_is_read_once), T(no_link_leads_out_of_the_directory), T(a_sealed_set_reads_nothing_more),
		T(equal_data_is_shared), T(equal_networks_are_shared), T(a_fault_of_networks_names_file_and_line),
		T(large_data_leaves_the_pool_at_once) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
