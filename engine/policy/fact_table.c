/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/fact_table.h"

#include "base/near.h"
#include "base/text.h"
#include "config/attribute.h"
#include "config/resource.h"

#include <stdio.h>
#include <string.h>

/* --- the forms of texts --- */

static bool
name_fits(const char *bytes, size_t len)
{
	return name_ok(bytes, len);
}

static bool
blank_or_name_fits(const char *bytes, size_t len)
{
	return len == 0 || name_ok(bytes, len);
}

static bool
tran_fits(const char *bytes, size_t len)
{
	return len < TRAN_SIZE && name_ok(bytes, len);
}

static bool
address_fits(const char *bytes, size_t len)
{
	struct addr a;

	return strlen(bytes) == len && addr_parse(&a, bytes, 0) == 0;
}

static bool
hex_fits(const char *bytes, size_t len)
{
	return strspn(bytes, "0123456789ABCDEF") == len;
}

static bool
sha256_fits(const char *bytes, size_t len)
{
	return len == 64 && strspn(bytes, "0123456789abcdef") == len;
}

/* --- the table --- */

#define CVDA_NAME "1 to 8 of A-Z, 0-9, $, @ and #"
#define WHOLE 9007199254740992.0 /* 2^53: a double holds each whole number up to it */

#define NO_LIST .kind = FACT_NOTHING
#define NOTES .kind = FACT_NOTE
#define TABLE(s) .kind = FACT_TABLE, .of = SHAPE_##s
#define FLAG .kind = FACT_FLAG
#define SECONDS .kind = FACT_NUMBER
#define RANGE(least, most) .kind = FACT_INTEGER, .min = least, .max = most
#define INTEGER RANGE(-WHOLE, WHOLE)
#define COUNT RANGE(0, WHOLE)
#define PORT RANGE(1, 65535)
#define PORT_OR_NONE RANGE(-1, 65535), .not_zero = true
#define SESSIONS RANGE(0, 999)
#define SOCKETS RANGE(1, 2)
#define TEXT(most) .kind = FACT_TEXT, .max = most
#define ANY_TEXT TEXT(WHOLE)
#define WORD(list) ANY_TEXT, .words = list
#define FORM(check, said) ANY_TEXT, .fits = check, .form = said
#define NAME FORM(name_fits, CVDA_NAME)
#define BLANK_OR_NAME FORM(blank_or_name_fits, CVDA_NAME ", or \"\"")
#define TRAN FORM(tran_fits, "1 to 4 of A-Z, 0-9, $, @ and #")
#define ADDRESS FORM(address_fits, "a numeric IP address")
#define HEX FORM(hex_fits, "hexadecimal digits in upper case")
#define SHA256 FORM(sha256_fits, "64 hexadecimal digits in lower case")

static const struct fact_row rows[FACT_COUNT] = {
#define X(s, member, t, in, out, w) \
	[FACT_##s##_##member] = { SHAPE_##s, #member, { t }, { [WAY_IN] = in, [WAY_OUT] = (out) & DOORS_OUT }, w },
	FACTS(X)
#undef X
};

static const struct {
	const char *label;
	struct fact_type element;
} shapes[SHAPE_COUNT] = {
#define X(s, label, e) [SHAPE_##s] = { label, { e } },
	SHAPES(X)
#undef X
};

const struct fact_row *
fact_row(enum fact f)
{
	return &rows[f];
}

const char *
fact_shape_label(enum shape s)
{
	return shapes[s].label;
}

const struct fact_type *
fact_shape_element(enum shape s)
{
	return &shapes[s].element;
}

const struct fact_row *
fact_shape_member(enum shape s, const char *name)
{
	for (size_t i = 0; i < FACT_COUNT; i++)
		if (rows[i].shape == s && strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

size_t
fact_shape_names(enum shape s, const char *out[SHAPE_NAMES])
{
	const struct attribute *a = resource_ipconn;
	size_t n = 0;

	for (size_t i = 0; i < FACT_COUNT && n < SHAPE_NAMES - 1; i++)
		if (rows[i].shape == s)
			out[n++] = rows[i].name;
	for (; s == SHAPE_ipconn && a->name != NULL && n < SHAPE_NAMES - 1; a++)
		if (fact_shape_member(s, a->name) == NULL)
			out[n++] = a->name;
	out[n] = NULL;
	return n;
}

/* --- sentences --- */

/* Whether the member is of the facts of a door. */
static bool
is_fact(const struct fact_row *r)
{
	return (r->doors[WAY_IN] | r->doors[WAY_OUT]) != 0;
}

/* The first door of a set, in the order in which doors are asked. */
static enum door
first_door(unsigned doors)
{
	enum door d = 0;

	while (d < DOOR_COUNT - 1 && (doors >> d & 1) == 0)
		d++;
	return d;
}

const char *
fact_absent(const struct fact_row *r, enum door door, enum way way, char *out, size_t size)
{
	const char *label = fact_shape_label(r->shape);
	unsigned doors = r->doors[way];

	if (!is_fact(r))
		snprintf(out, size, "'%s' of %s is absent%s%s", r->name, label, r->when[0] != '\0' ? ": it is there " : "", r->when);
	else if (doors == 0)
		snprintf(out, size, "%s.%s is known way %s only", label, r->name, way == WAY_IN ? "out" : "in");
	else if ((doors >> door & 1) == 0)
		snprintf(out, size, "%s.%s is not known at %s; the first door that has it is %s", label, r->name, door_name(door),
			door_name(first_door(doors)));
	else
		snprintf(out, size, "%s.%s is absent here: %s has it%s%s", label, r->name, door_name(first_door(doors)),
			r->when[0] != '\0' ? " " : "", r->when);
	return out;
}

/* The member of that name of another table of facts, for a name in the wrong table (facts.applid). NULL: none. */
static const struct fact_row *
other_member(enum shape s, const char *key)
{
	const struct fact_row *found = NULL;

	for (size_t i = 0; i < FACT_COUNT && found == NULL; i++)
		if (rows[i].shape != s && is_fact(&rows[i]) && strncmp(fact_shape_label(rows[i].shape), "facts", 5) == 0 && strcmp(rows[i].name, key) == 0)
			found = &rows[i];
	return found;
}

static bool
has_facts(enum shape s)
{
	for (size_t i = 0; i < FACT_COUNT; i++)
		if (rows[i].shape == s)
			return is_fact(&rows[i]);
	return false;
}

const char *
fact_shape_unknown(enum shape s, const char *key, size_t len, char *out, size_t size)
{
	const char *names[SHAPE_NAMES], *near;
	const struct fact_row *other;
	char shown[64], list[120];
	size_t n = fact_shape_names(s, names);

	text_printable(shown, sizeof shown, key, len);
	near = near_word(names, key);
	other = near == NULL && has_facts(s) ? other_member(s, key) : NULL;
	text_list(names, list, sizeof list);
	if (n == 0)
		snprintf(out, size, "%s has no '%s'; it is a list", fact_shape_label(s), shown);
	else if (near != NULL)
		snprintf(out, size, "%s has no '%s'; is '%s' meant?", fact_shape_label(s), shown, near);
	else if (other != NULL)
		snprintf(out, size, "%s has no '%s'; is %s.%s meant?", fact_shape_label(s), shown, fact_shape_label(other->shape), other->name);
	else
		snprintf(out, size, "%s has no '%s'; it has %s%s", fact_shape_label(s), shown, list, strlen(list) + 1 == sizeof list ? "..." : "");
	return out;
}

/* --- values --- */

static bool
is_word(const char *words, const char *bytes, size_t len)
{
	size_t n;

	for (; *words != '\0'; words += n + (words[n] == ' ')) {
		n = strcspn(words, " ");
		if (n == len && memcmp(words, bytes, n) == 0)
			return true;
	}
	return false;
}

int
fact_fits_text(const struct fact_type *t, const char *bytes, size_t len, struct fault *f)
{
	char shown[64];

	text_printable(shown, sizeof shown, bytes, len);
	if (t->words != NULL && !is_word(t->words, bytes, len))
		return fault_set(f, "'%s' is not one of: %s", shown, t->words);
	if (t->fits != NULL && !t->fits(bytes, len))
		return fault_set(f, "'%s' is not %s", shown, t->form);
	if ((double)len > t->max)
		return fault_set(f, "has %zu bytes; it has at most %.0f", len, t->max);
	return 0;
}

int
fact_fits_integer(const struct fact_type *t, long long value, struct fault *f)
{
	if ((double)value < t->min || (double)value > t->max || (t->not_zero && value == 0))
		return fault_set(f, "is %lld; it is %.0f to %.0f%s", value, t->min, t->max, t->not_zero ? ", not 0" : "");
	return 0;
}

const char *
fact_kind_name(enum fact_kind k)
{
	static const char *const names[] = {
		[FACT_NOTHING] = "nothing", [FACT_TEXT] = "a string", [FACT_INTEGER] = "a whole number", [FACT_NUMBER] = "a number",
		[FACT_FLAG] = "true or false", [FACT_TABLE] = "a table", [FACT_NOTE] = "a string, a number or a boolean",
	};

	return names[k];
}
