/* SPDX-License-Identifier: Apache-2.0 */
/* past_answers: the answers in the account of a question, as items of an answer tape (policy/record_answer.h). */
#include "candidate/past.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "policy/facts_json.h"

static const char *
text(const json_t *o, const char *name)
{
	const char *value = json_string_value(json_object_get(o, name));

	return value != NULL ? value : "";
}

static double
number(const json_t *o, const char *name)
{
	return json_number_value(json_object_get(o, name));
}

static int64_t
integer(const json_t *o, const char *name)
{
	return (int64_t)json_integer_value(json_object_get(o, name));
}

/* --- counters and rates ----------------------------------------------------------------------- */

/* The answer of a counter that gave no number, by its reason. */
static enum counters_answer
counter_reason(const char *reason)
{
	for (enum counters_answer a = COUNTERS_UNUSED; a < COUNTERS_NONE; a++)
		if (strcmp(counters_reason(a), reason) == 0)
			return a;
	return COUNTERS_NONE;
}

/* The name of a counter or rate, in its bytes. */
static const char *
name_of(const json_t *o, char name[ANSWER_TAPE_NAME])
{
	facts_json_bytes(json_object_get(o, "name"), name, ANSWER_TAPE_NAME);
	return name;
}

static bool
take_counter(struct answer_tape *t, enum taped_kind kind, const json_t *o)
{
	char name[ANSWER_TAPE_NAME];
	struct taped *one = answer_tape_add(t, kind, name_of(o, name));
	const json_t *answer = json_object_get(o, "answer");

	if (one == NULL)
		return false;
	one->counter.use = (struct counter_use){ .min = integer(o, "min"), .max = integer(o, "max"), .wrap = json_is_true(json_object_get(o, "wrap")),
		.expires = number(o, "expires") };
	one->counter.answer = json_is_integer(answer) ? COUNTERS_NUMBER : counter_reason(text(o, "reason"));
	one->counter.value = json_is_integer(answer) ? (int64_t)json_integer_value(answer) : integer(o, "last");
	return true;
}

static enum rates_answer
rate_answer(const json_t *o)
{
	const json_t *answer = json_object_get(o, "answer");

	if (json_is_boolean(answer))
		return json_is_true(answer) ? RATES_TAKEN : RATES_WAIT;
	for (enum rates_answer a = RATES_FULL; a < RATES_NONE; a++)
		if (strcmp(rates_reason(a), text(o, "reason")) == 0)
			return a;
	return RATES_NONE;
}

/* The tokens before the take; null is a full bucket. NAN: not recorded, so that other terms cannot be judged. */
static double
left_of(const json_t *o)
{
	const json_t *left = json_object_get(o, "left");

	return json_is_number(left) ? json_number_value(left) : left != NULL ? INFINITY : NAN;
}

static bool
take_rate(struct answer_tape *t, const json_t *o)
{
	char name[ANSWER_TAPE_NAME];
	struct taped *one = answer_tape_add(t, TAPED_TAKE, name_of(o, name));

	if (one == NULL)
		return false;
	one->rate.terms = (struct rate_terms){ .count = number(o, "count"), .per = number(o, "per"), .burst = number(o, "burst") };
	one->rate.n = number(o, "n");
	one->rate.answer = rate_answer(o);
	one->rate.got = (struct rate_take){ .left = left_of(o), .wait = number(o, "wait") };
	return true;
}

/* --- ipconns ---------------------------------------------------------------------------------- */

static enum connstatus
connstatus_of(const char *word)
{
	for (enum connstatus s = CONN_RELEASED; s <= CONN_FREEING; s++)
		if (strcmp(resource_connstatus(s), word) == 0)
			return s;
	return CONN_RELEASED;
}

static void
set_attribute(struct ipconn_def *d, const char *name, const json_t *value)
{
	const struct attribute *a = attribute_find(resource_ipconn, name);
	struct fault none;

	if (a == NULL)
		return;
	if (json_is_string(value))
		attribute_set_text(a, d, json_string_value(value), json_string_length(value), &none);
	else if (json_is_number(value))
		attribute_set_number(a, d, json_number_value(value), &none);
}

/* Attributes with their default are not in the account. */
static void
read_view(struct ipconn_view *v, const json_t *o)
{
	const char *name;
	json_t *value;

	*v = (struct ipconn_view){ .inservice = strcmp(text(o, "servstatus"), "OUTSERVICE") != 0, .connstatus = connstatus_of(text(o, "connstatus")),
		.autoinstalled = json_is_true(json_object_get(o, "autoinstalled")) };
	attribute_defaults(resource_ipconn, &v->def);
	snprintf(v->def.ipconn, sizeof v->def.ipconn, "%s", text(o, "ipconn"));
	if (v->autoinstalled)
		snprintf(v->template, sizeof v->template, "%s", text(o, "template"));
	json_object_foreach((json_t *)o, name, value)
		if (!v->autoinstalled || strcmp(name, "template") != 0)
			set_attribute(&v->def, name, value);
}

static bool
take_ipconn(struct answer_tape *t, const json_t *o)
{
	struct taped *one = answer_tape_add(t, TAPED_IPCONN, text(o, "name"));
	const json_t *answer = json_object_get(o, "answer");
	struct ipconn_view v;

	if (one == NULL || !json_is_object(answer))
		return one != NULL;
	read_view(&v, answer);
	one->ipconn = answer_tape_then(&v);
	return true;
}

static bool
take_ipconns(struct answer_tape *t, const json_t *o)
{
	const json_t *answer = json_object_get(o, "answer");
	size_t n = json_array_size(answer);
	struct ipconn_view view[ANSWER_TAPE_MEMBERS];
	char filter[ANSWER_TAPE_NAME];

	if (n > ANSWER_TAPE_MEMBERS)
		return false;
	for (size_t i = 0; i < n; i++)
		read_view(&view[i], json_array_get(answer, i));
	answer_tape_filter(filter, json_string_value(json_object_get(o, "applid")), json_string_value(json_object_get(o, "networkid")));
	answer_tape_add_list(t, filter, view, n);
	return !t->full;
}

/* --- all -------------------------------------------------------------------------------------- */

/* The saf answers by the candidate's profiles, so that its recorded answers are no items. */
static bool
take(struct answer_tape *t, const json_t *o)
{
	const char *asked = text(o, "asked");

	if (strcmp(asked, "counter.next") == 0)
		return take_counter(t, TAPED_NEXT, o);
	if (strcmp(asked, "counter.peek") == 0)
		return take_counter(t, TAPED_PEEK, o);
	if (strcmp(asked, "rate.take") == 0)
		return take_rate(t, o);
	if (strcmp(asked, "ipconn") == 0)
		return take_ipconn(t, o);
	return strcmp(asked, "ipconns") != 0 || take_ipconns(t, o);
}

bool
past_answers(const struct past_question *q, struct answer_tape *t)
{
	bool whole = !json_is_true(json_object_get(q->account, "incomplete"));
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(q->account, "answers"), i, one)
		whole = take(t, one) && whole;
	return whole;
}
