/* SPDX-License-Identifier: Apache-2.0 */
/* about: the versions that `sallyport --version` prints. */
#ifndef SALLYPORT_ABOUT_H
#define SALLYPORT_ABOUT_H

#include <stdio.h>

/*
 * Prints "sallyport X.Y.Z", then the commit of the sources, then the versions of the libraries, on three lines. The
 * Makefile takes X.Y.Z from engine/packaging/debian/changelog. Returns 0, or -1 when `out` takes no text.
 */
int about_print(FILE *out);

#endif
