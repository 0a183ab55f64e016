/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inputs: the files that the scripts of a generation read while they load: the zones of policy.zone, and the data of
 * policy.data and ip.read. Each file is read once and kept, so that each Lua state has the same values, and no state
 * reads a file when the region runs.
 */
#ifndef SALLYPORT_INPUTS_H
#define SALLYPORT_INPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/fault.h"
#include "base/name.h"

struct zone;
struct data_pool;
struct dataset;
struct networks;
struct pooled;
struct sources;

#define INPUT_ZONES "/usr/share/zoneinfo" /* of the package tzdata */
#define INPUT_NAME 128                    /* bytes of a name, with NUL */

struct input {
	struct input *next;
	char name[INPUT_NAME]; /* "Europe/Berlin", "partners.csv" */
	char digest[65];       /* SHA-256 of the file's bytes */
	struct zone *zone;     /* owned; NULL: it is data */
	struct pooled *data;   /* counted; NULL: it is a zone */
	char *path;            /* of data: owned */
	struct stat st;        /* of data: of the opened file, for file_warn */
};

struct inputs;

/*
 * Makes an empty set. zones: the directory of zones; static. pool: shares data with other sets; borrowed, and may be
 * NULL. given: may have the data files of a version (sources_given); borrowed, and may be NULL. NULL without memory.
 */
struct inputs *inputs_new(const char *zones, struct data_pool *pool, const struct sources *given);
/* Frees the files and their values, after each Lua state that uses them. NULL is fine. */
void inputs_free(struct inputs *s);
/* From now on no file is read; inputs_zone and inputs_data find those that were read. */
void inputs_seal(struct inputs *s);
/*
 * The zone of that name, read at the first call; it belongs to s. NULL with a sentence: the name is not valid; there is
 * no such file, or it is no file of a zone; it lies outside of the directory; the set is sealed and does not have it.
 */
const struct zone *inputs_zone(struct inputs *s, const char *name, size_t len, struct fault *f);
/*
 * The dataset of the file of that name ("partners.csv", "lists/partners.json") in a directory, read at the first call;
 * it belongs to s. key: the column of its key; NULL: none. NULL with a sentence: the name is not valid; the file cannot
 * be read (file.h) or has a fault ("policies/partners.csv:7: ..."); the set is sealed and does not have it.
 */
const struct dataset *inputs_data(struct inputs *s, const char *dir, const char *name, size_t len, const char *key, struct fault *f);
/*
 * The set of the prefixes in a column of such a file, with the values of another column; NULL: none. Else as
 * inputs_data.
 */
const struct networks *inputs_networks(struct inputs *s, const char *dir, const char *name, size_t len, const char *prefix,
	const char *value, struct fault *f);
/* Adds a warning for each file of data whose owner or mode is doubtful (file_warn). */
void inputs_doubts(const struct inputs *s, struct faults *faults);
/* The bytes of an input of data, as they were read; they belong to it. */
const char *inputs_bytes(const struct input *one, size_t *len);
/* The first file, in the order of reading; NULL: none. */
const struct input *inputs_first(const struct inputs *s);

#endif
