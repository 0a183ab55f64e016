/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/recovery.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define TOKEN_A "abcdefghijklmnopqrstuv"
#define TOKEN_B "ABCDEFGHIJKLMNOPQRST-_"
#define HEAD "sallyport recovery 1\nlog 0123456789abcdef\n"

static char dir[] = "/tmp/recovery.XXXXXX";
static char file[64], fresh[80];

static int
begin(void **state)
{
	(void)state;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(file, sizeof file, "%s/recovery", dir);
	snprintf(fresh, sizeof fresh, "%s.new", file);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	rmdir(fresh);
	unlink(fresh);
	unlink(file);
	return rmdir(dir);
}

static void
write_file(const char *bytes, size_t len)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static struct recovery *
opened(const char *path)
{
	struct fault f = { "" };
	struct recovery *r = recovery_open(path, NULL, &f);

	if (r == NULL)
		print_error("%s\n", f.text);
	assert_non_null(r);
	return r;
}

#define PATIENCE 10 /* seconds */

/* Sets an entry and waits until it is written. */
static int
keep(struct recovery *r, const struct recovery_partner *p, struct fault *f)
{
	return recovery_set(r, p, f) < 0 ? -1 : recovery_flush(r, PATIENCE, f);
}

static const struct recovery_partner one = { "NETB", "CICSB", "00112233445566ff", TOKEN_A, 3 }, two = { "NETB", "CICSC", "", "", 0 };

static void
assert_partner(const struct recovery *r, const struct recovery_partner *p)
{
	const struct recovery_partner *found = recovery_partner(r, p->networkid, p->applid);

	assert_non_null(found);
	assert_string_equal(found->logname, p->logname);
	assert_string_equal(found->token, p->token);
	assert_int_equal(found->indoubt, p->indoubt);
}

static void
a_cold_start_has_a_new_name_and_no_memory(void **state)
{
	struct recovery *a = opened(""), *b = opened("");

	(void)state;
	assert_int_equal(strlen(recovery_logname(a)), 16);
	assert_int_equal(strspn(recovery_logname(a), "0123456789abcdef"), 16);
	assert_string_not_equal(recovery_logname(a), recovery_logname(b));
	assert_null(recovery_partner(a, "NETB", "CICSB"));
	assert_int_equal(keep(a, &one, NULL), 0);
	assert_partner(a, &one);
	assert_null(recovery_partner(b, "NETB", "CICSB"));
	recovery_close(a);
	recovery_close(b);
	recovery_close(NULL);
}

/* A written entry is not written again, and recovery_close writes an entry that is not written yet. */
static void
the_end_writes_what_was_set(void **state)
{
	struct recovery *r = opened(file);
	struct stat before, after;

	(void)state;
	assert_int_equal(keep(r, &one, NULL), 0);
	assert_int_equal(stat(file, &before), 0);
	assert_int_equal(recovery_flush(r, PATIENCE, NULL), 0);
	assert_int_equal(stat(file, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(recovery_set(r, &two, NULL), 0);
	recovery_close(r);
	r = opened(file);
	assert_partner(r, &one);
	assert_partner(r, &two);
	recovery_close(r);
}

/*
 * A FIFO or a link to another user's file at PATH.new is replaced: it does not delay the write and is not written to.
 */
static void
what_lies_in_the_way_is_replaced(void **state)
{
	struct recovery *r = opened(file);
	struct stat st;

	(void)state;
	assert_int_equal(mkfifo(fresh, 0600), 0);
	assert_int_equal(keep(r, &one, NULL), 0);
	assert_int_equal(symlink("/dev/full", fresh), 0);
	assert_int_equal(keep(r, &two, NULL), 0);
	assert_int_equal(lstat(file, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	recovery_close(r);
	r = opened(file);
	assert_partner(r, &two);
	recovery_close(r);
}

static void
a_file_that_everybody_could_replace_is_a_fault(void **state)
{
	struct fault f = { "" };

	(void)state;
	assert_int_equal(chmod(dir, 0777), 0);
	assert_null(recovery_open(file, NULL, &f));
	assert_non_null(strstr(f.text, "can be written by everybody (mode 0777); chmod o-w "));
	assert_int_equal(chmod(dir, 01777), 0);
	recovery_close(opened(file));
	write_file(HEAD, sizeof HEAD - 1);
	assert_int_equal(chmod(file, 0666), 0);
	assert_null(recovery_open(file, NULL, &f));
	assert_non_null(strstr(f.text, "chmod o-w"));
	unlink(file);
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_null(recovery_open(file, NULL, &f));
	assert_non_null(strstr(f.text, "is a pipe (FIFO)"));
}

static void
what_was_set_is_there_after_a_restart(void **state)
{
	struct recovery *r = opened(file);
	char logname[LOGNAME_SIZE];
	struct recovery_partner changed = one;
	struct stat st;

	(void)state;
	strcpy(logname, recovery_logname(r));
	assert_int_equal(access(file, F_OK), -1);
	assert_int_equal(keep(r, &one, NULL), 0);
	assert_int_equal(keep(r, &two, NULL), 0);
	changed.indoubt = 0;
	strcpy(changed.token, TOKEN_B);
	assert_int_equal(keep(r, &changed, NULL), 0);
	recovery_close(r);

	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(access(fresh, F_OK), -1);
	r = opened(file);
	assert_string_equal(recovery_logname(r), logname);
	assert_partner(r, &changed);
	assert_partner(r, &two);
	assert_null(recovery_partner(r, "NETA", "CICSB"));
	recovery_close(r);
}

static void
what_was_forgotten_stays_forgotten(void **state)
{
	struct recovery *r = opened(file);

	(void)state;
	keep(r, &one, NULL);
	keep(r, &two, NULL);
	recovery_forget(r, "NETB", "CICSB");
	recovery_forget(r, "NETB", "CICSB");
	recovery_close(r);
	r = opened(file);
	assert_null(recovery_partner(r, "NETB", "CICSB"));
	assert_partner(r, &two);
	recovery_close(r);
}

static void
many_partners(void **state)
{
	struct recovery *r = opened("");
	struct recovery_partner p = one;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		snprintf(p.applid, sizeof p.applid, "APPL%03u", i % 1000);
		p.indoubt = i;
		assert_int_equal(keep(r, &p, NULL), 0);
	}
	assert_partner(r, &p);
	snprintf(p.applid, sizeof p.applid, "APPL000");
	p.indoubt = 0;
	assert_partner(r, &p);
	recovery_close(r);
}

/*
 * Above the bound the oldest partner without work in doubt is dropped; when all have work in doubt, no new one is
 * added.
 */
static void
a_bound(void **state)
{
	struct recovery *r = opened("");
	struct recovery_partner p = { .networkid = "NETB", .indoubt = 1 };
	struct fault f = { "" };

	(void)state;
	for (unsigned i = 0; i < RECOVERY_PARTNERS; i++) {
		snprintf(p.applid, sizeof p.applid, "A%06u", i % 1000000);
		p.indoubt = i != 1 && i != 3;
		assert_int_equal(keep(r, &p, NULL), 0);
	}
	for (unsigned i = 0; i < 2; i++) {
		snprintf(p.applid, sizeof p.applid, "NEW%u", i % 10);
		p.indoubt = 1;
		assert_int_equal(keep(r, &p, NULL), 0);
		assert_partner(r, &p);
	}
	assert_null(recovery_partner(r, "NETB", "A000001"));
	assert_null(recovery_partner(r, "NETB", "A000003"));
	assert_non_null(recovery_partner(r, "NETB", "A000000"));
	strcpy(p.applid, "NEW2");
	assert_int_equal(keep(r, &p, &f), -1);
	assert_string_equal(f.text, "no room to remember partner NETB.NEW2");
	assert_null(recovery_partner(r, "NETB", "NEW2"));
	recovery_close(r);
}

/* A failed write is logged, the old file is unchanged, and the entry is kept in memory. */
static void
a_file_that_cannot_be_written(void **state)
{
	struct recovery *r = opened(file);
	struct fault f = { "" };

	(void)state;
	assert_int_equal(keep(r, &one, NULL), 0);
	assert_int_equal(mkdir(fresh, 0700), 0);
	assert_int_equal(keep(r, &two, &f), -1);
	assert_non_null(strstr(f.text, file));
	assert_partner(r, &two);
	recovery_close(r);
	r = opened(file);
	assert_partner(r, &one);
	assert_null(recovery_partner(r, "NETB", "CICSC"));
	recovery_close(r);
}

static void
refuses(const char *bytes, size_t len, const char *why)
{
	struct fault f = { "" };
	struct recovery *r;

	write_file(bytes, len);
	r = recovery_open(file, NULL, &f);
	if (r != NULL)
		print_error("accepted: %s\n", bytes);
	assert_null(r);
	if (strstr(f.text, why) == NULL)
		print_error("'%s' does not say '%s'\n", f.text, why);
	assert_non_null(strstr(f.text, why));
	assert_non_null(strstr(f.text, file));
}

static void
a_damaged_file_is_a_fault(void **state)
{
	static const char *const line3[] = {
		HEAD "partner NETB CICSB 00112233445566ff " TOKEN_A " 3", /* cut off */
		HEAD "partner NETB CICSB 00112233445566ff " TOKEN_A "\n",
		HEAD "partner NETB CICSB 00112233445566ff " TOKEN_A " 3 4\n",
		HEAD "partner NETB CICSB 00112233445566ff " TOKEN_A " 3 \n",
		HEAD "partner NETB  CICSB 00112233445566ff " TOKEN_A " 3\n",
		HEAD "partner NETB cicsb 00112233445566ff " TOKEN_A " 3\n",
		HEAD "partner NETB CICSB 00112233445566f " TOKEN_A " 3\n",
		HEAD "partner NETB CICSB 00112233445566FF " TOKEN_A " 3\n",
		HEAD "partner NETB CICSB 00112233445566ff short 3\n",
		HEAD "partner NETB CICSB 00112233445566ff " TOKEN_A " -3\n",
		HEAD "partner NETB CICSB 00112233445566ff " TOKEN_A " 03\n",
		HEAD "partner NETB CICSB 00112233445566ff " TOKEN_A " 9999999999\n",
		HEAD "partner NETB CICSB 00112233445566ff " TOKEN_A " 1000000\n", /* too many for resync */
		HEAD "partner - CICSB - - 0\n",
		HEAD "partner NETB CICSBCICSB - - 0\n",
		HEAD "partners NETB CICSB - - 0\n",
		HEAD "\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof line3 / sizeof *line3; i++)
		refuses(line3[i], strlen(line3[i]), "line 3");
	refuses("", 0, "line 1");
	refuses("sallyport recovery 2\nlog 0123456789abcdef\n", 42, "line 1");
	refuses("sallyport recovery 1\n", 21, "line 2");
	refuses("sallyport recovery 1\nlog 0123456789abcde\n", 41, "line 2");
	refuses("sallyport recovery 1\nlog -\n", 27, "line 2");
	refuses("sallyport recovery 1\0\nlog 0123456789abcdef\n", 43, "line 1");
	refuses(HEAD "partner NETB CICSB - - 0\npartner NETB CICSB - - 0\n", sizeof HEAD - 1 + 50, "line 4: a second line for partner NETB.CICSB");
	unlink(file);
}

static void
a_directory_is_no_file(void **state)
{
	struct fault f = { "" };

	(void)state;
	assert_null(recovery_open(dir, NULL, &f));
	assert_non_null(strstr(f.text, dir));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_cold_start_has_a_new_name_and_no_memory, begin, end),
		cmocka_unit_test_setup_teardown(the_end_writes_what_was_set, begin, end),
		cmocka_unit_test_setup_teardown(what_lies_in_the_way_is_replaced, begin, end),
		cmocka_unit_test_setup_teardown(a_file_that_everybody_could_replace_is_a_fault, begin, end),
		cmocka_unit_test_setup_teardown(what_was_set_is_there_after_a_restart, begin, end),
		cmocka_unit_test_setup_teardown(what_was_forgotten_stays_forgotten, begin, end),
		cmocka_unit_test_setup_teardown(many_partners, begin, end),
		cmocka_unit_test_setup_teardown(a_bound, begin, end),
		cmocka_unit_test_setup_teardown(a_file_that_cannot_be_written, begin, end),
		cmocka_unit_test_setup_teardown(a_damaged_file_is_a_fault, begin, end),
		cmocka_unit_test_setup_teardown(a_directory_is_no_file, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
