/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_crash: when the process ends by a signal of a fault (SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL), the thread that
 * gets the signal first gives the writer of the log time for the lines that were handed over. A thread with a loop has
 * a separate stack for these signals, so that the overflow of its usual stack is handled too.
 */
#ifndef SALLYPORT_LOG_CRASH_H
#define SALLYPORT_LOG_CRASH_H

#include <stdatomic.h>
#include <stddef.h>

struct log_crash;

/*
 * Installs the handlers of these signals for the calling thread. A handler waits until *lines is 0, for half a second
 * at most. lines stays valid until log_crash_end. A signal that already has a handler keeps it. The caller owns the
 * result. NULL: no memory, or the thread already has a stack for signals, as under AddressSanitizer.
 */
struct log_crash *log_crash_begin(const _Atomic size_t *lines);
/* Removes the handlers and frees c. Called by the thread of log_crash_begin, or after its end. NULL is fine. */
void log_crash_end(struct log_crash *c);

#endif
