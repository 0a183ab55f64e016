/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bundle_command: the words of the command policy that make, sign and publish bundles of rules; sign needs no region.
 */
#ifndef SALLYPORT_BUNDLE_COMMAND_H
#define SALLYPORT_BUNDLE_COMMAND_H

#include <stdbool.h>

/*
 * Whether the command line has such a word (export, sign, publish), or an option that only such a word has. May
 * permute argv.
 */
bool bundle_command_is(int argc, char **argv);
/*
 * Carries out "policy WORD ..."; argv[0] is "policy". usage: of the command policy. Returns the exit status of the
 * process.
 */
int bundle_command_run(int argc, char **argv, const char *usage);

#endif
