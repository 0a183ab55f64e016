/* SPDX-License-Identifier: Apache-2.0 */
/* test: `sallyport test`: runs the rows of decision tables, and prints those that do not hold. */
#ifndef SALLYPORT_TEST_H
#define SALLYPORT_TEST_H

/*
 * Runs the command line of test; argv[0] is "test". With --json stdout has one object and nothing else
 * (test_report.h). Returns the exit status: 0 every row holds, 1 a row does not hold, a fault, or no row, 2 usage.
 */
int test_run(int argc, char **argv);

#endif
