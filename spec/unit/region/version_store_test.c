/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of a directory of versions, its files, and the thread that writes them beside a loop. */
#include "region/version_store.h"

#include "net/loop.h"

#include <ev.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#define STORE "0123456789abcdef"

struct place {
	char dir[64], path[80];
	struct ev_loop *loop;
	unsigned answers;
	char why[256]; /* of the last answer; "" none */
};

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	snprintf(p->dir, sizeof p->dir, "/tmp/version-store-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof p->path, "%s/kept", p->dir);
	p->loop = loop_new();
	signal(SIGXFSZ, SIG_IGN);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;
	char command[128];

	loop_free(p->loop);
	snprintf(command, sizeof command, "rm -r %s", p->dir);
	assert_int_equal(system(command), 0);
	free(p);
	return 0;
}

static void
add_file(struct version *v, const char *kind, const char *name, const char *text)
{
	struct version_blob *b = version_blob(text, strlen(text));

	assert_non_null(b);
	assert_int_equal(version_add_file(v, kind, name, b), 0);
	version_blob_unref(b);
}

/* A version with a file of each kind; the script has the text. */
static struct version *
make_version(uint64_t number, const char *script)
{
	struct version *v = version_new();

	assert_non_null(v);
	v->number = number;
	v->former = number - 1;
	v->of = number == 1 ? 0 : 1;
	v->time = 1764142580.25;
	strcpy(v->by, "uid 0 pid 4711");
	strcpy(v->note, "a note, \xC3\x85");
	strcpy(v->applid, "CICSA");
	strcpy(v->networkid, "NETA");
	strcpy(v->hash, "0123456789ab");
	add_file(v, "region", "region.lua", "region { applid = 'CICSA', networkid = 'NETA' }");
	add_file(v, "script", "team/list", script);
	add_file(v, "data", "partners.csv", "applid\n");
	assert_int_equal(version_add_print(v, "certificate A LABEL", v->file[0].blob->digest), 0);
	assert_int_equal(version_take_urms(v, NULL, "IPIC", "team/list"), 0);
	assert_int_equal(version_take_urms(v, NULL, "OTHER", ""), 0);
	version_seal(v);
	return v;
}

static void
equal(const struct version *a, const struct version *b)
{
	assert_int_equal(a->number, b->number);
	assert_int_equal(a->former, b->former);
	assert_int_equal(a->of, b->of);
	assert_true(a->time == b->time);
	assert_string_equal(a->by, b->by);
	assert_string_equal(a->note, b->note);
	assert_string_equal(a->applid, b->applid);
	assert_string_equal(a->networkid, b->networkid);
	assert_string_equal(a->hash, b->hash);
	assert_string_equal(a->content, b->content);
	assert_int_equal(a->prints, b->prints);
	assert_string_equal(a->print[0].what, b->print[0].what);
	assert_string_equal(a->print[0].digest, b->print[0].digest);
	assert_int_equal(a->urms, b->urms);
	assert_string_equal(a->urm[0].urm, b->urm[0].urm);
	assert_string_equal(a->urm[1].urm, b->urm[1].urm);
}

/* --- texts ------------------------------------------------------------------------------------ */

static void
numbers_are_canonical(void **state)
{
	static const char *const bad[] = { "", "0", "01", "1 ", "-1", "+1", "1a", "4503599627370497", "9223372036854775808", "99999999999999999999" };
	uint64_t n;

	(void)state;
	assert_true(version_number("1", &n) && n == 1);
	assert_true(version_number("4503599627370496", &n) && n == VERSION_NUMBER_MAX);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(version_number(bad[i], &n));
}

static void
a_manifest_is_read_as_it_was_written(void **state)
{
	struct version *v = make_version(7, "return {}"), *w;
	struct fault f = { "" };
	struct buf text;

	(void)state;
	assert_int_equal(version_text_put(&text, v, STORE, &f), 0);
	w = version_text_read((char *)buf_bytes(&text), buf_len(&text), STORE, &f);
	assert_string_equal(f.text, "");
	assert_non_null(w);
	version_seal(w);
	equal(v, w);
	for (size_t i = 0; i < v->files; i++) {
		assert_ptr_equal(v->file[i].kind[0], w->file[i].kind[0]);
		assert_string_equal(v->file[i].name, w->file[i].name);
		assert_string_equal(v->file[i].blob->digest, w->file[i].blob->digest);
	}
	assert_null(version_text_read((char *)buf_bytes(&text), buf_len(&text), "fedcba9876543210", &f));
	buf_free(&text);
	version_unref(v);
	version_unref(w);
}

/* Each byte counts: a text with another byte, or without its end, is refused. */
static void
a_changed_text_is_refused(void **state)
{
	struct version *v = make_version(7, "return {}");
	struct version_head head;
	struct fault f = { "" };
	struct buf text;
	char *bytes;

	(void)state;
	assert_int_equal(version_text_put(&text, v, STORE, &f), 0);
	bytes = (char *)buf_bytes(&text);
	for (size_t i = 0; i < buf_len(&text); i++) {
		bytes[i] ^= 1;
		assert_null(version_text_read(bytes, buf_len(&text), STORE, &f));
		bytes[i] ^= 1;
		assert_null(version_text_read(bytes, i, STORE, &f));
		assert_int_equal(version_text_read_head(bytes, i, &head, &f), -1);
	}
	assert_int_equal(version_text_read_head(bytes, buf_len(&text), &head, &f), -1);
	assert_string_equal(f.text, "line 1 is not 'sallyport versions 1'");
	buf_free(&text);
	version_unref(v);
}

static void
a_version_of_too_many_files_is_not_written(void **state)
{
	struct version *v = make_version(7, "return {}");
	struct fault f = { "" };
	struct buf text;
	char name[24];

	(void)state;
	for (int i = 0; v->files <= VERSION_TEXT_FILES; i++) {
		snprintf(name, sizeof name, "s%d", i);
		assert_int_equal(version_add_file(v, "script", name, v->file[0].blob), 0);
	}
	assert_int_equal(version_text_put(&text, v, STORE, &f), -1);
	assert_string_equal(f.text, "it has more than 4096 files");
	buf_free(&text);
	version_unref(v);
}

/* --- the store -------------------------------------------------------------------------------- */

static void
answered(void *arg, const char *why)
{
	struct place *p = arg;

	p->answers++;
	snprintf(p->why, sizeof p->why, "%s", why != NULL ? why : "");
	ev_break(p->loop, EVBREAK_ALL);
}

/* Opens the directory, whose versions are added to vs. */
static struct version_store *
open_store(struct place *p, struct versions *vs, uint64_t *last, uint64_t *pinned)
{
	struct fault f = { "" };
	struct version_files *files = version_files_open(p->path, true, &f);
	struct version_store *s;

	if (files == NULL)
		fail_msg("%s", f.text);
	*pinned = version_files_pinned(files);
	assert_int_equal(version_files_read(files, vs, last, &f), 0);
	s = version_store_new(files);
	assert_non_null(s);
	assert_int_equal(version_store_start(s, p->loop, NULL, &f), 0);
	return s;
}

static void
put(struct place *p, struct version_store *s, const struct versions *vs, uint64_t last)
{
	version_store_put(s, vs, last, answered, p);
	loop_run(p->loop);
}

static void
a_thread_writes_the_versions(void **state)
{
	struct place *p = *state;
	struct versions *vs = versions_new();
	uint64_t last, pinned;
	struct version_store *s = open_store(p, vs, &last, &pinned);
	struct version *one = make_version(1, "one"), *two = make_version(2, "two");

	assert_int_equal(last, 0);
	assert_int_equal(pinned, 0);
	version_ref(one);
	version_ref(two);
	assert_int_equal(versions_add(vs, one, true), 0);
	put(p, s, vs, 1);
	assert_string_equal(p->why, "");
	assert_true(atomic_load(&one->stored));
	assert_int_equal(versions_add(vs, two, true), 0);
	versions_pin(vs, true);
	put(p, s, vs, 9);
	assert_int_equal(p->answers, 2);
	assert_false(version_store_failing(s));
	version_store_close(s);
	versions_free(vs);

	vs = versions_new();
	s = open_store(p, vs, &last, &pinned);
	assert_int_equal(last, 9);
	assert_int_equal(pinned, 2);
	assert_int_equal(versions_count(vs), 2);
	equal(versions_at(vs, 0), one);
	equal(versions_at(vs, 1), two);
	assert_ptr_equal(versions_at(vs, 0)->file[0].blob, versions_at(vs, 1)->file[0].blob);
	assert_string_equal(versions_at(vs, 1)->file[1].blob->bytes, "two");
	version_store_close(s);
	versions_free(vs);
	version_unref(one);
	version_unref(two);
}

static void
the_end_writes_the_last_set(void **state)
{
	struct place *p = *state;
	struct versions *vs = versions_new();
	uint64_t last, pinned;
	struct version_store *s = open_store(p, vs, &last, &pinned);

	for (uint64_t n = 1; n <= 20; n++) { /* most of these sets are replaced by the next one */
		assert_int_equal(versions_add(vs, make_version(n, "text"), true), 0);
		version_store_put(s, vs, n, n == 1 ? answered : NULL, p);
	}
	assert_int_equal(p->answers, 1);
	assert_non_null(strstr(p->why, "another load"));
	version_store_close(s);
	versions_free(vs);
	vs = versions_new();
	s = open_store(p, vs, &last, &pinned);
	assert_int_equal(versions_count(vs), 20);
	version_store_close(s);
	versions_free(vs);
}

static void
limit_files(rlim_t bytes)
{
	struct rlimit l = { .rlim_cur = bytes, .rlim_max = RLIM_INFINITY };

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static void
a_write_that_fails_is_tried_again(void **state)
{
	struct place *p = *state;
	struct versions *vs = versions_new();
	uint64_t last, pinned;
	struct version_store *s = open_store(p, vs, &last, &pinned);
	struct version *v = make_version(1, "a text of more than ten bytes");

	version_ref(v);
	assert_int_equal(versions_add(vs, v, true), 0);
	limit_files(10);
	put(p, s, vs, 1);
	assert_non_null(strstr(p->why, "objects/"));
	assert_true(version_store_failing(s));
	assert_false(atomic_load(&v->stored));
	limit_files(RLIM_INFINITY);
	while (version_store_failing(s))
		ev_run(p->loop, EVRUN_ONCE);
	assert_true(atomic_load(&v->stored));
	assert_int_equal(p->answers, 1);
	version_store_close(s);
	versions_free(vs);
	version_unref(v);
}

static void
a_forgotten_answer_does_not_come(void **state)
{
	struct place *p = *state;
	struct versions *vs = versions_new();
	uint64_t last, pinned;
	struct version_store *s = open_store(p, vs, &last, &pinned);

	assert_int_equal(versions_add(vs, make_version(1, "text"), true), 0);
	version_store_put(s, vs, 1, answered, p);
	version_store_forget(s);
	version_store_close(s);
	assert_int_equal(p->answers, 0);
	versions_free(vs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_canonical),
		cmocka_unit_test(a_manifest_is_read_as_it_was_written),
		cmocka_unit_test(a_changed_text_is_refused),
		cmocka_unit_test(a_version_of_too_many_files_is_not_written),
		cmocka_unit_test_setup_teardown(a_thread_writes_the_versions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_end_writes_the_last_set, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_write_that_fails_is_tried_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_forgotten_answer_does_not_come, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
