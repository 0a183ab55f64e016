/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_specs: runs the rows of decision tables, policies/NAME_spec.lua, by the engine's own policy_ask_row, for
 * `sallyport test`, for `check --specs` and for a reload.
 */
#ifndef SALLYPORT_POLICY_SPECS_H
#define SALLYPORT_POLICY_SPECS_H

#include <jansson.h>

#include "config/definition.h"
#include "config/resource.h"
#include "policy/coverage.h"
#include "policy/script_bench.h"
#include "policy/script_cover.h"

struct policy;
#include "base/fault.h"

struct policy_specs_result {
	unsigned rows, failed;
	unsigned unread; /* decision tables that did not run, because they or their scripts cannot be loaded */
};

/* A row that was run; every pointer is borrowed until the call ends. */
struct policy_specs_row {
	const char *script, *file;
	const char *name;                /* "" none */
	int row, line;                   /* from 1; line 0: not known */
	const struct faults *objections; /* the row holds without an objection */
	const json_t *doors;             /* the doors that were asked, as of `explain --json`; NULL: none */
};

/* The region through whose doors rows with walk = true go. */
struct policy_specs_walk {
	struct policy *(*begin)(void *arg, struct fault *f); /* makes the region at the first call; returns its scripts. NULL with a sentence */
	json_t *(*ask)(void *arg, const json_t *question, struct fault *f); /* region/ask.h: ask_answer */
	void *arg;
};

struct policy_specs_order {
	const struct region_def *region; /* its directory of scripts and its limits */
	const char *library_dir;
	enum fault_level level;       /* of a row that does not hold */
	const struct sources *loaded; /* only the rows of the scripts among these; NULL: of all scripts of the directory */
	double seconds;               /* for all rows; 0: no limit. A row that is not asked for lack of time does not hold */
	const struct policy_specs_walk *walk; /* NULL: there is no region, and rows with walk = true do not hold */
	struct coverage *coverage;    /* gets the doors with rows; NULL: not wanted */
	struct script_cover *cover;   /* gets the scripts of the directory and the parts that the rows run; NULL: not wanted */
	struct script_bench *bench;   /* gets the cost of each row of a door; NULL: not wanted */
	const struct definition *definition; /* whose files are no scripts; NULL: none */
	const char *filter;           /* only the rows whose name or script contains it, * and ? as in a shell; NULL: all */
	void (*told)(void *arg, const struct policy_specs_row *row); /* gets each row, and no fault is added for it; NULL: faults are */
	void *arg;
};

/*
 * Runs the *_spec.lua files of the script directory, in a Lua state of their own. A row that does not hold adds a fault
 * of rule "row" with file:line, the row's number and name, and the expected and the actual answer.
 */
void policy_specs_run(const struct policy_specs_order *o, struct policy_specs_result *out, struct faults *faults);

#endif
