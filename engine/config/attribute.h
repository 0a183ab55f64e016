/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attribute: a row of a resource's table: the key, the place of its value in the struct, the allowed values and the
 * default. A definition is read and printed by these rows.
 */
#ifndef SALLYPORT_ATTRIBUTE_H
#define SALLYPORT_ATTRIBUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/name.h"
#include "base/near.h"
#include "base/text.h"

enum attribute_kind {
	ATTR_NAME,    /* char[size], [A-Z0-9$@#], folded to upper case */
	ATTR_TEXT,    /* char[size], no control characters */
	ATTR_PATH,    /* char[size], as ATTR_TEXT */
	ATTR_SCRIPT,  /* char[size], folded to lower case, `$` to `_`; "": none */
	ATTR_INT,     /* int; the word `no` (if the row has one) stands for -1 */
	ATTR_SECONDS, /* double; min > 0: 0 is not allowed; -1: not given (a tcpipservice's heartbeat) */
	ATTR_WORDS,   /* char[size], as ATTR_TEXT: words with a blank between two; in a definition a list of strings */
	ATTR_MAP,     /* the same with words NAME=VALUE; in a definition a table { NAME = "VALUE" }, of folded names */
	ATTR_CHOICE,  /* int, index into choices; "" among them is the printed form of "not given" and cannot be given */
};

#define ATTRIBUTE_PRINTED (2 * PATH_SIZE) /* bytes of a printed value, with its NUL */

struct attribute {
	const char *name; /* lower case */
	enum attribute_kind kind;
	size_t offset, size;
	double min, max;            /* ATTR_INT, ATTR_SECONDS: the value; ATTR_TEXT, ATTR_PATH: the length */
	const char *const *choices; /* ATTR_CHOICE: lower case; NULL ends them */
	const char *no;             /* ATTR_INT: "no" */
	const char *value;          /* the default, as text; NULL: required, zero, or (ATTR_SECONDS) not given */
	bool acted;                 /* false: accepted, checked and shown, without effect yet */
	bool required;
	bool (*fits)(const char *value); /* a further test; NULL: none */
	const char *form;                /* what `fits` requires, for messages */
};

/* Returns the row of that name, exactly spelled; NULL: there is none. */
const struct attribute *attribute_find(const struct attribute *table, const char *name);
/* Returns the known name nearest to a wrong one; NULL: none is near. */
const char *attribute_nearest(const struct attribute *table, const char *name);
/* Sets each member that the table names to its default. */
void attribute_defaults(const struct attribute *table, void *object);
/*
 * Set the value from a text or a number. 0, or -1 with a fault that names the attribute, the value and what is allowed;
 * the object is unchanged then. The text for an ATTR_INT or ATTR_SECONDS is its `no` or a decimal number.
 */
int attribute_set_text(const struct attribute *a, void *object, const char *value, size_t len, struct fault *f);
int attribute_set_number(const struct attribute *a, void *object, double value, struct fault *f);
/*
 * Writes the value as text to out and returns out: "CLIENTAUTH", "100", "NO", "0.2". CVDA values are in upper case, a
 * missing script is "NO", and a value that was not given is "".
 */
const char *attribute_print(const struct attribute *a, const void *object, char *out, size_t size);
/*
 * True: the value is a number, in *number. False for other kinds, for an ATTR_INT that holds its `no`, and for seconds
 * that were not given.
 */
bool attribute_number(const struct attribute *a, const void *object, double *number);
/* Whether two objects have the same value of the attribute. */
bool attribute_same(const struct attribute *a, const void *was, const void *now);
/* Whether the objects `was` and `now` have the same value of each attribute of the table. */
bool attribute_all_same(const struct attribute *table, const void *was, const void *now);
/* Writes what a value must be to out, as the end of a sentence: "0 to 65535", "no, yes or clientauth". Returns out. */
const char *attribute_allowed(const struct attribute *a, char *out, size_t size);

#endif
