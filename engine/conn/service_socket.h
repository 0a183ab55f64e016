/* SPDX-License-Identifier: Apache-2.0 */
/* service_socket: the listening socket of a tcpipservice, as its definition wants it. */
#ifndef SALLYPORT_SERVICE_SOCKET_H
#define SALLYPORT_SERVICE_SOCKET_H

#include <stdbool.h>

#include "base/fault.h"
#include "config/resource.h"

/*
 * Binds and listens at host and portnumber of d. The caller owns the descriptor, which is non-blocking. -1 with a
 * sentence, and errno: the host has no address, or the port cannot be opened. May wait for a name server.
 */
int service_socket_open(const struct tcpipservice_def *d, struct fault *f);
/* Listens, with the backlog of d, on a bound socket, which may listen already. -1 with errno. */
int service_socket_listen(const struct tcpipservice_def *d, int fd);
/* Whether a socket is bound to host and portnumber of d. May wait for a name server. */
bool service_socket_fits(const struct tcpipservice_def *d, int fd);
/* Whether host or portnumber differ between two definitions of a tcpipservice. */
bool service_socket_moves(const struct tcpipservice_def *was, const struct tcpipservice_def *d);
/* Writes host and portnumber of d to out. Returns out. */
const char *service_socket_print(const struct tcpipservice_def *d, char *out, size_t size);

#endif
