/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program: what a request runs. program.c finds the program and begins it; each kind of program has a file of its own,
 * and each ends, at once or later, in a function of program_end.c. A kind that waits sets t->stop.
 */
#ifndef SALLYPORT_PROGRAM_H
#define SALLYPORT_PROGRAM_H

#include "conn/ipconn.h"
#include "request/task.h"

/*
 * Finds what the request of t runs. SENSE_NONE, and t->program is set; else the sense with which the request is refused
 * (SENSE_UNKNOWN, SENSE_DISABLED, SENSE_QUIESCING; message DFHIS1025), and *why is a static sentence. A request without
 * a program runs the program of its transaction. CPMI, CSMI and CVMI exist unless the region defines them otherwise.
 */
unsigned program_find(struct task *t, const char **why);
/* Runs t->program. Ends in task_end or task_fail, perhaps before this returns. */
void program_begin(struct task *t);
/* The names of the mirror transactions CPMI, CSMI and CVMI; NULL ends the list. Static. */
const char *const *program_mirrors(void);

/*
 * Begins ECHO or WHOAMI: the data as it came, or one JSON object of what the region knows of the request
 * (engine/config/README.md).
 */
void program_builtin_begin(struct task *t);
/* Begins a program that is a script. */
void program_script_begin(struct task *t);
/* Begins a program at a URL. */
void program_url_begin(struct task *t);
/* Begins a program of a partner: ships the request. */
void program_ship_begin(struct task *t);

/* True when both code pages are known and differ. 0: not said. */
bool program_convert_needed(int from, int to);
/*
 * Converts in[0..len) from one code page into t->converted, which is empty before and is counted while it grows. Short
 * data is converted at once, other data in a slice for each turn of the loop. done() is called once, perhaps before
 * this returns, unless the task is cancelled. Its why is NULL, or a static sentence: the conversion failed.
 */
void program_convert_begin(struct task *t, int from, int to, const void *in, size_t len, void (*done)(struct task *t, const char *why));

/* The program succeeded: t->answer holds the data, and t->answer_ccsid is its code page. */
void program_end(struct task *t);
/*
 * The program failed: message SP0053 with the sentence. The partner gets the sense and, with SENSE_ABENDED, DFHIS0998.
 */
void program_failed(struct task *t, unsigned sense, const char *format, ...) __attribute__((format(printf, 3, 4)));
/*
 * The partner that the request was shipped to refused it: its sense and its message go on to the partner that asked.
 * Message SP0053.
 */
void program_refused(struct task *t, unsigned sense, const char *message, const char *why);

#endif
