/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/record_hide.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsontext.h"
#include "security/scrypt.h"
#include "tls/tls.h"

#define VALUES_MAX 64  /* values of one record, which bounds the work; with more, each text is hidden as a whole */
#define QUOTED 80      /* the engine quotes so many bytes of a name */
#define CUT 100        /* a text of so many bytes may be cut, in the middle of a value too ... */
#define CUT_LEAST 4    /* ... of which so many bytes are a hint */
#define SHOWN_MAX 48
#define WORK_MAX (1024 * 1024) /* comparisons of one record; the texts behind them are hidden as a whole */

struct hide_block {
	struct hide_block *next;
	max_align_t bytes[];
};

struct form { /* the bytes of a value in texts, or in the strings of JSON */
	const char *bytes;
	size_t len;
};

struct hide_value {
	struct hide_value *next;
	struct form plain;
	struct form json[2]; /* in a string that is as its text, and in one with escapes of bytes (jsontext.h) */
	char shown[SHOWN_MAX];
	size_t nshown;
};

struct span { /* the text that is being searched */
	const char *bytes;
	size_t len;
	bool json;
};

/* --- memory and hashes ------------------------------------------------------------------------ */

void *
record_hide_take(struct record_hide *h, size_t n)
{
	struct hide_block *b = calloc(1, sizeof *b + n);

	if (b == NULL) {
		h->failed = true;
		return NULL;
	}
	b->next = h->blocks;
	h->blocks = b;
	return b->bytes;
}

void *
record_hide_copy(struct record_hide *h, const void *from, size_t n)
{
	void *p = record_hide_take(h, n);

	return p != NULL && n > 0 ? memcpy(p, from, n) : p;
}

void
record_hide_end(struct record_hide *h)
{
	for (struct hide_block *b = h->blocks, *next; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	h->blocks = NULL;
}

void
record_hide_hash(struct record_hide *h, const char *bytes, size_t len, char out[RECORD_HIDE_SHOWN])
{
	unsigned char mac[SCRYPT_MAC] = { 0 };
	char digest[65];

	tls_digest(bytes, len, digest);
	if (scrypt_mac(h->key, (const char *const[]){ digest, "", "" }, mac) < 0)
		h->failed = true;
	out[0] = '~';
	for (size_t i = 0; i < RECORD_HIDE_SHOWN / 2 - 1; i++)
		snprintf(out + 1 + 2 * i, 3, "%02x", mac[i]);
}

void
record_hide_name(struct record_hide *h, char name[NAME_SIZE])
{
	static const char digit[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char hex[RECORD_HIDE_SHOWN];
	unsigned long long n;

	if (name[0] == '\0')
		return;
	record_hide_hash(h, name, strlen(name), hex);
	n = strtoull(hex + 1, NULL, 16);
	name[0] = '@';
	for (int i = 1; i < NAME_SIZE - 1; i++, n /= 36)
		name[i] = digit[n % 36];
	name[NAME_SIZE - 1] = '\0';
}

/* --- values ----------------------------------------------------------------------------------- */

#define ESCAPING "\\"           /* a byte that makes jsontext escape the bytes of its text, and ... */
#define ESCAPED "\\\\\\\\"     /* ... its escape */

/* The bytes of the value between the quotes of a JSON string; end: ESCAPING, or "". */
static struct form
json_form(struct record_hide *h, const char *value, size_t len, const char *end)
{
	struct jsontext j = { 0 };
	struct form f = { NULL, 0 };
	size_t more = strlen(end);
	char *text = record_hide_take(h, len + more);

	if (text == NULL)
		return f;
	memcpy(text, value, len);
	memcpy(text + len, end, more);
	jsontext_text(&j, NULL, text, len + more);
	if (j.full)
		h->failed = true;
	else
		f.len = j.len - 2 - (more > 0 ? strlen(ESCAPED) : 0);
	f.bytes = record_hide_copy(h, j.bytes != NULL ? j.bytes + 1 : NULL, f.len);
	jsontext_free(&j);
	return f;
}

static bool
is_noted(const struct record_hide *h, const char *value, size_t len)
{
	for (const struct hide_value *v = h->values; v != NULL; v = v->next)
		if (v->plain.len == len && memcmp(v->plain.bytes, value, len) == 0)
			return true;
	return false;
}

void
record_hide_note(struct record_hide *h, const char *value, size_t len, const char *shown)
{
	struct hide_value *v, **at = &h->values;

	if (len == 0 || h->nvalues > VALUES_MAX || is_noted(h, value, len))
		return;
	if (h->nvalues++ == VALUES_MAX || (v = record_hide_take(h, sizeof *v)) == NULL)
		return;
	v->plain = (struct form){ record_hide_copy(h, value, len), len };
	v->json[0] = json_form(h, value, len, "");
	v->json[1] = json_form(h, value, len, ESCAPING);
	if (h->failed)
		return;
	v->nshown = (size_t)snprintf(v->shown, sizeof v->shown, "%s", shown);
	while (*at != NULL && (*at)->plain.len >= len)
		at = &(*at)->next;
	v->next = *at;
	*at = v;
}

/* --- texts ------------------------------------------------------------------------------------ */

static bool
in_word(char c)
{
	return isalnum((unsigned char)c) || c == '$' || c == '#' || c == '@';
}

/* The bytes of the character at that place: those of an escape of JSON are not parted. */
static size_t
step_of(const struct span *s, size_t at)
{
	return s->json && s->bytes[at] == '\\' && at + 1 < s->len ? 2 : 1;
}

/* The bytes at that place that are the same as those of the value. */
static size_t
common(const struct span *s, size_t at, const struct form *f)
{
	size_t left = s->len - at, max = left < f->len ? left : f->len, n = 0, step;

	while (n < max && (step = step_of(s, at + n)) <= max - n && memcmp(s->bytes + at + n, f->bytes + n, step) == 0)
		n += step;
	return n;
}

/*
 * How many bytes at that place are the value, or a part of it that the engine quotes, or that the end of the text has
 * cut; 0: none.
 */
static size_t
begins_with(const struct span *s, size_t at, const struct form *f)
{
	const char *text = s->bytes + at;
	size_t left = s->len - at, n = f->len < left ? f->len : left;

	if (n > QUOTED)
		return memcmp(text, f->bytes, QUOTED) == 0 ? common(s, at, f) : 0;
	if (n < f->len && (s->len < CUT || n < CUT_LEAST))
		return 0;
	return memcmp(text, f->bytes, n) == 0 ? n : 0;
}

/* The bytes of the text at that place that are the value as a word; 0: they are not. */
static size_t
holds(const struct span *s, size_t at, const struct form *f)
{
	size_t n, end;

	if (f->len == 0 || s->bytes[at] != f->bytes[0] || (at > 0 && in_word(s->bytes[at - 1]) && in_word(s->bytes[at])))
		return 0;
	n = begins_with(s, at, f);
	end = at + n;
	return n < f->len || end == s->len || !in_word(s->bytes[end]) || !in_word(s->bytes[end - 1]) ? n : 0;
}

/* The value that stands as a word at that place, and its bytes in the text; NULL: none. */
static const struct hide_value *
value_at(const struct record_hide *h, const struct span *s, size_t at, size_t *n)
{
	for (const struct hide_value *v = h->values; v != NULL; v = v->next) {
		*n = holds(s, at, s->json ? &v->json[0] : &v->plain);
		if (*n == 0 && s->json)
			*n = holds(s, at, &v->json[1]);
		if (*n > 0)
			return v;
	}
	return NULL;
}

/* Writes the text with its values replaced; out NULL: only the number of bytes. */
static size_t
replace(const struct record_hide *h, const struct span *s, char *out)
{
	size_t total = 0, n = 1;

	for (size_t i = 0; i < s->len; i += n) {
		const struct hide_value *v = value_at(h, s, i, &n);
		const char *bytes = v != NULL ? v->shown : s->bytes + i;
		size_t len = v != NULL ? v->nshown : (n = step_of(s, i));

		if (out != NULL)
			memcpy(out + total, bytes, len);
		total += len;
	}
	return total;
}

/* Whether the texts of the record are too much to look for its values in them. */
static bool
is_too_much(const struct record_hide *h)
{
	return h->nvalues > VALUES_MAX || h->work > WORK_MAX;
}

/* The whole text as one hash. */
static size_t
conceal(struct record_hide *h, const struct span *s, char *out)
{
	char shown[RECORD_HIDE_SHOWN];

	if (out != NULL) {
		record_hide_hash(h, s->bytes, s->len, shown);
		memcpy(out, shown, RECORD_HIDE_SHOWN - 1);
	}
	return RECORD_HIDE_SHOWN - 1;
}

static size_t
hide_span(struct record_hide *h, const struct span *s, char *out)
{
	return is_too_much(h) && s->len > 0 ? conceal(h, s, out) : replace(h, s, out);
}

char *
record_hide_text(struct record_hide *h, const char *text, size_t *len)
{
	struct span s = { text, *len, false };
	char *out;

	h->work += *len * h->nvalues;
	out = text != NULL && !h->failed ? record_hide_take(h, hide_span(h, &s, NULL) + 1) : NULL;
	*len = out != NULL ? hide_span(h, &s, out) : 0;
	return out;
}

char *
record_hide_string(struct record_hide *h, const char *text)
{
	size_t len = text != NULL ? strlen(text) : 0;

	return record_hide_text(h, text, &len);
}

void
record_hide_field(struct record_hide *h, char *field, size_t size)
{
	const char *shown = record_hide_string(h, field);

	snprintf(field, size, "%s", shown != NULL ? shown : "");
}

/* --- JSON ------------------------------------------------------------------------------------- */

/* The bytes of the JSON string that begins behind a quote, without its end. */
static size_t
string_length(const char *text, size_t left)
{
	size_t n = 0;

	while (n < left && text[n] != '"')
		n += text[n] == '\\' && n + 1 < left ? 2 : 1;
	return n;
}

/* Writes the JSON with the values of its strings replaced; out NULL: only the number of bytes. */
static size_t
replace_json(struct record_hide *h, const char *text, size_t len, char *out)
{
	size_t total = 0;

	for (size_t i = 0; i < len; i++) {
		struct span s = { text + i + 1, 0, true };

		if (out != NULL)
			out[total] = text[i];
		total++;
		if (text[i] != '"')
			continue;
		s.len = string_length(s.bytes, len - i - 1);
		i += 1 + s.len;
		if (i + 1 < len && text[i + 1] == ':') { /* the name of a member */
			if (out != NULL)
				memcpy(out + total, s.bytes, s.len);
			total += s.len;
		} else {
			total += hide_span(h, &s, out != NULL ? out + total : NULL);
		}
		if (out != NULL)
			out[total] = '"';
		total++;
	}
	return total;
}

char *
record_hide_json(struct record_hide *h, const char *text, size_t *len)
{
	char *out;

	h->work += *len * h->nvalues;
	out = text != NULL && !h->failed ? record_hide_take(h, replace_json(h, text, *len, NULL) + 1) : NULL;
	*len = out != NULL ? replace_json(h, text, *len, out) : 0;
	return out;
}
