/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_throttle.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define PROBES 8

static uint32_t
hash(uint32_t h, const char *s)
{
	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return (h ^ 0xff) * 16777619u;
}

static void
settle(struct log_throttle *t, struct log_throttle_entry *e, log_throttle_sum sum, void *arg)
{
	if (e->held == 0)
		return;
	sum(arg, e);
	e->held = 0;
	t->holding--;
}

static bool
same(const struct log_throttle_entry *e, const struct log_throttle_entry *key)
{
	return strcmp(e->door, key->door) == 0 && strcmp(e->code, key->code) == 0 && strcmp(e->prefix, key->prefix) == 0;
}

/* The entry for key: its own, else an idle one, else the one that all other keys share. */
static struct log_throttle_entry *
find(struct log_throttle *t, int64_t second, const struct log_throttle_entry *key)
{
	uint32_t h = hash(hash(hash(2166136261u, key->door), key->code), key->prefix);
	struct log_throttle_entry *idle = &t->others;

	for (uint32_t i = 0; i < PROBES; i++) {
		struct log_throttle_entry *e = &t->entry[(h + i) % LOG_THROTTLE_ENTRIES];

		if (same(e, key))
			return e;
		if (idle == &t->others && e->second != second)
			idle = e;
	}
	return idle;
}

/* Sums up the entry, then gives it to a new second or a new key. */
static void
claim(struct log_throttle *t, struct log_throttle_entry *e, const struct log_throttle_entry *key, log_throttle_sum sum, void *arg)
{
	settle(t, e, sum, arg);
	*e = *key;
	if (e == &t->others) {
		snprintf(e->door, sizeof e->door, "various");
		snprintf(e->code, sizeof e->code, "various");
		snprintf(e->prefix, sizeof e->prefix, "various");
	}
}

bool
log_throttle_pass(struct log_throttle *t, int64_t second, const char *door, const char *code, const char *prefix, log_throttle_sum sum, void *arg)
{
	struct log_throttle_entry key = { .second = second };
	struct log_throttle_entry *e;

	text_copy(key.door, sizeof key.door, door);
	text_copy(key.code, sizeof key.code, code);
	text_copy(key.prefix, sizeof key.prefix, prefix);
	e = find(t, second, &key);
	if (e->second != second || (e != &t->others && !same(e, &key)))
		claim(t, e, &key, sum, arg);
	if (e->said < LOG_THROTTLE_LINES) {
		e->said++;
		return true;
	}
	if (e->held++ == 0)
		t->holding++;
	return false;
}

void
log_throttle_flush(struct log_throttle *t, int64_t second, bool all, log_throttle_sum sum, void *arg)
{
	for (size_t i = 0; i < LOG_THROTTLE_ENTRIES && t->holding > 0; i++)
		if (all || t->entry[i].second != second)
			settle(t, &t->entry[i], sum, arg);
	if (all || t->others.second != second)
		settle(t, &t->others, sum, arg);
}
