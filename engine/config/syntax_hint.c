/* SPDX-License-Identifier: Apache-2.0 */
#include "config/syntax_hint.h"

#include "config/attribute.h"
#include "base/luatext.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 64 /* bytes of a token that a message quotes */

enum kind { END, NAME, TEXT, NUMBER, MARK };

struct token {
	enum kind kind;
	const char *at;
	size_t len;
	int line;
};

struct slip { /* a syntax error */
	const char *message;
	const char *near;    /* the token in Lua's message; "": none */
	size_t near_len;
	const char *end;     /* of the text */
	struct token token;  /* the same token in the text; kind END: not found, or the end of the text */
	struct token before; /* the token before it, and the one before that */
	struct token second;
};

/* --- tokens ----------------------------------------------------------------------------------- */

/* A string token includes its quotation marks. */
static struct token
next(struct luatext *x)
{
	static const enum kind kinds[] = { [LUATEXT_END] = END, [LUATEXT_WORD] = NAME, [LUATEXT_QUOTED] = TEXT, [LUATEXT_LONG] = TEXT,
		[LUATEXT_MARK] = MARK };
	struct luatext_token found = luatext_next(x);
	struct token t = { .kind = kinds[found.kind], .at = found.start - (found.kind == LUATEXT_QUOTED), .line = found.line };

	t.len = (size_t)(x->at - t.at);
	if (t.kind == NAME && isdigit((unsigned char)*t.at))
		t.kind = NUMBER;
	if (t.kind == MARK && x->at < x->end && *t.at == '/' && *x->at == '/')
		t.len = (size_t)(++x->at - t.at);
	return t;
}

static bool
token_is(const struct token *t, const char *text)
{
	return t->kind != END && t->len == strlen(text) && memcmp(t->at, text, t->len) == 0;
}

/* Lua writes an unprintable byte as <\226>. */
static bool
is_near(const struct slip *s, const struct token *t)
{
	if (s->near_len > 3 && strncmp(s->near, "<\\", 2) == 0)
		return t->kind == MARK && (unsigned char)*t->at == atoi(s->near + 2);
	return t->len == s->near_len && memcmp(t->at, s->near, t->len) == 0;
}

/* Goes to the next token of the line that may be the error. False: there is none, and s->token is the end. */
static bool
find(struct slip *s, struct luatext *x, int line)
{
	do {
		s->second = s->before;
		s->before = s->token;
		s->token = next(x);
	} while (s->token.kind != END && (s->token.line < line || !is_near(s, &s->token)));
	return s->token.kind != END;
}

/* --- the rules: each true with its sentence, or false ----------------------------------------- */

static const char *
shown(char out[SHOWN], const struct token *t)
{
	return text_printable(out, SHOWN, t->at, t->len);
}

/* Returns the code of the character at p; 0: not UTF-8. */
static unsigned
character(const char *p, const char *end)
{
	unsigned char c = (unsigned char)*p;
	int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc2 ? 1 : 0;
	unsigned code = c & (0x3fu >> more);

	if (more == 0 || end - p <= more)
		return 0;
	for (int i = 1; i <= more; i++) {
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | ((unsigned char)p[i] & 0x3f);
	}
	return code;
}

static bool
is_curly(unsigned code)
{
	return (code >= 0x2018 && code <= 0x201f) || code == 0x2032 || code == 0x2033 || code == 0xab || code == 0xbb;
}

static bool
syntax_not_ascii(const struct slip *s, char *out, size_t size)
{
	unsigned code;

	if (s->token.kind != MARK || (unsigned char)*s->token.at < 0x80)
		return false;
	code = character(s->token.at, s->end);
	if (is_curly(code))
		snprintf(out, size, "a curly quotation mark (U+%04X); a text needs straight ones: \"...\"", code);
	else if (code != 0)
		snprintf(out, size, "a character that is not ASCII (U+%04X) is outside of quotation marks; remove it, or put the text into \"...\"", code);
	else
		snprintf(out, size, "a byte that is not ASCII (0x%02X) is outside of quotation marks; remove it", (unsigned char)*s->token.at);
	return true;
}

static bool
syntax_open_text(const struct slip *s, char *out, size_t size)
{
	const char *at = s->near_len > 0 ? s->near : s->before.at; /* near <eof> the string is the last token */
	size_t len = s->near_len > 0 ? s->near_len : s->before.len;
	char begin[SHOWN];
	bool curly = false;

	if (strncmp(s->message, "unfinished string", 17) != 0 || len == 0)
		return false;
	for (const char *p = at; p < at + len; p++)
		curly |= is_curly(character(p, at + len));
	snprintf(out, size, "the text %s has no %c at its end%s", text_printable(begin, sizeof begin, at, len), *at,
		curly ? "; a curly quotation mark is not one" : " in the same line");
	return true;
}

/* Marks that begin a comment in other languages and in CICS. */
static bool
syntax_comment(const struct slip *s, char *out, size_t size)
{
	static const char *const marks[] = { "*", "//", "/", "#", "!", NULL };
	const struct token *last[] = { &s->token, &s->before, &s->second };

	for (size_t n = 0; n < 3; n++)
		for (size_t i = 0; marks[i] != NULL; i++) {
			if (last[n]->line != s->token.line || !token_is(last[n], marks[i]))
				continue;
			snprintf(out, size, "a comment begins with --, not with %s", marks[i]);
			return true;
		}
	return false;
}

static bool
syntax_bad_number(const struct slip *s, char *out, size_t size)
{
	char number[SHOWN];

	if (strncmp(s->message, "malformed number", 16) != 0)
		return false;
	text_printable(number, sizeof number, s->near, s->near_len);
	snprintf(out, size, "%s is no number; a text needs quotation marks: \"%s\"", number, number);
	return true;
}

/* KEY = with a key that is no name. */
static bool
syntax_bad_key(const struct slip *s, char *out, size_t size)
{
	char key[SHOWN], mark[8];

	if (!token_is(&s->token, "="))
		return false;
	if (s->before.kind == TEXT && s->before.len > 2)
		snprintf(out, size, "a key has no quotation marks: %s =", text_printable(key, sizeof key, s->before.at + 1, s->before.len - 2));
	else if (token_is(&s->second, "("))
		snprintf(out, size, "a table needs { }, not ( )");
	else if (s->second.kind == MARK && strchr("{},;", *s->second.at) == NULL)
		snprintf(out, size, "%s%s = is no key; a key is made of letters, digits and _", text_printable(mark, sizeof mark, s->second.at, 1),
			shown(key, &s->before));
	else
		return false;
	return true;
}

static bool
syntax_colon(const struct slip *s, char *out, size_t size)
{
	char key[SHOWN];
	bool after = token_is(&s->before, ":"), at = token_is(&s->token, ":");

	if (!after && !at)
		return false;
	snprintf(out, size, "a key and its value need = between them, not a colon: %s = ...", shown(key, after ? &s->second : &s->before));
	return true;
}

static bool
syntax_no_value(const struct slip *s, char *out, size_t size)
{
	char key[SHOWN];

	if (!token_is(&s->before, "=") || strncmp(s->message, "unexpected symbol", 17) != 0)
		return false;
	snprintf(out, size, "%s = has no value", shown(key, &s->second));
	return true;
}

static bool
syntax_end_of_file(const struct slip *s, char *out, size_t size)
{
	const char *opened = strstr(s->message, "at line ");

	if (s->token.kind != END || strstr(s->message, "<eof>") == NULL)
		return false;
	if (opened != NULL)
		snprintf(out, size, "the file ends before the { of line %d is closed by a }", atoi(opened + 8));
	else
		snprintf(out, size, "the file ends inside a table; a } is missing");
	return true;
}

static bool
syntax_unquoted_name(const struct slip *s, char *out, size_t size)
{
	char word[SHOWN], name[SHOWN];
	bool begins = s->before.kind == NAME && s->token.kind == NAME && strncmp(s->message, "syntax error", 12) == 0;

	if (!begins)
		return false;
	if (token_is(&s->before, "region"))
		snprintf(out, size, "region takes one table: region { applid = \"...\", networkid = \"...\" }");
	else
		snprintf(out, size, "a name needs quotation marks: %s \"%s\" { ... }", shown(word, &s->before), shown(name, &s->token));
	return true;
}

/* A value, or a part of one, directly after another value. */
static bool
syntax_in_table(const struct slip *s, char *out, size_t size)
{
	char key[SHOWN], here[SHOWN];

	if (strncmp(s->message, "'}' expected", 12) != 0 || token_is(&s->token, "="))
		return false;
	shown(here, &s->token);
	shown(key, &s->before);
	if (token_is(&s->token, ")") || token_is(&s->token, "]"))
		snprintf(out, size, "a table ends with }, not with %s", here);
	else if (s->before.kind == NAME && s->token.at == s->before.at + s->before.len)
		snprintf(out, size, "%s%s... needs quotation marks: a text is \"...\"", key, here);
	else if (s->before.kind == NAME && !token_is(&s->second, "="))
		snprintf(out, size, "behind %s a = is missing: %s = %s", key, key, here);
	else if (s->before.kind == NAME && s->before.line == s->token.line)
		snprintf(out, size, "%s %s needs quotation marks, or a comma is missing before %s", key, here, here);
	else
		snprintf(out, size, "a comma is missing before %s", here);
	return true;
}

static bool
syntax_too_many(const struct slip *s, char *out, size_t size)
{
	if (token_is(&s->token, "}"))
		snprintf(out, size, "there is one } too many");
	else if (token_is(&s->token, ",") && token_is(&s->before, ","))
		snprintf(out, size, "two commas in a row");
	else if (token_is(&s->token, ",") && token_is(&s->before, "}"))
		snprintf(out, size, "there is a comma between two definitions; remove it");
	else
		return false;
	return true;
}

/* A run-time error from an unquoted text: host = localhost.example */
static bool
syntax_unquoted_text(const struct slip *s, char *out, size_t size)
{
	const char *name = strstr(s->message, "(global '"), *end = name != NULL ? strchr(name + 9, '\'') : NULL;
	char word[SHOWN];

	if (end == NULL)
		return false;
	text_printable(word, sizeof word, name + 9, (size_t)(end - name - 9));
	snprintf(out, size, "there is no '%s' here; a text needs quotation marks: \"%s...\"", word, word);
	return true;
}

static bool (*const rules[])(const struct slip *s, char *out, size_t size) = {
	syntax_open_text, syntax_bad_number, syntax_not_ascii, syntax_end_of_file, syntax_colon, syntax_comment, syntax_bad_key, syntax_no_value, syntax_unquoted_name, syntax_in_table, syntax_too_many, syntax_unquoted_text,
};

static void
take_near(struct slip *s)
{
	const char *near = strstr(s->message, " near "), *end = s->message + strlen(s->message);

	s->near = "";
	if (near == NULL || near[6] != '\'' || end - near < 8)
		return;
	s->near = near + 7;
	s->near_len = (size_t)(end - s->near) - 1;
}

const char *
syntax_hint_words(char *out, size_t size, const char *message, const char *text, size_t len, int line)
{
	struct luatext x = { .at = text, .end = text + len, .line = 1 };
	struct slip s = { .message = message, .end = text + len };
	bool found;

	take_near(&s);
	do {
		found = find(&s, &x, line) && s.token.line == line;
		for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
			if (rules[i](&s, out, size))
				return out;
	} while (found);
	return text_printable(out, size, message, strlen(message));
}
