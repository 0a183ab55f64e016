/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tape: what the region's counters answered to one connection, door by door, so that a re-ask under another generation hears the
 * same and moves nothing (DESIGN 4, reload). Beyond what was taped it counts on from the last answer.
 */
#ifndef SALLYPORT_TAPE_H
#define SALLYPORT_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store.h"
#include "verdict.h"

struct taped {
	enum door door;
	bool peek;
	char name[COUNTER_NAME_MAX + 1];
	int64_t value;
};

#define TAPE_MAX 128 /* answers of one connection that are kept */

struct tape {
	struct taped *item; /* owned */
	size_t n;
	bool playing;   /* a re-ask: nothing is added */
	enum door door; /* whose answers are added or heard */
	size_t at;      /* playing: items before it were heard */
	/* playing: the last answer of next, for what goes beyond the tape */
	char last_name[COUNTER_NAME_MAX + 1];
	int64_t last;
};

/* A door is asked: its answers are added, or (playing) heard again from the first. */
void tape_begin(struct tape *t, enum door door, bool playing);
/* Adds an answer; without memory or above TAPE_MAX it is not kept. t may be NULL. */
void tape_add(struct tape *t, bool peek, const char *name, int64_t value);
/* The next taped answer of that kind and name; false: there is none left. */
bool tape_hear(struct tape *t, bool peek, const char *name, int64_t *value);
/* Playing, beyond the tape: the last answer heard for that name; false: none was. Noting one. */
bool tape_last(const struct tape *t, const char *name, int64_t *value);
void tape_note(struct tape *t, const char *name, int64_t value);
void tape_free(struct tape *t);

#endif
