/* SPDX-License-Identifier: Apache-2.0 */
/* import_command: `sallyport import`: writes a region.lua from a listing of a CSD. */
#ifndef SALLYPORT_IMPORT_COMMAND_H
#define SALLYPORT_IMPORT_COMMAND_H

/*
 * Runs the command line of import; argv[0] is "import". The definition goes to stdout, or to a new file; a summary goes
 * to stderr. Returns the exit status: 0 written, 1 failed (nothing is written), 2 usage.
 */
int import_command_run(int argc, char **argv);

#endif
