/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "security/saf.h"

/* --- names of profiles ------------------------------------------------------------------------ */

struct covering {
	const char *profile, *resource;
	bool covers;
};

static const struct covering coverings[] = {
	{ "CPMI", "CPMI", true }, { "CPMI", "CPMIX", false }, { "CPMI", "CPM", false }, { "CPMI", "CPMI.A", false },
	{ "CPM%", "CPMI", true }, { "CPM%", "CPM", false }, { "CPM%", "CPMII", false }, { "A%B", "A.B", false }, { "A%B", "A%B", true },
	{ "%%%%", "CPMI", true }, { "%", ".", false },
	{ "PAY*", "PAY", true }, { "PAY*", "PAYROLL", true }, { "PAY*", "PA", false }, { "PAY*", "PAY.ROLL", false },
	{ "*", "ANY", true }, { "*", "ANY.MORE", false },
	{ "P%Y*", "PXYZ", true }, { "P%Y*", "P.YZ", false },
	{ "A.*.C", "A.B.C", true }, { "A.*.C", "A.C", false }, { "A.*.C", "A.B.B.C", false }, { "A.B*.C", "A.BX.C", true },
	{ "A.*", "A", false }, { "A.*", "A.B", true }, { "A.*", "A.B.C", false }, { "A.*", "AB", false },
	{ "A.**", "A", true }, { "A.**", "A.B", true }, { "A.**", "A.B.C.D", true }, { "A.**", "AB", false }, { "A.**", "B.A", false },
	{ "A**", "A", true }, { "A**", "AB", true }, { "A**", "AB.C.D", true }, { "A**", "A.B", true }, { "A**", "B", false },
	{ "X.A%**", "X.AB.C", true }, { "X.A%**", "X.A.C", false }, { "X.A%**", "X.A", false },
	{ "**", "A", true }, { "**", "A.B.C", true },
	{ "**.C", "C", true }, { "**.C", "A.B.C", true }, { "**.C", "A.BC", false }, { "**.C", "C.A", false },
	{ "A.**.C", "A.C", true }, { "A.**.C", "A.B.C", true }, { "A.**.C", "A.C.C", true }, { "A.**.C", "A.C.B", false },
	{ "A.**.B.**.C", "A.B.C", true }, { "A.**.B.**.C", "A.X.B.Y.Z.C", true }, { "A.**.B.**.C", "A.C.B", false },
	{ "**.B.*.**", "A.B.C", true }, { "**.B.*.**", "A.B", false }, { "A.**.**", "A", true }, { "**.A.B", "A.A.A.B", true },
	{ "**.PAY**", "X.Y.PAYROLL.Z", true }, { "**.PAY**", "X.Y.ZPAY", false },
	{ "EZB.NETACCESS.*.*.BRANCH", "EZB.NETACCESS.SYS1.TCPIP.BRANCH", true },
	{ "A.%.C", "A..C", false }, { "A.*.C", "A..C", true },
};

static void
a_profile_covers_what_its_name_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof coverings / sizeof *coverings; i++) {
		const struct covering *c = &coverings[i];

		if (profile_covers(c->profile, c->resource) != c->covers)
			fail_msg("%s %s %s", c->profile, c->covers ? "must cover" : "must not cover", c->resource);
	}
}

/* Twenty-five ** and a name that differs at its very end: a matcher that tries all combinations would not end. */
static void
covering_takes_no_time_without_end(void **state)
{
	char name[PROFILE_SIZE] = "", resource[PROFILE_SIZE] = "";

	(void)state;
	for (int i = 0; i < 40; i++)
		strcat(name, "**.A.");
	strcat(name, "B");
	for (int i = 0; i < 120; i++)
		strcat(resource, "A.");
	strcat(resource, "C");
	assert_false(profile_covers(name, resource));
}

/* Each is more specific than those after it. */
static void
the_more_specific_comes_first(void **state)
{
	static const char *const order[] = { "A.B.C", "A.B.%", "A.B.*", "A.B.**", "A.*.C", "A.*", "A.*.**", "A.**.C", "A.**", "A%", "A%*", "A*", "A*.**",
		"A**", "%", "*.B", "*", "**.B", "**" };
	size_t n = sizeof order / sizeof *order;

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			int got = profile_order(order[i], order[j]);

			if ((i < j && got >= 0) || (i > j && got <= 0) || (i == j && got != 0))
				fail_msg("%s and %s are in the wrong order (%d)", order[i], order[j], got);
		}
}

static void
names_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = { "", "A..B", ".A", "A.", "A B", "A,B", "(A)", "A;B", "A\tB", "A*B", "A**B", "A.**B", "**B", "A***", "***",
		"A.B**.C", "\x80" };
	static const char *const good[] = { "A", "A.B", "A*", "A.*", "A.**", "**", "**.A", "A**", "%", "A.B**", "$@#", "DFHAPPL.CICSA", "A%*" };
	char longest[PROFILE_SIZE + 1];
	struct fault f;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (profile_check(bad[i], strlen(bad[i]), &f) == 0)
			fail_msg("\"%s\" passes", bad[i]);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (profile_check(good[i], strlen(good[i]), &f) < 0)
			fail_msg("\"%s\": %s", good[i], f.text);
	assert_int_equal(profile_check("A\0B", 3, &f), -1);
	memset(longest, 'A', sizeof longest);
	longest[246] = '\0';
	assert_int_equal(profile_check(longest, 246, &f), 0);
	longest[246] = 'A';
	longest[247] = '\0';
	assert_int_equal(profile_check(longest, 247, &f), -1);
}

/* --- the model -------------------------------------------------------------------------------- */

static void
add_user(struct saf *s, const char *userid, bool revoked, const char *const *group)
{
	struct saf_user u = { .revoked = revoked };

	snprintf(u.userid, sizeof u.userid, "%s", userid);
	assert_int_equal(saf_add_user(s, &u), 0);
	for (; *group != NULL; group++)
		assert_int_equal(saf_add_to_group(s, userid, *group), 0);
}

#define GROUPS(...) (const char *const[]){ __VA_ARGS__ __VA_OPT__(,) NULL }

static struct saf *
shop(void)
{
	struct saf *s = saf_new();

	assert_non_null(s);
	add_user(s, "FRED", false, GROUPS("PAYROLL", "AUDIT"));
	add_user(s, "ANNA", false, GROUPS("PAYROLL"));
	add_user(s, "BOB", false, GROUPS());
	add_user(s, "GONE", true, GROUPS("PAYROLL"));
	assert_int_equal(saf_add_class(s, "TCICSTRN"), 0);
	assert_int_equal(saf_add_class(s, "EMPTY"), 0);
	assert_int_equal(saf_add_profile(s, "TCICSTRN", "**", SAF_NONE), 0);
	assert_int_equal(saf_add_profile(s, "TCICSTRN", "PAY*", SAF_NONE), 0);
	assert_int_equal(saf_add_profile(s, "TCICSTRN", "PAY1", SAF_READ), 0);
	assert_int_equal(saf_add_profile(s, "TCICSTRN", "P%Y2", SAF_READ), 0);
	assert_int_equal(saf_add_profile(s, "TCICSTRN", "PAY%", SAF_UPDATE), 0);
	assert_int_equal(saf_permit(s, "TCICSTRN", "PAY*", "PAYROLL", SAF_READ), 0);
	assert_int_equal(saf_permit(s, "TCICSTRN", "PAY*", "AUDIT", SAF_ALTER), 0);
	assert_int_equal(saf_permit(s, "TCICSTRN", "PAY*", "ANNA", SAF_NONE), 0);
	assert_int_equal(saf_permit(s, "TCICSTRN", "PAY1", "BOB", SAF_NONE), 0);
	assert_int_equal(saf_permit(s, "TCICSTRN", "**", "*", SAF_EXECUTE), 0);
	return s;
}

struct asked {
	const char *class, *resource, *userid;
	enum saf_access wanted;
	bool permitted;
	const char *profile;
	enum saf_access held;
	const char *by;
};

static const struct asked asked[] = {
	/* a discrete profile decides alone, whatever generic ones permit */
	{ "TCICSTRN", "PAY1", "FRED", SAF_READ, true, "PAY1", SAF_READ, "uacc" },
	{ "TCICSTRN", "PAY1", "FRED", SAF_UPDATE, false, "PAY1", SAF_READ, "uacc" },
	{ "TCICSTRN", "PAY1", "BOB", SAF_READ, false, "PAY1", SAF_NONE, "user" },
	/* the generic profile with the longest part before its first generic character: PAY% before PAY* and P%Y2 */
	{ "TCICSTRN", "PAY2", "BOB", SAF_UPDATE, true, "PAY%", SAF_UPDATE, "uacc" },
	{ "TCICSTRN", "PXY2", "BOB", SAF_READ, true, "P%Y2", SAF_READ, "uacc" },
	/* the highest of the groups' permits; a permit of the user counts first, also when it is lower */
	{ "TCICSTRN", "PAYROLL", "FRED", SAF_ALTER, true, "PAY*", SAF_ALTER, "group" },
	{ "TCICSTRN", "PAYROLL", "ANNA", SAF_READ, false, "PAY*", SAF_NONE, "user" },
	{ "TCICSTRN", "PAYROLL", "BOB", SAF_READ, false, "PAY*", SAF_NONE, "uacc" },
	/* id(*) is each known user, before UACC */
	{ "TCICSTRN", "CPMI", "BOB", SAF_EXECUTE, true, "**", SAF_EXECUTE, "id(*)" },
	{ "TCICSTRN", "CPMI", "BOB", SAF_READ, false, "**", SAF_EXECUTE, "id(*)" },
	/* unknown and revoked users have no access, whatever UACC permits */
	{ "TCICSTRN", "PAY1", "NOBODY", SAF_READ, false, "PAY1", SAF_NONE, "unknown user" },
	{ "TCICSTRN", "PAY1", "", SAF_READ, false, "PAY1", SAF_NONE, "unknown user" },
	{ "TCICSTRN", "PAY1", "GONE", SAF_READ, false, "PAY1", SAF_NONE, "revoked user" },
	{ "TCICSTRN", "PAY1", "FREDFREDFRED", SAF_READ, false, "PAY1", SAF_NONE, "unknown user" },
	{ "TCICSTRN", "PAY1", "NOBODY", SAF_NONE, false, "PAY1", SAF_NONE, "unknown user" },
	/* without a profile there is no access */
	{ "TCICSTRN", "", "FRED", SAF_READ, false, "", SAF_NONE, "no profile" },
	{ "EMPTY", "PAY1", "FRED", SAF_NONE, false, "", SAF_NONE, "no profile" },
	{ "OTHER", "PAY1", "FRED", SAF_NONE, false, "", SAF_NONE, "no class" },
	{ "TCICSTRNX", "PAY1", "FRED", SAF_READ, false, "", SAF_NONE, "no class" },
	/* a resource is not a pattern, although its name may look like one */
	{ "TCICSTRN", "PAY%", "BOB", SAF_UPDATE, true, "PAY%", SAF_UPDATE, "uacc" },
	{ "TCICSTRN", "P*", "BOB", SAF_READ, false, "**", SAF_EXECUTE, "id(*)" },
	/* in any case */
	{ "tcicstrn", "pay1", "fred", SAF_READ, true, "PAY1", SAF_READ, "uacc" },
	{ "TCICSTRN", "pAyRoLl", "bob", SAF_READ, false, "PAY*", SAF_NONE, "uacc" },
};

static void
access_is_decided_as_racf_does(void **state)
{
	struct saf *s = shop();

	(void)state;
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		const struct asked *a = &asked[i];
		struct saf_decision d;
		bool got = saf_check(s, a->class, a->resource, a->userid, a->wanted, &d);

		if (got != a->permitted || d.permitted != got || d.held != a->held || strcmp(d.profile, a->profile) != 0 ||
			strcmp(d.by, a->by) != 0 || d.defined != (*a->profile != '\0'))
			fail_msg("%s %s for %s: %s by %s of \"%s\", held %s", a->class, a->resource, a->userid, got ? "permitted" : "refused",
				d.by, d.profile, saf_access_name(d.held));
	}
	saf_free(s);
}

static void
nothing_at_all_permits_nothing(void **state)
{
	struct saf_decision d;

	(void)state;
	assert_false(saf_check(NULL, "TCICSTRN", "CPMI", "FRED", SAF_NONE, &d));
	assert_string_equal(d.by, "no class");
	assert_null(saf_user(NULL, "FRED"));
	assert_int_equal(saf_groups(NULL, "FRED"), 0);
	saf_free(NULL);
}

static void
a_resource_longer_than_any_profile_is_covered_by_none(void **state)
{
	struct saf *s = shop();
	char resource[PROFILE_SIZE + 1];
	struct saf_decision d;

	(void)state;
	memset(resource, 'A', sizeof resource);
	resource[PROFILE_SIZE - 1] = '\0';
	assert_true(saf_check(s, "TCICSTRN", resource, "BOB", SAF_EXECUTE, &d));
	resource[PROFILE_SIZE - 1] = 'A';
	resource[PROFILE_SIZE] = '\0';
	assert_false(saf_check(s, "TCICSTRN", resource, "BOB", SAF_EXECUTE, &d));
	saf_free(s);
}

static void
nothing_is_there_twice_or_without_what_it_belongs_to(void **state)
{
	struct saf *s = shop();
	struct saf_user fred = { .userid = "FRED" };

	(void)state;
	assert_int_equal(saf_add_user(s, &fred), -1);
	assert_int_equal(saf_add_to_group(s, "FRED", "AUDIT"), -1);
	assert_int_equal(saf_add_to_group(s, "NOBODY", "AUDIT"), -1);
	assert_int_equal(saf_add_class(s, "EMPTY"), -1);
	assert_int_equal(saf_add_profile(s, "OTHER", "A", SAF_READ), -1);
	assert_int_equal(saf_add_profile(s, "TCICSTRN", "PAY1", SAF_READ), -1);
	assert_int_equal(saf_permit(s, "TCICSTRN", "PAY1", "BOB", SAF_READ), -1);
	assert_int_equal(saf_permit(s, "TCICSTRN", "NONE", "BOB", SAF_READ), -1);
	saf_free(s);
}

static void
a_user_has_its_groups_in_order(void **state)
{
	struct saf *s = shop();

	(void)state;
	assert_int_equal(saf_groups(s, "fred"), 2);
	assert_string_equal(saf_group(s, "fred", 0), "AUDIT");
	assert_string_equal(saf_group(s, "FRED", 1), "PAYROLL");
	assert_true(saf_user(s, "gone")->revoked);
	assert_int_equal(saf_groups(s, "BOB"), 0);
	assert_int_equal(saf_revoke(s), 5);
	saf_set_revoke(s, 0);
	assert_int_equal(saf_revoke(s), 0);
	saf_free(s);
}

static void
access_levels_have_names(void **state)
{
	(void)state;
	assert_int_equal(saf_access_of("read"), SAF_READ);
	assert_int_equal(saf_access_of("ALTER"), SAF_ALTER);
	assert_int_equal(saf_access_of("rea"), -1);
	assert_int_equal(saf_access_of(""), -1);
	assert_string_equal(saf_access_name(SAF_NONE), "NONE");
}

/* Many of each: the hash tables grow, the permits stay sorted. */
static void
ten_thousand_users_are_told_apart(void **state)
{
	struct saf *s = saf_new();
	struct saf_decision d;
	char name[NAME_SIZE];

	(void)state;
	assert_int_equal(saf_add_class(s, "C"), 0);
	assert_int_equal(saf_add_profile(s, "C", "R", SAF_NONE), 0);
	for (unsigned i = 0; i < 10000; i++) {
		snprintf(name, sizeof name, "U%u", i * 7919 % 10000);
		add_user(s, name, false, GROUPS());
		if (i % 2 == 0)
			assert_int_equal(saf_permit(s, "C", "R", name, SAF_READ), 0);
	}
	for (unsigned i = 0; i < 10000; i++) {
		snprintf(name, sizeof name, "U%u", i * 7919 % 10000);
		assert_int_equal(saf_check(s, "C", "R", name, SAF_READ, &d), i % 2 == 0);
	}
	assert_false(saf_check(s, "C", "R", "U10000", SAF_READ, &d));
	saf_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_profile_covers_what_its_name_says),
		cmocka_unit_test(covering_takes_no_time_without_end),
		cmocka_unit_test(the_more_specific_comes_first),
		cmocka_unit_test(names_that_are_none_are_refused),
		cmocka_unit_test(access_is_decided_as_racf_does),
		cmocka_unit_test(nothing_at_all_permits_nothing),
		cmocka_unit_test(a_resource_longer_than_any_profile_is_covered_by_none),
		cmocka_unit_test(nothing_is_there_twice_or_without_what_it_belongs_to),
		cmocka_unit_test(a_user_has_its_groups_in_order),
		cmocka_unit_test(access_levels_have_names),
		cmocka_unit_test(ten_thousand_users_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
