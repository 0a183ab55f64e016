/* SPDX-License-Identifier: Apache-2.0 */
#include "store/claims_note.h"

#include <stdio.h>
#include <string.h>

static const char *const kinds[] = { [CLAIMS_NOTE_PROBE] = "probe", [CLAIMS_NOTE_BEATEN] = "beaten", [CLAIMS_NOTE_CONTESTED] = "contested" };

static bool
read_kind(const char *word, enum claims_note_kind *out)
{
	for (*out = CLAIMS_NOTE_PROBE; *out <= CLAIMS_NOTE_CONTESTED; ++*out)
		if (strcmp(kinds[*out], word) == 0)
			return true;
	return false;
}

bool
claims_note_read(const char *text, struct claims_note *out)
{
	char kind[16];
	const char *dot;

	*out = (struct claims_note){ .kind = CLAIMS_NOTE_PROBE };
	if (sscanf(text, "%15s %17s %17s", kind, out->pair, out->region) < 2 || !read_kind(kind, &out->kind) || !name_pair_ok(out->pair))
		return false;
	if (out->kind != CLAIMS_NOTE_PROBE && !name_pair_ok(out->region))
		return false;
	dot = strchr(out->pair, '.');
	memcpy(out->networkid, out->pair, (size_t)(dot - out->pair));
	memcpy(out->applid, dot + 1, strlen(dot + 1));
	return true;
}
