/* SPDX-License-Identifier: Apache-2.0 */
/* unixsock: a Unix stream socket at a path that only its owner can reach. */
#ifndef SALLYPORT_UNIXSOCK_H
#define SALLYPORT_UNIXSOCK_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"

/*
 * The limit of a socket's name, in bytes. The address is /proc/self/fd/N/NAME, where N is the descriptor of the opened
 * directory, so the length of the directory's path does not matter. Of the 107 bytes of an address 17 are for the part
 * before NAME.
 */
#define UNIXSOCK_NAME_MAX 90

/* The part of the path after its last /. */
const char *unixsock_name(const char *path);
/*
 * Listens at `path` with mode 0600; the descriptor is non-blocking. The directory of the path is created with mode 0700
 * when missing; it must belong to the caller, and no other user may be able to write to it. A socket at which no
 * process answers is replaced. Faults: a socket at which a process answers (the sentence names the process), and
 * anything that is not a socket. The directory is locked meanwhile; when another process holds the lock for 200 ms, the
 * fault names the directory and the process. -1 with a sentence that begins with `what` ("control socket").
 */
int unixsock_listen(const char *path, const char *what, struct fault *f);

struct unixsock_mark { /* the file of a socket; zero: none */
	dev_t dev;
	ino_t ino;
};

/* Notes the file at `path`, which the caller has just listened at. */
void unixsock_note(const char *path, struct unixsock_mark *m);
/* Whether that file is still there. */
bool unixsock_is_there(const char *path, const struct unixsock_mark *m);
/* Removes the file, unless another one is there. */
void unixsock_remove(const char *path, const struct unixsock_mark *m);
/* Connects; the descriptor is non-blocking. -1 with a sentence ("no region answers at ..."). */
int unixsock_connect(const char *path, struct fault *f);

#endif
