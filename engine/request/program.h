/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program: the kinds of program a request can run, for program.c, which looks one up and begins it. Each kind's begin ends, at once or later, in
 * program_end or program_failed; one that waits leaves t->stop.
 */
#ifndef SALLYPORT_PROGRAM_H
#define SALLYPORT_PROGRAM_H

#include "conn/ipconn.h"
#include "request/task.h"

/* ECHO and WHOAMI: the data as it came; one JSON object of what the region knows of the request (engine/config/README.md). */
void program_builtin_begin(struct task *t);
/* A program at a URL. */
void program_url_begin(struct task *t);
/* A program at a partner's. */
void program_ship_begin(struct task *t);

/* program_convert.c: in[0..len) from one code page into t->converted, which is empty and counted as it grows. Short data at once, else a slice of one conversion in
 * each turn of the loop. done() comes once, perhaps before this returns, unless the task is cancelled: why NULL: it is done; else a sentence (static). */
void program_convert_begin(struct task *t, int from, int to, const void *in, size_t len, void (*done)(struct task *t, const char *why));

/* It went well: t->answer holds the data, t->answer_ccsid says what it is in. */
void program_end(struct task *t);
/* It did not: message SP0053 with the sentence; the partner gets the sense and, for SENSE_ABENDED, DFHIS0998. */
void program_failed(struct task *t, unsigned sense, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The partner it was shipped to ended it so: its sense and message go on to ours. Message SP0053 too. */
void program_refused(struct task *t, unsigned sense, const char *message, const char *why);

#endif
