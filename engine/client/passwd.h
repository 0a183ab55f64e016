/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passwd: `sallyport passwd`: reads a password from the terminal or from stdin, and prints its hash for the saf's file.
 */
#ifndef SALLYPORT_PASSWD_H
#define SALLYPORT_PASSWD_H

/*
 * Runs the command line of passwd; argv[0] is "passwd". Returns the exit status: 0 done, 1 failed (stdout is empty), 2
 * usage.
 */
int passwd_run(int argc, char **argv);

#endif
