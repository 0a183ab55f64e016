/* SPDX-License-Identifier: Apache-2.0 */
#include "store/member.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "spec/support/still_store.h"

struct scene {
	struct store store;
	struct member *member;
	unsigned joined, lapsed;
};

static void
on_event(void *arg, enum member_event e, const char *text)
{
	struct scene *s = arg;

	(void)text;
	s->joined += e == MEMBER_JOINED;
	s->lapsed += e == MEMBER_LAPSED;
}

static void
on_report(void *arg, struct member_row *own)
{
	(void)arg;
	own->state = MEMBER_ACTIVE;
}

static int
begin(void **state)
{
	struct scene *s = calloc(1, sizeof *s);
	struct member_owner owner = { .event = on_event, .report = on_report, .arg = s };

	assert_non_null(s);
	still_begin(&s->store);
	s->member = member_new(s->store.loop, &s->store, &owner);
	assert_non_null(s->member);
	*state = s;
	return 0;
}

static int
end(void **state)
{
	struct scene *s = *state;

	member_free(s->member);
	still_end(&s->store);
	free(s);
	return 0;
}

static void
use(struct scene *s, double lease)
{
	struct member_settings settings = { .sysplex = "PLEXA", .applid = "CICSA", .networkid = "NETA", .lease = lease };

	member_use(s->member, &settings);
	still_turn(&s->store);
}

static void
answer(struct scene *s, const char *text)
{
	char copy[64];
	struct store_reply head = { .kind = STORE_TEXT, .text = copy, .len = strlen(text) }, *item[] = { &head };
	struct store_reply r = { .kind = STORE_LIST, .item = item, .n = 1 };

	strcpy(copy, text);
	still_answer(&s->store, still_waiting(&s->store, STORE_SCRIPT_MEMBER), &r);
}

static void
a_session_key_that_is_gone_ends_the_incarnation(void **state)
{
	struct scene *s = *state;

	use(s, 60);
	answer(s, "new epoch 1 0");
	assert_int_equal(1, s->joined);
	assert_true(member_holds(s->member));
	member_renew(s->member);
	still_turn(&s->store);
	answer(s, "gone");
	assert_int_equal(1, s->lapsed);
	assert_false(member_holds(s->member));
	answer(s, "new epoch 1 0");
	assert_int_equal(2, s->joined);
}

static void
a_region_that_a_reload_names_anew_has_that_name(void **state)
{
	struct scene *s = *state;
	struct member_settings settings = { .sysplex = "PLEXA", .applid = "CICSB", .networkid = "NETA", .lease = 60 };

	use(s, 60);
	answer(s, "new epoch 1 0");
	assert_string_equal(member_region(s->member), "NETA.CICSA");
	member_use(s->member, &settings);
	assert_string_equal(member_region(s->member), "NETA.CICSB");
	assert_true(member_holds(s->member));
	assert_int_equal(0, s->lapsed);
}

static void
a_store_that_grants_no_session_key_is_asked_again_at_the_next_beat(void **state)
{
	struct scene *s = *state;

	use(s, 60);
	assert_int_equal(1, s->store.n);
	answer(s, "gone");
	assert_int_equal(1, s->store.n);
	assert_int_equal(0, s->lapsed);
	assert_false(member_holds(s->member));
}

static void
a_renewal_counts_for_the_lease_that_it_was_sent_with(void **state)
{
	struct scene *s = *state;
	double over;

	use(s, 0.01);
	over = clock_boot() + 0.01;
	use(s, 60);
	answer(s, "new epoch 1 0");
	while (clock_boot() < over)
		continue;
	assert_false(member_holds(s->member));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_session_key_that_is_gone_ends_the_incarnation, begin, end),
		cmocka_unit_test_setup_teardown(a_region_that_a_reload_names_anew_has_that_name, begin, end),
		cmocka_unit_test_setup_teardown(a_store_that_grants_no_session_key_is_asked_again_at_the_next_beat, begin, end),
		cmocka_unit_test_setup_teardown(a_renewal_counts_for_the_lease_that_it_was_sent_with, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
