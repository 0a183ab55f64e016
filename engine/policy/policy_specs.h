/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_specs: runs the rows of decision tables, policies/NAME_spec.lua, by the engine's own policy_ask_table, for
 * `sallyport check --specs` and for a reload.
 */
#ifndef SALLYPORT_POLICY_SPECS_H
#define SALLYPORT_POLICY_SPECS_H

#include "config/definition.h"
#include "policy/coverage.h"
#include "base/fault.h"

struct policy_specs_result {
	unsigned rows, failed;
	unsigned unread; /* decision tables that did not run, because they or their scripts cannot be loaded */
};

struct policy_specs_order {
	const struct definition *d;   /* only its region is read, so that other faults of d do not matter */
	const char *library_dir;
	enum fault_level level;       /* of a row that does not hold */
	const struct sources *loaded; /* only the rows of the scripts among these; NULL: of all scripts of the directory */
	double seconds;               /* for all rows; 0: no limit. A row that is not asked for lack of time does not hold */
	struct coverage *coverage;    /* gets the doors with rows; NULL: not wanted */
};

/*
 * Runs the *_spec.lua files of the script directory, in a Lua state of their own. A row that does not hold adds a fault
 * of rule "row" with file:line, the row's number and name, and the expected and the actual answer.
 */
void policy_specs_run(const struct policy_specs_order *o, struct policy_specs_result *out, struct faults *faults);

#endif
