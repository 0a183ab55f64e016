/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_line: the parts that the command lines of all commands share: the exit statuses, and the default of --region.
 */
#ifndef SALLYPORT_COMMAND_LINE_H
#define SALLYPORT_COMMAND_LINE_H

#define COMMAND_LINE_REGION_FILE "policies/region.lua"

enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_REFUSED = 3, /* of connect: refused by the partner; of ask: it would be refused */
};

#endif
