/* SPDX-License-Identifier: Apache-2.0 */
/* connect: `sallyport connect`: connects to a region as a partner and prints the outcome as one JSON object. */
#ifndef SALLYPORT_CONNECT_H
#define SALLYPORT_CONNECT_H

/*
 * Runs the command line of connect; argv[0] is "connect". Prints accepted, stage, alert, status, the members of the
 * answer, sockets_open, and with --hold the end of the connection. Returns the exit status: 0 accepted, 1 failed (for
 * example no process listens, or a file is missing), 2 usage, 3 refused.
 */
int connect_run(int argc, char **argv);

#endif
