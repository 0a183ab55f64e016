/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attribute: one row of a resource's table: what a key is called, where its value stands, what it may be, what it is when it
 * is not given. Everything that reads or prints a definition goes by these rows.
 */
#ifndef SALLYPORT_ATTRIBUTE_H
#define SALLYPORT_ATTRIBUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/near.h"
#include "base/text.h"

enum attribute_kind {
	ATTR_NAME,    /* char[size], [A-Z0-9$@#], folded to upper case */
	ATTR_TEXT,    /* char[size], no control characters */
	ATTR_PATH,    /* char[size], as ATTR_TEXT */
	ATTR_SCRIPT,  /* char[size], folded to lower case, `$` to `_`; "" none */
	ATTR_INT,     /* int; `no` (if set) is a word that stands for -1 */
	ATTR_SECONDS, /* double; min > 0 in the row means that 0 is not allowed; -1 not given (a tcpipservice's heartbeat) */
	ATTR_CHOICE,  /* int, index into choices; "" among these cannot be given, it is what "not said" prints as */
};

struct attribute {
	const char *name; /* lower case */
	enum attribute_kind kind;
	size_t offset, size;
	double min, max;            /* ATTR_INT, ATTR_SECONDS: the value; ATTR_TEXT, ATTR_PATH: the length */
	const char *const *choices; /* lower case, ended by NULL; ATTR_CHOICE */
	const char *no;             /* ATTR_INT: "no" */
	const char *value;          /* the default, as text; NULL: required, zero, or (ATTR_SECONDS) not given */
	bool acted;                 /* false: accepted, validated, shown, not yet acted on */
	bool required;
	bool (*fits)(const char *value); /* NULL: nothing more than the kind asks */
	const char *form;                /* what `fits` asks, for messages */
};

/* The row of that name, exactly spelled; NULL: there is none. */
const struct attribute *attribute_find(const struct attribute *table, const char *name);
/* The known name nearest to a wrong one, for "did you mean"; NULL when none is near. */
const char *attribute_nearest(const struct attribute *table, const char *name);
/* Puts every default into the struct. */
void attribute_defaults(const struct attribute *table, void *object);
/* Sets from text or from a number; -1 with a sentence that names the attribute, the value and what is allowed, nothing changed then.
 * Text for an ATTR_INT or ATTR_SECONDS is its `no` or a decimal number. */
int attribute_set_text(const struct attribute *a, void *object, const char *value, size_t len, struct fault *f);
int attribute_set_number(const struct attribute *a, void *object, double value, struct fault *f);
/* The value as text ("CLIENTAUTH", "100", "NO", "0.2"); out is filled and returned. CVDA values are upper case, no script is "NO",
 * what was not given is "". */
const char *attribute_print(const struct attribute *a, const void *object, char *out, size_t size);
/* True for the kinds that --json shows as numbers, with *number set (false for an ATTR_INT that holds its `no` and for seconds not given). */
bool attribute_number(const struct attribute *a, const void *object, double *number);
/* What a value must be, as the end of a sentence: "0 to 65535", "no, yes or clientauth". Returns out. */
const char *attribute_allowed(const struct attribute *a, char *out, size_t size);

#endif
