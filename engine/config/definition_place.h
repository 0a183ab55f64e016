/* SPDX-License-Identifier: Apache-2.0 */
/*
 * definition_place: a place in a definition as one number. The `line` of a resource and of a key is a line of
 * region.lua, or a line of an included file: then it is counted from DEFINITION_PLACE_FILE times the number of that
 * file on.
 */
#ifndef SALLYPORT_DEFINITION_PLACE_H
#define SALLYPORT_DEFINITION_PLACE_H

#include "base/fault.h"
#include "config/datafile.h"
#include "config/definition.h"

#define DEFINITION_PLACE_FILE DATAFILE_TEXT

/* The path of the file of that place, borrowed from d; the line in that file. */
const char *definition_place_file(const struct definition *d, int place);
int definition_place_line(int place);
/* Writes "line 5", or "FILE:5" when the file is not that of `from`, to out and returns out. */
const char *definition_place_text(const struct definition *d, int place, int from, char *out, size_t size);
/* Adds a fault at that place; the rest as in faults_add. */
void definition_fault(const struct definition *d, struct faults *faults, enum fault_level level, const char *rule, int place, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

#endif
