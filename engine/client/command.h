/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command: the operator's commands: inquire, set, discard, release, reload, explain, shutdown. Each sends one request.
 */
#ifndef SALLYPORT_COMMAND_H
#define SALLYPORT_COMMAND_H

/*
 * Runs the command argv[0]; options may stand anywhere. With --json stdout always has one array. Sentences go to
 * stderr. Returns the exit status: 0 done, 1 failed (also when no region answers), 2 usage.
 */
int command_run(int argc, char **argv);

#endif
