/* SPDX-License-Identifier: Apache-2.0 */
/* load_run: runs the partners of a load on one loop, each as `connect` does. */
#ifndef SALLYPORT_LOAD_RUN_H
#define SALLYPORT_LOAD_RUN_H

#include "client/load_options.h"
#include "client/load_tally.h"
#include "client/load_tls.h"

/*
 * Runs until all partners have ended, or a signal ends them; shows progress on stderr when that is a terminal. o and
 * tls are borrowed; t is zeroed. -1 with a sentence: no loop, or no memory.
 */
int load_run(const struct load_options *o, struct load_tls *tls, struct load_tally *t, struct fault *f);

#endif
