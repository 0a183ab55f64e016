/* SPDX-License-Identifier: Apache-2.0 */
/*
 * claims_note: a note about a pair (NETWORKID, APPLID) that one region of a sysplex has left for another one in the
 * store (STORE_SCRIPT_CLAIM of store_script.h).
 */
#ifndef SALLYPORT_CLAIMS_NOTE_H
#define SALLYPORT_CLAIMS_NOTE_H

#include <stdbool.h>

#include "base/name.h"

enum claims_note_kind {
	CLAIMS_NOTE_PROBE,     /* another region has refused the pair: the partner is probed */
	CLAIMS_NOTE_BEATEN,    /* that region has the pair by an earlier number */
	CLAIMS_NOTE_CONTESTED, /* that region had the pair too, and its claim ends */
};

struct claims_note {
	enum claims_note_kind kind;
	char networkid[NAME_SIZE], applid[NAME_SIZE], pair[NAME_PAIR_SIZE];
	char region[NAME_PAIR_SIZE]; /* of CLAIMS_NOTE_PROBE "" */
};

/* Reads "probe PAIR", "beaten PAIR REGION" or "contested PAIR REGION". False: the text is no such note. */
bool claims_note_read(const char *text, struct claims_note *out);

#endif
