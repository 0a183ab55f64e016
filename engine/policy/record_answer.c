/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/record_answer.h"

#include <stdlib.h>
#include <string.h>

#include "config/resource.h"
#include "policy/record_internal.h"

#define ANSWERS_MAX (16u * 1024) /* bytes of one question's answers */

/* The answers of the entry, made at the first call. NULL without memory; the entry is incomplete then. */
static struct record_answers *
need(struct record_entry *e)
{
	if (e->answers != NULL || e->unanswered)
		return e->answers;
	record_entry_lock(e);
	e->answers = calloc(1, sizeof *e->answers);
	e->unanswered = e->answers == NULL;
	e->incomplete = e->incomplete || e->unanswered;
	record_entry_unlock(e);
	return e->answers;
}

struct jsontext *
record_answer_begin(struct record_entry *e, const char *asked)
{
	struct record_answers *a = e != NULL ? need(e) : NULL;

	if (a == NULL || a->all.full)
		return NULL;
	jsontext_free(&a->next);
	a->next = (struct jsontext){ .max = ANSWERS_MAX };
	a->begun = true;
	jsontext_begin(&a->next, NULL, '{');
	jsontext_string(&a->next, "asked", asked);
	return &a->next;
}

/* An answer behind a missing one would not be the one that the script got. */
static void
add_answer(struct record_entry *e)
{
	struct record_answers *a = e->answers;
	struct jsontext_mark before = jsontext_mark(&a->all);

	a->all.max = ANSWERS_MAX;
	if (!a->next.full)
		jsontext_raw(&a->all, NULL, a->next.bytes, a->next.len);
	if (!a->next.full && !a->all.full)
		return;
	e->incomplete = true;
	jsontext_back(&a->all, before);
	a->all.full = true;
}

void
record_answer_end(struct record_entry *e)
{
	struct record_answers *a = e != NULL ? e->answers : NULL;

	if (a == NULL || !a->begun)
		return;
	a->begun = false;
	jsontext_end(&a->next, '}');
	record_entry_lock(e);
	add_answer(e);
	record_entry_unlock(e);
	jsontext_free(&a->next);
}

static bool
is_usual(const struct attribute *a, const struct ipconn_def *d, const struct ipconn_def *plain)
{
	const char *is = (const char *)d + a->offset, *usual = (const char *)plain + a->offset;

	if (a->kind == ATTR_INT || a->kind == ATTR_CHOICE || a->kind == ATTR_SECONDS)
		return memcmp(is, usual, a->size) == 0;
	return strcmp(is, usual) == 0;
}

static void
put_attribute(struct jsontext *j, const struct attribute *a, const struct ipconn_def *d)
{
	char value[VALUE_SIZE];
	double number;

	if (attribute_number(a, d, &number))
		jsontext_integer(j, a->name, (int64_t)number);
	else
		jsontext_string(j, a->name, attribute_print(a, d, value, sizeof value));
}

void
record_answer_ipconn(struct jsontext *j, const char *key, const struct ipconn_view *v)
{
	struct ipconn_def plain = { .line = 0 };

	if (j == NULL)
		return;
	attribute_defaults(resource_ipconn, &plain);
	jsontext_begin(j, key, '{');
	jsontext_string(j, "ipconn", v->def.ipconn);
	for (const struct attribute *a = resource_ipconn; a->name != NULL; a++)
		if (!is_usual(a, &v->def, &plain))
			put_attribute(j, a, &v->def);
	jsontext_string(j, "servstatus", v->inservice ? "INSERVICE" : "OUTSERVICE");
	jsontext_string(j, "connstatus", resource_connstatus(v->connstatus));
	jsontext_flag(j, "autoinstalled", v->autoinstalled);
	if (v->autoinstalled)
		jsontext_some(j, "template", v->template);
	jsontext_end(j, '}');
}
