/* SPDX-License-Identifier: Apache-2.0 */
/* policy_specs: each row of each policies/NAME_spec.lua put through the engine's own ask, for `sallyport check --specs` and for a reload. */
#ifndef SALLYPORT_POLICY_SPECS_H
#define SALLYPORT_POLICY_SPECS_H

#include "policy/coverage.h"
#include "base/fault.h"
#include "config/resource.h"

struct policy_specs_result {
	unsigned rows, failed;
};

/* Runs every *_spec.lua of the script directory that d names, in a Lua state of their own. A row that does not hold adds an entry of that level and of rule
 * "row" naming file:line, the row's number and `name`, the expected and the actual answer. Only d's region is read: its other faults do
 * not matter. The doors that have rows are noted in *coverage, which may be NULL. */
void policy_specs_run(const struct definition *d, const char *library_dir, enum fault_level level, struct policy_specs_result *out, struct coverage *coverage,
	struct faults *faults);

#endif
