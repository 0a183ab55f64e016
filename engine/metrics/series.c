/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/series.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define WORD sizeof(uint64_t)

/* Writes one byte of a value, escaped, to out; 0: fewer than 2 bytes are left for it and the closing quote. */
static size_t
put_byte(char *out, size_t left, char c)
{
	if (left < 4)
		return 0;
	if (c == '\\' || c == '"' || c == '\n') {
		out[0] = '\\';
		out[1] = c == '\n' ? 'n' : c;
		return 2;
	}
	out[0] = c >= ' ' && c <= '~' ? c : '?';
	return 1;
}

void
series_label(char *out, size_t size, const char *name, const char *value)
{
	size_t n = strlen(out), put;
	int head = snprintf(out + n, size - n, "%s%s=\"", n > 0 ? "," : "", name);

	if (head < 0 || (size_t)head + 2 > size - n) {
		out[n] = '\0';
		return;
	}
	n += (size_t)head;
	for (; *value != '\0' && (put = put_byte(out + n, size - n, *value)) > 0; value++)
		n += put;
	out[n++] = '"';
	out[n] = '\0';
}

static void
print_labels(const struct series_table *t, const char *const *value, char out[SERIES_TEXT])
{
	out[0] = '\0';
	for (unsigned i = 0; i < SERIES_LABELS && t->label[i] != NULL; i++)
		series_label(out, SERIES_TEXT, t->label[i], value[i] != NULL ? value[i] : "");
}

/* One thread at a time adds, so an increment needs no locked instruction. */
static void
increment(_Atomic uint64_t *n)
{
	atomic_store_explicit(n, atomic_load_explicit(n, memory_order_relaxed) + 1, memory_order_relaxed);
}

/* The series with these labels, or a new one while the table has fewer than `most`; NULL: there is no room. */
static struct series *
find_labels(struct series_table *t, const char *const *value, unsigned most)
{
	unsigned n = atomic_load_explicit(&t->n, memory_order_relaxed), i = 0;
	char labels[SERIES_TEXT];

	print_labels(t, value, labels);
	while (i < n && strcmp(t->item[i].labels, labels) != 0)
		i++;
	if (i < n)
		return &t->item[i];
	if (n >= most)
		return NULL;
	memcpy(t->item[n].labels, labels, sizeof labels);
	atomic_store_explicit(&t->n, n + 1, memory_order_release);
	return &t->item[n];
}

/* Joins the values to a key, with zeros behind it up to a whole word. Returns its length; 0: it is too long. */
static size_t
join(const char *const *value, char key[SERIES_KEY + WORD])
{
	size_t n = 0;

	for (unsigned i = 0; i < SERIES_LABELS; i++) {
		const char *text = value[i] != NULL ? value[i] : "";
		size_t len = strlen(text) + 1;

		if (len > SERIES_KEY - n)
			return 0;
		memcpy(key + n, text, len);
		n += len;
	}
	memset(key + n, 0, WORD);
	return n;
}

static uint64_t
hash(const char *key, size_t len)
{
	uint64_t h = len, word;

	for (size_t at = 0; at < len; at += WORD) {
		memcpy(&word, key + at, WORD);
		h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	return h;
}

/* The slot of the key, or the free one in its place. At least one is free. */
static struct series_slot *
slot_of(struct series_table *t, const char *key, size_t len)
{
	struct series_slot *s;

	for (s = &t->slot[hash(key, len) % SERIES_SLOTS]; s->series != 0 && (s->len != len || memcmp(s->key, key, len) != 0);)
		s = &t->slot[(size_t)(s - t->slot + 1) % SERIES_SLOTS];
	return s;
}

/* As find_labels, without printing the labels of values that were found before. */
static struct series *
find(struct series_table *t, const char *const *value, unsigned most)
{
	char key[SERIES_KEY + WORD];
	size_t len = join(value, key);
	struct series_slot *slot = len > 0 ? slot_of(t, key, len) : NULL;
	struct series *s;

	if (slot != NULL && slot->series != 0)
		return &t->item[slot->series - 1];
	s = find_labels(t, value, most);
	if (s == NULL || slot == NULL || t->slots == SERIES_SLOTS / 2)
		return s;
	*slot = (struct series_slot){ .series = (unsigned char)(s - t->item + 1), .len = (unsigned char)len };
	memcpy(slot->key, key, len);
	t->slots++;
	return s;
}

void
series_begin(struct series_table *t, const char *const *value)
{
	find(t, value, SERIES_MAX - SERIES_RESERVED);
}

/* The series that counts the event when there is no room for its own. The last one of the table is always free. */
static struct series *
fold(struct series_table *t, const char *const *value)
{
	const char *folded[SERIES_LABELS];
	struct series *s;

	increment(&t->folded);
	memcpy(folded, value, sizeof folded);
	folded[t->varies] = SERIES_OTHER;
	s = find(t, folded, SERIES_MAX - 1);
	if (s != NULL)
		return s;
	for (unsigned i = 0; i < SERIES_LABELS; i++)
		folded[i] = SERIES_OTHER;
	return find(t, folded, SERIES_MAX);
}

void
series_add(struct series_table *t, const char *const *value)
{
	struct series *s = find(t, value, SERIES_MAX - SERIES_RESERVED);

	if (s == NULL)
		s = fold(t, value);
	increment(&s->count);
}
