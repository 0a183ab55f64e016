/* SPDX-License-Identifier: Apache-2.0 */
/* tap: the listening socket of the exporter: a TCP port, or a Unix socket that only the region's user can reach. */
#ifndef SALLYPORT_TAP_H
#define SALLYPORT_TAP_H

#include "base/fault.h"
#include "base/name.h"
#include "net/unixsock.h"

struct tap {
	int fd;                   /* owned; -1: closed */
	char address[PATH_SIZE];  /* with the real port; or the path */
	struct unixsock_mark mark; /* of a Unix socket; zero: a TCP port */
};

/*
 * Listens at "HOST:PORT" (a numeric address or localhost; port 0: the system chooses) or at a path with a slash; the
 * descriptor is non-blocking. -1 with a sentence that names the address.
 */
int tap_open(struct tap *t, const char *address, struct fault *f);
/* Closes the socket and removes the file of a Unix socket. A tap that is not open is fine. */
void tap_close(struct tap *t);

#endif
