/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_socket: a Unix socket of another process that takes lines as datagrams: of systemd-journald, or of a syslog
 * daemon. That process may be started again at any time: the socket is then opened again by its path.
 */
#ifndef SALLYPORT_LOG_SOCKET_H
#define SALLYPORT_LOG_SOCKET_H

#include <stddef.h>
#include <sys/types.h>

#include "base/fault.h"

/* Returns a socket, connected to the one at `path`, which the caller closes. -1 with a sentence. */
int log_socket_open(const char *path, struct fault *f);
/*
 * Sends the first line of the n bytes as one datagram, without the last byte of `end`, which ends a line. Waits at
 * most `ms` milliseconds for room. When the reader has gone, connects *fd anew. Returns the number of bytes of the line
 * with its end; 0: no room; -1 with errno: there is no reader, and *fd may be -1.
 */
ssize_t log_socket_write(int *fd, const char *path, const void *bytes, size_t n, const char *end, int ms);

#endif
