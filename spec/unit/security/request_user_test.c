/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of IPIC.md 7.4, cell by cell. R: the region's user, L: the link user, D: the default user, F: the user of
 * the request.
 */
#include "security/request_user.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct region_def region = { .applid = "CICSA", .dfltuser = "DFLT", .regionuser = "REGION" };

struct cell {
	int userauth;
	enum link_kind kind;
	const char *task, *link, *checked; /* checked: in order, with blanks between */
};

static const struct cell cells[] = {
	{ USERAUTH_LOCAL, LINK_NOT_GIVEN, "DFLT", "DFLT", "DFLT" },
	{ USERAUTH_LOCAL, LINK_REGION, "DFLT", "", "DFLT" },
	{ USERAUTH_LOCAL, LINK_OTHER, "LNK1", "LNK1", "LNK1" },
	{ USERAUTH_DEFAULTUSER, LINK_NOT_GIVEN, "DFLT", "DFLT", "DFLT" },
	{ USERAUTH_DEFAULTUSER, LINK_REGION, "DFLT", "", "DFLT" },
	{ USERAUTH_DEFAULTUSER, LINK_OTHER, "DFLT", "LNK1", "DFLT LNK1" },
	{ USERAUTH_IDENTIFY, LINK_NOT_GIVEN, "FRED", "DFLT", "FRED DFLT" },
	{ USERAUTH_IDENTIFY, LINK_REGION, "FRED", "", "FRED" },
	{ USERAUTH_IDENTIFY, LINK_OTHER, "FRED", "LNK1", "FRED LNK1" },
	{ USERAUTH_VERIFY, LINK_NOT_GIVEN, "FRED", "DFLT", "FRED DFLT" },
	{ USERAUTH_VERIFY, LINK_REGION, "FRED", "", "FRED" },
	{ USERAUTH_VERIFY, LINK_OTHER, "FRED", "LNK1", "FRED LNK1" },
};

static void
join(const struct users *u, char *out)
{
	*out = '\0';
	for (unsigned i = 0; i < u->nchecked; i++)
		sprintf(out + strlen(out), "%s%s", i > 0 ? " " : "", u->checked[i]);
}

static void
each_cell_names_its_users(void **state)
{
	char checked[40];
	struct users u;

	(void)state;
	for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
		const struct cell *c = &cells[i];
		struct ipconn_def d = { .userauth = c->userauth };
		char link[NAME_SIZE];

		strcpy(d.securityname, c->kind == LINK_OTHER ? "LNK1" : c->kind == LINK_REGION ? "REGION" : "");
		assert_int_equal(request_user_link(&d, &region, "CERT1", link), c->kind);
		request_user_decide(d.userauth, c->kind, link, &region, "FRED", &u);
		join(&u, checked);
		assert_string_equal(u.task, c->task);
		assert_string_equal(u.link, c->link);
		assert_string_equal(checked, c->checked);
	}
}

static void
certuser_takes_the_certificates_user_and_nobody_else(void **state)
{
	struct ipconn_def d = { .linkauth = LINKAUTH_CERTUSER, .securityname = "LNK1" };
	char link[NAME_SIZE];

	(void)state;
	assert_int_equal(request_user_link(&d, &region, "CERT1", link), LINK_OTHER);
	assert_string_equal(link, "CERT1");
	assert_int_equal(request_user_link(&d, &region, "", link), LINK_NOT_GIVEN);
	assert_string_equal(link, "DFLT");
	assert_int_equal(request_user_link(&d, &region, "REGION", link), LINK_REGION);
	assert_string_equal(link, "");
}

static void
a_region_without_regionuser_is_its_applid(void **state)
{
	struct region_def r = region;
	struct ipconn_def d = { .securityname = "CICSA" };
	char link[NAME_SIZE];

	(void)state;
	assert_int_equal(request_user_link(&d, &r, "", link), LINK_OTHER);
	r.regionuser[0] = '\0';
	assert_int_equal(request_user_link(&d, &r, "", link), LINK_REGION);
}

static void
who_would_be_checked_twice_is_checked_once(void **state)
{
	struct ipconn_def d = { .securityname = "FRED" };
	struct users u;
	char link[NAME_SIZE];

	(void)state;
	request_user_decide(USERAUTH_IDENTIFY, request_user_link(&d, &region, "", link), link, &region, "FRED", &u);
	assert_int_equal(u.nchecked, 1);
	assert_string_equal(u.checked[0], "FRED");
}

static void
a_flowed_user_is_nobody_where_none_is_accepted(void **state)
{
	struct users u;

	(void)state;
	request_user_decide(USERAUTH_LOCAL, LINK_NOT_GIVEN, "DFLT", &region, "FRED", &u);
	assert_int_equal(u.nchecked, 1);
	assert_string_equal(u.checked[0], "DFLT");
	assert_string_equal(u.task, "DFLT");
}

static const struct {
	int userauth;
	const char *userid;
	bool password;
	const char *code; /* NULL: allowed */
} claims[] = {
	{ USERAUTH_LOCAL, "", false, NULL },
	{ USERAUTH_LOCAL, "FRED", false, "userid_given" },
	{ USERAUTH_LOCAL, "", true, "password_given" },
	{ USERAUTH_LOCAL, "FRED", true, "userid_given" },
	{ USERAUTH_DEFAULTUSER, "", false, NULL },
	{ USERAUTH_DEFAULTUSER, "FRED", false, "userid_given" },
	{ USERAUTH_DEFAULTUSER, "", true, "password_given" },
	{ USERAUTH_IDENTIFY, "", false, "userid_missing" },
	{ USERAUTH_IDENTIFY, "FRED", false, NULL },
	{ USERAUTH_IDENTIFY, "FRED", true, "password_given" },
	{ USERAUTH_IDENTIFY, "", true, "userid_missing" },
	{ USERAUTH_IDENTIFY, "fred", false, "userid_form" },
	{ USERAUTH_VERIFY, "", false, "userid_missing" },
	{ USERAUTH_VERIFY, "", true, "userid_missing" },
	{ USERAUTH_VERIFY, "FRED", false, "password_missing" },
	{ USERAUTH_VERIFY, "FRED", true, NULL },
	{ USERAUTH_VERIFY, "F RED", true, "userid_form" },
};

static void
each_userauth_takes_what_it_asks_for_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
		struct request q = { .has_password = claims[i].password };
		const char *code, *text = NULL;

		strcpy(q.userid, claims[i].userid);
		code = request_user_claim(claims[i].userauth, &q, &text);
		if (claims[i].code == NULL) {
			assert_null(code);
			continue;
		}
		assert_non_null(code);
		assert_string_equal(code, claims[i].code);
		assert_non_null(text);
	}
}

static void
checks_are_on_when_said_or_when_a_saf_is_named(void **state)
{
	struct region_def r = { .sec = SEC_UNSAID };

	(void)state;
	assert_false(resource_sec(&r));
	r.sec = SEC_YES;
	assert_true(resource_sec(&r));
	strcpy(r.saf, "saf.lua");
	r.sec = SEC_UNSAID;
	assert_true(resource_sec(&r));
	r.sec = SEC_NO;
	assert_false(resource_sec(&r));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cell_names_its_users),
		cmocka_unit_test(certuser_takes_the_certificates_user_and_nobody_else),
		cmocka_unit_test(a_region_without_regionuser_is_its_applid),
		cmocka_unit_test(who_would_be_checked_twice_is_checked_once),
		cmocka_unit_test(a_flowed_user_is_nobody_where_none_is_accepted),
		cmocka_unit_test(each_userauth_takes_what_it_asks_for_and_nothing_else),
		cmocka_unit_test(checks_are_on_when_said_or_when_a_saf_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
