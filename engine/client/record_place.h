/* SPDX-License-Identifier: Apache-2.0 */
/* record_place: the file of records that a command reads. */
#ifndef SALLYPORT_RECORD_PLACE_H
#define SALLYPORT_RECORD_PLACE_H

#include <stdbool.h>

#include "base/name.h"

#define RECORD_PLACE_SIZE (2 * PATH_SIZE)

/*
 * Writes the path: `given` (--record) if it is not NULL, else the attribute `record` of the definition `region`
 * (NULL: the default of --region). False: none is named, or the definition is not understood.
 */
bool record_place_find(const char *region, const char *given, char path[RECORD_PLACE_SIZE]);

#endif
