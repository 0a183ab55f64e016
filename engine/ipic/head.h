/* SPDX-License-Identifier: Apache-2.0 */
/* head: the members of a request's head (engine/ipic/README.md), and a reader of heads of the usual shape. */
#ifndef SALLYPORT_HEAD_H
#define SALLYPORT_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "ipic/json_body.h"

struct head_members { /* as they were sent; the texts are borrowed, and an absent one has the length 0 */
	struct json_body_text tran, program, userid; /* without trailing blanks */
	struct json_body_text password;              /* p NULL: absent */
	int hops;
};

/*
 * Reads a head that is one object of these members, each at most once, whose strings are printable ASCII without an
 * escape and whose hops has one digit. Allocates nothing: the texts point into head. False: the head has another shape,
 * which may be valid; the JSON reader decides, and its sentence is the fault's.
 */
bool head_plain(struct head_members *m, const void *head, size_t len);

#endif
