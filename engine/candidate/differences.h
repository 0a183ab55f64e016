/* SPDX-License-Identifier: Apache-2.0 */
/*
 * differences: where the verdicts of a candidate are other ones than those in force: counts by door and code, and the
 * last ones in full. Its owner holds a lock around each call.
 */
#ifndef SALLYPORT_DIFFERENCES_H
#define SALLYPORT_DIFFERENCES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "candidate/question.h"
#include "candidate/replay.h"

#define DIFFERENCES_KINDS 128 /* rows of door, code before and code after */
#define DIFFERENCES_LAST 100

struct differences;

struct differences *differences_new(void); /* NULL: no memory */
void differences_free(struct differences *d); /* NULL is fine */

struct difference { /* a verdict of the candidate that is another one */
	const struct question *question; /* borrowed, with the verdict in force */
	const struct verdict *verdict;   /* borrowed: of the candidate */
	const char *script;              /* of the candidate; NULL: none */
	enum replay_class class;
	const char *why;                 /* "code", the grant that differs, or the thing that the candidate asked for in vain; "" */
};

/*
 * Compares both verdicts. False: they are the same. *class and *why (static) as in struct difference; a difference is
 * never unknown here.
 */
bool differences_compare(const struct verdict *was, const struct verdict *is, enum replay_class *class, const char **why);
/*
 * Counts a difference and keeps it. checks: an array, which is taken; NULL: none. True: it is the first one of its door
 * and codes.
 */
bool differences_put(struct differences *d, const struct difference *one, json_t *checks);
/* The name of a class: "newly_accepted"; static. */
const char *differences_class(enum replay_class class);
/* Sets the members newly_accepted, newly_refused, changed, unknown (numbers), differences and last of the row. */
void differences_show(const struct differences *d, json_t *row);

#endif
