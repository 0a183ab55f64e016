/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_lines: the lines of a script that Lua can run, by the debug information of its compiled form: those of its
 * functions too, called or not. A line that has only the end of a function does not count.
 */
#ifndef SALLYPORT_SCRIPT_LINES_H
#define SALLYPORT_SCRIPT_LINES_H

#include <stddef.h>

#include "base/fault.h"

/*
 * Sets *line to a list (for free()) of *n flags by line number: 1 for a line with instructions. -1 with a sentence: the
 * text does not compile, this Lua has another compiled form than 5.4, or there is no memory.
 */
int script_lines(const char *bytes, size_t len, unsigned char **line, size_t *n, struct fault *f);

#endif
