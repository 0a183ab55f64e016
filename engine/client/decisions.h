/* SPDX-License-Identifier: Apache-2.0 */
/* decisions: `sallyport decisions`: the decisions in a file of records, one line each. */
#ifndef SALLYPORT_DECISIONS_H
#define SALLYPORT_DECISIONS_H

/* Runs the command; argv[0] is "decisions". Returns the exit status of the process (command_line.h). */
int decisions_run(int argc, char **argv);

#endif
