/* SPDX-License-Identifier: Apache-2.0 */
/* passwd: `sallyport passwd`: a password from the terminal, or one line of stdin, to a hash for the saf's file. */
#ifndef SALLYPORT_PASSWD_H
#define SALLYPORT_PASSWD_H

/* argv[0] is the command. The exit status: 0, 1 failed (nothing was printed on stdout), 2 usage. */
int passwd_run(int argc, char **argv);

#endif
