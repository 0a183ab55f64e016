/* SPDX-License-Identifier: Apache-2.0 */
/* about: the versions that `sallyport --version` prints. */
#ifndef SALLYPORT_ABOUT_H
#define SALLYPORT_ABOUT_H

#include <stdio.h>

/* The version of the engine ("0.8.0"), and the commit of its sources; static. */
const char *about_version(void);
const char *about_commit(void);
/*
 * Prints "sallyport X.Y.Z", then the commit of the sources, then the versions of the libraries, on three lines. The
 * Makefile takes X.Y.Z from engine/packaging/debian/changelog. Returns 0, or -1 when `out` takes no text.
 */
int about_print(FILE *out);

#endif
