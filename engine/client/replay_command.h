/* SPDX-License-Identifier: Apache-2.0 */
/* replay_command: `sallyport replay`: recorded connections meet a candidate (candidate/replay.h). */
#ifndef SALLYPORT_REPLAY_COMMAND_H
#define SALLYPORT_REPLAY_COMMAND_H

/* Runs the command line `sallyport replay ...`. Returns the exit status. */
int replay_command_run(int argc, char **argv);

#endif
