/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_line.h"

#include "base/name.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TAIL 32 /* bytes kept free for log_line_end */

static const struct {
	const char *id;
	char severity;
	const char *sentence;
} message_table[] = {
#define X(id, severity, sentence) [MSG_##id] = { #id, severity, sentence },
	MESSAGES(X)
#undef X
};

static void
put(struct log_line *l, const char *bytes, size_t n)
{
	if (l->n + n > sizeof l->text - TAIL) {
		l->cut = true;
		return;
	}
	memcpy(l->text + l->n, bytes, n);
	l->n += n;
}

static void
puts_(struct log_line *l, const char *s)
{
	put(l, s, strlen(s));
}

/*
 * In JSON the backslashes of this file's own escapes are escaped once more: a reader of JSON then sees the same text as
 * a reader of the text form.
 */
static void
put_byte(struct log_line *l, unsigned char c)
{
	const char *slash = l->format == LOG_JSON ? "\\\\" : "\\";
	char hex[4];

	if (c == '\\') {
		puts_(l, slash);
		puts_(l, slash);
	} else if (c == '"') {
		puts_(l, "\\\"");
	} else if (c >= 0x20 && c < 0x7f) {
		put(l, (char *)&c, 1);
	} else {
		puts_(l, slash);
		snprintf(hex, sizeof hex, "x%02x", c);
		puts_(l, hex);
	}
}

static void
put_value(struct log_line *l, const char *value)
{
	size_t n = strnlen(value, LOG_LINE_VALUE_MAX + 1);

	for (size_t i = 0; i < n && i < LOG_LINE_VALUE_MAX; i++)
		put_byte(l, (unsigned char)value[i]);
	if (n > LOG_LINE_VALUE_MAX)
		puts_(l, "...");
}

/* A text value is printed without quotes only when its end is unmistakable. */
static bool
needs_quotes(const char *value)
{
	return strpbrk(value, " \"=") != NULL;
}

static void
insert_text(struct log_line *l, const char *key, const char *value)
{
	const char *quote = needs_quotes(value) ? "\"" : "";

	puts_(l, " ");
	puts_(l, key);
	puts_(l, "=");
	puts_(l, quote);
	put_value(l, value);
	puts_(l, quote);
}

/* Is it a number of JSON: -12, 0, 3.25? */
static bool
is_number(const char *value)
{
	const char *p = value + (*value == '-');
	size_t whole = strspn(p, "0123456789"), part = 0;

	if (whole == 0 || (whole > 1 && *p == '0'))
		return false;
	p += whole;
	if (*p == '.') {
		part = strspn(p + 1, "0123456789");
		p += part > 0 ? part + 1 : 0;
	}
	return *p == '\0';
}

static void
json_pair(struct log_line *l, const char *key, const char *value, bool number)
{
	const char *quote = number && is_number(value) ? "" : "\"";

	puts_(l, ",\"");
	puts_(l, key);
	puts_(l, "\":");
	puts_(l, quote);
	put_value(l, value);
	puts_(l, quote);
}

/* Values that are one insert in text and two members in JSON. */
static const struct compound {
	const char *key;
	char between;
	const char *first, *second;
	bool number; /* the second is a number */
} compounds[] = {
	{ "applid", '.', "networkid", "applid", false },
	{ "at", ':', "file", "line", true },
};

static const struct compound *
compound_of(const char *key)
{
	for (size_t i = 0; i < sizeof compounds / sizeof compounds[0]; i++)
		if (strcmp(compounds[i].key, key) == 0)
			return &compounds[i];
	return NULL;
}

static void
insert_json(struct log_line *l, const char *key, const char *value, bool number)
{
	const struct compound *c = compound_of(key);
	const char *cut = c != NULL ? strrchr(value, c->between) : NULL;
	char first[PLACE_SIZE];

	if (cut == NULL || cut - value >= (ptrdiff_t)sizeof first) {
		json_pair(l, key, value, number);
		return;
	}
	snprintf(first, sizeof first, "%.*s", (int)(cut - value), value);
	json_pair(l, c->first, first, false);
	json_pair(l, c->second, cut + 1, c->number);
}

void
log_line_insert(struct log_line *l, const char *key, const char *value)
{
	bool cut = l->cut, number = key[0] == '#';
	size_t before = l->n;

	if (value == NULL || value[0] == '\0')
		return;
	key += number;
	l->cut = false;
	if (l->format == LOG_JSON)
		insert_json(l, key, value, number);
	else
		insert_text(l, key, value);
	if (l->cut) /* an insert is written whole or not at all: half of one could be misread */
		l->n = before;
	l->cut |= cut;
}

static size_t
stamp(char *out, size_t size, bool json)
{
	struct timespec now;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(out, size, json ? "%Y-%m-%dT%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &tm);
	n += (size_t)snprintf(out + n, size - n, ".%06ldZ", now.tv_nsec / 1000);
	return n;
}

void
log_line_begin(struct log_line *l, enum log_format format, const char *applid, enum message m)
{
	const char severity[2] = { message_table[m].severity, '\0' };
	bool json = format == LOG_JSON;
	const char *sep = json ? "\",\"id\":\"" : " ";

	l->format = format;
	l->cut = false;
	l->n = 0;
	puts_(l, json ? "{\"time\":\"" : "");
	l->n += stamp(l->text + l->n, 64, json);
	puts_(l, json ? "\",\"region\":\"" : " ");
	put_value(l, applid[0] != '\0' ? applid : "-");
	puts_(l, sep);
	puts_(l, message_table[m].id);
	puts_(l, json ? "\",\"severity\":\"" : " ");
	puts_(l, severity);
	puts_(l, json ? "\",\"message\":\"" : " ");
	if (json)
		put_value(l, message_table[m].sentence);
	else
		puts_(l, message_table[m].sentence);
	puts_(l, json ? "\"" : "");
}

void
log_line_end(struct log_line *l)
{
	const char *mark = !l->cut ? "" : l->format == LOG_JSON ? ",\"cut\":true" : " cut=yes";
	const char *close = l->format == LOG_JSON ? "}\n" : "\n";

	l->n += (size_t)snprintf(l->text + l->n, TAIL, "%s%s", mark, close);
}
