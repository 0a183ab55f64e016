/* SPDX-License-Identifier: Apache-2.0 */
/* check_user: `check --as USER`: the check as the user that a region becomes, who must be able to read its files. */
#ifndef SALLYPORT_CHECK_USER_H
#define SALLYPORT_CHECK_USER_H

#include "config/definition.h"

/*
 * Makes this process the user of that name for good, unless it is that user. -1 with a fault: there is no such user, or
 * this process is neither root nor that user.
 */
int check_user_become(const char *name, struct faults *faults);
/*
 * Adds a fault for each file and directory that the region writes and this process cannot: record, recovery, versions
 * and the directory of the control socket. A directory that is not there and that it cannot make is a warning.
 */
void check_user_places(const struct definition *d, struct faults *faults);

#endif
