/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/sources.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "spec/support/scratch.h"

struct house {
	char dir[100], library[120], policies[120];
	struct sources *sources;
	char seen[512];
};

static void
file(const char *dir, const char *name, const char *bytes, size_t len)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
}

static void
directory(const char *dir, const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static int
set_up(void **state)
{
	struct house *h = calloc(1, sizeof *h);

	scratch_open(h->dir, "sources");
	snprintf(h->library, sizeof h->library, "%s/lua", h->dir);
	snprintf(h->policies, sizeof h->policies, "%s/policies", h->dir);
	directory(h->dir, "lua");
	directory(h->dir, "policies");
	directory(h->library, "policy");
	scratch_write(h->library, "policy.lua", "-- the library");
	scratch_write(h->library, "policy/ip.lua", "-- ip");
	h->sources = sources_new(h->library, h->policies);
	*state = h;
	return 0;
}

static int
tear_down(void **state)
{
	struct house *h = *state;

	sources_free(h->sources);
	scratch_close(h->dir);
	free(h);
	return 0;
}

static void
refused(struct house *h, const char *name, const char *words)
{
	struct fault f = { "" };

	if (sources_get(h->sources, name, &f) != NULL)
		fail_msg("\"%s\" was found", name);
	if (strstr(f.text, words) == NULL)
		fail_msg("\"%s\": %s", name, f.text);
}

static void
finds_scripts_and_library_modules_by_name(void **state)
{
	struct house *h = *state;
	const struct source *s;
	char path[200];

	scratch_write(h->policies, "lan.lua", "return 1");
	directory(h->policies, "team");
	scratch_write(h->policies, "team/lan.lua", "");
	s = sources_get(h->sources, "lan", NULL);
	assert_non_null(s);
	assert_false(s->library);
	assert_int_equal(s->len, 8);
	assert_memory_equal(s->bytes, "return 1", 8);
	snprintf(path, sizeof path, "%s/lan.lua", h->policies);
	assert_string_equal(s->path, path);
	s = sources_get(h->sources, "team/lan", NULL);
	assert_non_null(s);
	assert_int_equal(s->len, 0);
	s = sources_get(h->sources, "policy.ip", NULL);
	assert_non_null(s);
	assert_true(s->library);
	assert_memory_equal(s->bytes, "-- ip", 5);
	assert_true(sources_get(h->sources, "policy", NULL)->library);
}

static void
a_file_is_read_once(void **state)
{
	struct house *h = *state;
	const struct source *s;

	scratch_write(h->policies, "lan.lua", "one");
	s = sources_get(h->sources, "lan", NULL);
	scratch_write(h->policies, "lan.lua", "other");
	assert_ptr_equal(sources_get(h->sources, "lan", NULL), s);
	assert_memory_equal(s->bytes, "one", 3);
	assert_ptr_equal(sources_first(h->sources), s);
}

static void
sealed_sources_read_no_file(void **state)
{
	struct house *h = *state;
	const struct source *s;

	scratch_write(h->policies, "lan.lua", "one");
	scratch_write(h->policies, "other.lua", "two");
	s = sources_get(h->sources, "lan", NULL);
	sources_kept(h->sources, s, 5);
	sources_seal(h->sources);
	sources_kept(h->sources, s, 7);
	assert_ptr_equal(sources_get(h->sources, "lan", NULL), s);
	assert_int_equal(s->kept, 5);
	refused(h, "other", "\"other\" was not read when the generation was loaded");
	assert_null(s->next);
}

static void
refuses_what_is_no_name(void **state)
{
	static const char *const bad[] = { "", "/", "a/", "/a", "a//b", "a/b/c", "..", "../lan", "a/..", "./lan", "lan.lua.x", "Lan", "l an",
		"lan\n", "l\303\244n", "policy.", ".policy", "policy.ip.x", "a/b.c", "a.b/c", "policy..ip", "\\lan",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
	struct house *h = *state;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		refused(h, bad[i], "is not the name of a script");
}

static void
refuses_files_that_are_no_scripts(void **state)
{
	struct house *h = *state;
	char *big = calloc(1, SOURCE_BYTES_MAX + 1), path[200];

	refused(h, "absent", "policies/absent.lua");
	refused(h, "policy.absent", "library module");
	directory(h->policies, "dir.lua");
	refused(h, "dir", "not a regular file");
	snprintf(path, sizeof path, "%s/pipe.lua", h->policies);
	assert_int_equal(mkfifo(path, 0600), 0);
	refused(h, "pipe", "not a regular file");
	file(h->policies, "big.lua", big, SOURCE_BYTES_MAX + 1);
	refused(h, "big", "larger than");
	file(h->policies, "big.lua", big, SOURCE_BYTES_MAX);
	assert_int_equal(sources_get(h->sources, "big", NULL)->len, SOURCE_BYTES_MAX);
	free(big);
}

static void
a_script_named_like_a_library_module_is_refused(void **state)
{
	struct house *h = *state;

	scratch_write(h->policies, "policy.lua", "");
	refused(h, "policy", "has the name of the library module");
	refused(h, "policy/ip", "has the name of the library module");
}

static void
note(void *arg, const char *name)
{
	struct house *h = arg;

	strcat(strcat(h->seen, name), " ");
}

static void
scans_what_scripts_can_be_named(void **state)
{
	struct house *h = *state;
	struct fault f;

	scratch_write(h->policies, "b.lua", "");
	scratch_write(h->policies, "a_spec.lua", "");
	scratch_write(h->policies, "Upper.lua", "");
	scratch_write(h->policies, "a.txt", "");
	scratch_write(h->policies, ".hidden.lua", "");
	directory(h->policies, "c");
	scratch_write(h->policies, "c/d.lua", "");
	directory(h->policies, "c/deep");
	scratch_write(h->policies, "c/deep/e.lua", "");
	assert_int_equal(sources_scan(h->sources, note, h, &f), 0);
	assert_string_equal(h->seen, "a_spec b c/d ");
}

static void
a_directory_that_is_not_there_cannot_be_scanned(void **state)
{
	struct house *h = *state;
	struct sources *s = sources_new("lua", "/nowhere/at/all");
	struct fault f = { "" };

	assert_int_equal(sources_scan(s, note, h, &f), -1);
	assert_non_null(strstr(f.text, "/nowhere/at/all"));
	sources_free(s);
	sources_free(NULL);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(finds_scripts_and_library_modules_by_name),
		T(a_file_is_read_once),
		T(sealed_sources_read_no_file),
		T(refuses_what_is_no_name),
		T(refuses_files_that_are_no_scripts),
		T(a_script_named_like_a_library_module_is_refused),
		T(scans_what_scripts_can_be_named),
		T(a_directory_that_is_not_there_cannot_be_scanned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
