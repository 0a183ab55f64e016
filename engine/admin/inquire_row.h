/* SPDX-License-Identifier: Apache-2.0 */
/* inquire_row: an inquiry that is under way, and the members of its rows. For the files of inquire. */
#ifndef SALLYPORT_INQUIRE_ROW_H
#define SALLYPORT_INQUIRE_ROW_H

#include <stdbool.h>

#include "base/cursor.h"
#include "admin/inquire.h"
#include "conn/ipconn.h"

/* An inquiry under way. Between two steps everything in the region may change, so it keeps cursors, counts and copies, no pointers into it. */
struct query {
	struct region *region;
	const char *name;       /* NULL: all */
	bool reset;             /* statistics: each is reset behind its row */
	json_t *rows;           /* of the step under way, to be filled */
	struct cursor at;       /* on an ipconn, a connection or a counter */
	struct cursors *walks;  /* whose cursor it is; NULL: not begun, or a store's */
	void (*leave)(struct query *q); /* ends what a step began; NULL: nothing */
	unsigned stage;         /* of a kind that has several */
	size_t index, n;        /* in list, or in a definition */
	void *list;             /* owned: copies of the rows to show */
	struct generation *generation; /* counted: the one that index goes through; NULL none */
	struct near near;    /* of the names that are not asked for */
};

/* The element that the cursor stands on; the first call puts the cursor on `first`. NULL at the end. */
void *inquire_next(struct query *q, struct cursors *walks, void *first);
/* The next ipconn, borrowed; NULL at the end. */
struct ipconn *inquire_next_ipconn(struct query *q);
/* The generation that was current when it was first asked for. */
const struct generation *inquire_generation(struct query *q);
/* True when rows of that name are asked for; in any case. */
bool inquire_wanted(struct query *q, const char *name);
/* A member of a row; text may hold any bytes. */
void inquire_put(json_t *row, const char *key, const char *value);
void inquire_put_number(json_t *row, const char *key, double n);
/* The attribute `name` of a definition, as a number or in CICS's words. */
void inquire_put_attribute(json_t *row, const char *key, const struct attribute *table, const char *name, const void *def);
/* Every attribute of the table. */
void inquire_put_attributes(json_t *row, const struct attribute *table, const void *def);

/* Each a step: adds rows of one thing, or none; false when there is no further one. */
bool inquire_statistics_step(struct query *q);   /* inquire_statistics.c */
bool inquire_session_step(struct query *q);      /* inquire_session.c */
bool inquire_session_conversation_step(struct query *q);
bool inquire_program_step(struct query *q);      /* inquire_program.c */
bool inquire_program_transaction_step(struct query *q);
bool inquire_counter_step(struct query *q);      /* inquire_counter.c */
bool inquire_policy_step(struct query *q);       /* inquire_policy.c: all at once */
bool inquire_user_step(struct query *q);         /* inquire_user.c */

#endif
