/* SPDX-License-Identifier: Apache-2.0 */
/* osuser: a user of this machine (passwd(5)), and the change of the process into that user. */
#ifndef SALLYPORT_OSUSER_H
#define SALLYPORT_OSUSER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"

#define OSUSER_NAME 33 /* bytes of a name with its NUL */

struct osuser {
	char name[OSUSER_NAME];
	uid_t uid;
	gid_t gid;
};

/* Whether `name` has the form of a user's name: 1 to 32 of A-Z a-z 0-9 _ . -, with no digit and no - in front. */
bool osuser_name_ok(const char *name);
/* Finds the user of that name. -1 with a sentence: the user is unknown or root, or the users cannot be read. */
int osuser_find(const char *name, struct osuser *out, struct fault *f);
/* Whether the real, the effective and the saved user of the process are that user. */
bool osuser_is(const struct osuser *a);
/*
 * Makes the process that user for good: its groups, user and capabilities, without a way back and without new
 * privileges by a program that it starts. Nobody but root can read its memory then, and it leaves no core dump.
 * keep_bind: it may open ports that are kept for root. The caller is root, and the process has one thread. -1 with a
 * sentence: end the process then, because it may have changed in part.
 */
int osuser_become(const struct osuser *a, bool keep_bind, struct fault *f);

#endif
