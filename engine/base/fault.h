/* SPDX-License-Identifier: Apache-2.0 */
/* fault: an error is a sentence that a function hands up to its caller; a list of faults is the output of `check`. */
#ifndef SALLYPORT_FAULT_H
#define SALLYPORT_FAULT_H

#include <stddef.h>

struct fault {
	char text[1024];
};

/* Sets the sentence. Always returns -1, for `return fault_set(f, ...)`. `f` may be NULL. */
int fault_set(struct fault *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "prefix: " before the sentence; each level of callers adds its own place. Always returns -1. `f` may be NULL. */
int fault_wrap(struct fault *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * A note is printed and never counts; a warning counts under --strict; an error (printed as "fault") refuses the load.
 */
enum fault_level { FAULT_NOTE, FAULT_WARNING, FAULT_ERROR };

struct fault_entry {
	enum fault_level level;
	const char *rule; /* static: the name of the rule that found it, [a-z0-9_]+ */
	char *file; /* owned; NULL: no place */
	int line;   /* 0: no line */
	char *text; /* owned */
};

/* All faults of one load: zero-initialise, add, print, free. */
struct faults {
	struct fault_entry *entry; /* owned */
	size_t n;
	size_t errors;
	size_t warnings;
};

/*
 * Adds one entry; file and text are copied. `rule` is a string literal of [a-z0-9_]+: programs distinguish faults by it
 * (`check --json`). One rule has one remedy. An entry that cannot be allocated is counted too (errors and warnings go
 * up).
 */
void faults_add(struct faults *l, enum fault_level level, const char *rule, const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* Moves the entries of `from` that l does not have yet; an entry above `most` is counted as `most`. Empties `from`. */
void faults_merge(struct faults *l, struct faults *from, enum fault_level most);

/* "fault", "warning" or "note". */
const char *fault_level_name(enum fault_level level);
/* The text of an entry; never NULL. */
const char *fault_entry_text(const struct fault_entry *e);
/* Prints entry i as "FILE:LINE: fault|warning|note: TEXT" into out; returns out. */
const char *faults_print(const struct faults *l, size_t i, char *out, size_t size);

/* Frees the entries; the list is empty then. */
void faults_free(struct faults *l);

#endif
