/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connect_wait: opens TCP connections for commands. A look-up and a wait block; a region never blocks like this.
 */
#ifndef SALLYPORT_CONNECT_WAIT_H
#define SALLYPORT_CONNECT_WAIT_H

#include "base/addr.h"
#include "base/fault.h"

/*
 * Tries each address of the host (a name, or numeric) in turn, each for `seconds`. Returns a connected, non-blocking
 * descriptor, owned by the caller; -1 with a sentence: no such name, no listener, no answer.
 */
int connect_wait(const char *host, int port, double seconds, struct fault *f);
/* Looks the host up, and writes its first address with the port. Blocks. -1 with a sentence. */
int connect_wait_find(const char *host, int port, struct addr *out, struct fault *f);
/*
 * Begins a connection and returns at once: a non-blocking descriptor, owned by the caller, whose connection may not
 * stand yet. -1 with a sentence.
 */
int connect_wait_not(const struct addr *to, struct fault *f);

#endif
