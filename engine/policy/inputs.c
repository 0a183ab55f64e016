/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/inputs.h"

#include "base/file.h"
#include "base/zone.h"
#include "tls/tls.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct inputs {
	struct input *first, **last; /* owned */
	const char *zones; /* borrowed */
	bool sealed;
};

struct inputs *
inputs_new(const char *zones)
{
	struct inputs *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->zones = zones;
	s->last = &s->first;
	return s;
}

static void
free_input(struct input *one)
{
	if (one == NULL)
		return;
	zone_free(one->zone);
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
		free_input(one);
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

static struct input *
find(const struct inputs *s, const char *name)
{
	struct input *one = s->first;

	while (one != NULL && strcmp(one->name, name) != 0)
		one = one->next;
	return one;
}

/* Adds the input, whose bytes were read well. */
static void
keep(struct inputs *s, struct input *one, const struct file_content *c)
{
	tls_digest(c->bytes, c->len, one->digest);
	*s->last = one;
	s->last = &one->next;
}

static struct input *
new_input(const char *name, struct fault *f)
{
	struct input *one = calloc(1, sizeof *one);

	if (one == NULL)
		fault_set(f, "out of memory");
	else
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
		free_input(one);
		one = NULL;
	} else {
		keep(s, one, &c);
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
	one = find(s, name);
	if (one == NULL && s->sealed)
		fault_set(f, "the zone %s was not read when the generation was loaded", name);
	else if (one == NULL)
		one = read_zone(s, name, f);
	return one != NULL ? one->zone : NULL;
}
