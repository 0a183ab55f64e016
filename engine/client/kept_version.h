/* SPDX-License-Identifier: Apache-2.0 */
/* kept_version: a version that a region keeps, for a command that loads it itself. */
#ifndef SALLYPORT_KEPT_VERSION_H
#define SALLYPORT_KEPT_VERSION_H

#include <stdint.h>

#include "base/fault.h"
#include "region/version.h"

/*
 * The version of that number, from the running region whose definition is `region`; when none answers, from the
 * directory of versions that the definition names. control: the socket of the region; NULL: that of the definition.
 * The caller owns one reference. NULL with a sentence: it is not kept, it is damaged, or no region answers and there is
 * no directory.
 */
struct version *kept_version_find(uint64_t number, const char *region, const char *control, struct fault *f);

#endif
