/* SPDX-License-Identifier: Apache-2.0 */
/* attach: decides whether a request may run. */
#ifndef SALLYPORT_ATTACH_H
#define SALLYPORT_ATTACH_H

#include "request/task.h"

/*
 * A whole request came: decides whether it may run (IPIC.md 7.4), runs it, and calls t->done(t), perhaps before this
 * returns. The caller has filled in t as task_open asks. The password in t->request is wiped on the way.
 */
void attach_begin(struct task *t);

#endif
