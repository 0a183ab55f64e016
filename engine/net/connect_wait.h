/* SPDX-License-Identifier: Apache-2.0 */
/* connect_wait: a TCP connection to a host and port, waited for. For commands; a region never waits like this. */
#ifndef SALLYPORT_CONNECT_WAIT_H
#define SALLYPORT_CONNECT_WAIT_H

#include "base/fault.h"

/* Tries each address of the host (a name, or numeric) in turn, each for so many seconds. A non-blocking descriptor, connected; -1 with
 * a sentence: no such name, nobody listening, no answer. */
int connect_wait(const char *host, int port, double seconds, struct fault *f);

#endif
