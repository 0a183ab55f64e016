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
};

/*
 * Runs each *_spec.lua of the script directory of d, in a Lua state of their own. A row that does not hold adds a fault
 * of that level and of rule "row" with file:line, the row's number and name, and the expected and the actual answer.
 * Reads only the region of d, so that other faults of d do not matter. Notes the doors with rows in *coverage, which
 * may be NULL.
 */
void policy_specs_run(const struct definition *d, const char *library_dir, enum fault_level level, struct policy_specs_result *out,
	struct coverage *coverage, struct faults *faults);

#endif
