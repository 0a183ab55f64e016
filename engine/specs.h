/* SPDX-License-Identifier: Apache-2.0 */
/* specs: `sallyport check --specs`: each row of each policies/NAME_spec.lua put through the engine's own ask. */
#ifndef SALLYPORT_SPECS_H
#define SALLYPORT_SPECS_H

#include "generation.h"

struct specs_result {
	unsigned rows, failed;
};

/* Runs every *_spec.lua of the generation's script directory (loading NAME if need be). A row that does not hold is a fault naming
 * file:line (or row number and its `name`), what was expected and what came. */
void specs_run(struct generation *g, struct specs_result *out, struct faults *faults);

#endif
