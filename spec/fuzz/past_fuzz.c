/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes that are read as the account of a connection: the reader of accounts has the values that Jansson has, and no
 * text makes the reader of a past connection fail.
 */
#include "candidate/past.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
compare_members(const json_t *object, struct account_value v)
{
	for (struct account_value one = account_first(v); account_has(one); one = account_next(v, one)) {
		json_t *same = json_object_get(object, account_name(one));

		assert(same != NULL || strlen(account_name(one)) == 0 || json_object_size(object) < account_count(v));
	}
	assert(json_object_size(object) <= account_count(v));
}

static void compare(const json_t *is, struct account_value v);

static void
compare_list(const json_t *list, struct account_value v)
{
	assert(json_array_size(list) == account_count(v));
	for (size_t i = 0; i < json_array_size(list) && i < 100; i++)
		compare(json_array_get(list, i), account_at(v, i));
}

/* Jansson keeps the last of two members of one name. */
static void
compare_object(json_t *object, struct account_value v)
{
	const char *name;
	json_t *member;

	compare_members(object, v);
	if (json_object_size(object) < account_count(v))
		return;
	json_object_foreach(object, name, member)
		compare(member, account_member(v, name));
}

/* strlen ends a text with a NUL in it: lengths are compared. */
static void
compare(const json_t *is, struct account_value v)
{
	assert(account_has(v));
	assert(json_is_true(is) == account_is_true(v) && json_is_false(is) == account_is_false(v));
	assert(json_is_integer(is) == account_is_integer(v) && json_is_number(is) == account_is_number(v));
	assert(!json_is_integer(is) || json_integer_value(is) == account_integer(v));
	assert(!json_is_number(is) || fabs(json_number_value(is) - account_number(v)) <= 0);
	assert(json_is_string(is) == (account_text(v) != NULL));
	assert(!json_is_string(is) || json_string_length(is) == account_length(v));
	assert(!json_is_string(is) || memcmp(json_string_value(is), account_text(v), account_length(v)) == 0);
	if (json_is_array(is))
		compare_list(is, v);
	if (json_is_object(is))
		compare_object((json_t *)is, v);
}

/* Reads all that a replay reads. */
static void
look(const struct account *account)
{
	struct past p;
	struct fault f;

	if (past_read(&p, account, &f) < 0)
		return;
	assert(strlen(p.facts.connection) < sizeof p.facts.connection && strlen(p.facts.capex.applid) < sizeof p.facts.capex.applid);
	for (size_t i = 0; i < p.questions; i++) {
		struct answer_tape t = { .door = DOOR_ADMIT };
		struct request q;
		struct past one = p;
		size_t bytes;

		past_answers(&p.question[i], &t);
		assert(t.n <= ANSWER_TAPE_MAX);
		answer_tape_free(&t);
		past_request(&p.question[i], &q, &bytes);
		past_try(&one, &p.question[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool nul = memchr(data, '\0', size) != NULL; /* Jansson reads on behind a NUL, which is no JSON */
	json_t *whole = nul ? NULL : json_loadb((const char *)data, size, JSON_ALLOW_NUL, NULL);
	struct account a = { .n = 0 };
	int rc = account_read(&a, (const char *)data, size);

	assert(whole == NULL || rc == 0);
	if (whole != NULL)
		compare(whole, account_root(&a));
	look(&a);
	account_read(&a, "[]", 2); /* its memory is used again */
	assert(account_count(account_root(&a)) == 0);
	account_free(&a);
	json_decref(whole);
	return 0;
}
