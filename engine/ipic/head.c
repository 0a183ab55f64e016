/* SPDX-License-Identifier: Apache-2.0 */
#include "ipic/head.h"

#include "ipic/request.h"

#include <string.h>

struct place { /* in the head */
	const char *p, *end;
};

enum member { TRAN, PROGRAM, USERID, PASSWORD, HOPS, MEMBERS };

static void
skip_blanks(struct place *at)
{
	while (at->p < at->end && (*at->p == ' ' || *at->p == '\t' || *at->p == '\n' || *at->p == '\r'))
		at->p++;
}

/* Takes c and the blanks behind it. */
static bool
take(struct place *at, char c)
{
	if (at->p == at->end || *at->p != c)
		return false;
	at->p++;
	skip_blanks(at);
	return true;
}

static bool
take_string(struct place *at, struct json_body_text *t)
{
	const char *begin = at->p + 1, *p = begin;

	if (at->p == at->end || *at->p != '"')
		return false;
	while (p < at->end && *p >= ' ' && *p <= '~' && *p != '"' && *p != '\\')
		p++;
	*t = (struct json_body_text){ begin, (size_t)(p - begin) };
	at->p = p;
	return take(at, '"');
}

static bool
take_hops(struct place *at, int *hops)
{
	if (at->p == at->end || *at->p < '0' || *at->p > '0' + HOPS_MAX)
		return false;
	*hops = *at->p++ - '0';
	skip_blanks(at); /* the next character must be a comma or the end of the object */
	return true;
}

/* MEMBERS: none of them. */
static enum member
member_of(struct json_body_text name)
{
	static const char *const names[MEMBERS] = { "tran", "program", "userid", "password", "hops" };
	int i = 0;

	while (i < MEMBERS && (strlen(names[i]) != name.len || memcmp(names[i], name.p, name.len) != 0))
		i++;
	return (enum member)i;
}

/* Takes a member's value; seen: the set of those before. */
static bool
take_value(struct place *at, struct head_members *m, enum member k, unsigned *seen)
{
	struct json_body_text *const texts[] = { &m->tran, &m->program, &m->userid, &m->password };

	if (k == MEMBERS || (*seen >> k & 1) != 0)
		return false;
	*seen |= 1u << k;
	if (k == HOPS)
		return take_hops(at, &m->hops);
	if (!take_string(at, texts[k]))
		return false;
	if (k != PASSWORD)
		json_body_trim(texts[k]);
	return true;
}

static bool
take_members(struct place *at, struct head_members *m)
{
	struct json_body_text name;
	unsigned seen = 0;

	do {
		if (!take_string(at, &name) || !take(at, ':') || !take_value(at, m, member_of(name), &seen))
			return false;
	} while (take(at, ','));
	return true;
}

bool
head_plain(struct head_members *m, const void *head, size_t len)
{
	struct place at = { head, (const char *)head + len };

	*m = (struct head_members){ .hops = 0 };
	skip_blanks(&at);
	return take(&at, '{') && take_members(&at, m) && take(&at, '}') && at.p == at.end;
}
