/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/record_answer.h"

#include <string.h>

#include "config/resource.h"
#include "policy/record_internal.h"

#define ANSWERS_MAX (16u * 1024) /* bytes of one question's answers */

struct jsontext *
record_answer_begin(struct record_entry *e, const char *asked)
{
	if (e == NULL || e->answers.full)
		return NULL;
	jsontext_free(&e->answer);
	e->answer = (struct jsontext){ .max = ANSWERS_MAX };
	e->answering = true;
	jsontext_begin(&e->answer, NULL, '{');
	jsontext_string(&e->answer, "asked", asked);
	return &e->answer;
}

/* An answer behind a missing one would not be the one that the script got. */
static void
add_answer(struct record_entry *e)
{
	struct jsontext_mark before = jsontext_mark(&e->answers);

	e->answers.max = ANSWERS_MAX;
	if (!e->answer.full)
		jsontext_raw(&e->answers, NULL, e->answer.bytes, e->answer.len);
	if (!e->answer.full && !e->answers.full)
		return;
	e->incomplete = true;
	jsontext_back(&e->answers, before);
	e->answers.full = true;
}

void
record_answer_end(struct record_entry *e)
{
	if (e == NULL || !e->answering)
		return;
	e->answering = false;
	jsontext_end(&e->answer, '}');
	record_entry_lock(e);
	add_answer(e);
	record_entry_unlock(e);
	jsontext_free(&e->answer);
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
