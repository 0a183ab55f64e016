/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connect_wait: opens a TCP connection and blocks until it stands. For commands only; a region never blocks like this.
 */
#ifndef SALLYPORT_CONNECT_WAIT_H
#define SALLYPORT_CONNECT_WAIT_H

#include "base/fault.h"

/*
 * Tries each address of the host (a name, or numeric) in turn, each for `seconds`. Returns a connected, non-blocking
 * descriptor, owned by the caller; -1 with a sentence: no such name, no listener, no answer.
 */
int connect_wait(const char *host, int port, double seconds, struct fault *f);

#endif
