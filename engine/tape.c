/* SPDX-License-Identifier: Apache-2.0 */
#include "tape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
tape_begin(struct tape *t, enum door door, bool playing)
{
	t->playing = playing;
	t->door = door;
	t->at = 0;
	t->last_name[0] = '\0';
}

void
tape_add(struct tape *t, bool peek, const char *name, int64_t value)
{
	struct taped *more;

	if (t == NULL || t->playing || t->n == TAPE_MAX)
		return;
	more = realloc(t->item, (t->n + 1) * sizeof *more);
	if (more == NULL)
		return;
	t->item = more;
	more[t->n] = (struct taped){ .door = t->door, .peek = peek, .value = value };
	snprintf(more[t->n].name, sizeof more[t->n].name, "%s", name);
	t->n++;
}

bool
tape_hear(struct tape *t, bool peek, const char *name, int64_t *value)
{
	for (size_t i = t->at; i < t->n; i++) {
		const struct taped *one = &t->item[i];

		if (one->door != t->door || one->peek != peek || strcmp(one->name, name) != 0)
			continue;
		*value = one->value;
		t->at = i + 1;
		if (!peek)
			tape_note(t, name, one->value);
		return true;
	}
	return false;
}

bool
tape_last(const struct tape *t, const char *name, int64_t *value)
{
	*value = t->last;
	return t->last_name[0] != '\0' && strcmp(t->last_name, name) == 0;
}

void
tape_note(struct tape *t, const char *name, int64_t value)
{
	snprintf(t->last_name, sizeof t->last_name, "%s", name);
	t->last = value;
}

void
tape_free(struct tape *t)
{
	free(t->item);
	*t = (struct tape){ 0 };
}
