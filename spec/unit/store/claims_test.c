/* SPDX-License-Identifier: Apache-2.0 */
/* The member of these claims is of this file. */
#include "store/claims.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spec/support/still_store.h"
#include "store/member.h"

struct member {
	bool holds;
};

struct scene {
	struct store store;
	struct member member;
	struct claims *claims;
	unsigned granted, refused, lost, regained;
};

const char *
member_sysplex(const struct member *m)
{
	(void)m;
	return "PLEXA";
}

const char *
member_key(const struct member *m)
{
	(void)m;
	return "sallyport:plex:PLEXA";
}

const char *
member_region(const struct member *m)
{
	(void)m;
	return "NETA.CICSA";
}

const char *
member_incarnation(const struct member *m)
{
	(void)m;
	return "INCARNATION";
}

double
member_lease(const struct member *m)
{
	(void)m;
	return 3;
}

bool
member_holds(const struct member *m)
{
	return m->holds;
}

static void
on_answer(void *holder, enum claims_answer a, const char *text)
{
	struct scene *s = holder;

	(void)text;
	*(a == CLAIMS_GRANTED ? &s->granted : &s->refused) += 1;
}

static void
on_loss(void *holder, const char *text)
{
	(void)text;
	((struct scene *)holder)->lost++;
}

static void
on_fence(void *holder)
{
	(void)holder; /* it keeps its claim */
}

static void
on_event(void *arg, bool conflict, const char *text)
{
	(void)arg;
	(void)conflict;
	(void)text;
}

static void
on_regain(void *arg)
{
	((struct scene *)arg)->regained++;
}

static int
begin(void **state)
{
	struct scene *s = calloc(1, sizeof *s);
	struct claims_owner owner = { .answered = on_answer, .lost = on_loss, .fenced = on_fence, .freed = on_fence, .event = on_event,
		.regained = on_regain, .arg = s };

	assert_non_null(s);
	still_begin(&s->store);
	s->member.holds = true;
	s->claims = claims_new(s->store.loop, &s->store, &s->member, &owner);
	assert_non_null(s->claims);
	*state = s;
	return 0;
}

static int
end(void **state)
{
	struct scene *s = *state;

	claims_free(s->claims);
	still_end(&s->store);
	free(s);
	return 0;
}

static void
answer(struct scene *s, struct store_call *c, const char *text)
{
	char copy[64];
	struct store_reply r = { .kind = STORE_TEXT, .text = copy, .len = strlen(text) };

	strcpy(copy, text);
	still_answer(&s->store, c, &r);
}

/* A claim of ONE1 that the store has granted. */
static struct claims_item *
hold(struct scene *s)
{
	struct claims_terms t = { .name = "ONE1", .pair = "NETX.ONE1" };
	struct claims_item *i = claims_ask(s->claims, &t, s);

	assert_non_null(i);
	answer(s, still_waiting(&s->store, STORE_SCRIPT_CLAIM), "granted 7 - -");
	assert_int_equal(1, s->granted);
	return i;
}

static void
lapse(struct scene *s)
{
	s->member.holds = false;
	claims_lapsed(s->claims);
	still_turn(&s->store);
}

static void
join(struct scene *s)
{
	s->member.holds = true;
	claims_joined(s->claims);
	still_turn(&s->store);
}

static void
a_fence_ends_when_each_claim_is_there_again(void **state)
{
	struct scene *s = *state;
	struct claims_item *i = hold(s);

	lapse(s);
	assert_true(claims_bars(i));
	join(s);
	assert_true(claims_bars(i));
	answer(s, still_waiting(&s->store, STORE_SCRIPT_CLAIM), "granted 7 - -");
	assert_false(claims_bars(i));
	assert_int_equal(1, s->regained);
}

static void
a_confirmation_for_an_incarnation_of_before_ends_no_fence(void **state)
{
	struct scene *s = *state;
	struct claims_item *i = hold(s);
	struct store_call *old;

	claims_renewed(s->claims); /* the store is another one: each claim is asked for again */
	still_turn(&s->store);
	old = still_waiting(&s->store, STORE_SCRIPT_CLAIM);
	lapse(s);
	answer(s, old, "granted 7 - -");
	join(s);
	assert_true(claims_bars(i));
	assert_int_equal(0, s->regained);
	answer(s, still_waiting(&s->store, STORE_SCRIPT_CLAIM), "pair NETA.CICSB");
	assert_int_equal(1, s->lost);
}

static void
a_loss_for_an_incarnation_of_before_is_none(void **state)
{
	struct scene *s = *state;
	struct claims_item *i = hold(s);
	struct store_call *old;

	claims_renewed(s->claims);
	still_turn(&s->store);
	old = still_waiting(&s->store, STORE_SCRIPT_CLAIM);
	lapse(s);
	join(s);
	answer(s, old, "gone");
	assert_true(claims_bars(i));
	answer(s, still_waiting(&s->store, STORE_SCRIPT_CLAIM), "granted 7 - -");
	assert_false(claims_bars(i));
}

static void
a_claim_that_is_given_while_it_is_asked_for_again_ends_in_the_store(void **state)
{
	struct scene *s = *state;
	struct claims_item *i = hold(s);

	lapse(s);
	join(s);
	claims_give(i);
	answer(s, still_waiting(&s->store, STORE_SCRIPT_CLAIM), "granted 7 - -");
	answer(s, still_waiting(&s->store, STORE_SCRIPT_CLAIM_END), "ended");
	assert_int_equal(1, s->regained);
}

static void
a_claim_that_was_never_sent_for_the_incarnation_needs_no_end(void **state)
{
	struct scene *s = *state;
	struct claims_item *i = hold(s);
	size_t calls = s->store.n;

	lapse(s);
	claims_give(i);
	join(s);
	assert_int_equal(calls, s->store.n);
	assert_int_equal(1, s->regained);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_fence_ends_when_each_claim_is_there_again, begin, end),
		cmocka_unit_test_setup_teardown(a_confirmation_for_an_incarnation_of_before_ends_no_fence, begin, end),
		cmocka_unit_test_setup_teardown(a_loss_for_an_incarnation_of_before_is_none, begin, end),
		cmocka_unit_test_setup_teardown(a_claim_that_is_given_while_it_is_asked_for_again_ends_in_the_store, begin, end),
		cmocka_unit_test_setup_teardown(a_claim_that_was_never_sent_for_the_incarnation_needs_no_end, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
