/* SPDX-License-Identifier: Apache-2.0 */
#include "region/workers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/resource.h"

/* Takes the value of the variable for *r, which gives no number itself. -1 with a sentence. */
static int
take_variable(struct region_def *r, const char *value, struct fault *f)
{
	if (attribute_set_text(attribute_find(resource_region, "workers"), r, value, strlen(value), f) == 0)
		return 0;
	return fault_wrap(f, "the environment: " WORKERS_VARIABLE);
}

unsigned
workers_number(const struct definition *d, char why[CORES_WHY], struct fault *f)
{
	struct region_def r = d->region;
	const char *value = resource_region_given(&r, "workers") ? NULL : getenv(WORKERS_VARIABLE);
	struct cores c;

	if (value != NULL && take_variable(&r, value, f) < 0)
		return 0;
	if (r.workers > 0) {
		snprintf(why, CORES_WHY, "%s", value != NULL ? "the environment: " WORKERS_VARIABLE : "region { workers }");
		return (unsigned)r.workers;
	}
	cores_read(&c, "");
	return cores_count(&c, WORKERS_AUTO_MAX, why);
}
