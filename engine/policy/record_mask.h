/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_mask: hides facts of a record from its file: region { record_mask = ... }. An address is cut to its prefix;
 * another value becomes a keyed hash, so that equal values stay equal. The hidden values are also replaced where they
 * stand as words in texts of scripts and of the engine.
 */
#ifndef SALLYPORT_RECORD_MASK_H
#define SALLYPORT_RECORD_MASK_H

#include <stdbool.h>

#include "policy/record_hide.h"

struct record;
struct record_entry;

struct record_mask {
	const char *words; /* borrowed: the attribute record_mask, "" nothing is hidden */
	int bits;          /* of peer.ip; -1: not hidden */
	bool subject, userid, detail;
	unsigned char key[RECORD_HIDE_KEY];
};

/* Reads the words of the attribute, which resource.c has checked; borrowed. The key is not set. */
void record_mask_read(struct record_mask *m, const char *words);
/*
 * Calls show() with a copy of the record, and of an entry if one is given, in which the facts are hidden; when nothing
 * is to be hidden, with the record and the entry themselves. False: there is no memory, or no hash; show() was not
 * called then.
 */
bool record_mask_show(const struct record_mask *m, struct record *r, const struct record_entry *request,
	void (*show)(void *arg, struct record *r, const struct record_entry *request), void *arg);

#endif
