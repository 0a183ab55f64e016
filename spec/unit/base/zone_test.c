/* SPDX-License-Identifier: Apache-2.0 */
/* Zones made in the test, and the calendar. spec/policy/zone_spec.lua compares the machine's zones with `date`. */
#include "base/zone.h"

#include "base/calendar.h"
#include "base/zone_rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct file {
	uint8_t bytes[1024];
	size_t len;
};

static void
put(struct file *f, const void *bytes, size_t len)
{
	memcpy(f->bytes + f->len, bytes, len);
	f->len += len;
}

static void
put_number(struct file *f, int64_t n, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--)
		f->bytes[f->len++] = (uint8_t)((uint64_t)n >> (8 * i));
}

/* A head, one change at `at` from the offset 0 to `offset`, and the names. */
static void
put_block(struct file *f, char version, int64_t at, int32_t offset, int wide)
{
	put(f, "TZif", 4);
	put(f, &version, 1);
	put(f, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15);
	for (int i = 0; i < 3; i++)
		put_number(f, 0, 4);
	put_number(f, 1, 4);
	put_number(f, 2, 4);
	put_number(f, 4, 4);
	put_number(f, at, wide);
	put_number(f, 1, 1);
	put_number(f, 0, 4);
	put(f, "\0\0", 2);
	put_number(f, offset, 4);
	put(f, "\0\0", 2);
	put(f, "ABC", 4);
}

static struct file
file_of(char version, int64_t at, int32_t offset, const char *footer)
{
	struct file f = { .len = 0 };

	put_block(&f, version, at, offset, 4);
	if (version == 0)
		return f;
	put_block(&f, version, at, offset, 8);
	put(&f, footer, strlen(footer));
	return f;
}

static const char *
fault_of(const struct file *file, char out[200])
{
	struct fault f = { "" };
	struct zone *z = zone_parse(file->bytes, file->len, &f);

	assert_null(z);
	snprintf(out, 200, "%s", f.text);
	return out;
}

static void
has_the_offset_of_the_last_change(void **state)
{
	struct file f = file_of(0, 1000, 3600, "");
	struct zone *z = zone_parse(f.bytes, f.len, NULL);

	(void)state;
	assert_non_null(z);
	assert_int_equal(zone_at(z, 999).offset, 0);
	assert_int_equal(zone_at(z, 1000).offset, 3600);
	assert_int_equal(zone_at(z, ZONE_SECONDS_MAX).offset, 3600);
	assert_int_equal(zone_at(z, -ZONE_SECONDS_MAX).offset, 0);
	zone_free(z);
}

static void
has_the_rule_of_its_footer_after_the_last_change(void **state)
{
	struct file f = file_of('2', (int64_t)1 << 33, 7200, "\nCET-1CEST,M3.5.0,M10.5.0/3\n");
	struct zone *z = zone_parse(f.bytes, f.len, NULL);
	struct zone_time t;

	(void)state;
	assert_non_null(z);
	assert_int_equal(zone_at(z, 0).offset, 0);
	t = zone_at(z, 16725225600); /* 2500-01-01 00:00 UTC, a Friday */
	assert_int_equal(t.offset, 3600);
	assert_int_equal(t.year, 2500);
	assert_int_equal(t.weekday, 5);
	assert_int_equal(t.hour, 1);
	assert_int_equal(zone_at(z, 16725225600 + 180LL * 86400).offset, 7200);
	zone_free(z);
}

static void
refuses_what_is_no_zone_file(void **state)
{
	struct file f = file_of('2', 1000, 3600, "\nUTC0\n");
	struct zone *z;
	char out[200];

	(void)state;
	for (size_t len = 0; len < f.len; len++) {
		struct file cut = f;

		cut.len = len;
		fault_of(&cut, out);
		assert_true(strstr(out, "is cut short") != NULL || strstr(out, "TZif file") != NULL);
	}
	z = zone_parse(f.bytes, f.len, NULL);
	assert_non_null(z);
	zone_free(z);
	f = file_of('1', 0, 0, "\nUTC0\n");
	assert_string_equal(fault_of(&f, out), "is a TZif file of an unknown version");
	f = file_of('2', 0, 100000, "\nUTC0\n");
	assert_string_equal(fault_of(&f, out), "is no valid TZif file: an offset of 100000 seconds is impossible");
	f = file_of('2', 0, 0, "\nUTC\n");
	assert_string_equal(fault_of(&f, out), "is no valid TZif file: its footer is no rule of a time zone");
	f = file_of('2', 0, 0, "\nUTC0");
	assert_string_equal(fault_of(&f, out), "is no valid TZif file: its footer is missing");
	f = file_of(0, 0, 0, "");
	f.bytes[31] = 1; /* the count of leap seconds */
	put(&f, "\0\0\0\0\0\0\0\0", 8);
	assert_true(strstr(fault_of(&f, out), "counts leap seconds") != NULL);
	f = file_of(0, 0, 0, "");
	f.bytes[48] = 2; /* the type of the change */
	assert_string_equal(fault_of(&f, out), "is no valid TZif file: its change 1 is impossible");
}

/* The counts of a head may be as large as four bytes can say. */
static void
counts_beyond_the_file_are_cut_short(void **state)
{
	struct file f = file_of('2', 0, 0, "\nUTC0\n");
	char out[200];

	(void)state;
	memset(f.bytes + 20, 0xff, 24);
	assert_string_equal(fault_of(&f, out), "is cut short");
}

static void
assert_rule(const char *text, int64_t t, int32_t offset)
{
	struct zone_rule r;

	assert_true(zone_rule_parse(&r, text, strlen(text)));
	assert_int_equal(zone_rule_offset(&r, t), offset);
}

static void
rules_have_each_form_of_posix_and_of_rfc_8536(void **state)
{
	(void)state;
	assert_rule("UTC0", 0, 0);
	assert_rule("<-03>3", 0, -10800);
	assert_rule("<+0545>-5:45", 0, 20700);
	assert_rule("ABC-0:00:30", 0, 30);
	/* the south: summer time over the new year. 2030-01-01 and 2030-07-01 */
	assert_rule("AEST-10AEDT,M10.1.0,M4.1.0/3", 1893456000, 39600);
	assert_rule("AEST-10AEDT,M10.1.0,M4.1.0/3", 1909094400, 36000);
	/* changes before midnight and days later (Greenland, Gaza) */
	assert_rule("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1900803600 - 1, -7200); /* 2030-03-31 01:00 UTC */
	assert_rule("EET-2EEST,M3.4.4/50,M10.4.4/50", 1909094400, 10800);
	/* days of the year: 60 is 1 March with J, and 29 February of 2032 without. 1961539200 is 2032-02-28 */
	assert_rule("AAA0BBB,J60/0,J300/0", 1961539200 + 86400 + 1, 0);
	assert_rule("AAA0BBB,J60/0,J300/0", 1961539200 + 2 * 86400 + 1, 3600);
	assert_rule("AAA0BBB,59/0,300/0", 1961539200 + 86400 + 1, 3600);
	/* summer time all year */
	assert_rule("XXX3EDT4,0/0,J365/23", 1893456000, -14400);
	assert_rule("XXX3EDT4,0/0,J365/23", 1924991999, -14400);
}

static void
other_texts_are_no_rules(void **state)
{
	static const char *const bad[] = { "", "UTC", "UT0", "UTC25", "UTC0X", "<UTC0", "<>0", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M1.1.0",
		"CET-1CEST,M3.6.0,M1.1.0", "CET-1CEST,M3.5.7,M1.1.0", "CET-1CEST,J0,J1", "CET-1CEST,J366,J1", "CET-1CEST,M3.5.0/168,M1.1.0",
		"CET-1CEST,M3.5.0,M10.5.0 ", "CET-1:60", "CET--1" };
	struct zone_rule r;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(zone_rule_parse(&r, bad[i], strlen(bad[i])));
}

static void
the_calendar_goes_both_ways(void **state)
{
	(void)state;
	assert_int_equal(calendar_days(1970, 1, 1), 0);
	assert_int_equal(calendar_days(2000, 2, 29), 11016);
	assert_int_equal(calendar_weekday(0), 4);
	assert_int_equal(calendar_weekday(-4), 0);
	for (int64_t day = -150000000; day < 150000000; day += day > -400000 && day < 400000 ? 1 : 99991) {
		struct calendar_date d = calendar_date(day);

		assert_true(d.month >= 1 && d.month <= 12 && d.day >= 1 && d.day <= 31);
		assert_int_equal(calendar_days(d.year, d.month, d.day), day);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_the_offset_of_the_last_change),
		cmocka_unit_test(has_the_rule_of_its_footer_after_the_last_change),
		cmocka_unit_test(refuses_what_is_no_zone_file),
		cmocka_unit_test(counts_beyond_the_file_are_cut_short),
		cmocka_unit_test(rules_have_each_form_of_posix_and_of_rfc_8536),
		cmocka_unit_test(other_texts_are_no_rules),
		cmocka_unit_test(the_calendar_goes_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
