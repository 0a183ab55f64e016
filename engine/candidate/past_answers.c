/* SPDX-License-Identifier: Apache-2.0 */
/* past_answers: the answers in the account of a question, as items of an answer tape (policy/record_answer.h). */
#include "candidate/past.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/facts_json.h"

static const char *
text(struct account_value o, const char *name)
{
	const char *value = account_text(account_member(o, name));

	return value != NULL ? value : "";
}

static double
number(struct account_value o, const char *name)
{
	return account_number(account_member(o, name));
}

static int64_t
integer(struct account_value o, const char *name)
{
	return account_integer(account_member(o, name));
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
name_of(struct account_value o, char name[ANSWER_TAPE_NAME])
{
	struct account_value v = account_member(o, "name");

	facts_json_unescape(account_text(v), account_length(v), name, ANSWER_TAPE_NAME);
	return name;
}

static bool
take_counter(struct answer_tape *t, enum taped_kind kind, struct account_value o)
{
	char name[ANSWER_TAPE_NAME];
	struct taped *one = answer_tape_add(t, kind, name_of(o, name));
	struct account_value answer = account_member(o, "answer");

	if (one == NULL)
		return false;
	one->counter.use = (struct counter_use){ .min = integer(o, "min"), .max = integer(o, "max"), .wrap = account_is_true(account_member(o, "wrap")),
		.expires = number(o, "expires") };
	one->counter.answer = account_is_integer(answer) ? COUNTERS_NUMBER : counter_reason(text(o, "reason"));
	one->counter.value = account_is_integer(answer) ? account_integer(answer) : integer(o, "last");
	return true;
}

static enum rates_answer
rate_answer(struct account_value o)
{
	struct account_value answer = account_member(o, "answer");

	if (account_is_true(answer) || account_is_false(answer))
		return account_is_true(answer) ? RATES_TAKEN : RATES_WAIT;
	for (enum rates_answer a = RATES_FULL; a < RATES_NONE; a++)
		if (strcmp(rates_reason(a), text(o, "reason")) == 0)
			return a;
	return RATES_NONE;
}

/* The tokens before the take; null is a full bucket. NAN: not recorded, so that other terms cannot be judged. */
static double
left_of(struct account_value o)
{
	struct account_value left = account_member(o, "left");

	return account_is_number(left) ? account_number(left) : account_has(left) ? INFINITY : NAN;
}

static bool
take_rate(struct answer_tape *t, struct account_value o)
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
set_attribute(struct ipconn_def *d, const char *name, struct account_value value)
{
	const struct attribute *a = attribute_find(resource_ipconn, name);
	struct fault none;

	if (a == NULL)
		return;
	if (account_text(value) != NULL)
		attribute_set_text(a, d, account_text(value), account_length(value), &none);
	else if (account_is_number(value))
		attribute_set_number(a, d, account_number(value), &none);
}

/* Attributes with their default are not in the account. */
static void
read_view(struct ipconn_view *v, struct account_value o)
{
	*v = (struct ipconn_view){ .inservice = strcmp(text(o, "servstatus"), "OUTSERVICE") != 0, .connstatus = connstatus_of(text(o, "connstatus")),
		.autoinstalled = account_is_true(account_member(o, "autoinstalled")) };
	attribute_defaults(resource_ipconn, &v->def);
	snprintf(v->def.ipconn, sizeof v->def.ipconn, "%s", text(o, "ipconn"));
	if (v->autoinstalled)
		snprintf(v->template, sizeof v->template, "%s", text(o, "template"));
	for (struct account_value value = account_first(o); account_has(value); value = account_next(o, value))
		if (!v->autoinstalled || strcmp(account_name(value), "template") != 0)
			set_attribute(&v->def, account_name(value), value);
}

static bool
take_ipconn(struct answer_tape *t, struct account_value o)
{
	struct taped *one = answer_tape_add(t, TAPED_IPCONN, text(o, "name"));
	struct account_value answer = account_member(o, "answer");
	struct ipconn_view v;

	if (one == NULL || !account_is_object(answer))
		return one != NULL;
	read_view(&v, answer);
	one->ipconn = answer_tape_then(&v);
	return true;
}

static bool
take_ipconns(struct answer_tape *t, struct account_value o)
{
	struct account_value answer = account_member(o, "answer");
	size_t n = account_count(answer);
	struct ipconn_view view[ANSWER_TAPE_MEMBERS];
	char filter[ANSWER_TAPE_NAME];

	if (n > ANSWER_TAPE_MEMBERS)
		return false;
	n = 0;
	for (struct account_value one = account_first(answer); account_has(one); one = account_next(answer, one))
		read_view(&view[n++], one);
	answer_tape_filter(filter, account_text(account_member(o, "applid")), account_text(account_member(o, "networkid")));
	answer_tape_add_list(t, filter, view, n);
	return !t->full;
}

/* --- calls that wait -------------------------------------------------------------------------- */

static bool
take_resolve(struct answer_tape *t, struct account_value o)
{
	struct account_value names = account_member(o, "answer");
	struct waited *w = waited_recorded("resolve", text(o, "name"), text(o, "reason"), number(o, "milliseconds"));

	if (w == NULL)
		return false;
	for (struct account_value one = account_first(names); account_has(one); one = account_next(names, one))
		waited_add(w, account_text(one) != NULL ? account_text(one) : "");
	answer_tape_add_waited(t, w);
	waited_unref(w);
	return !t->full;
}

static bool
take_call(struct answer_tape *t, struct account_value o, const char *asked)
{
	struct account_value call = account_member(o, "call"), body = account_member(o, "answer");
	size_t room = account_length(body) + 1;
	char words[WAITED_CALL], *bytes = malloc(room);
	struct waited *w;

	facts_json_unescape(account_text(call), account_length(call), words, sizeof words);
	w = bytes != NULL ? waited_recorded(asked, words, text(o, "reason"), number(o, "milliseconds")) : NULL;
	if (w != NULL && w->why[0] == '\0')
		waited_answer(w, (int)integer(o, "status"), bytes, facts_json_unescape(account_text(body), account_length(body), bytes, room));
	if (w != NULL)
		answer_tape_add_waited(t, w);
	waited_unref(w);
	free(bytes);
	return w != NULL && !t->full;
}

/* --- all -------------------------------------------------------------------------------------- */

/* The saf answers by the candidate's profiles, so that its recorded answers are no items. */
static bool
take(struct answer_tape *t, struct account_value o)
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
	if (strcmp(asked, "http") == 0 || strncmp(asked, "store.", 6) == 0)
		return take_call(t, o, asked);
	if (strcmp(asked, "resolve") == 0)
		return take_resolve(t, o);
	return strcmp(asked, "ipconns") != 0 || take_ipconns(t, o);
}

bool
past_answers(const struct past_question *q, struct answer_tape *t)
{
	struct account_value list = account_member(q->account, "answers");
	bool whole = !account_is_true(account_member(q->account, "incomplete"));

	for (struct account_value one = account_first(list); account_has(one); one = account_next(list, one))
		whole = take(t, one) && whole;
	return whole;
}
