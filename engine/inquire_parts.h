/* SPDX-License-Identifier: Apache-2.0 */
/* inquire_parts: what inquire's files share. Private to inquire*.c. */
#ifndef SALLYPORT_INQUIRE_PARTS_H
#define SALLYPORT_INQUIRE_PARTS_H

#include <stdbool.h>

#include "inquire.h"
#include "ipconn.h"

struct query {
	const struct region *region;
	const char *name; /* NULL: all */
	json_t *rows;     /* to be filled */
};

/* True when rows of that name are asked for; in any case. */
bool wanted(const struct query *q, const char *name);
/* A member of a row; text may hold any bytes. */
void put(json_t *row, const char *key, const char *value);
void put_number(json_t *row, const char *key, double n);
/* The attribute `name` of a definition, as a number or in CICS's words. */
void put_attribute(json_t *row, const char *key, const struct attribute *table, const char *name, const void *def);
/* Every attribute of the table. */
void put_attributes(json_t *row, const struct attribute *table, const void *def);

void statistics_rows(struct query *q); /* inquire_statistics.c */
void session_rows(struct query *q);    /* inquire_session.c */
void conversation_rows(struct query *q);
void program_rows(struct query *q);    /* inquire_program.c */
void transaction_rows(struct query *q);
void counter_rows(struct query *q);    /* inquire_counter.c */
void user_rows(struct query *q);       /* inquire_user.c */

#endif
