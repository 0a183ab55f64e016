/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handed: listening sockets that the process has from the beginning, each with the name of a tcpipservice: from the
 * service manager that started it (LISTEN_FDS, sd_listen_fds(3)), or bound before the process became another user.
 */
#ifndef SALLYPORT_HANDED_H
#define SALLYPORT_HANDED_H

#include <stddef.h>

#include "base/fault.h"
#include "base/name.h"

enum handed_kind {
	HANDED_SHARED, /* the service manager has it too */
	HANDED_ONCE,   /* the process had the right to bind it, and has it no more */
	HANDED_AGAIN,  /* the process can bind it again */
};

struct handed_socket {
	char name[NAME_SIZE]; /* folded to upper case */
	int fd;               /* owned */
	enum handed_kind kind;
};

struct handed { /* zero-initialise; free with handed_free */
	struct handed_socket *socket; /* owned */
	size_t n;
};

/*
 * Reads LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES, removes them from the environment, and adds the sockets, which are
 * non-blocking and close-on-exec then. Does nothing when LISTEN_PID names another process. Faults (rule "handed"): a
 * variable is malformed; a descriptor is no listening TCP socket; a name is no name of a tcpipservice, or is there
 * twice. Call it while the process has one thread.
 */
void handed_take(struct handed *h, struct faults *faults);
/* Adds a socket (taken, on failure too). -1: no memory. */
int handed_add(struct handed *h, const char *name, int fd, enum handed_kind kind);
/* The socket of that name; NULL: no socket has it. Borrowed until the next call with h. */
const struct handed_socket *handed_find(const struct handed *h, const char *name);
/* Gives the descriptor of that name to the caller, and forgets it. -1: no descriptor has it. */
int handed_give(struct handed *h, const char *name, enum handed_kind *kind);
/* Closes the sockets that were not given. The struct is empty then. */
void handed_free(struct handed *h);

#endif
