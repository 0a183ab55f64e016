/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/differences.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/facts_json.h"

struct kind { /* the differences of one door with the same codes */
	enum door door;
	enum replay_class class;
	char before[CODE_SIZE], after[CODE_SIZE]; /* a code, or the name of a verdict that lets in */
	uint64_t count;
};

struct differences {
	uint64_t count[REPLAY_CLASSES];
	struct kind kind[DIFFERENCES_KINDS];
	size_t kinds;
	uint64_t others;                /* of more kinds than there is room for */
	json_t *last[DIFFERENCES_LAST]; /* owned; a ring */
	uint64_t put;                   /* differences since the beginning */
};

struct differences *
differences_new(void)
{
	return calloc(1, sizeof(struct differences));
}

void
differences_free(struct differences *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < DIFFERENCES_LAST; i++)
		json_decref(d->last[i]);
	free(d);
}

const char *
differences_class(enum replay_class class)
{
	static const char *const names[REPLAY_CLASSES] = { "newly_accepted", "newly_refused", "changed", "unknown" };

	return names[class];
}

/* --- two verdicts ----------------------------------------------------------------------------- */

bool
differences_compare(const struct verdict *was, const struct verdict *is, enum replay_class *class, const char **why)
{
	bool refused = was->kind == VERDICT_REFUSE, refuses = is->kind == VERDICT_REFUSE;

	*why = "";
	*class = refuses ? REPLAY_NEWLY_REFUSED : REPLAY_NEWLY_ACCEPTED;
	if (refused != refuses)
		return true;
	*class = REPLAY_CHANGED;
	*why = refused ? (strcmp(was->code, is->code) != 0 ? "code" : NULL) : verdict_other_grant(was, is);
	return *why != NULL;
}

/* --- counting --------------------------------------------------------------------------------- */

static const char *
code_of(const struct verdict *v)
{
	return v->kind == VERDICT_REFUSE ? v->code : verdict_name(v->kind);
}

static struct kind *
find_kind(struct differences *d, const struct difference *one)
{
	for (size_t i = 0; i < d->kinds; i++) {
		struct kind *k = &d->kind[i];

		if (k->door == one->question->door && k->class == one->class && strcmp(k->before, code_of(&one->question->verdict)) == 0 &&
			strcmp(k->after, code_of(one->verdict)) == 0)
			return k;
	}
	return NULL;
}

static struct kind *
add_kind(struct differences *d, const struct difference *one)
{
	struct kind *k = d->kinds < DIFFERENCES_KINDS ? &d->kind[d->kinds] : NULL;

	if (k == NULL)
		return NULL;
	d->kinds++;
	*k = (struct kind){ .door = one->question->door, .class = one->class };
	snprintf(k->before, sizeof k->before, "%s", code_of(&one->question->verdict));
	snprintf(k->after, sizeof k->after, "%s", code_of(one->verdict));
	return k;
}

static json_t *
text_or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? facts_json_sentence(text) : json_null();
}

static json_t *
side(const struct verdict *v, const char *script)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o}", "verdict", verdict_name(v->kind), "code", text_or_null(v->kind == VERDICT_REFUSE ? v->code : NULL),
		"policy", text_or_null(script), "line", v->line > 0 ? json_integer(v->line) : json_null(), "text", text_or_null(v->text));
}

static json_t *
difference_json(const struct difference *one, json_t *checks)
{
	const struct question *q = one->question;

	return json_pack("{s:s, s:f, s:s, s:s, s:o, s:o, s:o, s:o}", "connection", q->facts.connection, "time", q->facts.now, "door", door_name(q->door),
		"class", differences_class(one->class), "before", side(&q->verdict, q->script), "after", side(one->verdict, one->script),
		"why", text_or_null(one->why), "checks", checks != NULL ? checks : json_array());
}

bool
differences_put(struct differences *d, const struct difference *one, json_t *checks)
{
	struct kind *k = find_kind(d, one);
	json_t **place = &d->last[d->put % DIFFERENCES_LAST];
	bool first = k == NULL;

	if (first)
		k = add_kind(d, one);
	if (k != NULL)
		k->count++;
	else
		d->others++;
	d->count[one->class]++;
	json_decref(*place);
	*place = difference_json(one, checks);
	d->put++;
	return first && k != NULL;
}

/* --- showing ---------------------------------------------------------------------------------- */

void
differences_show(const struct differences *d, json_t *row)
{
	json_t *kinds = json_array(), *last = json_array();
	uint64_t at = d->put > DIFFERENCES_LAST ? d->put - DIFFERENCES_LAST : 0;

	for (int i = 0; i < REPLAY_CLASSES; i++)
		json_object_set_new(row, differences_class(i), json_integer((json_int_t)d->count[i]));
	for (size_t i = 0; i < d->kinds; i++) {
		const struct kind *k = &d->kind[i];

		json_array_append_new(kinds, json_pack("{s:s, s:s, s:s, s:s, s:I}", "door", door_name(k->door), "class", differences_class(k->class),
			"before", k->before, "after", k->after, "count", (json_int_t)k->count));
	}
	for (; at < d->put; at++)
		json_array_append_new(last, json_deep_copy(d->last[at % DIFFERENCES_LAST]));
	json_object_set_new(row, "differences", kinds);
	json_object_set_new(row, "others", json_integer((json_int_t)d->others));
	json_object_set_new(row, "last", last);
}
