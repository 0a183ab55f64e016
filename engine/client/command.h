/* SPDX-License-Identifier: Apache-2.0 */
/* command: the operator's client: inquire, set, discard, release, explain, each one request over the control socket. */
#ifndef SALLYPORT_COMMAND_H
#define SALLYPORT_COMMAND_H

/*
 * Runs argv[0] (the command's name) with its options, which may stand anywhere. --json prints one array on stdout, always;
 * sentences go to stderr. Exit status: 0 done, 1 failed (also: no region answers), 2 usage.
 */
int command_run(int argc, char **argv);

#endif
