/* SPDX-License-Identifier: Apache-2.0 */
#include "config/definition_place.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *
definition_place_file(const struct definition *d, int place)
{
	size_t file = (size_t)(place / DEFINITION_PLACE_FILE);

	return file == 0 || file > d->nincludes ? d->file : d->include[file - 1].path;
}

int
definition_place_line(int place)
{
	return place % DEFINITION_PLACE_FILE;
}

const char *
definition_place_text(const struct definition *d, int place, int from, char *out, size_t size)
{
	if (place / DEFINITION_PLACE_FILE == from / DEFINITION_PLACE_FILE)
		snprintf(out, size, "line %d", definition_place_line(place));
	else
		snprintf(out, size, "%s:%d", definition_place_file(d, place), definition_place_line(place));
	return out;
}

void
definition_fault(const struct definition *d, struct faults *faults, enum fault_level level, const char *rule, int place, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	faults_add(faults, level, rule, definition_place_file(d, place), definition_place_line(place), "%s", text);
}
