/* SPDX-License-Identifier: Apache-2.0 */
#include "client/record_place.h"

#include <stdio.h>

#include "base/path.h"
#include "client/command_line.h"
#include "config/definition_load.h"

bool
record_place_find(const char *region, const char *given, char path[RECORD_PLACE_SIZE])
{
	struct faults faults = { 0 };
	struct definition *d = NULL;

	path[0] = '\0';
	if (given != NULL)
		snprintf(path, RECORD_PLACE_SIZE, "%s", given);
	else
		d = definition_load_region(region != NULL ? region : COMMAND_LINE_REGION_FILE, &faults);
	if (d != NULL && d->region.record[0] != '\0')
		path_absolute(path, RECORD_PLACE_SIZE, d->region.record);
	definition_free(d);
	faults_free(&faults);
	return path[0] != '\0';
}
