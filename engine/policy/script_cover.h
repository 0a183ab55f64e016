/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_cover: the part of each script that rows have run: its lines, and of each of its checks (policy.check) whether
 * the value was true and whether it was false.
 */
#ifndef SALLYPORT_SCRIPT_COVER_H
#define SALLYPORT_SCRIPT_COVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/name.h"
#include "sandbox/sources.h"

struct lua_State;
struct lua_Debug;

struct cover_check { /* a call of policy.check in the text, or one that ran */
	int line;
	char *name;      /* owned; NULL: the text has no constant there */
	bool was_true, was_false;
};

struct cover_script {
	char name[SCRIPT_SIZE];
	char path[2 * PATH_SIZE];
	unsigned char *line; /* owned; flags COVER_* by line number */
	size_t nlines;       /* of flags */
	struct cover_check *check; /* owned */
	size_t nchecks;
};

#define COVER_CODE 1 /* the line has code */
#define COVER_RUN 2  /* it was run */

struct script_cover { /* zero-initialise; freed by script_cover_free */
	struct cover_script **script; /* owned, in the order of script_cover_add */
	size_t n;
	unsigned long news; /* lines that were run, and values that checks had, for the first time */
};

/*
 * Adds a script: its lines with code and its checks. The script counts from then on. 0, also when it was added before.
 * -1 with a sentence: the text does not compile, or there is no memory.
 */
int script_cover_add(struct script_cover *c, const struct source *s, struct fault *f);
/* Notes a line that is run; arg: the struct script_cover. For budget_observe. */
void script_cover_line(void *arg, struct lua_State *L, struct lua_Debug *ar);
/* Notes the value of a check at that place (script_place.h). */
void script_cover_check(struct script_cover *c, const char *file, int line, const char *name, bool value);
void script_cover_free(struct script_cover *c);

struct cover_counts {
	size_t lines, covered; /* lines with code; those that were run */
	size_t checks, both;   /* calls of policy.check; those that were true and false */
};

struct cover_counts script_cover_count(const struct cover_script *s);
/*
 * True when less than `percent` of the script's lines were run, or less than `percent` of its checks have both values.
 */
bool script_cover_below(const struct cover_script *s, double percent);

#endif
