/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notes: what the doors of a connection noted for its later doors (policy.note, facts.notes). A set is counted, and a
 * holder changes it by a copy when others hold it too, so that a copy of facts keeps its notes. NULL is the empty set.
 * Holders may be in several threads; each holder is used by one.
 */
#ifndef SALLYPORT_NOTES_H
#define SALLYPORT_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "policy/door.h"

#define NOTES_MAX 16
#define NOTE_KEY_MAX 64     /* bytes */
#define NOTE_TEXT_MAX 1024  /* bytes */

enum note_kind { NOTE_TEXT, NOTE_INTEGER, NOTE_NUMBER, NOTE_FLAG };

struct note {
	enum door door; /* that made it */
	char key[NOTE_KEY_MAX + 1];
	enum note_kind kind;
	int64_t integer;
	double number; /* finite */
	bool flag;
	char *text;    /* owned by the set; of other kinds NULL */
	size_t len;
};

struct notes {
	_Atomic unsigned refs;
	size_t n;
	struct note item[NOTES_MAX];
};

struct notes *notes_ref(struct notes *n); /* returns n */
void notes_unref(struct notes *n);
/* Whether the key is a name of Lua: a letter or "_", then letters, digits and "_", at most NOTE_KEY_MAX. */
bool notes_key_fits(const char *key, size_t len);
/* Drops the notes of a door from the holder's set: the door is asked anew. Without memory the holder has no notes. */
void notes_drop(struct notes **holder, enum door door);
/*
 * Adds a copy of the note to the holder's set; one of the same key is replaced. -1 with a sentence: there are NOTES_MAX
 * others, or no memory; nothing changed then.
 */
int notes_put(struct notes **holder, const struct note *note, struct fault *f);
/* Whether a note is seen at a door: an earlier door made it. door DOOR_COUNT: each is seen. */
bool notes_seen(const struct note *note, enum door door);
/* Whether notes may be made at a door: it is a question, and a later door reads them. */
bool notes_made_at(enum door door);

#endif
