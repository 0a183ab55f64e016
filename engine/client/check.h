/* SPDX-License-Identifier: Apache-2.0 */
/* check: `sallyport check`: loads what a region would load and prints all that is wrong with it, without starting anything. */
#ifndef SALLYPORT_CHECK_H
#define SALLYPORT_CHECK_H

#include "base/fault.h"

/*
 * Runs the command line `check …`. --json prints one array of {level, file, line, rule, text} on stdout and nothing else there. Exit status: 0 no
 * fault (--strict: and no warning), 1 a fault, 2 usage. Notes never count.
 */
int check_run(int argc, char **argv);
/* Every entry on a line of stderr. */
void check_print(const struct faults *faults);

#endif
