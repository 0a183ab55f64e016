/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/notes.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct notes *
notes_ref(struct notes *n)
{
	if (n != NULL)
		atomic_fetch_add(&n->refs, 1);
	return n;
}

void
notes_unref(struct notes *n)
{
	if (n == NULL || atomic_fetch_sub(&n->refs, 1) != 1)
		return;
	for (size_t i = 0; i < n->n; i++)
		free(n->item[i].text);
	free(n);
}

bool
notes_key_fits(const char *key, size_t len)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";

	if (len == 0 || len > NOTE_KEY_MAX || strchr(letters, key[0]) == NULL)
		return false;
	for (size_t i = 0; i < len; i++)
		if (key[i] == '\0' || (strchr(letters, key[i]) == NULL && (key[i] < '0' || key[i] > '9')))
			return false;
	return true;
}

/* Puts a copy of the note at the end of a set that has room. False without memory. */
static bool
append(struct notes *n, const struct note *note)
{
	struct note *one = &n->item[n->n];

	*one = *note;
	if (note->kind == NOTE_TEXT) {
		one->text = malloc(note->len + 1);
		if (one->text == NULL)
			return false;
		memcpy(one->text, note->text, note->len);
	} else {
		one->text = NULL;
	}
	n->n++;
	return true;
}

/* A new set with the notes of `from` that are neither of the door nor of the key. NULL without memory. */
static struct notes *
copy_without(const struct notes *from, enum door door, const char *key)
{
	struct notes *n = calloc(1, sizeof *n);

	if (n == NULL)
		return NULL;
	atomic_init(&n->refs, 1);
	for (size_t i = 0; from != NULL && i < from->n; i++)
		if (from->item[i].door != door && strcmp(from->item[i].key, key) != 0 && !append(n, &from->item[i])) {
			notes_unref(n);
			return NULL;
		}
	return n;
}

static void
replace(struct notes **holder, struct notes *by)
{
	notes_unref(*holder);
	*holder = by;
}

void
notes_drop(struct notes **holder, enum door door)
{
	bool has = false;

	for (size_t i = 0; *holder != NULL && i < (*holder)->n; i++)
		has = has || (*holder)->item[i].door == door;
	if (has)
		replace(holder, copy_without(*holder, door, ""));
}

int
notes_put(struct notes **holder, const struct note *note, struct fault *f)
{
	struct notes *n = copy_without(*holder, DOOR_COUNT, note->key);

	if (n != NULL && n->n == NOTES_MAX) {
		notes_unref(n);
		return fault_set(f, "a connection has at most %d notes, and '%s' would be one more", NOTES_MAX, note->key);
	}
	if (n == NULL || !append(n, note)) {
		notes_unref(n);
		return fault_set(f, "out of memory");
	}
	replace(holder, n);
	return 0;
}

bool
notes_seen(const struct note *note, enum door door)
{
	return note->door < door;
}

bool
notes_made_at(enum door door)
{
	return door_row(door)->kind == DOOR_QUESTION && door_row(door)->stage != STAGE_REQUEST;
}
