/* SPDX-License-Identifier: Apache-2.0 */
/* check: `sallyport check`: loads the files that a region loads and prints every fault, without starting a region. */
#ifndef SALLYPORT_CHECK_H
#define SALLYPORT_CHECK_H

#include "base/fault.h"

/*
 * Runs the command line of check; argv[0] is "check". With --json stdout has one array of {level, file, line, rule,
 * text} and nothing else. Returns the exit status: 0 no fault (--strict: and no warning), 1 a fault, 2 usage. Notes
 * never count.
 */
int check_run(int argc, char **argv);
/* Prints every entry on a line of stderr. */
void check_print(const struct faults *faults);

#endif
