/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity: the user of the machine that a region becomes (region { user = }). A start as root opens the ports of
 * region.lua, becomes the user, and loads the region after that: the user reads every key.
 */
#ifndef SALLYPORT_IDENTITY_H
#define SALLYPORT_IDENTITY_H

#include "base/osuser.h"
#include "config/definition.h"
#include "net/handed.h"

struct identity { /* zero-initialise */
	bool changes; /* the process has to become `user` */
	bool keep_bind;
	struct osuser user;
};

/*
 * For a process of root: reads region.lua, and when it names a user, finds it and binds the ports of the tcpipservices
 * that are open and have no socket in h, to which the sockets are added. Does nothing for another process. -1 with
 * faults: the user is faulty, or a port cannot be opened. Other faults of region.lua are left to the load. Reads files
 * and may wait for a name server.
 */
int identity_prepare(const char *file, struct identity *out, struct handed *h, struct faults *faults);
/* Becomes the user, when identity_prepare says so. The process has one thread. -1 with a fault: end the process. */
int identity_assume(const struct identity *i, struct faults *faults);
/* Checks that the process is the user that the definition names, if it names one. -1 with a fault. */
int identity_check(const struct definition *d, struct faults *faults);

#endif
