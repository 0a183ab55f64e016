/* SPDX-License-Identifier: Apache-2.0 */
#include "client/row_filter.h"

#include "base/text.h"
#include "conn/stages.h"
#include "config/resource.h"

#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#define STATES 6 /* members that tell a state */

bool
row_filter_is_pattern(const char *name)
{
	return strpbrk(name, "*?") != NULL;
}

/* The member that has the name of a row. */
static const char *
name_of(const char *what)
{
	static const struct {
		const char *what, *member;
	} others[] = { { "region", "applid" }, { "session", "ipconn" }, { "conversation", "ipconn" }, { "socket", "connection" },
		{ "statistics", "name" } };

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (strcmp(others[i].what, what) == 0)
			return others[i].member;
	return what;
}

static bool
fits(const char *what, const json_t *row, const char *pattern)
{
	const char *name = json_string_value(json_object_get(row, name_of(what)));

	return pattern == NULL || (name != NULL && fnmatch(pattern, name, FNM_CASEFOLD | FNM_NOESCAPE) == 0);
}

/* The value of the n-th member that can tell a state. NULL: the row has no such member. */
static const char *
state_of(const json_t *row, size_t n)
{
	static const char *const members[STATES] = { "connstatus", "servstatus", "openstatus", "status", "state", "stage" };

	return json_string_value(json_object_get(row, members[n]));
}

static bool
has_status(const json_t *row, const char *status)
{
	for (size_t i = 0; status != NULL && i < STATES; i++) {
		const char *value = state_of(row, i);

		if (value != NULL && strcasecmp(value, status) == 0)
			return true;
	}
	return status == NULL;
}

bool
row_filter_tells_status(const json_t *rows)
{
	json_t *row;
	size_t i;

	json_array_foreach((json_t *)rows, i, row)
		for (size_t n = 0; n < STATES; n++)
			if (state_of(row, n) != NULL)
				return true;
	return json_array_size(rows) == 0;
}

/* The states of a kind, NULL behind the last one. NULL: they are not known. */
static const char *const *
states_of(const char *what)
{
#define X(s) #s,
	static const char *const region[] = { "ACTIVE", "DRAINING", NULL }, *const service[] = { "OPEN", "CLOSED", NULL };
	static const char *const ipconn[] = { CONNSTATUS(X) "INSERVICE", "OUTSERVICE", NULL }, *const socket[] = { CONN_STAGES(X) NULL };
	static const char *const program[] = { "ENABLED", "DISABLED", NULL };
#undef X
	static const struct {
		const char *what;
		const char *const *states;
	} kinds[] = { { "region", region }, { "tcpipservice", service }, { "ipconn", ipconn }, { "socket", socket }, { "program", program },
		{ "transaction", program } };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i].what, what) == 0)
			return kinds[i].states;
	return NULL;
}

bool
row_filter_is_status(const char *what, const char *status, char *out, size_t size)
{
	const char *const *states = states_of(what);

	for (size_t i = 0; states != NULL && states[i] != NULL; i++)
		if (strcasecmp(states[i], status) == 0)
			return true;
	if (states != NULL)
		text_list(states, out, size);
	return states == NULL;
}

json_t *
row_filter_rows(const char *what, const json_t *rows, const char *pattern, const char *status)
{
	json_t *some = json_array(), *row;
	size_t i;

	json_array_foreach((json_t *)rows, i, row)
		if (fits(what, row, pattern) && has_status(row, status))
			json_array_append(some, row);
	return some;
}
