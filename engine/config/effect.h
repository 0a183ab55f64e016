/* SPDX-License-Identifier: Apache-2.0 */
/* effect: finds attributes that a definition gives although they have no effect there. */
#ifndef SALLYPORT_EFFECT_H
#define SALLYPORT_EFFECT_H

#include <stdbool.h>

#include "base/fault.h"
#include "config/key_lines.h"
#include "config/definition.h"

struct effect { /* a condition under which an attribute has no effect */
	const struct attribute *table; /* the table of its resource */
	const char *attribute;
	enum fault_level level;        /* FAULT_ERROR: the attribute restricts or protects; FAULT_WARNING: it tunes */
	bool (*idle)(const struct definition *d, const void *object); /* true: given in this object, it has no effect */
	const char *because, *remedy;  /* "certify is X and BECAUSE, so it has no effect; REMEDY, or leave certify out" */
};

struct effect_always { /* an attribute that always has an effect */
	const struct attribute *table;
	const char *attribute;
};

/*
 * Each attribute that is acted on is in exactly one of these tables. A row whose attribute is NULL ends each table. An
 * attribute may have several rows in effect_rows; the first that is true is reported.
 */
extern const struct effect effect_rows[];
extern const struct effect_always effect_always[];

/*
 * Adds a fault or a warning (rule "no_effect") for each attribute that is given and has no effect, at the line of its
 * key. The definition has no other faults. A value that means none (`no`, an empty text, the default word of a choice)
 * counts as not given.
 */
void effect_check(const struct definition *d, const struct key_lines *p, struct faults *faults);

#endif
