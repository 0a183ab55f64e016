/* SPDX-License-Identifier: Apache-2.0 */
/* sink: where the log's bytes go: a file, a pipe, or stderr; and the same file opened anew after it was renamed. */
#ifndef SALLYPORT_SINK_H
#define SALLYPORT_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/fault.h"

struct sink {
	char *file; /* owned; NULL: stderr */
	int fd;     /* owned when there is a file */
	bool regular; /* takes any amount without blocking for a reader */
};

/* Opens FILE for appending (0600), NULL means stderr. -1 with a sentence; sink_close is to be called then too. */
int sink_open(struct sink *s, const char *file, struct fault *f);
/* The file of that name takes the place of the one that is open. -1 with a sentence: the old one stays. */
int sink_reopen(struct sink *s, struct fault *f);
/* Writes some of the bytes and waits at most `ms` milliseconds for a reader. How many; 0: there was no room; -1 with errno. */
ssize_t sink_write(struct sink *s, const void *bytes, size_t n, int ms);
void sink_close(struct sink *s);

#endif
