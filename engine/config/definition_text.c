/* SPDX-License-Identifier: Apache-2.0 */
#include "config/definition_text.h"

#include <string.h>

#include "base/luatext.h"
#include "base/text.h"
#include "config/definition_place.h"
#include "config/definition_view.h"

/* A string as a literal of Lua. */
static int
put_string(struct buf *out, const char *text, size_t len)
{
	char piece[LUATEXT_ESCAPED];
	int rc = buf_add(out, "\"", 1);

	for (size_t i = 0; i < len; i++)
		rc |= buf_add(out, piece, luatext_escape(piece, (unsigned char)text[i]));
	return rc | buf_add(out, "\"", 1);
}

/* Words with a blank between two, as a list of strings. */
static int
put_list(struct buf *out, const char *words)
{
	int rc = buf_add(out, "{ ", 2);

	while (*words != '\0') {
		size_t n = strcspn(words, " ");

		rc |= put_string(out, words, n);
		words += n;
		rc |= buf_printf(out, "%s", *words == ' ' ? ", " : "");
		words += *words == ' ';
	}
	return rc | buf_add(out, " }", 2);
}

/* Words NAME=VALUE with a blank between two, as a table. */
static int
put_map(struct buf *out, const char *words)
{
	int rc = buf_add(out, "{ ", 2);

	while (*words != '\0') {
		size_t n = strcspn(words, " "), name = strcspn(words, "=");

		rc |= buf_printf(out, "[\"%.*s\"] = ", (int)name, words) | put_string(out, words + name + 1, n - name - 1);
		words += n;
		rc |= buf_printf(out, "%s", *words == ' ' ? ", " : "");
		words += *words == ' ';
	}
	return rc | buf_add(out, " }", 2);
}

/* { "SCRIPT", name = value }: the text of the parameters is a table already. */
static int
put_script(struct buf *out, const char *script, const struct params *p)
{
	int rc = buf_add(out, "{ ", 2) | put_string(out, script, strlen(script));

	return rc | buf_printf(out, ", %s", p->text + strspn(p->text, "{ "));
}

static int
put_value(struct buf *out, const struct definition *d, const struct definition_view *v, const struct attribute *a, const char *value)
{
	const struct params *p = definition_view_params(d, v, a);
	double number;

	if (attribute_number(a, &v->of, &number))
		return buf_printf(out, "%s", value);
	if (a->kind == ATTR_WORDS)
		return put_list(out, value);
	if (a->kind == ATTR_MAP)
		return put_map(out, value);
	return p != NULL ? put_script(out, value, p) : put_string(out, value, strlen(value));
}

/* A default that is a path depends on the directory of the file: it is written out, for a text in another directory. */
static int
put_attribute(struct buf *out, const struct definition *d, const struct definition_view *v, const struct attribute *a)
{
	bool given = definition_view_given(v, a), written = given || a->kind == ATTR_PATH;
	char value[DEFINITION_VIEW_VALUE];
	int rc;

	definition_view_value(v, a, value);
	if (value[0] == '\0' && !given)
		return buf_printf(out, "  -- %s: none\n", a->name);
	rc = buf_printf(out, "  %s%s = ", written ? "" : "-- ", a->name);
	return rc | put_value(out, d, v, a, value) | buf_printf(out, ",%s\n", written && !given ? " -- default" : "");
}

static int
put_resource(struct buf *out, const struct definition *d, const struct definition_view *v)
{
	const char *file = definition_place_file(d, v->line);
	char printed[2 * PATH_SIZE];
	int rc = buf_printf(out, "\n-- %s:%d\n%s ", text_printable(printed, sizeof printed, file, strlen(file)), definition_place_line(v->line), v->kind);

	if (v->name[0] != '\0')
		rc |= buf_printf(out, "\"%s\" ", v->name);
	rc |= buf_add(out, "{\n", 2);
	for (const struct attribute *a = v->rows; a->name != NULL; a++)
		rc |= put_attribute(out, d, v, a);
	return rc | buf_add(out, "}\n", 2);
}

int
definition_text(const struct definition *d, struct buf *out)
{
	int rc = buf_printf(out, "-- The definition as the region understands it. A key in a comment is not given and has its default.\n");
	struct definition_view v;

	for (size_t i = 0; i < definition_view_count(d) && rc == 0; i++) {
		definition_view_at(d, i, &v);
		rc = put_resource(out, d, &v);
	}
	return rc;
}
