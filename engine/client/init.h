/* SPDX-License-Identifier: Apache-2.0 */
/* init: `sallyport init`: writes a region with a policy, its rows and key rings, ready to run. */
#ifndef SALLYPORT_INIT_H
#define SALLYPORT_INIT_H

/*
 * Runs the command line of init; argv[0] is "init". Returns the exit status: 0 done, 1 failed (a sentence on stderr
 * names the file), 2 usage.
 */
int init_run(int argc, char **argv);

#endif
