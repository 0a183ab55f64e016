/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inputs: the files that the scripts of a generation read while they load: the zones of policy.zone. Each file is read
 * once and kept, so that each Lua state has the same values, and no state reads a file when the region runs.
 */
#ifndef SALLYPORT_INPUTS_H
#define SALLYPORT_INPUTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/name.h"

struct zone;

#define INPUT_ZONES "/usr/share/zoneinfo" /* of the package tzdata */
#define INPUT_NAME 128                    /* bytes of a name, with NUL */

struct input {
	struct input *next;
	char name[INPUT_NAME]; /* "Europe/Berlin" */
	char digest[65];       /* SHA-256 of the file's bytes */
	struct zone *zone;     /* owned */
};

struct inputs;

/* Makes an empty set. zones: the directory of zones; static. NULL without memory. */
struct inputs *inputs_new(const char *zones);
/* Frees the files and their values, after each Lua state that uses them. NULL is fine. */
void inputs_free(struct inputs *s);
/* From now on no file is read; inputs_zone finds those that were read. */
void inputs_seal(struct inputs *s);
/*
 * The zone of that name, read at the first call; it belongs to s. NULL with a sentence: the name is not valid; there is
 * no such file, or it is no file of a zone; it lies outside of the directory; the set is sealed and does not have it.
 */
const struct zone *inputs_zone(struct inputs *s, const char *name, size_t len, struct fault *f);
/* The first file, in the order of reading; NULL: none. */
const struct input *inputs_first(const struct inputs *s);

#endif
