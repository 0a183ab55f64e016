/* SPDX-License-Identifier: Apache-2.0 */
#include "client/explain_store.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_SIZE 256

/* The value of a text of the store (policy/lhost_store.c). A new reference. */
static json_t *
value_of(const char *text)
{
	if (text[0] == 's')
		return json_string(text + 1);
	if (text[0] == 'f')
		return json_real(strtod(text + 1, NULL));
	if (text[0] == 'b')
		return json_boolean(text[1] == '1');
	if (text[0] == 'j')
		return json_loads(text + 1, JSON_DECODE_ANY, NULL);
	return json_integer(strtoll(text, NULL, 10));
}

/* The step of "store.incr KEY by N". */
static json_int_t
step_of(const char *call)
{
	const char *by = strstr(call, " by ");

	return by != NULL ? strtoll(by + 4, NULL, 10) : 1;
}

/* The value before the call; NULL: there was none, or nobody knows it. */
static json_t *
value_before(const char *asked, const char *call, const char *answer, bool none)
{
	if (strcmp(asked, "store.get") == 0)
		return none ? NULL : value_of(answer);
	if (strcmp(asked, "store.incr") == 0)
		return json_integer(strtoll(answer, NULL, 10) - step_of(call));
	if (strcmp(asked, "store.add_if_absent") == 0)
		return none ? json_true() : NULL;
	if (strcmp(asked, "store.delete") == 0)
		return answer[0] == '1' ? json_true() : NULL;
	return NULL;
}

/* The key of "store.get KEY": the words between the function and the text after the key. */
static void
key_of(const char *call, char key[KEY_SIZE])
{
	const char *from = strchr(call, ' '), *to, *by;

	from = from != NULL ? from + 1 : "";
	to = strstr(from, " #");
	by = strstr(from, " by ");
	if (to == NULL)
		to = by != NULL && strncmp(call, "store.incr ", 11) == 0 ? by : from + strlen(from);
	snprintf(key, KEY_SIZE, "%.*s", (int)(to - from), from);
}

/* The counter or rate of "counter(NAME):next ..." as it was before the call. */
static void
put_count(json_t *mock, const char *asked, const char *call, const char *answer)
{
	bool rate = strcmp(asked, "store.rate.take") == 0;
	const char *from = strchr(call, '('), *to = strstr(call, "):"), *number = strchr(answer, ' ');
	json_t *part = json_object_get(mock, rate ? "rates" : "counters");
	char name[KEY_SIZE];

	if (from == NULL || to == NULL || number == NULL || strncmp(answer, "other", 5) == 0)
		return;
	snprintf(name, sizeof name, "%.*s", (int)(to - from - 1), from + 1);
	if (json_object_get(part, name) != NULL)
		return;
	if (rate)
		json_object_set_new(part, name, json_real(strtod(number, NULL) > 0 ? strtod(number, NULL) : 0));
	else
		json_object_set_new(part, name, json_integer(strtoll(number, NULL, 10) - (strcmp(asked, "store.counter.next") == 0 && answer[0] == 'n')));
}

void
explain_store_put(json_t *mock, const json_t *a)
{
	const char *asked = json_string_value(json_object_get(a, "asked")), *call = json_string_value(json_object_get(a, "call"));
	const char *answer = json_string_value(json_object_get(a, "answer"));
	json_t *store = json_object_get(mock, "store");
	char key[KEY_SIZE];
	json_t *before;

	if (call == NULL || answer == NULL)
		return;
	if (store == NULL) {
		store = json_object();
		json_object_set_new(mock, "store", store);
	}
	if (strncmp(asked, "store.counter.", 14) == 0 || strncmp(asked, "store.rate.", 11) == 0) {
		put_count(mock, asked, call, answer);
		return;
	}
	key_of(call, key);
	before = json_object_get(store, key) == NULL ? value_before(asked, call, answer, json_integer_value(json_object_get(a, "status")) == 0) : NULL;
	if (before != NULL)
		json_object_set_new(store, key, before);
}
