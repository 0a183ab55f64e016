/* SPDX-License-Identifier: Apache-2.0 */
/* fault: an error is a sentence that travels with the object; a list of faults is what `check` prints. */
#ifndef SALLYPORT_FAULT_H
#define SALLYPORT_FAULT_H

#include <stddef.h>

struct fault {
	char text[1024];
};

/* Sets the sentence. Returns -1 always, so that `return fault_set(f, ...)` reads well. `f` may be NULL. */
int fault_set(struct fault *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "prefix: " before the sentence (the place, from inside outwards). Returns -1 always. `f` may be NULL. */
int fault_wrap(struct fault *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A note is printed and never counts; a warning counts under --strict; an error (printed as "fault") refuses the load. */
enum fault_level { FAULT_NOTE, FAULT_WARNING, FAULT_ERROR };

struct fault_entry {
	enum fault_level level;
	const char *rule; /* static: the name of the rule that found it, [a-z0-9_]+ */
	char *file; /* owned; NULL: no place */
	int line;   /* 0: no line */
	char *text; /* owned */
};

/* All that is wrong with one load: zero-initialise, add, print, free. */
struct faults {
	struct fault_entry *entry; /* owned */
	size_t n;
	size_t errors;
	size_t warnings;
};

/*
 * Adds one entry; file and text are copied. `rule` is a string literal of [a-z0-9_]+ by which programs tell kinds of faults apart (`check --json`):
 * one rule, one remedy. An allocation failure still counts (errors/warnings go up).
 */
void faults_add(struct faults *l, enum fault_level level, const char *rule, const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* Moves the entries of `from` that l does not have yet; none counts as more than `most`. from is empty then. */
void faults_merge(struct faults *l, struct faults *from, enum fault_level most);

/* "fault", "warning" or "note". */
const char *fault_level_name(enum fault_level level);
/* The text of an entry; never NULL. */
const char *fault_entry_text(const struct fault_entry *e);
/* Prints entry i as "FILE:LINE: fault|warning|note: TEXT" into out; returns out. */
const char *faults_print(const struct faults *l, size_t i, char *out, size_t size);

void faults_free(struct faults *l);

#endif
