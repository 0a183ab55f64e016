/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/inputs.h"

#include "base/file.h"
#include "base/zone.h"
#include "policy/data_pool.h"
#include "policy/networks.h"
#include "sandbox/sources.h"
#include "tls/tls.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct inputs {
	struct input *first, **last; /* owned */
	const char *zones;      /* borrowed */
	struct data_pool *pool; /* borrowed; NULL: none */
	const struct sources *given; /* borrowed; NULL: none */
	bool sealed;
};

struct inputs *
inputs_new(const char *zones, struct data_pool *pool, const struct sources *given)
{
	struct inputs *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->zones = zones;
	s->pool = pool;
	s->given = given;
	s->last = &s->first;
	return s;
}

static void
free_input(struct inputs *s, struct input *one)
{
	zone_free(one->zone);
	data_pool_drop(s->pool, one->data);
	free(one->path);
	free(one);
}

void
inputs_free(struct inputs *s)
{
	struct input *next;

	if (s == NULL)
		return;
	for (struct input *one = s->first; one != NULL; one = next) {
		next = one->next;
		free_input(s, one);
	}
	free(s);
}

void
inputs_seal(struct inputs *s)
{
	s->sealed = true;
}

const struct input *
inputs_first(const struct inputs *s)
{
	return s->first;
}

/* The zone of that name (use NULL), or the data of that name which is read so. */
static struct input *
find(const struct inputs *s, const char *name, const struct pooled_use *use)
{
	struct input *one = s->first;

	while (one != NULL && (strcmp(one->name, name) != 0 || (one->zone == NULL) != (use != NULL) ||
		(use != NULL && !data_pool_same_use(&one->data->use, use))))
		one = one->next;
	return one;
}

/* Adds the input, which was read well. */
static void
keep(struct inputs *s, struct input *one)
{
	*s->last = one;
	s->last = &one->next;
}

static struct input *
new_input(const char *name, struct fault *f)
{
	struct input *one = calloc(1, sizeof *one);

	if (one == NULL) {
		fault_set(f, "out of memory");
		return NULL;
	}
	snprintf(one->name, sizeof one->name, "%s", name);
	return one;
}

/* ---- zones */

#define ZONE_WORD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-"

/* Words with "/" between two: no absolute name, and no "..". */
static bool
is_zone_name(const char *name, size_t len)
{
	size_t n = strspn(name, ZONE_WORD);

	if (len >= INPUT_NAME || strlen(name) != len || n == 0)
		return false;
	return name[n] == '\0' || (name[n] == '/' && is_zone_name(name + n + 1, len - n - 1));
}

/* Writes the path of the zone's file, with all links followed. -1: it is not there, or not in the directory. */
static int
zone_path(const struct inputs *s, char out[PATH_MAX], const char *name, struct fault *f)
{
	char path[PATH_MAX], dir[PATH_MAX];
	size_t n;

	snprintf(path, sizeof path, "%s/%s", s->zones, name);
	if (realpath(s->zones, dir) == NULL)
		return fault_set(f, "there is no directory %s; install the package tzdata", s->zones);
	if (realpath(path, out) == NULL)
		return fault_set(f, "there is no zone %s in %s; a zone has a name such as Europe/Berlin", name, s->zones);
	n = strlen(dir);
	if (strncmp(out, dir, n) != 0 || out[n] != '/')
		return fault_set(f, "the zone %s leads out of %s to %s; name a zone of the directory", name, s->zones, out);
	return 0;
}

static struct input *
read_zone(struct inputs *s, const char *name, struct fault *f)
{
	static const struct file_rule rule = { .class = FILE_PLAIN, .max = ZONE_BYTES_MAX };
	struct file_content c;
	struct input *one;
	char path[PATH_MAX];

	if (zone_path(s, path, name, f) < 0 || (one = new_input(name, f)) == NULL)
		return NULL;
	if (file_read(path, &rule, &c, f) < 0 || (one->zone = zone_parse(c.bytes, c.len, f)) == NULL) {
		fault_wrap(f, "%s", path);
		free_input(s, one);
		one = NULL;
	} else {
		tls_digest(c.bytes, c.len, one->digest);
		keep(s, one);
	}
	file_free(&c);
	return one;
}

const struct zone *
inputs_zone(struct inputs *s, const char *name, size_t len, struct fault *f)
{
	const struct input *one;

	if (!is_zone_name(name, len)) {
		fault_set(f, "\"%.64s\" is not the name of a zone; a zone has a name such as Europe/Berlin", name);
		return NULL;
	}
	one = find(s, name, NULL);
	if (one == NULL && s->sealed)
		fault_set(f, "the zone %s was not read when the generation was loaded", name);
	else if (one == NULL)
		one = read_zone(s, name, f);
	return one != NULL ? one->zone : NULL;
}

/* ---- data */

#define DATA_WORD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

static bool
ends_with(const char *name, const char *ending)
{
	size_t n = strlen(name), m = strlen(ending);

	return n > m && strcmp(name + n - m, ending) == 0;
}

/* One or two words with "/" between them, and the ending: no absolute name, and no "..". */
static bool
is_data_name(const char *name, size_t len)
{
	size_t n = strspn(name, DATA_WORD);

	if (len >= INPUT_NAME || strlen(name) != len || n == 0)
		return false;
	if (name[n] == '/') {
		name += n + 1;
		n = strspn(name, DATA_WORD);
	}
	return n > 0 && (strcmp(name + n, ".csv") == 0 || strcmp(name + n, ".json") == 0);
}

/* A user who can add files to the directory can replace the data. */
static int
judge_directory(const char *path, struct fault *f)
{
	char dir[PATH_MAX];
	DIR *opened;

	snprintf(dir, sizeof dir, "%.*s", (int)(strrchr(path, '/') - path), path);
	opened = file_opendir(dir, NULL, f);
	if (opened == NULL)
		return fault_wrap(f, "%s", dir);
	closedir(opened);
	return 0;
}

/* NULL for the name "" of no column. */
static const char *
name_or_null(const char *name)
{
	return name[0] != '\0' ? name : NULL;
}

/* Makes the rows, or the set of their prefixes; takes the bytes. -1 with a sentence. */
static int
make_data(struct pooled *made, char *bytes, size_t len, struct fault *f)
{
	bool rows = made->use.as == POOLED_ROWS;
	struct dataset *d = dataset_parse(bytes, len, made->form, rows ? name_or_null(made->use.key) : NULL, f);

	if (rows || d == NULL) {
		made->dataset = d;
		return d != NULL ? 0 : -1;
	}
	made->networks = networks_make(d, made->use.key, name_or_null(made->use.value), f);
	dataset_free(d);
	return made->networks != NULL ? 0 : -1;
}

/* Takes the data of the same bytes from the pool, or makes it. Takes the bytes. -1 with a sentence. */
static int
take_bytes(struct inputs *s, struct input *one, const struct pooled_use *use, struct file_content *c, struct fault *f)
{
	struct pooled made = { .form = ends_with(one->name, ".csv") ? DATASET_CSV : DATASET_JSON, .use = *use };
	char sentence[sizeof f->text];

	tls_digest(c->bytes, c->len, one->digest);
	memcpy(made.digest, one->digest, sizeof made.digest);
	one->data = data_pool_find(s->pool, &made);
	made.bytes = one->data == NULL ? malloc(c->len + 1) : NULL; /* reading changes the others */
	if (made.bytes == NULL) {
		file_free(c);
		return one->data != NULL ? 0 : fault_set(f, "out of memory");
	}
	memcpy(made.bytes, c->bytes, c->len);
	made.len = c->len;
	if (make_data(&made, c->bytes, c->len, f) < 0) {
		free(made.bytes);
		snprintf(sentence, sizeof sentence, "%s", f->text);
		return fault_set(f, "%s:%s%s", one->path, sentence[0] >= '0' && sentence[0] <= '9' ? "" : " ", sentence);
	}
	one->data = data_pool_add(s->pool, &made);
	return one->data != NULL ? 0 : fault_set(f, "out of memory");
}

/* The bytes of the file, or those of the version that is loaded. */
static int
read_bytes(const struct inputs *s, const char *name, const char *path, struct file_content *c, struct fault *f)
{
	static const struct file_rule rule = { .class = FILE_SCRIPT, .max = DATASET_BYTES_MAX, .advice = "split it into several files" };
	size_t len = 0;
	bool only = false;
	const char *given = s->given != NULL ? sources_given(s->given, name, &len, &only) : NULL;

	*c = (struct file_content){ .bytes = NULL };
	if (!only)
		return judge_directory(path, f) < 0 ? -1 : file_read(path, &rule, c, f);
	if (given == NULL)
		return fault_set(f, "is not among the files of the generation that is loaded again");
	*c = (struct file_content){ .bytes = malloc(len + 1), .len = len };
	if (c->bytes == NULL)
		return fault_set(f, "out of memory");
	memcpy(c->bytes, given, len + 1);
	return 0;
}

static struct input *
read_data(struct inputs *s, const char *dir, const char *name, const struct pooled_use *use, struct fault *f)
{
	struct file_content c;
	struct input *one;
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	if ((one = new_input(name, f)) == NULL)
		return NULL;
	one->path = strdup(path);
	if (one->path == NULL) {
		fault_set(f, "out of memory");
	} else if (read_bytes(s, name, path, &c, f) < 0) {
		fault_wrap(f, "%s", path);
	} else if (take_bytes(s, one, use, &c, f) == 0) {
		one->st = c.st;
		keep(s, one);
		return one;
	}
	free_input(s, one);
	return NULL;
}

/* Takes the name of a column, NULL as "". -1 with a sentence: it is too long. */
static int
take_column(char out[DATASET_NAME_MAX + 1], const char *name, struct fault *f)
{
	name = name != NULL ? name : "";
	if (strlen(name) > DATASET_NAME_MAX)
		return fault_set(f, "the name of a column has at most %d bytes", DATASET_NAME_MAX);
	snprintf(out, DATASET_NAME_MAX + 1, "%s", name);
	return 0;
}

/* The data of a file, read at the first such use. NULL with a sentence. */
static const struct pooled *
data_of(struct inputs *s, const char *dir, const char *name, size_t len, const struct pooled_use *use, struct fault *f)
{
	const struct input *one;

	if (!is_data_name(name, len)) {
		fault_set(f, "\"%.64s\" is not the name of a data file: letters, digits, _ and -, with at most one \"/\", and .csv or .json", name);
		return NULL;
	}
	one = find(s, name, use);
	if (one == NULL && s->sealed)
		fault_set(f, "the file %s was not read when the generation was loaded", name);
	else if (one == NULL)
		one = read_data(s, dir, name, use, f);
	return one != NULL ? one->data : NULL;
}

const struct dataset *
inputs_data(struct inputs *s, const char *dir, const char *name, size_t len, const char *key, struct fault *f)
{
	struct pooled_use use = { .as = POOLED_ROWS };
	const struct pooled *data = take_column(use.key, key, f) == 0 ? data_of(s, dir, name, len, &use, f) : NULL;

	return data != NULL ? data->dataset : NULL;
}

const struct networks *
inputs_networks(struct inputs *s, const char *dir, const char *name, size_t len, const char *prefix, const char *value, struct fault *f)
{
	struct pooled_use use = { .as = POOLED_NETWORKS };
	const struct pooled *data;

	if (take_column(use.key, prefix, f) < 0 || take_column(use.value, value, f) < 0)
		return NULL;
	data = data_of(s, dir, name, len, &use, f);
	return data != NULL ? data->networks : NULL;
}

const char *
inputs_bytes(const struct input *one, size_t *len)
{
	*len = one->data->len;
	return one->data->bytes;
}

void
inputs_doubts(const struct inputs *s, struct faults *faults)
{
	for (const struct input *one = s->first; one != NULL; one = one->next)
		if (one->path != NULL && one->st.st_mode != 0) /* 0: it is of a version */
			file_warn(one->path, FILE_SCRIPT, &one->st, "", faults);
}
