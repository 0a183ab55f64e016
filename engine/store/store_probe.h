/* SPDX-License-Identifier: Apache-2.0 */
/* store_probe: looks once whether a store can be used, for commands. It blocks; a region never blocks like this. */
#ifndef SALLYPORT_STORE_PROBE_H
#define SALLYPORT_STORE_PROBE_H

#include "store/store_server.h"
#include "store/store_settings.h"

/*
 * Searches a server by the settings, about one second for each address, and writes its words to *out. It changes
 * nothing there. -1 with a sentence: no server was found, or no memory.
 */
int store_probe(const struct store_settings *s, struct store_server *out, struct fault *f);

#endif
