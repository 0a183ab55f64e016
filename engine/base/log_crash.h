/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_crash: when the process ends by a signal of a fault (SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL), the thread that
 * gets the signal first gives the writer of the log time for the lines that were handed over. A thread with a loop
 * has a stack of its own for these signals, so that also the end of its usual stack is one of them.
 */
#ifndef SALLYPORT_LOG_CRASH_H
#define SALLYPORT_LOG_CRASH_H

#include <stdatomic.h>
#include <stddef.h>

struct log_crash;

/*
 * From now on such a signal to the calling thread waits, at most half a second, until *lines is 0, which the caller
 * keeps until log_crash_end. Signals that have a handler keep it. NULL: no memory, or the thread has a stack for
 * signals already, as under AddressSanitizer. Owned by the caller.
 */
struct log_crash *log_crash_begin(const _Atomic size_t *lines);
/* Called by the thread of log_crash_begin, or after its end. NULL is fine. */
void log_crash_end(struct log_crash *c);

#endif
