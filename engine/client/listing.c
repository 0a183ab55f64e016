/* SPDX-License-Identifier: Apache-2.0 */
#include "client/listing.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define COLUMNS 80      /* of a card; the last 8 may be a sequence number */
#define SEQUENCE 8
#define VALUE_LINES 16  /* lines that a value may go on for */
#define NEL 0x85        /* the line end of EBCDIC, as a byte; in UTF-8 it follows NEL_LEAD */
#define NEL_LEAD 0xc2
#define UTF8_LEAD 0xc0  /* bytes from here on begin a character of several bytes */
#define EBCDIC_BLANK 0x40

struct listing {
	char *text;             /* owned: the bytes without comments, sequence numbers and control bytes */
	const char *at, *end;
	int line;               /* of at */
	bool first;             /* no token of this line was read yet */
	bool inside;            /* a resource has begun */
	bool defined;           /* by DEFINE */
	bool grouped;           /* its GROUP has been read */
	bool skipping;          /* behind a command that defines nothing */
};

/* --- the text to read ------------------------------------------------------------------------- */

/* The length of the line end at p; 0: none. */
static size_t
line_end(const unsigned char *start, const unsigned char *p, const unsigned char *end)
{
	if (*p == '\r')
		return p + 1 < end && p[1] == '\n' ? 2 : 1;
	if (*p == NEL_LEAD && p + 1 < end && p[1] == NEL)
		return 2;
	return *p == '\n' || (*p == NEL && (p == start || p[-1] < UTF8_LEAD));
}

static size_t
line_length(const unsigned char *start, const unsigned char *p, const unsigned char *end)
{
	size_t n = 0;

	while (p + n < end && line_end(start, p + n, end) == 0)
		n++;
	return n;
}

/* True when each line begins with a byte that controls a printer, and one of them with a page or a double space. */
static bool
is_printed(const unsigned char *text, const unsigned char *end)
{
	bool seen = false;

	for (const unsigned char *p = text; p < end;) {
		size_t n = line_length(text, p, end);

		if (n > 0 && memchr(" 01-+", *p, 5) == NULL)
			return false;
		seen = seen || (n > 0 && *p != ' ');
		p += n;
		p += p < end ? line_end(text, p, end) : 0;
	}
	return seen;
}

static bool
is_comment(const char *line, size_t n)
{
	return (n > 0 && line[0] == '*') || (n > 1 && line[0] == '/' && (line[1] == '/' || line[1] == '*'));
}

/* The length of a line without its sequence number. */
static size_t
without_sequence(const char *line, size_t n)
{
	size_t digits = 0;

	if (n != COLUMNS)
		return n;
	while (digits < SEQUENCE && isdigit((unsigned char)line[COLUMNS - 1 - digits]))
		digits++;
	return digits == SEQUENCE ? n - SEQUENCE : n;
}

/* Copies one line to out, with a blank for each control byte. Returns the number of bytes. */
static size_t
copy_line(char *out, const unsigned char *line, size_t n, bool printed)
{
	const char *from = (const char *)line + (printed && n > 0);
	size_t len = without_sequence(from, n - (printed && n > 0));

	if (is_comment(from, len))
		return 0;
	for (size_t i = 0; i < len; i++)
		out[i] = (unsigned char)from[i] < ' ' || from[i] == 0x7f ? ' ' : from[i];
	return len;
}

static bool
is_ebcdic(const unsigned char *text, size_t len)
{
	size_t ascii = 0, ebcdic = 0;

	for (size_t i = 0; i < len; i++) {
		ascii += text[i] == ' ' || text[i] == '\n';
		ebcdic += text[i] == EBCDIC_BLANK;
	}
	return ebcdic > ascii && ebcdic > len / 10;
}

/* The text has at most as many bytes as the original. */
static void
prepare(struct listing *l, const unsigned char *text, size_t len)
{
	const unsigned char *end = text + len;
	bool printed = is_printed(text, end);
	char *out = l->text;

	for (const unsigned char *p = text; p < end;) {
		size_t n = line_length(text, p, end);

		out += copy_line(out, p, n, printed);
		p += n;
		if (p < end) {
			p += line_end(text, p, end);
			*out++ = '\n';
		}
	}
	l->at = l->text;
	l->end = out;
}

struct listing *
listing_open(const char *bytes, size_t len, struct fault *f)
{
	struct listing *l;

	if (is_ebcdic((const unsigned char *)bytes, len)) {
		fault_set(f, "it is EBCDIC; convert it first: iconv -f IBM1047 -t UTF-8");
		return NULL;
	}
	l = calloc(1, sizeof *l);
	if (l == NULL || (l->text = malloc(len + 1)) == NULL) {
		free(l);
		fault_set(f, "no memory to read it");
		return NULL;
	}
	prepare(l, (const unsigned char *)bytes, len);
	l->line = 1;
	l->first = true;
	return l;
}

void
listing_close(struct listing *l)
{
	if (l == NULL)
		return;
	free(l->text);
	free(l);
}

/* --- tokens ----------------------------------------------------------------------------------- */

static void
skip_blanks(struct listing *l)
{
	for (; l->at < l->end && (*l->at == ' ' || *l->at == '\n'); l->at++) {
		if (*l->at != '\n')
			continue;
		l->line++;
		l->first = true;
	}
}

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_';
}

/* The length of the word at p; 0: none. */
static size_t
word_length(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && is_word(p[n]))
		n++;
	return n < LISTING_WORD ? n : 0;
}

/* True when KEYWORD( is at p. */
static bool
is_pair(const char *p, const char *end)
{
	size_t n = word_length(p, end);

	return n > 0 && p + n < end && p[n] == '(';
}

static void
take_word(struct listing *l, size_t n, char word[LISTING_WORD])
{
	for (size_t i = 0; i < n; i++)
		word[i] = (char)toupper((unsigned char)l->at[i]);
	word[n] = '\0';
	l->at += n;
	l->first = false;
}

/* The closing parenthesis of a value that begins at p; NULL: none near. Parentheses in a value go in pairs. */
static const char *
closing(const char *p, const char *end)
{
	unsigned depth = 0, lines = 0;
	bool quoted = p < end && *p == '\'';

	for (const char *q = quoted ? p + 1 : p; q < end; q++) {
		if (*q == '\n' && ++lines == VALUE_LINES)
			return NULL;
		if (quoted)
			quoted = *q != '\'' || q + 1 == end || q[1] != ')';
		else if (*q == '(')
			depth++;
		else if (*q == ')' && depth-- == 0)
			return q;
	}
	return NULL;
}

static void
put(struct listing_item *item, size_t *n, char c)
{
	if (*n < sizeof item->value - 1)
		item->value[(*n)++] = c;
	else
		item->cut = true;
}

static void
trim(struct listing_item *item, size_t *n)
{
	while (*n > 0 && item->value[*n - 1] == ' ')
		(*n)--;
}

/* Joins the parts of a value at the line end p. Returns the last byte that belongs to the joint. */
static const char *
join(struct listing_item *item, size_t *n, const char *p, const char *end)
{
	trim(item, n);
	if (*n > 0 && item->value[*n - 1] == '*')
		(*n)--;
	else if (*n > 0)
		put(item, n, ' ');
	while (p + 1 < end && (p[1] == ' ' || p[1] == '\n'))
		p++;
	return p;
}

static void
unquote(struct listing_item *item, size_t n)
{
	if (n < 2 || item->value[0] != '\'' || item->value[n - 1] != '\'')
		return;
	memmove(item->value, item->value + 1, n - 2);
	item->value[n - 2] = '\0';
}

/* Reads the value at l->at, up to `close`, and moves behind it. */
static void
take_value(struct listing *l, const char *close, struct listing_item *item)
{
	size_t n = 0;

	for (const char *p = l->at; p < close; p++)
		if (*p == '\n')
			p = join(item, &n, p, close);
		else if (n > 0 || *p != ' ')
			put(item, &n, *p);
	trim(item, &n);
	item->value[n] = '\0';
	unquote(item, n);
	for (; l->at <= close; l->at++)
		l->line += *l->at == '\n';
}

/* --- items ------------------------------------------------------------------------------------ */

/* True when `word` is the keyword, or at least its first three letters. */
static bool
means(const char *word, const char *keyword)
{
	size_t n = strlen(word);

	return n >= 3 && n <= strlen(keyword) && strncmp(word, keyword, n) == 0;
}

static bool
is_command(const char *word)
{
	static const char *const commands[] = { "ADD", "ALTER", "APPEND", "COPY", "DELETE", "EXTRACT", "INITIALIZE", "LIST", "MIGRATE", "PROCESS",
		"REMOVE", "SCAN", "SERVICE", "UPGRADE", "VERIFY" };

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(commands[i], word) == 0)
			return true;
	return false;
}

static void
rest_of_line(struct listing *l)
{
	while (l->at < l->end && *l->at != '\n')
		l->at++;
}

/* Begins the resource TYPE(name) at l->at. */
static void
begin(struct listing *l, bool defined)
{
	l->inside = true;
	l->defined = defined;
	l->grouped = false;
	l->skipping = false;
}

/* Reads the pair at l->at. False: it has no closing parenthesis; the rest of its line is skipped. */
static bool
take_pair(struct listing *l, struct listing_item *item)
{
	const char *close;

	take_word(l, word_length(l->at, l->end), item->word);
	close = closing(l->at + 1, l->end);
	if (close == NULL) {
		rest_of_line(l);
		return false;
	}
	l->at++;
	take_value(l, close, item);
	return true;
}

/* True when GROUP( is the next token. */
static bool
group_follows(const struct listing *l)
{
	const char *p = l->at;

	while (p < l->end && (*p == ' ' || *p == '\n'))
		p++;
	return l->end - p > 6 && strncasecmp(p, "GROUP(", 6) == 0;
}

/* A pair at the start of a line: the next resource of a report, or one more attribute. */
static enum listing_kind
pair_kind(struct listing *l, const struct listing_item *item, bool first)
{
	bool waits = l->inside && l->defined && !l->grouped; /* for the GROUP of a DEFINE */

	if (first && !waits && group_follows(l)) {
		begin(l, false);
		return LISTING_RESOURCE;
	}
	l->grouped = l->grouped || means(item->word, "GROUP");
	return l->skipping || !l->inside ? LISTING_TEXT : LISTING_ATTRIBUTE;
}

static void
read_pair(struct listing *l, struct listing_item *item)
{
	bool first = l->first;

	if (take_pair(l, item))
		item->kind = pair_kind(l, item, first);
	else
		item->kind = l->inside && !l->skipping ? LISTING_OPEN : LISTING_TEXT;
}

/* DEFINE or USERDEFINE, which is in `item`, and the pair behind it. */
static void
read_define(struct listing *l, struct listing_item *item)
{
	bool user = item->word[0] == 'U';

	skip_blanks(l);
	if (!is_pair(l->at, l->end))
		return;
	l->inside = false;
	item->line = l->line;
	if (!take_pair(l, item))
		return;
	begin(l, true);
	item->kind = LISTING_RESOURCE;
	item->userdefined = user;
}

/* A word without a value. */
static void
read_word(struct listing *l, struct listing_item *item)
{
	bool first = l->first;
	const char *p;

	take_word(l, word_length(l->at, l->end), item->word);
	if (first && strcmp(item->word, "CEDA") == 0) { /* the command may stand before DEFINE */
		l->first = true;
		item->kind = LISTING_TEXT;
		return;
	}
	if (first && (means(item->word, "DEFINE") || means(item->word, "USERDEFINE"))) {
		read_define(l, item);
		return;
	}
	for (p = l->at; p < l->end && *p == ' '; p++)
		continue;
	if (first && is_command(item->word) && is_pair(p, l->end)) {
		l->inside = false;
		l->skipping = true;
		item->kind = LISTING_COMMAND;
	}
}

/* Everything up to the next token that may be a pair. */
static void
read_other(struct listing *l)
{
	while (l->at < l->end && *l->at != '\n' && *l->at != ' ')
		l->at++;
	l->first = false;
}

static void
next(struct listing *l, struct listing_item *item)
{
	skip_blanks(l);
	*item = (struct listing_item){ .kind = LISTING_TEXT, .line = l->line };
	if (l->at == l->end)
		item->kind = LISTING_END;
	else if (is_pair(l->at, l->end))
		read_pair(l, item);
	else if (word_length(l->at, l->end) > 0)
		read_word(l, item);
	else
		read_other(l);
}

void
listing_next(struct listing *l, struct listing_item *item)
{
	do
		next(l, item);
	while (l->skipping && item->kind == LISTING_TEXT);
}
