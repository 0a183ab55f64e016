/* SPDX-License-Identifier: Apache-2.0 */
/* load_command: `sallyport load`: is many partners of a region, and prints rates, percentiles and refusals. */
#ifndef SALLYPORT_LOAD_COMMAND_H
#define SALLYPORT_LOAD_COMMAND_H

/*
 * Runs the command line of load; argv[0] is "load". Returns the exit status: 0 a partner was accepted, and a request
 * was answered if there were any, or a new authority was made; 1 all failed, or the load could not begin; 2 usage; 3
 * none was accepted or answered, and at least one was refused.
 */
int load_command_run(int argc, char **argv);

#endif
