/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/waited.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct waited *
waited_new(const char *call)
{
	struct waited *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	atomic_init(&w->refs, 1);
	snprintf(w->call, sizeof w->call, "%s", call);
	return w;
}

struct waited *
waited_recorded(const char *asked, const char *words, const char *reason, double milliseconds)
{
	bool resolve = strcmp(asked, "resolve") == 0, by_words = strcmp(asked, "http") == 0 || strncmp(asked, "store.", 6) == 0;
	struct waited *w = resolve || by_words ? waited_new(words) : NULL;

	if (w == NULL)
		return NULL;
	if (resolve)
		snprintf(w->call, sizeof w->call, "resolve %.*s", WAITED_NAME, words);
	if (reason != NULL && reason[0] != '\0')
		waited_fail(w, "%s", reason);
	w->seconds = milliseconds / 1e3;
	return w;
}

void
waited_add(struct waited *w, const char *name)
{
	if (w->n < WAITED_NAMES)
		snprintf(w->name[w->n++], WAITED_NAME, "%s", name);
}

void
waited_fail(struct waited *w, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(w->why, sizeof w->why, format, ap);
	va_end(ap);
}

int
waited_answer(struct waited *w, int status, const void *body, size_t len)
{
	free(w->body);
	w->len = 0;
	w->body = malloc(len + 1);
	if (w->body == NULL) {
		waited_fail(w, "no memory for the answer");
		return -1;
	}
	memcpy(w->body, body, len);
	w->body[len] = '\0';
	w->why[0] = '\0';
	w->len = len;
	w->status = status;
	return 0;
}

struct waited *
waited_ref(struct waited *w)
{
	if (w != NULL)
		atomic_fetch_add_explicit(&w->refs, 1, memory_order_relaxed);
	return w;
}

void
waited_unref(struct waited *w)
{
	if (w != NULL && atomic_fetch_sub_explicit(&w->refs, 1, memory_order_acq_rel) == 1) {
		free(w->body);
		free(w);
	}
}
