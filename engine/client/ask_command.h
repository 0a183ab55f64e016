/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask_command: `sallyport ask`: asks a definition on disk, or the running region, whether a connection would be
 * accepted, and prints the answer as `explain` prints a connection.
 */
#ifndef SALLYPORT_ASK_COMMAND_H
#define SALLYPORT_ASK_COMMAND_H

/*
 * Runs the command line of ask; argv[0] is "ask". Returns the exit status: 0 accepted, 1 failed, 2 usage, 3 refused.
 */
int ask_command_run(int argc, char **argv);

#endif
