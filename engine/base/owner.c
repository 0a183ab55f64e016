/* SPDX-License-Identifier: Apache-2.0 */
#include "base/owner.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static void
fail(const char *what, const char *why)
{
	fprintf(stderr, "sallyport: fault of the engine: this thread uses a %s %s; please report it\n", what, why);
	abort();
}

void
owner_take(struct owner *o)
{
	atomic_store_explicit(&o->thread, (unsigned long)pthread_self(), memory_order_relaxed);
}

void
owner_leave(struct owner *o, const char *what)
{
	owner_check(o, what);
	atomic_store_explicit(&o->thread, OWNER_LEFT, memory_order_relaxed);
}

void
owner_check(const struct owner *o, const char *what)
{
	unsigned long thread = atomic_load_explicit(&o->thread, memory_order_relaxed);

	if (thread == OWNER_NONE || pthread_equal((pthread_t)thread, pthread_self()))
		return;
	fail(what, thread == OWNER_LEFT ? "that is on its way to another thread" : "of another thread");
}

void
owner_claim(struct owner *o, const char *what)
{
	unsigned long none = OWNER_NONE;

	if (!atomic_compare_exchange_strong_explicit(&o->thread, &none, (unsigned long)pthread_self(), memory_order_relaxed, memory_order_relaxed))
		owner_check(o, what);
}
