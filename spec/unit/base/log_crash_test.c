/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_crash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/log.h"
#include "spec/support/scratch.h"

#define LINES 20

/* A call of itself that the compiler cannot make a loop. */
static int
use_up_the_stack(int n)
{
	volatile char room[4096];

	room[0] = (char)n;
	return n < 0 ? 0 : use_up_the_stack(n + 1) + room[0];
}

/* The lines reach the writer in turns without a pause, so that most of them wait when the signal comes. */
static void
fail_with_lines(const char *file, int number, bool by_stack)
{
	struct log *l = log_open(file, LOG_TEXT, NULL);
	char text[24];

	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	signal(number, SIG_DFL); /* cmocka has handlers */
	log_collect(l);
	for (int i = 0; i < LINES; i++) {
		log_say(l, MSG_SP0008, "#socket", log_number(text, i), NULL);
		log_hand_over(l);
	}
	_exit(by_stack ? use_up_the_stack(0) : raise(number));
}

static size_t
lines_of(const char *file)
{
	FILE *f = fopen(file, "r");
	size_t n = 0;
	int c;

	assert_non_null(f);
	while ((c = fgetc(f)) != EOF)
		n += c == '\n';
	fclose(f);
	return n;
}

static void
expect_all_lines(const char *file, int number, bool by_stack)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0)
		fail_with_lines(file, number, by_stack);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), number);
	assert_int_equal(lines_of(file), LINES);
	unlink(file);
}

/* In a sanitizer's build the thread has a stack for signals already: the sanitizer reports, and lines may be lost. */
static bool
is_watched(void)
{
	_Atomic size_t lines = 0;
	struct log_crash *c = log_crash_begin(&lines);

	log_crash_end(c);
	return c != NULL;
}

static void
lines_of_ended_turns_are_written_before_a_fault_ends_the_process(void **state)
{
	static const int faults[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };
	char dir[SCRATCH_SIZE], file[SCRATCH_SIZE + 8];

	(void)state;
	if (!is_watched())
		skip();
	scratch_open(dir, "log_crash");
	snprintf(file, sizeof file, "%s/log", dir);
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		expect_all_lines(file, faults[i], false);
	expect_all_lines(file, SIGSEGV, true);
	scratch_close(dir);
}

static void
a_thread_keeps_the_stack_for_signals_that_it_has(void **state)
{
	_Atomic size_t lines = 0;
	struct log_crash *first = log_crash_begin(&lines), *second = log_crash_begin(&lines);
	stack_t now;

	(void)state;
	assert_null(second);
	assert_int_equal(sigaltstack(NULL, &now), 0);
	assert_false(now.ss_flags & SS_DISABLE);
	log_crash_end(first);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_keeps_the_stack_for_signals_that_it_has),
		cmocka_unit_test(lines_of_ended_turns_are_written_before_a_fault_ends_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
