/* SPDX-License-Identifier: Apache-2.0 */
/* The store and the member of these claims are of this file, so that an answer comes when a test says so. */
#include "store/claims.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/loop.h"
#include "store/member.h"
#include "store/store.h"

#include <ev.h>

#define CALLS 16

struct store_call { /* one that was asked */
	struct store_question question;
	bool over; /* answered or cancelled */
};

struct store {
	struct store_call call[CALLS];
	size_t n;
	struct store_server server;
};

struct member {
	bool holds;
};

struct scene {
	struct ev_loop *loop;
	struct store store;
	struct member member;
	struct claims *claims;
	unsigned granted, refused, lost, regained;
};

struct store_call *
store_ask(struct store *s, const struct store_question *q, struct fault *f)
{
	struct store_call *c = &s->call[s->n];

	(void)f;
	assert_true(s->n++ < CALLS);
	*c = (struct store_call){ .question = *q };
	return c;
}

void
store_cancel(struct store_call *c)
{
	c->over = true;
}

struct store_view
store_look(const struct store *s)
{
	return (struct store_view){ .state = STORE_UP, .server = &s->server, .why = "" };
}

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
	s->loop = loop_new();
	s->member.holds = true;
	strcpy(s->store.server.run_id, "RUN");
	s->claims = claims_new(s->loop, &s->store, &s->member, &owner);
	assert_non_null(s->claims);
	*state = s;
	return 0;
}

static int
end(void **state)
{
	struct scene *s = *state;

	claims_free(s->claims);
	loop_free(s->loop);
	free(s);
	return 0;
}

/* Lets the walk of the claims run. */
static void
turn(struct scene *s)
{
	for (int i = 0; i < 3; i++)
		ev_run(s->loop, EVRUN_NOWAIT);
}

/* The newest call, which is of that script and still waits. */
static struct store_call *
waiting(struct scene *s, enum store_script script)
{
	struct store_call *c;

	assert_true(s->store.n > 0);
	c = &s->store.call[s->store.n - 1];
	assert_int_equal(script, c->question.script);
	assert_false(c->over);
	return c;
}

static void
answer(struct scene *s, struct store_call *c, const char *text)
{
	char copy[64];
	struct store_reply r = { .kind = STORE_TEXT, .text = copy, .len = strlen(text) };

	strcpy(copy, text);
	assert_false(c->over);
	c->over = true;
	c->question.done(c->question.arg, &r, NULL);
	turn(s);
}

/* A claim of ONE1 that the store has granted. */
static struct claims_item *
hold(struct scene *s)
{
	struct claims_terms t = { .name = "ONE1", .pair = "NETX.ONE1" };
	struct claims_item *i = claims_ask(s->claims, &t, s);

	assert_non_null(i);
	answer(s, waiting(s, STORE_SCRIPT_CLAIM), "granted 7 - -");
	assert_int_equal(1, s->granted);
	return i;
}

static void
lapse(struct scene *s)
{
	s->member.holds = false;
	claims_lapsed(s->claims);
	turn(s);
}

static void
join(struct scene *s)
{
	s->member.holds = true;
	claims_joined(s->claims);
	turn(s);
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
	answer(s, waiting(s, STORE_SCRIPT_CLAIM), "granted 7 - -");
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
	turn(s);
	old = waiting(s, STORE_SCRIPT_CLAIM);
	lapse(s);
	answer(s, old, "granted 7 - -");
	join(s);
	assert_true(claims_bars(i));
	assert_int_equal(0, s->regained);
	answer(s, waiting(s, STORE_SCRIPT_CLAIM), "pair NETA.CICSB");
	assert_int_equal(1, s->lost);
}

static void
a_loss_for_an_incarnation_of_before_is_none(void **state)
{
	struct scene *s = *state;
	struct claims_item *i = hold(s);
	struct store_call *old;

	claims_renewed(s->claims);
	turn(s);
	old = waiting(s, STORE_SCRIPT_CLAIM);
	lapse(s);
	join(s);
	answer(s, old, "gone");
	assert_true(claims_bars(i));
	answer(s, waiting(s, STORE_SCRIPT_CLAIM), "granted 7 - -");
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
	answer(s, waiting(s, STORE_SCRIPT_CLAIM), "granted 7 - -");
	answer(s, waiting(s, STORE_SCRIPT_CLAIM_END), "ended");
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
