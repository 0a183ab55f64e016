/* SPDX-License-Identifier: Apache-2.0 */
#include "config/attribute.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUOTE_SIZE 72 /* how many bytes of a wrong value a message shows */

static char *
text_of(const struct attribute *a, const void *object)
{
	return (char *)(uintptr_t)object + a->offset;
}

static int *
int_of(const struct attribute *a, const void *object)
{
	return (int *)(void *)text_of(a, object);
}

static double *
seconds_of(const struct attribute *a, const void *object)
{
	return (double *)(void *)text_of(a, object);
}

const struct attribute *
attribute_find(const struct attribute *table, const char *name)
{
	for (; table->name != NULL; table++)
		if (*table->name == *name && strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

const char *
attribute_nearest(const struct attribute *table, const char *name)
{
	const char *best = NULL;
	unsigned least_far = NEAR_NONE;

	for (; table->name != NULL; table++) {
		unsigned d = near_distance(table->name, name);

		if (d < least_far) {
			least_far = d;
			best = table->name;
		}
	}
	return best;
}

/* --- what is allowed --- */

static void
allowed_choices(const struct attribute *a, char *out, size_t size)
{
	const char *const *c = a->choices;
	size_t n = 0;

	for (c += **c == '\0'; *c != NULL && n < size; c++) {
		const char *join = c[1] == NULL ? "" : c[2] == NULL ? " or " : ", ";

		n += (size_t)snprintf(out + n, size - n, "%s%s", *c, join);
	}
}

const char *
attribute_allowed(const struct attribute *a, char *out, size_t size)
{
	out[0] = '\0';
	if (a->form != NULL)
		snprintf(out, size, "%s", a->form);
	else if (a->kind == ATTR_NAME)
		snprintf(out, size, "1 to %zu of A-Z 0-9 $ @ #", a->size - 1);
	else if (a->kind == ATTR_SCRIPT)
		snprintf(out, size, "a script's name, a-z 0-9 _ with at most one / and without .lua, or no");
	else if (a->kind == ATTR_INT)
		snprintf(out, size, "%s%s%.0f to %.0f", a->no ? a->no : "", a->no ? " or " : "", a->min, a->max);
	else if (a->kind == ATTR_SECONDS)
		snprintf(out, size, a->min > 0 ? "more than 0 and at most %.0f seconds" : "0 to %.0f seconds", a->max);
	else if (a->kind == ATTR_CHOICE)
		allowed_choices(a, out, size);
	else
		snprintf(out, size, "%.0f to %.0f bytes without control characters", a->min, a->max);
	return out;
}

static int
refuse_text(const struct attribute *a, const char *value, size_t len, struct fault *f)
{
	char allowed[160], quoted[QUOTE_SIZE];

	return fault_set(f, "%s is \"%s\"; it must be %s", a->name, text_printable(quoted, sizeof quoted, value, len),
		attribute_allowed(a, allowed, sizeof allowed));
}

/* --- setting --- */

static bool
name_byte(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '$' || c == '@' || c == '#';
}

static int
set_name(const struct attribute *a, char *to, const char *value, size_t len, struct fault *f)
{
	char folded[64];

	if (len == 0 || len >= a->size || len >= sizeof folded)
		return refuse_text(a, value, len, f);
	for (size_t i = 0; i < len; i++) {
		folded[i] = (char)toupper((unsigned char)value[i]);
		if (!name_byte((unsigned char)folded[i]))
			return refuse_text(a, value, len, f);
	}
	folded[len] = '\0';
	if (a->fits != NULL && !a->fits(folded))
		return refuse_text(a, value, len, f);
	memcpy(to, folded, len + 1);
	return 0;
}

static int
set_text(const struct attribute *a, char *to, const char *value, size_t len, struct fault *f)
{
	char copy[1024];

	if ((double)len < a->min || (double)len > a->max || len >= a->size || len >= sizeof copy)
		return refuse_text(a, value, len, f);
	for (size_t i = 0; i < len; i++)
		if (iscntrl((unsigned char)value[i]))
			return refuse_text(a, value, len, f);
	memcpy(copy, value, len);
	copy[len] = '\0';
	if (a->fits != NULL && !a->fits(copy))
		return refuse_text(a, value, len, f);
	memcpy(to, copy, len + 1);
	return 0;
}

/* DFH$ISAI is the name of a program in CICS and dfh_isai.lua the name of a file here; both names mean the script. */
static char
script_byte(char c)
{
	return c == '$' ? '_' : (char)tolower((unsigned char)c);
}

static bool
script_ok(const char *s, size_t len)
{
	size_t slashes = 0;

	for (size_t i = 0; i < len; i++) {
		char c = s[i];

		slashes += c == '/';
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '/'))
			return false;
	}
	return len > 0 && slashes <= 1 && s[0] != '/' && s[len - 1] != '/';
}

static int
set_script(const struct attribute *a, char *to, const char *value, size_t len, struct fault *f)
{
	char folded[128];

	if (len >= a->size || len >= sizeof folded)
		return refuse_text(a, value, len, f);
	for (size_t i = 0; i < len; i++)
		folded[i] = script_byte(value[i]);
	folded[len] = '\0';
	if (!script_ok(folded, len))
		return refuse_text(a, value, len, f);
	if (strcmp(folded, "no") == 0)
		folded[0] = '\0';
	memcpy(to, folded, strlen(folded) + 1);
	return 0;
}

static int
set_choice(const struct attribute *a, int *to, const char *value, size_t len, struct fault *f)
{
	for (int i = 0; a->choices[i] != NULL; i++)
		if (len > 0 && strlen(a->choices[i]) == len && strncasecmp(a->choices[i], value, len) == 0) {
			*to = i;
			return 0;
		}
	return refuse_text(a, value, len, f);
}

static int
set_digits(const struct attribute *a, void *object, const char *value, size_t len, struct fault *f)
{
	char digits[32], *end;
	double n;

	if (a->no != NULL && strlen(a->no) == len && strncasecmp(a->no, value, len) == 0) {
		*int_of(a, object) = -1;
		return 0;
	}
	if (len == 0 || len >= sizeof digits)
		return refuse_text(a, value, len, f);
	memcpy(digits, value, len);
	digits[len] = '\0';
	n = strtod(digits, &end);
	if (strspn(digits, "0123456789.") < len || *end != '\0' || end == digits)
		return refuse_text(a, value, len, f);
	return attribute_set_number(a, object, n, f);
}

int
attribute_set_text(const struct attribute *a, void *object, const char *value, size_t len, struct fault *f)
{
	switch (a->kind) {
	case ATTR_NAME:
		return set_name(a, text_of(a, object), value, len, f);
	case ATTR_TEXT:
	case ATTR_WORDS:
	case ATTR_MAP:
	case ATTR_PATH:
		return set_text(a, text_of(a, object), value, len, f);
	case ATTR_SCRIPT:
		return set_script(a, text_of(a, object), value, len, f);
	case ATTR_CHOICE:
		return set_choice(a, int_of(a, object), value, len, f);
	case ATTR_INT:
	case ATTR_SECONDS:
		return set_digits(a, object, value, len, f);
	}
	return fault_set(f, "%s cannot be set", a->name);
}

static int
refuse_number(const struct attribute *a, double value, struct fault *f)
{
	char allowed[160];

	return fault_set(f, "%s is %.14g; it must be %s", a->name, value, attribute_allowed(a, allowed, sizeof allowed));
}

int
attribute_set_number(const struct attribute *a, void *object, double value, struct fault *f)
{
	if (a->kind != ATTR_INT && a->kind != ATTR_SECONDS)
		return refuse_number(a, value, f);
	if (!isfinite(value) || value < a->min || value > a->max)
		return refuse_number(a, value, f);
	if (a->kind == ATTR_SECONDS) {
		*seconds_of(a, object) = value;
		return 0;
	}
	if (value != floor(value))
		return refuse_number(a, value, f);
	*int_of(a, object) = (int)value;
	return 0;
}

static void
set_nothing(const struct attribute *a, void *object)
{
	if (a->kind == ATTR_INT || a->kind == ATTR_CHOICE)
		*int_of(a, object) = 0;
	else if (a->kind == ATTR_SECONDS)
		*seconds_of(a, object) = -1;
	else
		memset(text_of(a, object), 0, a->size);
}

void
attribute_defaults(const struct attribute *table, void *object)
{
	for (; table->name != NULL; table++) {
		set_nothing(table, object);
		if (table->value != NULL)
			attribute_set_text(table, object, table->value, strlen(table->value), NULL);
	}
}

/* --- showing --- */

static void
print_upper(char *out, size_t size, const char *text)
{
	size_t n = 0;

	for (; text[n] != '\0' && n + 1 < size; n++)
		out[n] = (char)toupper((unsigned char)text[n]);
	out[n] = '\0';
}

const char *
attribute_print(const struct attribute *a, const void *object, char *out, size_t size)
{
	double number;

	if (a->kind == ATTR_CHOICE)
		print_upper(out, size, a->choices[*int_of(a, object)]);
	else if (attribute_number(a, object, &number))
		snprintf(out, size, "%.10g", number);
	else if (a->kind == ATTR_INT)
		print_upper(out, size, a->no);
	else if (a->kind == ATTR_SECONDS)
		out[0] = '\0';
	else if (a->kind == ATTR_SCRIPT && *text_of(a, object) == '\0')
		snprintf(out, size, "NO");
	else
		snprintf(out, size, "%s", text_of(a, object));
	return out;
}

bool
attribute_number(const struct attribute *a, const void *object, double *number)
{
	double n;

	if (a->kind == ATTR_INT)
		n = *int_of(a, object);
	else if (a->kind == ATTR_SECONDS)
		n = *seconds_of(a, object);
	else
		return false;
	if (n < 0 && (a->kind == ATTR_SECONDS || a->no != NULL))
		return false;
	*number = n;
	return true;
}

bool
attribute_same(const struct attribute *a, const void *was, const void *now)
{
	const char *x = (const char *)was + a->offset, *y = (const char *)now + a->offset;
	double p, q;

	if (a->kind == ATTR_INT || a->kind == ATTR_CHOICE)
		return memcmp(x, y, sizeof(int)) == 0;
	if (a->kind != ATTR_SECONDS)
		return strcmp(x, y) == 0;
	memcpy(&p, x, sizeof p);
	memcpy(&q, y, sizeof q);
	return p == q;
}

bool
attribute_all_same(const struct attribute *table, const void *was, const void *now)
{
	for (const struct attribute *a = table; a->name != NULL; a++)
		if (!attribute_same(a, was, now))
			return false;
	return true;
}
