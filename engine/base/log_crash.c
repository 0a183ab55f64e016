/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_crash.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <ucontext.h>

#define STACK_BYTES (40 * 1024)
#define LOOKS 100 /* at the lines that wait */
#define LOOK_MILLISECONDS 5

/*
 * The handler finds the struct by the address of its stack: a signal has no argument, and there is no state at file
 * scope.
 */
struct log_crash {
	_Alignas(16) char stack[STACK_BYTES];
	const _Atomic size_t *lines;
	pthread_t thread;
};

static void
wait_for_writer(const struct log_crash *c)
{
	for (int i = 0; i < LOOKS && *c->lines > 0; i++)
		poll(NULL, 0, LOOK_MILLISECONDS);
}

/* The action is the default one again (SA_RESETHAND); the signal that is raised arrives when the handler returns. */
static void
on_fault(int number, siginfo_t *info, void *context)
{
	const stack_t *stack = &((const ucontext_t *)context)->uc_stack;
	int kept = errno;

	(void)info;
	if (!(stack->ss_flags & SS_DISABLE) && stack->ss_size == STACK_BYTES)
		wait_for_writer((const struct log_crash *)stack->ss_sp);
	errno = kept;
	raise(number);
}

static void
handle(int number)
{
	struct sigaction now, with = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND };

	if (sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
		sigaction(number, &with, NULL);
}

static bool
has_stack(void)
{
	stack_t now;

	return sigaltstack(NULL, &now) < 0 || !(now.ss_flags & SS_DISABLE);
}

struct log_crash *
log_crash_begin(const _Atomic size_t *lines)
{
	static const int faults[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };
	struct log_crash *c = has_stack() ? NULL : calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->lines = lines;
	c->thread = pthread_self();
	if (sigaltstack(&(stack_t){ .ss_sp = c->stack, .ss_size = sizeof c->stack }, NULL) < 0) {
		free(c);
		return NULL;
	}
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		handle(faults[i]);
	return c;
}

void
log_crash_end(struct log_crash *c)
{
	if (c != NULL && pthread_equal(c->thread, pthread_self()))
		sigaltstack(&(stack_t){ .ss_flags = SS_DISABLE }, NULL);
	free(c);
}
