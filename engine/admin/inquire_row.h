/* SPDX-License-Identifier: Apache-2.0 */
/* inquire_row: the state of an inquiry, and the members of its rows. Included by the files of inquire only. */
#ifndef SALLYPORT_INQUIRE_ROW_H
#define SALLYPORT_INQUIRE_ROW_H

#include <stdbool.h>

#include "base/cursor.h"
#include "admin/inquire.h"
#include "conn/ipconn.h"

/*
 * The state of an inquiry. The region may change between two steps: the state has cursors, counts and copies, and no
 * pointers into the region.
 */
struct query {
	struct region *region;
	const char *name;       /* NULL: all */
	bool reset;             /* of statistics: reset after the row */
	unsigned busiest;       /* of ipconn: the rows to show, those with most requests; 0: all */
	json_t *rows;           /* borrowed: the array that the step fills */
	struct cursor at;       /* on an ipconn, a connection, a counter or a rate */
	struct cursors *walks;  /* the list of the cursor; NULL: not begun, or the cursor of a store */
	bool waits;             /* for other workers: no step until go_on is called */
	void (*go_on)(void *arg); /* of inquire_options, with arg */
	void *arg;
	void (*leave)(struct query *q); /* called by inquire_end; may be NULL */
	unsigned stage;         /* of a kind with several stages */
	size_t index, n;        /* in list, or in a definition; of inquire_door: the next door */
	void *list;             /* owned: copies of the rows to show */
	struct generation *generation; /* counted: the generation that `index` goes through; NULL: none */
	struct near near;       /* the nearest of the names that do not fit */
};

/* The element at the cursor, borrowed. The first call sets the cursor to `first`. NULL at the end. */
void *inquire_next(struct query *q, struct cursors *walks, void *first);
/* The next ipconn, borrowed; NULL at the end. */
struct ipconn *inquire_next_ipconn(struct query *q);
/* The generation that was current at the first call, borrowed. */
const struct generation *inquire_generation(struct query *q);
/* True when the inquiry wants rows of that name, in any case; else the name counts for `near`. */
bool inquire_wanted(struct query *q, const char *name);
/* Sets a member of a row. value may have any bytes. */
void inquire_put(json_t *row, const char *key, const char *value);
void inquire_put_number(json_t *row, const char *key, double n);
/* Sets a time span in seconds, cut to milliseconds. */
void inquire_put_seconds(json_t *row, const char *key, double seconds);
/* Sets the attribute `name` of the definition def, as a number or as CICS prints it. */
void inquire_put_attribute(json_t *row, const char *key, const struct attribute *table, const char *name, const void *def);
/* Sets every attribute of the table, under its own name. */
void inquire_put_attributes(json_t *row, const struct attribute *table, const void *def);

/*
 * Sets the member `params`: the parameters that the definition gives to the scripts of an object, "admit { net =
 * \"lab\" }; urm { max = 5 }"; "" none.
 */
void inquire_put_params(json_t *row, const struct definition *d, const char *kind, const char *name, const struct attribute *table);

/*
 * Of an inquiry with `busiest`: the next ipconn, borrowed, from the one with most requests on. Sets *more. NULL with
 * *more: another step; NULL without: the end.
 */
const struct ipconn *inquire_busiest_next(struct query *q, bool *more); /* inquire_busiest.c */

/* The steps of the kinds: each adds the rows of one object, or none. False: it was the last step. */
bool inquire_statistics_step(struct query *q);   /* inquire_statistics.c */
bool inquire_socket_step(struct query *q);       /* inquire_socket.c */
bool inquire_session_step(struct query *q);      /* inquire_session.c */
bool inquire_session_conversation_step(struct query *q);
bool inquire_program_step(struct query *q);      /* inquire_program.c */
bool inquire_program_transaction_step(struct query *q);
bool inquire_counter_step(struct query *q);      /* inquire_counter.c */
bool inquire_door_step(struct query *q);         /* inquire_door.c */
bool inquire_rate_step(struct query *q);         /* inquire_rate.c */
bool inquire_policy_step(struct query *q);       /* inquire_policy.c: one step makes all rows */
bool inquire_user_step(struct query *q);         /* inquire_user.c */
bool inquire_shadow_step(struct query *q);       /* inquire_shadow.c */
bool inquire_store_step(struct query *q);        /* inquire_store.c */
bool inquire_sysplex_step(struct query *q);      /* inquire_sysplex.c */
bool inquire_worker_step(struct query *q);       /* inquire_worker.c */
bool inquire_canary_step(struct query *q);       /* inquire_canary.c */

#endif
