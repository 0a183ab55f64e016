/* SPDX-License-Identifier: Apache-2.0 */
#include "base/owner.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <pthread.h>

typedef void (*use_of)(struct owner *o);

static void
check(struct owner *o)
{
	owner_check(o, "thing");
}

static void
claim(struct owner *o)
{
	owner_claim(o, "thing");
}

static void
leave(struct owner *o)
{
	owner_leave(o, "thing");
}

struct visit {
	struct owner *owner;
	use_of use;
};

static void *
visit(void *arg)
{
	struct visit *v = arg;

	v->use(v->owner);
	return NULL;
}

/* Uses the object in another thread. */
static void
elsewhere(struct owner *o, use_of use)
{
	struct visit v = { o, use };
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, visit, &v), 0);
	pthread_join(thread, NULL);
}

/* Fails unless the use in another thread (here: in this one) ends the process with the words on stderr. */
static void
ends(struct owner *o, use_of use, bool here, const char *words)
{
	char said[300] = "";
	int ends[2], status = 0;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		struct visit v = { o, use };
		pthread_t thread;

		signal(SIGABRT, SIG_DFL);
		dup2(ends[1], 2);
		if (here)
			use(o);
		else if (pthread_create(&thread, NULL, visit, &v) == 0)
			pthread_join(thread, NULL);
		_exit(0);
	}
	close(ends[1]);
	assert_true(read(ends[0], said, sizeof said - 1) >= 0);
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_non_null(strstr(said, words));
}

static void
an_object_without_an_owner_is_of_each_thread(void **state)
{
	struct owner o = { 0 };

	(void)state;
	check(&o);
	elsewhere(&o, check);
	check(&o);
}

static void
the_first_thread_that_claims_an_object_owns_it(void **state)
{
	struct owner o = { 0 };

	(void)state;
	claim(&o);
	claim(&o);
	check(&o);
	ends(&o, claim, false, "uses a thing of another thread");
	ends(&o, check, false, "uses a thing of another thread");
	ends(&o, leave, false, "uses a thing of another thread");
}

static void
an_object_goes_from_thread_to_thread(void **state)
{
	struct owner o = { 0 };

	(void)state;
	owner_take(&o);
	leave(&o);
	elsewhere(&o, owner_take);
	ends(&o, check, true, "uses a thing of another thread");
	owner_take(&o);
	check(&o);
}

static void
no_thread_uses_an_object_on_its_way(void **state)
{
	struct owner o = { 0 };

	(void)state;
	owner_take(&o);
	leave(&o);
	ends(&o, check, true, "uses a thing that is on its way to another thread");
	ends(&o, claim, false, "uses a thing that is on its way to another thread");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_object_without_an_owner_is_of_each_thread),
		cmocka_unit_test(the_first_thread_that_claims_an_object_owns_it),
		cmocka_unit_test(an_object_goes_from_thread_to_thread),
		cmocka_unit_test(no_thread_uses_an_object_on_its_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
