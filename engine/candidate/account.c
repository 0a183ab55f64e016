/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/account.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS /* the end of a list is found without a search */
#include <jsmn.h>

#define TOKENS 512 /* of an ordinary account */

struct account_token {
	jsmntok_t is; /* is.parent, after link_tokens: the index behind the token and its members */
};

/* --- escapes ---------------------------------------------------------------------------------- */

/* The four hexadecimal digits at s. */
static unsigned
code_unit(const char *s)
{
	char digits[5] = { s[0], s[1], s[2], s[3] };

	return (unsigned)strtoul(digits, NULL, 16);
}

static char *
put_utf8(char *out, unsigned c)
{
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	int n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (int i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(lead[n] | c);
	return out + n;
}

static bool
is_surrogate(unsigned c)
{
	return c >= 0xd800 && c < 0xe000;
}

/* Undoes the escape behind the u at *at, and moves *at behind it. */
static char *
put_unicode(char *out, const char **at, const char *end)
{
	unsigned c = code_unit(*at + 1);
	bool pair = is_surrogate(c) && end - *at >= 11 && memcmp(*at + 5, "\\u", 2) == 0;
	unsigned low = pair ? code_unit(*at + 7) : 0;

	*at += 5;
	if (pair && is_surrogate(low)) {
		*at += 6;
		c = 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
	}
	return put_utf8(out, is_surrogate(c) ? 0xfffd : c);
}

/* Undoes the escapes of n bytes, in place. Returns their new number. The tokenizer has checked the escapes. */
static size_t
unescape(char *s, size_t n)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *end = s + n, *at = memchr(s, '\\', n);
	char *out;

	if (at == NULL)
		return n;
	for (out = s + (at - s); at < end;) {
		const char *letter;

		if (*at != '\\') {
			*out++ = *at++;
		} else if (*++at == 'u') {
			out = put_unicode(out, &at, end);
		} else {
			letter = strchr(from, *at);
			*out++ = letter != NULL && *letter != '\0' ? to[letter - from] : *at;
			at++;
		}
	}
	return (size_t)(out - s);
}

/* --- tokens ----------------------------------------------------------------------------------- */

static bool
grow_text(struct account *a, size_t len)
{
	char *text = a->text;

	if (a->size <= len) {
		text = realloc(a->text, 2 * len + 1);
		if (text == NULL)
			return false;
		a->text = text;
		a->size = 2 * len + 1;
	}
	return true;
}

static bool
grow_tokens(struct account *a)
{
	int cap = a->cap > 0 ? 2 * a->cap : TOKENS;
	struct account_token *token = a->cap < INT_MAX / 4 ? realloc(a->token, (size_t)cap * sizeof *token) : NULL;

	if (token == NULL)
		return false;
	a->token = token;
	a->cap = cap;
	return true;
}

/* Splits the text. Returns the number of tokens; below 1: it is no JSON, or there is no memory. */
static int
split(struct account *a, size_t len)
{
	jsmn_parser p;
	int n = JSMN_ERROR_NOMEM;

	if (a->cap == 0 && !grow_tokens(a))
		return -1;
	while (n == JSMN_ERROR_NOMEM) {
		jsmn_init(&p);
		n = jsmn_parse(&p, a->text, len, &a->token->is, (unsigned)a->cap);
		if (n == JSMN_ERROR_NOMEM && !grow_tokens(a))
			return -1;
	}
	return n;
}

/* From the last token to the first, so that the ends of all members are known. */
static void
link_tokens(struct account *a)
{
	for (int i = a->n; i-- > 0;) {
		jsmntok_t *t = &a->token[i].is;
		int behind = i + 1;

		if (t->type == JSMN_OBJECT || t->type == JSMN_ARRAY)
			while (behind < a->n && a->token[behind].is.start < t->end)
				behind = a->token[behind].is.parent;
		t->parent = behind;
	}
}

static void
end_strings(struct account *a)
{
	for (int i = 0; i < a->n; i++) {
		jsmntok_t *t = &a->token[i].is;

		if (t->type != JSMN_STRING)
			continue;
		t->end = t->start + (int)unescape(a->text + t->start, (size_t)(t->end - t->start));
		a->text[t->end] = '\0';
	}
}

int
account_read(struct account *a, const char *text, size_t len)
{
	int n;

	a->n = 0;
	if (len > INT_MAX / 4 || !grow_text(a, len))
		return -1;
	memcpy(a->text, text, len);
	a->text[len] = '\0';
	n = split(a, len);
	a->n = n > 0 ? n : 0;
	link_tokens(a);
	end_strings(a);
	return n > 0 ? 0 : -1;
}

void
account_free(struct account *a)
{
	free(a->text);
	free(a->token);
	*a = (struct account){ .text = NULL };
}

/* --- values ----------------------------------------------------------------------------------- */

static const jsmntok_t *
token_of(struct account_value v)
{
	return v.account != NULL ? &v.account->token[v.token].is : NULL;
}

static bool
is_kind(struct account_value v, jsmntype_t kind)
{
	return v.account != NULL && token_of(v)->type == kind;
}

/* The first byte of a number, or of true, false or null; NUL: the value is of another kind. */
static char
first_byte(struct account_value v)
{
	return is_kind(v, JSMN_PRIMITIVE) ? v.account->text[token_of(v)->start] : '\0';
}

struct account_value
account_root(const struct account *a)
{
	return (struct account_value){ a->n > 0 ? a : NULL, 0 };
}

bool
account_has(struct account_value v)
{
	return v.account != NULL;
}

bool
account_is_object(struct account_value v)
{
	return is_kind(v, JSMN_OBJECT);
}

bool
account_is_true(struct account_value v)
{
	return first_byte(v) == 't';
}

bool
account_is_false(struct account_value v)
{
	return first_byte(v) == 'f';
}

bool
account_is_number(struct account_value v)
{
	char c = first_byte(v);

	return c == '-' || (c >= '0' && c <= '9');
}

bool
account_is_integer(struct account_value v)
{
	const jsmntok_t *t = token_of(v);

	return account_is_number(v) && strcspn(v.account->text + t->start, ".eE") >= (size_t)(t->end - t->start);
}

/* The value at a token of the list: of an object the token is a name, whose value follows. */
static struct account_value
value_at(struct account_value list, int token)
{
	const struct account *a = list.account;
	bool object = is_kind(list, JSMN_OBJECT);

	if (token >= token_of(list)->parent || (object && a->token[token].is.size != 1))
		return (struct account_value){ NULL, 0 };
	return (struct account_value){ a, token + object };
}

struct account_value
account_first(struct account_value list)
{
	return is_kind(list, JSMN_OBJECT) || is_kind(list, JSMN_ARRAY) ? value_at(list, list.token + 1) : (struct account_value){ NULL, 0 };
}

struct account_value
account_next(struct account_value list, struct account_value one)
{
	return value_at(list, token_of(one)->parent);
}

const char *
account_name(struct account_value v)
{
	return v.account->text + v.account->token[v.token - 1].is.start;
}

struct account_value
account_member(struct account_value object, const char *name)
{
	struct account_value v = { NULL, 0 };
	size_t len = strlen(name);

	if (!is_kind(object, JSMN_OBJECT))
		return v;
	for (v = account_first(object); account_has(v); v = account_next(object, v)) {
		const jsmntok_t *key = &v.account->token[v.token - 1].is;

		if ((size_t)(key->end - key->start) == len && memcmp(v.account->text + key->start, name, len) == 0)
			break;
	}
	return v;
}

struct account_value
account_at(struct account_value list, size_t i)
{
	struct account_value v = account_first(list);

	while (i-- > 0 && account_has(v))
		v = account_next(list, v);
	return v;
}

size_t
account_count(struct account_value list)
{
	size_t n = 0;

	for (struct account_value v = account_first(list); account_has(v); v = account_next(list, v))
		n++;
	return n;
}

const char *
account_text(struct account_value v)
{
	return is_kind(v, JSMN_STRING) ? v.account->text + token_of(v)->start : NULL;
}

size_t
account_length(struct account_value v)
{
	return is_kind(v, JSMN_STRING) ? (size_t)(token_of(v)->end - token_of(v)->start) : 0;
}

int64_t
account_integer(struct account_value v)
{
	return account_is_integer(v) ? strtoll(v.account->text + token_of(v)->start, NULL, 10) : 0;
}

double
account_number(struct account_value v)
{
	return account_is_number(v) ? strtod(v.account->text + token_of(v)->start, NULL) : 0;
}
