/* SPDX-License-Identifier: Apache-2.0 */
#include "net/resolve.h"

#include "net/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct house {
	struct ev_loop *loop;
	struct threadpool *threadpool;
	bool brief;
	struct resolution r;
	int done;
};

static int
set_up(void **state)
{
	struct house *h = calloc(1, sizeof *h);

	h->loop = loop_new();
	h->threadpool = threadpool_new(h->loop, 1, 4);
	assert_non_null(h->threadpool);
	*state = h;
	return 0;
}

static int
tear_down(void **state)
{
	struct house *h = *state;

	threadpool_free(h->threadpool);
	loop_free(h->loop);
	free(h);
	return 0;
}

static void
done(void *arg, const struct resolution *r)
{
	struct house *h = arg;

	h->r = *r;
	h->done++;
	loop_break(h->loop);
}

static struct resolve_request
asked(struct house *h)
{
	return (struct resolve_request){ .threads = h->threadpool, .brief = h->brief, .done = done, .arg = h };
}

static const struct resolution *
resolve(struct house *h, const char *host)
{
	struct resolve_request request = asked(h);

	memset(&h->r, 0, sizeof h->r);
	h->done = 0;
	assert_non_null(resolve_begin(&request, host, 1491));
	assert_int_equal(h->done, 0); /* not inside the call */
	loop_run(h->loop);
	assert_int_equal(h->done, 1);
	return &h->r;
}

static void
a_number_needs_nobody(void **state)
{
	struct resolution r;
	char text[ADDR_TEXT];

	(void)state;
	assert_true(resolve_numeric("127.0.0.1", 1491, &r));
	assert_int_equal(r.n, 1);
	assert_string_equal(addr_print(&r.addr[0], text, sizeof text), "127.0.0.1:1491");
	assert_true(resolve_numeric("::1", 7, &r));
	assert_string_equal(addr_print(&r.addr[0], text, sizeof text), "[::1]:7");
	assert_false(resolve_numeric("localhost", 7, &r));
	assert_false(resolve_numeric("127.1", 7, &r));
	assert_false(resolve_numeric("", 7, &r));
}

static void
a_name_of_this_machine_is_found_each_address_once(void **state)
{
	struct addrinfo *known = NULL;
	const struct resolution *r;

	if (getaddrinfo("localhost", NULL, NULL, &known) != 0)
		skip(); /* the machine has no name for itself */
	freeaddrinfo(known);
	r = resolve(*state, "localhost");
	assert_true(r->n >= 1);
	for (unsigned i = 0; i < r->n; i++) {
		assert_int_equal(r->addr[i].port, 1491);
		for (unsigned j = 0; j < i; j++)
			assert_false(addr_same_ip(&r->addr[i], &r->addr[j]));
	}
}

static void
what_is_no_name_has_no_address_and_says_so(void **state)
{
	static const char *const hosts[] = { "nobody.invalid", "127.1", "0x7f000001", "2130706433", "a.0X7F", "" };

	for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
		const struct resolution *r = resolve(*state, hosts[i]);

		if (r->n > 0)
			fail_msg("'%s' has an address", hosts[i]);
		assert_true(r->error[0] != '\0');
	}
}

static void
a_brief_one_finds_the_same(void **state)
{
	struct house *h = *state;
	struct resolution patient = *resolve(h, "localhost");
	const struct resolution *brief;

	h->brief = true;
	brief = resolve(h, "localhost");
	assert_int_equal(brief->n, patient.n);
	for (unsigned i = 0; i < patient.n; i++)
		assert_true(addr_same_ip(&brief->addr[i], &patient.addr[i]));
	assert_string_equal(brief->error, patient.error);
}

static void
a_cancelled_one_is_not_told(void **state)
{
	struct house *h = *state;
	struct resolve_request request = asked(h);
	struct resolving *r = resolve_begin(&request, "localhost", 1);

	assert_non_null(r);
	resolve_cancel(r);
	loop_run(h->loop); /* until the thread has finished */
	assert_int_equal(h->done, 0);
}

static void
a_crew_that_ends_takes_them_along(void **state)
{
	struct house *h = *state;
	struct resolve_request request = asked(h);

	for (int i = 0; i < 3; i++)
		assert_non_null(resolve_begin(&request, "localhost", 1));
	threadpool_free(h->threadpool);
	h->threadpool = NULL;
	assert_int_equal(h->done, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_needs_nobody),
		cmocka_unit_test_setup_teardown(a_name_of_this_machine_is_found_each_address_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_name_has_no_address_and_says_so, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_brief_one_finds_the_same, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_cancelled_one_is_not_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_crew_that_ends_takes_them_along, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
