/* SPDX-License-Identifier: Apache-2.0 */
/* connect: `sallyport connect`: be a partner, and say what came of it as one JSON object. */
#ifndef SALLYPORT_CONNECT_H
#define SALLYPORT_CONNECT_H

/*
 * Runs argv[0] "connect" with its options. Prints accepted, stage, alert, status and the answer's members, sockets_open, and with
 * --hold how it ended. Exit status: 0 accepted, 1 failed (nobody listens, a file is not there, …), 2 usage, 3 refused.
 */
int connect_run(int argc, char **argv);

#endif
