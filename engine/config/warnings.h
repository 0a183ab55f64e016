/* SPDX-License-Identifier: Apache-2.0 */
/* warnings: the rules of `check` that are warnings: legal, and worth a second look (IPIC.md 7.9). */
#ifndef SALLYPORT_WARNINGS_H
#define SALLYPORT_WARNINGS_H

#include "base/fault.h"
#include "config/definition.h"

/* Adds a warning (file:line of the definition) for each: urm is dfhisaip; a urm named and ssl = "no"; userauth = "identify" reachable through a
 * listener without clientauth; linkauth = "certuser" likewise; userauth = "verify" and no saf, or reachable through a listener
 * without TLS; a program's url in plain http to another machine, or
 * its ipconn without a sendcount; template = "yes"; heartbeat = 0; … */
void warnings_check(const struct definition *d, struct faults *faults);
/* What is no fault and no warning, but should be known: requests by which nobody is asked whether their users may (SP0051). The first tcpipservice that
 * takes such requests; NULL: there is none. */
const char *warnings_unchecked(const struct definition *d);

#endif
