/* SPDX-License-Identifier: Apache-2.0 */
/* warnings: the warnings of `check` about valid but risky definitions (IPIC.md 7.9). */
#ifndef SALLYPORT_WARNINGS_H
#define SALLYPORT_WARNINGS_H

#include "base/fault.h"
#include "config/definition.h"

/*
 * Adds a warning (file:line of the definition) for each: urm is dfhisaip; a urm and ssl = "no"; userauth = "identify"
 * or linkauth = "certuser" with a listener without clientauth; userauth = "verify" without a saf, or with a listener
 * without TLS; the url of a program in plain http to another machine, or its ipconn without a sendcount; template =
 * "yes"; heartbeat = 0; metrics at an address that is no loopback address; and others.
 */
void warnings_check(const struct definition *d, struct faults *faults);
/*
 * Returns the first tcpipservice whose requests run without a check of their users (SP0051); NULL: none. This is
 * neither a fault nor a warning, but is shown.
 */
const char *warnings_unchecked(const struct definition *d);

#endif
