/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_sink: the file, pipe, socket or stderr that the log's bytes go to; opens the file again after a rename.
 */
#ifndef SALLYPORT_LOG_SINK_H
#define SALLYPORT_LOG_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/fault.h"
#include "base/log_line.h"

struct log_sink {
	char *file;   /* owned; NULL: no file */
	char *socket; /* owned: the path of a socket for datagrams; NULL: none. Without both: stderr */
	int fd;       /* owned when there is a file or a socket; -1: the socket is to be opened again */
	bool regular; /* a regular file: a write never waits for a reader */
	enum log_frame frame; /* that a line of this sink needs */
	const char *end;      /* static: the bytes that end a line of a socket; the last one is not sent */
};

/*
 * Opens the target: NULL or "stderr"; "journal" or "syslog", the socket of the system, "journal:PATH" or "syslog:PATH",
 * another one; else a file, for appending (0600). -1 with a sentence; log_sink_close must be called then too.
 */
int log_sink_open(struct log_sink *s, const char *target, struct fault *f);
/* Opens the file again by its name and closes the old descriptor. -1 with a sentence: the old descriptor stays. */
int log_sink_reopen(struct log_sink *s, struct fault *f);
/*
 * Writes some of the bytes, to a socket one line, and waits at most `ms` milliseconds for a reader. Returns the number
 * of bytes that are done; 0: there was no room; -1 with errno.
 */
ssize_t log_sink_write(struct log_sink *s, const void *bytes, size_t n, int ms);
/* Closes the file or the socket, if there is one, and frees its name. */
void log_sink_close(struct log_sink *s);

#endif
