/* SPDX-License-Identifier: Apache-2.0 */
/* unixsock: a Unix stream socket at a path that only its owner can reach. */
#ifndef SALLYPORT_UNIXSOCK_H
#define SALLYPORT_UNIXSOCK_H

#include "fault.h"

#define UNIXSOCK_PATH_MAX 107 /* what sockaddr_un holds beside its NUL */

/*
 * Listens at `path` with mode 0600; the descriptor is non-blocking. The path's directory is made 0700 when missing; it must
 * belong to the caller and nobody else may be able to write to it. A socket that nobody answers on is replaced, a living one and
 * anything that is no socket are faults. -1 with a sentence.
 */
int unixsock_listen(const char *path, struct fault *f);
/* Connects; the descriptor is non-blocking. -1 with a sentence ("no region answers at …"). */
int unixsock_connect(const char *path, struct fault *f);

#endif
