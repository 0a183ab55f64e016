/* SPDX-License-Identifier: Apache-2.0 */
/* workers: how many workers a region begins with, and why. */
#ifndef SALLYPORT_WORKERS_H
#define SALLYPORT_WORKERS_H

#include "base/cores.h"
#include "config/definition.h"

#define WORKERS_VARIABLE "SALLYPORT_WORKERS"

/*
 * The number of workers that d wants: its attribute `workers`, else the variable SALLYPORT_WORKERS of the environment,
 * else the default of the attribute; `auto`: by the CPUs that the process may use. Writes the reason to why. 0 with a
 * sentence: the variable is neither `auto` nor a number that the attribute may have.
 */
unsigned workers_number(const struct definition *d, char why[CORES_WHY], struct fault *f);

#endif
