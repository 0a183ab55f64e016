/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fault.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
fault_set(struct fault *f, const char *format, ...)
{
	va_list ap;

	if (f == NULL)
		return -1;
	va_start(ap, format);
	vsnprintf(f->text, sizeof f->text, format, ap);
	va_end(ap);
	return -1;
}

int
fault_wrap(struct fault *f, const char *format, ...)
{
	char inner[sizeof f->text];
	va_list ap;
	int n;

	if (f == NULL)
		return -1;
	memcpy(inner, f->text, sizeof inner);
	va_start(ap, format);
	n = vsnprintf(f->text, sizeof f->text, format, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof f->text)
		snprintf(f->text + n, sizeof f->text - (size_t)n, ": %.*s", (int)(sizeof f->text - (size_t)n), inner);
	return -1;
}

static struct fault_entry *
faults_grow(struct faults *l)
{
	struct fault_entry *more = realloc(l->entry, (l->n + 1) * sizeof *more);

	if (more == NULL)
		return NULL;
	l->entry = more;
	return &more[l->n];
}

static void
count(struct faults *l, enum fault_level level)
{
	l->errors += level == FAULT_ERROR;
	l->warnings += level == FAULT_WARNING;
}

void
faults_add(struct faults *l, enum fault_level level, const char *rule, const char *file, int line, const char *format, ...)
{
	struct fault_entry *e = faults_grow(l);
	char *text = NULL;
	va_list ap;

	/* counted first: a fault whose text could not be allocated must refuse the load too */
	count(l, level);
	if (e == NULL)
		return;
	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	va_end(ap);
	*e = (struct fault_entry){ .level = level, .rule = rule, .file = file ? strdup(file) : NULL, .line = line, .text = text };
	l->n++;
}

static bool
has(const struct faults *l, const struct fault_entry *e)
{
	bool same = false;

	for (size_t i = 0; i < l->n && !same; i++) {
		const struct fault_entry *o = &l->entry[i];

		same = o->line == e->line && (o->file == NULL) == (e->file == NULL) && (e->file == NULL || strcmp(o->file, e->file) == 0) &&
			strcmp(fault_entry_text(o), fault_entry_text(e)) == 0;
	}
	return same;
}

void
faults_merge(struct faults *l, struct faults *from, enum fault_level most)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct fault_entry *e = &from->entry[i];
		enum fault_level level = e->level < most ? e->level : most;
		const char *rule = e->rule;

		if (!has(l, e))
			faults_add(l, level, rule, e->file, e->line, "%s", fault_entry_text(e));
	}
	if (from->errors > 0 && from->n == 0) /* its text could not be allocated */
		count(l, most);
	faults_free(from);
}

const char *
fault_level_name(enum fault_level level)
{
	static const char *const names[] = { [FAULT_NOTE] = "note", [FAULT_WARNING] = "warning", [FAULT_ERROR] = "fault" };

	return names[level];
}

const char *
fault_entry_text(const struct fault_entry *e)
{
	return e->text != NULL ? e->text : "out of memory";
}

const char *
faults_print(const struct faults *l, size_t i, char *out, size_t size)
{
	const struct fault_entry *e = &l->entry[i];
	const char *level = fault_level_name(e->level);
	const char *text = fault_entry_text(e);

	if (e->file == NULL)
		snprintf(out, size, "%s: %s", level, text);
	else if (e->line == 0)
		snprintf(out, size, "%s: %s: %s", e->file, level, text);
	else
		snprintf(out, size, "%s:%d: %s: %s", e->file, e->line, level, text);
	return out;
}

void
faults_free(struct faults *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->entry[i].file);
		free(l->entry[i].text);
	}
	free(l->entry);
	*l = (struct faults){ 0 };
}
