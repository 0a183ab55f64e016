/* SPDX-License-Identifier: Apache-2.0 */
/* top_command: `sallyport top`: a picture of a running region that is drawn again and again. */
#ifndef SALLYPORT_TOP_COMMAND_H
#define SALLYPORT_TOP_COMMAND_H

/*
 * Runs the command line of top; argv[0] is "top". Returns the exit status: 0 ended by a key, or --once has printed its
 * frame; 1 failed; 2 usage.
 */
int top_command_run(int argc, char **argv);

#endif
