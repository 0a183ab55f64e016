/* SPDX-License-Identifier: Apache-2.0 */
/* The IS header and the content type: the part of wire that needs no JSON. */
#include "wire.h"

#include <string.h>
#include <strings.h>

#define IS_KEYS_MAX 16

struct word {
	const char *p;
	size_t len;
};

static bool
word_is(struct word w, const char *text)
{
	return strlen(text) == w.len && memcmp(w.p, text, w.len) == 0;
}

static size_t
blanks(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && (p[n] == ' ' || p[n] == '\t'))
		n++;
	return n;
}

/* Takes the longest run of printable characters other than the separators; may be empty. */
static struct word
take_word(const char **p, const char *end)
{
	struct word w = { *p, 0 };

	while (w.p + w.len < end && w.p[w.len] > ' ' && w.p[w.len] <= '~' && strchr(";=", w.p[w.len]) == NULL)
		w.len++;
	*p += w.len;
	return w;
}

static int
take_type(struct is_header *h, const char **p, const char *end, struct fault *f)
{
	static const char *const types[] = { [IS_CMD] = "cmd", [IS_DATA] = "data", [IS_EXPD] = "expd" };
	size_t gap;
	struct word w = take_word(p, end);

	if (!word_is(w, "1"))
		return fault_set(f, "IS: the version is not 1");
	gap = blanks(*p, end);
	*p += gap;
	w = take_word(p, end);
	for (size_t i = 0; gap > 0 && i < sizeof types / sizeof types[0]; i++) {
		if (word_is(w, types[i])) {
			h->type = (enum is_type)i;
			return 0;
		}
	}
	return fault_set(f, "IS: the type is not cmd, data or expd");
}

/* One "; key=value" with the blanks around it. */
static int
take_pair(struct word *key, struct word *value, const char **p, const char *end, struct fault *f)
{
	*p += blanks(*p, end);
	if (*p == end || **p != ';')
		return fault_set(f, "IS: ';' expected");
	*p += 1;
	*p += blanks(*p, end);
	*key = take_word(p, end);
	if (key->len == 0 || *p == end || **p != '=')
		return fault_set(f, "IS: key=value expected behind ';'");
	*p += 1;
	*value = take_word(p, end);
	return value->len > 0 ? 0 : fault_set(f, "IS: a key without a value");
}

static enum is_name
command(struct word w)
{
	if (word_is(w, "capex"))
		return IS_CAPEX;
	if (word_is(w, "heartbeat"))
		return IS_HEARTBEAT;
	return word_is(w, "release") ? IS_RELEASE : IS_UNKNOWN;
}

int
wire_is(struct is_header *h, const char *value, size_t len, struct fault *f)
{
	const char *p = value, *end = value + len;
	struct word seen[IS_KEYS_MAX], word = { "", 0 };

	*h = (struct is_header){ .name = IS_NONE };
	if (len == 0)
		return fault_set(f, "no IS header");
	if (take_type(h, &p, end, f) < 0)
		return -1;
	for (size_t n = 0; p + blanks(p, end) < end; n++) {
		if (n == IS_KEYS_MAX)
			return fault_set(f, "IS: more than %d keys", IS_KEYS_MAX);
		if (take_pair(&seen[n], &word, &p, end, f) < 0)
			return -1;
		for (size_t i = 0; i < n; i++)
			if (seen[i].len == seen[n].len && memcmp(seen[i].p, seen[n].p, seen[n].len) == 0)
				return fault_set(f, "IS: a key stands twice");
		if (h->type == IS_CMD && word_is(seen[n], "name"))
			h->name = command(word);
	}
	return 0;
}

bool
wire_is_json(const char *value, size_t len)
{
	size_t n = strlen(WIRE_JSON);

	if (len < n || strncasecmp(value, WIRE_JSON, n) != 0)
		return false;
	n += blanks(value + n, value + len);
	return n == len || value[n] == ';';
}
