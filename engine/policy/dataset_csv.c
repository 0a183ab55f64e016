/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dataset_csv: a CSV file (RFC 4180): values between commas, a row a line, the first line has the names. A value in
 * quotes may have commas, line ends and doubled quotes; it is unquoted in place.
 */
#include "policy/dataset_internal.h"

#include <stdbool.h>
#include <string.h>

enum after { AFTER_COMMA, AFTER_LINE, AFTER_FILE, AFTER_FAULT }; /* what ended a value */

/* Steps over what follows a value: a comma, a line end, or the end of the file. */
static enum after
step(struct reading *r)
{
	if (r->at == r->end)
		return AFTER_FILE;
	if (*r->at == ',') {
		r->at++;
		return AFTER_COMMA;
	}
	r->at += *r->at == '\r' && r->at + 1 < r->end && r->at[1] == '\n';
	if (*r->at != '\n') {
		dataset_wrong(r, r->line, "there is text behind the closing quote of a value");
		return AFTER_FAULT;
	}
	r->at++;
	return AFTER_LINE;
}

/* A value in quotes; *at is behind the opening one. */
static enum after
take_quoted(struct reading *r, uint32_t *line, const char **value, size_t *len)
{
	uint32_t begun = *line;
	char *to = r->at;

	*value = to;
	for (; r->at < r->end; r->at++) {
		if (*r->at == '"' && r->at[1] != '"') {
			*len = (size_t)(to - *value);
			r->at++;
			return step(r);
		}
		*line += *r->at == '\n';
		r->at += *r->at == '"';
		*to++ = *r->at;
	}
	dataset_wrong(r, begun, "a value that begins with a quote has no closing one");
	return AFTER_FAULT;
}

static enum after
take_plain(struct reading *r, const char **value, size_t *len)
{
	*value = r->at;
	while (r->at < r->end && *r->at != ',' && *r->at != '\n' && *r->at != '"')
		r->at++;
	*len = (size_t)(r->at - *value);
	if (r->at < r->end && *r->at == '"') {
		dataset_wrong(r, r->line, "a quote stands in a value without quotes; write \"a \"\"b\"\" c\"");
		return AFTER_FAULT;
	}
	if ((r->at == r->end || *r->at == '\n') && *len > 0 && (*value)[*len - 1] == '\r')
		--*len;
	if (memchr(*value, '\r', *len) != NULL) { /* else a file whose lines end so would be a header without rows */
		dataset_wrong(r, r->line, "a line ends with CR alone; end it with LF or CR LF");
		return AFTER_FAULT;
	}
	return step(r);
}

/* Takes a value and what follows it; a line end within it is counted in *line. */
static enum after
take_value(struct reading *r, uint32_t *line, const char **value, size_t *len)
{
	enum after a;

	if (r->at < r->end && *r->at == '"') {
		r->at++;
		a = take_quoted(r, line, value, len);
	} else {
		a = take_plain(r, value, len);
	}
	if (a != AFTER_FAULT && memchr(*value, '\0', *len) != NULL) {
		dataset_wrong(r, r->line, "a value holds a NUL");
		return AFTER_FAULT;
	}
	return a;
}

/*
 * Objects to the marks of a file that separates its values by another character than a comma, or by a comma and a
 * blank.
 */
static int
check_name(struct reading *r, const char *name, size_t len)
{
	bool tab = memchr(name, '\t', len) != NULL;

	if (tab || memchr(name, ';', len) != NULL)
		return dataset_wrong(r, r->line, "the name of a column has a %s; a CSV file has commas between its values", tab ? "tab" : "';'");
	if (len > 0 && (name[0] == ' ' || name[len - 1] == ' '))
		return dataset_wrong(r, r->line, "the name '%.*s' of a column has a blank at its end; no blank stands beside a comma", (int)len, name);
	return 0;
}

static int
take_header(struct reading *r)
{
	uint32_t line = r->line;
	enum after a;

	do {
		size_t len = 0, before = r->d->columns;
		const char *name = NULL;

		a = take_value(r, &line, &name, &len);
		if (a == AFTER_FAULT || check_name(r, name, len) < 0 || dataset_column(r, name, len) < 0)
			return -1;
		if (r->d->columns == before)
			return dataset_wrong(r, r->line, "the header has the column '%.*s' twice", (int)len, name);
	} while (a == AFTER_COMMA);
	r->line = line + 1;
	return 0;
}

static int
take_row(struct reading *r)
{
	uint32_t line = r->line;
	size_t n = 0;
	enum after a;

	if (dataset_add_row(r, r->line) < 0)
		return -1;
	do {
		struct cell c = { .column = (uint8_t)n, .kind = CELL_TEXT };
		size_t len = 0;

		a = take_value(r, &line, &c.text, &len);
		c.len = (uint32_t)len;
		if (a == AFTER_FAULT)
			return -1;
		if (n++ < r->d->columns && dataset_add_cell(r, &c) < 0)
			return -1;
	} while (a == AFTER_COMMA);
	if (n != r->d->columns)
		return dataset_wrong(r, r->line, "the row has %zu %s, and the header has %zu %s", n, n == 1 ? "value" : "values", r->d->columns,
			r->d->columns == 1 ? "name" : "names");
	r->line = line + 1;
	return 0;
}

int
dataset_csv_read(struct reading *r)
{
	if (r->at == r->end)
		return dataset_wrong(r, 1, "the file is empty; its first line has the names of the columns");
	if (take_header(r) < 0)
		return -1;
	while (r->at < r->end)
		if (take_row(r) < 0)
			return -1;
	return 0;
}
