/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_hide: the values that a copy of a record hides, and the texts of the copy, in which they are replaced where
 * they stand as words. The copy's memory belongs to the hiding.
 */
#ifndef SALLYPORT_RECORD_HIDE_H
#define SALLYPORT_RECORD_HIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/name.h"

#define RECORD_HIDE_KEY 32
#define RECORD_HIDE_SHOWN 18 /* bytes of a printed hash: "~", 16 hex digits and a NUL */

struct hide_block;
struct hide_value;

struct record_hide {
	const unsigned char *key;  /* borrowed: RECORD_HIDE_KEY bytes */
	struct hide_block *blocks; /* owned */
	struct hide_value *values; /* the longest one first */
	size_t nvalues, work;      /* work: comparisons of bytes with values, at most, until now */
	bool failed;               /* no memory, or no hash: the copy is not to be shown */
};

/* Zeroed memory until record_hide_end. NULL, and h has failed: no memory is left. */
void *record_hide_take(struct record_hide *h, size_t n);
/* A copy of n bytes until record_hide_end. */
void *record_hide_copy(struct record_hide *h, const void *from, size_t n);
void record_hide_end(struct record_hide *h);

/* Prints the keyed hash of a value. */
void record_hide_hash(struct record_hide *h, const char *bytes, size_t len, char out[RECORD_HIDE_SHOWN]);
/* Replaces a user ID by "@" and seven digits and letters, so that it stays a name. "" stays. */
void record_hide_name(struct record_hide *h, char name[NAME_SIZE]);
/* From now on, texts show `shown` for the value. Copied. A value of no bytes is passed over. */
void record_hide_note(struct record_hide *h, const char *value, size_t len, const char *shown);

/*
 * The text with its values replaced, and a NUL behind; *len becomes its length. NULL for NULL, and when h has failed.
 */
char *record_hide_text(struct record_hide *h, const char *text, size_t *len);
/* The same of a string. */
char *record_hide_string(struct record_hide *h, const char *text);
/* Replaces the values in a string in place; the result is cut to size. */
void record_hide_field(struct record_hide *h, char *field, size_t size);
/* The same as record_hide_text for JSON: values are replaced in its strings, and not in the names of members. */
char *record_hide_json(struct record_hide *h, const char *text, size_t *len);

#endif
