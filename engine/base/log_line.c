/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_line.h"

#include "base/calendar.h"
#include "base/digits.h"
#include "base/name.h"
#include "base/text.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DAY 86400 /* seconds */
#define TAIL 32 /* bytes kept free for log_line_end */
#define FACILITY_DAEMON (3 << 3) /* RFC 3164 4.1.1 */

static const struct {
	const char *id;
	char severity;
	const char *sentence;
	unsigned id_len, sentence_len;
} message_table[] = {
#define X(id, severity, sentence) [MSG_##id] = { #id, severity, sentence, sizeof #id - 1, sizeof sentence - 1 },
	MESSAGES(X)
#undef X
};

/* The levels of syslog, which the journal uses too. */
static int
priority(enum message m)
{
	return message_table[m].severity == 'E' ? 3 : message_table[m].severity == 'W' ? 4 : 6;
}

/*
 * The place of n more bytes in the line, or in the fields that follow it in the journal; the caller writes them. NULL:
 * there is no room.
 */
static char *
room(struct log_line *l, size_t n)
{
	size_t *held = l->in_fields ? &l->fields : &l->n, at = *held;

	if (at + n > LOG_LINE_MAX_BYTES - TAIL) {
		l->cut = true;
		return NULL;
	}
	*held = at + n;
	return l->text + (l->in_fields ? LOG_LINE_MAX_BYTES : 0) + at;
}

static void
put(struct log_line *l, const char *bytes, size_t n)
{
	char *at = room(l, n);

	if (at != NULL)
		memcpy(at, bytes, n);
}

static void
puts_(struct log_line *l, const char *s)
{
	put(l, s, strlen(s));
}

/*
 * In JSON the backslashes of this file's own escapes are escaped once more: a reader of JSON then sees the same text as
 * a reader of the text form. A field of the journal has no quotes around it, so that a quote needs no escape.
 */
static void
put_byte(struct log_line *l, unsigned char c)
{
	const char *slash = l->form.format == LOG_JSON ? "\\\\" : "\\";
	char hex[4];

	if (c == '\\') {
		puts_(l, slash);
		puts_(l, slash);
	} else if (c == '"' && !l->in_fields) {
		puts_(l, "\\\"");
	} else if (c >= 0x20 && c < 0x7f) {
		put(l, (char *)&c, 1);
	} else {
		puts_(l, slash);
		snprintf(hex, sizeof hex, "x%02x", c);
		puts_(l, hex);
	}
}

/* The number of bytes, at most n, that put_byte writes as they are. */
static size_t
plain(const char *bytes, size_t n)
{
	size_t i = 0;

	while (i < n && bytes[i] >= 0x20 && bytes[i] < 0x7f && bytes[i] != '\\' && bytes[i] != '"')
		i++;
	return i;
}

static void
put_value(struct log_line *l, const char *value)
{
	size_t n = strnlen(value, LOG_LINE_VALUE_MAX + 1), most = n < LOG_LINE_VALUE_MAX ? n : LOG_LINE_VALUE_MAX;

	for (size_t i = 0; i < most; i++) {
		size_t run = plain(value + i, most - i);

		put(l, value + i, run);
		i += run;
		if (i < most)
			put_byte(l, (unsigned char)value[i]);
	}
	if (n > LOG_LINE_VALUE_MAX)
		puts_(l, "...");
}

/* A text value is printed without quotes only when its end is unmistakable. */
static bool
needs_quotes(const char *value)
{
	while (*value != '\0' && *value != ' ' && *value != '"' && *value != '=')
		value++;
	return *value != '\0';
}

/* Whether the n bytes are printed as they are, without quotes: most values are. */
static bool
is_word(const char *value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (value[i] <= ' ' || value[i] >= 0x7f || value[i] == '"' || value[i] == '=' || value[i] == '\\')
			return false;
	return n <= LOG_LINE_VALUE_MAX;
}

static void
insert_word(struct log_line *l, const char *key, const char *value, size_t n)
{
	size_t len = strlen(key);
	char *at = room(l, len + n + 2);

	if (at == NULL)
		return;
	at[0] = ' ';
	memcpy(at + 1, key, len);
	at[len + 1] = '=';
	memcpy(at + len + 2, value, n);
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

/* KEY=value and a newline: a field of the journal, whose names have capitals, digits and underscores. */
static void
field(struct log_line *l, const char *key, const char *value)
{
	l->in_fields = true;
	for (; *key != '\0'; key++)
		put(l, (char[]){ (char)toupper((unsigned char)*key) }, 1);
	puts_(l, "=");
	put_value(l, value);
	puts_(l, "\n");
	l->in_fields = false;
}

static void
journal_pair(struct log_line *l, const char *key, const char *value, bool number)
{
	char name[64];

	(void)number;
	snprintf(name, sizeof name, "sallyport_%s", key);
	field(l, name, value);
}

/* Values that are one insert in text and two members in JSON and in the journal. */
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

typedef void (*put_pair)(struct log_line *l, const char *key, const char *value, bool number);

static void
insert_parts(struct log_line *l, const char *key, const char *value, bool number, put_pair pair)
{
	const struct compound *c = compound_of(key);
	const char *cut = c != NULL ? strrchr(value, c->between) : NULL;
	char first[PLACE_SIZE];

	if (cut == NULL || cut - value >= (ptrdiff_t)sizeof first) {
		pair(l, key, value, number);
		return;
	}
	snprintf(first, sizeof first, "%.*s", (int)(cut - value), value);
	pair(l, c->first, first, false);
	pair(l, c->second, cut + 1, c->number);
}

void
log_line_insert(struct log_line *l, const char *key, const char *value)
{
	bool cut = l->cut, number = key[0] == '#';
	size_t before = l->n, fields_before = l->fields, len;

	if (value == NULL || value[0] == '\0')
		return;
	key += number;
	len = strnlen(value, LOG_LINE_VALUE_MAX + 1);
	l->cut = false;
	if (l->form.format == LOG_JSON)
		insert_parts(l, key, value, number, json_pair);
	else if (is_word(value, len))
		insert_word(l, key, value, len);
	else
		insert_text(l, key, value);
	if (l->form.frame == LOG_FRAME_JOURNAL)
		insert_parts(l, key, value, number, journal_pair);
	if (l->cut) { /* an insert is written whole or not at all: half of one could be misread */
		l->n = before;
		l->fields = fields_before;
	}
	l->cut |= cut;
}

#define STAMP_SIZE sizeof "2026-11-26T14:52:52.123456Z"

/* Writes n in two digits, and the sign. Returns where to go on. */
static char *
add_part(char *at, int64_t n, char sign)
{
	at += digits_padded(at, (uint64_t)n, 2);
	*at = sign;
	return at + 1;
}

/* Writes the time with a NUL; not by strftime, which takes as long as the rest of a line. Returns its length. */
static size_t
stamp(char out[STAMP_SIZE], bool json)
{
	struct timespec now;
	struct calendar_date date;
	int64_t second;
	char *at = out;

	clock_gettime(CLOCK_REALTIME, &now);
	date = calendar_date(now.tv_sec / DAY);
	second = now.tv_sec % DAY;
	at += digits_padded(at, (uint64_t)date.year, 4);
	*at++ = '-';
	at = add_part(at, date.month, '-');
	at = add_part(at, date.day, json ? 'T' : ' ');
	at = add_part(at, second / 3600, ':');
	at = add_part(at, second / 60 % 60, ':');
	at = add_part(at, second % 60, '.');
	at += digits_padded(at, (uint64_t)now.tv_nsec / 1000, 6);
	*at++ = 'Z';
	*at = '\0';
	return (size_t)(at - out);
}

/* The header of RFC 3164, as syslog(3) writes it: local time, and no name of the machine. */
static void
begin_syslog(struct log_line *l, enum message m)
{
	struct tm tm;
	time_t now = time(NULL);
	char when[32] = "";

	if (localtime_r(&now, &tm) != NULL)
		strftime(when, sizeof when, "%b %e %H:%M:%S", &tm);
	l->n = (size_t)snprintf(l->text, TAIL + sizeof when, "<%d>%s " LOG_LINE_PROGRAM "[%d]: ", FACILITY_DAEMON | priority(m), when, (int)getpid());
}

/* The fields that each entry of the journal has. */
static void
begin_journal(struct log_line *l, const char *applid, enum message m)
{
	const char level[2] = { (char)('0' + priority(m)), '\0' };
	char when[STAMP_SIZE];

	stamp(when, true);
	field(l, "PRIORITY", level);
	field(l, "SYSLOG_IDENTIFIER", LOG_LINE_PROGRAM);
	field(l, "SALLYPORT_TIME", when);
	field(l, "SALLYPORT_REGION", applid);
	field(l, "SALLYPORT_ID", message_table[m].id);
	puts_(l, "MESSAGE=");
}

/* What precedes the applid: the time, unless the reader of the log adds its own. */
static void
begin_line(struct log_line *l, const char *applid, enum message m)
{
	bool json = l->form.format == LOG_JSON;

	if (l->form.frame == LOG_FRAME_SYSLOG)
		begin_syslog(l, m);
	else if (l->form.frame == LOG_FRAME_JOURNAL)
		begin_journal(l, applid, m);
	puts_(l, json ? "{\"time\":\"" : "");
	if (json || l->form.frame == LOG_FRAME_NONE)
		l->n += stamp(l->text + l->n, json);
	puts_(l, json ? "\",\"region\":\"" : l->form.frame == LOG_FRAME_NONE ? " " : "");
	put_value(l, applid);
}

void
log_line_begin(struct log_line *l, struct log_form form, const char *applid, enum message m)
{
	bool json = form.format == LOG_JSON;

	l->form = form;
	l->cut = l->in_fields = false;
	l->n = l->fields = 0;
	begin_line(l, applid[0] != '\0' ? applid : "-", m);
	puts_(l, json ? "\",\"id\":\"" : " ");
	put(l, message_table[m].id, message_table[m].id_len);
	puts_(l, json ? "\",\"severity\":\"" : " ");
	put(l, &message_table[m].severity, 1);
	puts_(l, json ? "\",\"message\":\"" : " ");
	if (json)
		put_value(l, message_table[m].sentence);
	else
		put(l, message_table[m].sentence, message_table[m].sentence_len);
	puts_(l, json ? "\"" : "");
}

/* The fields follow the line; an empty line ends the entry. */
static void
end_journal(struct log_line *l)
{
	if (l->cut)
		l->fields += (size_t)snprintf(l->text + LOG_LINE_MAX_BYTES + l->fields, TAIL, "SALLYPORT_CUT=yes\n");
	memmove(l->text + l->n, l->text + LOG_LINE_MAX_BYTES, l->fields);
	l->n += l->fields;
	l->text[l->n++] = '\n';
}

void
log_line_end(struct log_line *l)
{
	bool json = l->form.format == LOG_JSON;
	const char *mark = !l->cut ? "" : json ? ",\"cut\":true" : " cut=yes", *end = json ? "}\n" : "\n";

	text_copy(l->text + l->n, TAIL, mark);
	l->n += strlen(mark);
	text_copy(l->text + l->n, TAIL, end);
	l->n += strlen(end);
	if (l->form.frame == LOG_FRAME_JOURNAL)
		end_journal(l);
}
