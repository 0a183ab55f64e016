/* SPDX-License-Identifier: Apache-2.0 */
/*
 * still_store: a store for units, which answers on still_answer. Its functions replace those of store/store, so only
 * one file of a test program includes it.
 */
#ifndef SALLYPORT_SPEC_STILL_STORE_H
#define SALLYPORT_SPEC_STILL_STORE_H

#include <string.h>

#include "net/loop.h"
#include "store/store.h"

#include <ev.h>

#define STILL_CALLS 16

struct store_call { /* one that was asked */
	struct store_question question;
	bool over; /* answered or cancelled */
};

struct store {
	struct ev_loop *loop; /* owned */
	struct store_call call[STILL_CALLS];
	size_t n;
	struct store_server server;
};

static inline void
still_begin(struct store *s)
{
	s->loop = loop_new();
	assert_non_null(s->loop);
	strcpy(s->server.run_id, "RUN");
}

static inline void
still_end(struct store *s)
{
	loop_free(s->loop);
}

/* Runs the work of the loop that is due. */
static inline void
still_turn(const struct store *s)
{
	for (int i = 0; i < 3; i++)
		ev_run(s->loop, EVRUN_NOWAIT);
}

/* Returns the newest call, which must be of that script and must wait. */
static inline struct store_call *
still_waiting(struct store *s, enum store_script script)
{
	struct store_call *c;

	assert_true(s->n > 0);
	c = &s->call[s->n - 1];
	assert_int_equal(script, c->question.script);
	assert_false(c->over);
	return c;
}

static inline void
still_answer(const struct store *s, struct store_call *c, const struct store_reply *r)
{
	assert_false(c->over);
	c->over = true;
	c->question.done(c->question.arg, r, NULL);
	still_turn(s);
}

struct store_call *
store_ask(struct store *s, const struct store_question *q, struct fault *f)
{
	struct store_call *c = &s->call[s->n];

	(void)f;
	assert_true(s->n++ < STILL_CALLS);
	*c = (struct store_call){ .question = *q };
	return c;
}

void
store_cancel(struct store_call *c)
{
	c->over = true;
}

void
store_pause_at_most(struct store *s, double seconds)
{
	(void)s;
	(void)seconds;
}

struct store_view
store_look(const struct store *s)
{
	return (struct store_view){ .state = STORE_UP, .server = &s->server, .why = "" };
}

#endif
