/* SPDX-License-Identifier: Apache-2.0 */
/* log_sink: where the log's bytes go: a file, a pipe, or stderr; and the same file opened anew after it was renamed. */
#ifndef SALLYPORT_LOG_SINK_H
#define SALLYPORT_LOG_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/fault.h"

struct log_sink {
	char *file; /* owned; NULL: stderr */
	int fd;     /* owned when there is a file */
	bool regular; /* takes any amount without blocking for a reader */
};

/* Opens FILE for appending (0600), NULL means stderr. -1 with a sentence; log_sink_close is to be called then too. */
int log_sink_open(struct log_sink *s, const char *file, struct fault *f);
/* The file of that name takes the place of the one that is open. -1 with a sentence: the old one stays. */
int log_sink_reopen(struct log_sink *s, struct fault *f);
/* Writes some of the bytes and waits at most `ms` milliseconds for a reader. How many; 0: there was no room; -1 with errno. */
ssize_t log_sink_write(struct log_sink *s, const void *bytes, size_t n, int ms);
void log_sink_close(struct log_sink *s);

#endif
