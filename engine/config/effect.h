/* SPDX-License-Identifier: Apache-2.0 */
/* effect: attributes that are given and have no effect, so that the definition does not do what its author meant. */
#ifndef SALLYPORT_EFFECT_H
#define SALLYPORT_EFFECT_H

#include <stdbool.h>

#include "base/fault.h"
#include "config/key_lines.h"
#include "config/definition.h"

struct effect { /* one way in which an attribute has no effect */
	const struct attribute *table; /* the rows of its constructor */
	const char *attribute;
	enum fault_level level;        /* FAULT_ERROR: it would restrict or protect; FAULT_WARNING: it only tunes */
	bool (*idle)(const struct definition *d, const void *object); /* true: given in this object, it has no effect */
	const char *because, *remedy;  /* "certify is X and BECAUSE, so it has no effect; REMEDY, or leave certify out" */
};

struct effect_always { /* an attribute that has an effect wherever it is given */
	const struct attribute *table;
	const char *attribute;
};

/*
 * Each attribute that is acted on stands in one of the two; both end with a row whose attribute is NULL. An attribute may have several rows in
 * effect_rows; of those that are true the first is reported.
 */
extern const struct effect effect_rows[];
extern const struct effect_always effect_always[];

/* Adds a fault or a warning (rule "no_effect") for each attribute that was given and has no effect, at the line of its key. The definition was read
 * without a fault. A value that means none (`no`, an empty text, the default word of a choice) counts as not given. */
void effect_check(const struct definition *d, const struct key_lines *p, struct faults *faults);

#endif
