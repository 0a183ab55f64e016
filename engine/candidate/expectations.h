/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expectations: the file of --expect: the partners that a change of rules is meant to let in. A line has a subject and
 * a door: `NETWORKID.APPLID`, an ipconn, an address or CIDR prefix, or the id of a connection; then the name of a door,
 * a stage, or `*`. A `#` begins a comment.
 */
#ifndef SALLYPORT_EXPECTATIONS_H
#define SALLYPORT_EXPECTATIONS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

struct expectations;

/* Reads the file. The caller owns the expectations. NULL with a sentence that has the line. */
struct expectations *expectations_read(const char *file, struct fault *f);
void expectations_free(struct expectations *e); /* NULL is fine */
/* Whether a line covers the difference, an object of struct replay_result. That line counts as used. e may be NULL. */
bool expectations_cover(struct expectations *e, const json_t *difference);
/* Calls each() for every line that has covered no difference. e may be NULL. */
void expectations_unused(const struct expectations *e, void (*each)(void *arg, int line, const char *text), void *arg);

#endif
