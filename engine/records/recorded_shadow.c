/* SPDX-License-Identifier: Apache-2.0 */
#include "records/recorded_shadow.h"

#include <stdlib.h>

#include "base/jsontext.h"
#include "policy/record_json.h"

static void
recorded_shadow_before(void *arg, struct record *record, const struct record_entry *entry)
{
	(void)record;
	record_json_verdict(arg, "before", entry);
}

static void
recorded_shadow_after(void *arg, struct record *record, const struct record_entry *entry)
{
	record_json_member(arg, "after", record, entry);
}

/* Writes the account. False: facts cannot be hidden. */
static bool
describe(struct jsontext *j, const struct recorded_shadow *s, const struct record_mask *mask)
{
	bool ok;

	jsontext_begin(j, NULL, '{');
	jsontext_sentence(j, "candidate", s->candidate);
	jsontext_string(j, "class", s->class);
	ok = record_mask_show(mask, s->record, s->before, recorded_shadow_before, j) &&
		record_mask_show(mask, s->record, s->after, recorded_shadow_after, j);
	jsontext_some(j, "masked", mask->words);
	jsontext_end(j, '}');
	return ok;
}

struct recorded *
recorded_shadow_make(const struct recorded_shadow *s, const struct record_mask *mask)
{
	struct recorded *e = s->before != NULL && s->after != NULL ? calloc(1, sizeof *e) : NULL;
	struct jsontext j = { .max = RECORD_JSON_MAX };

	if (e == NULL)
		return NULL;
	if (!describe(&j, s, mask) || j.full) {
		jsontext_free(&j);
		free(e);
		return NULL;
	}
	*e = (struct recorded){ .kind = RECORDED_SHADOW, .id = s->id, .time = s->time, .bytes = j.bytes, .len = j.len };
	return e;
}
