/* SPDX-License-Identifier: Apache-2.0 */
/* definition_text: a definition as the text of a region.lua that defines the same. */
#ifndef SALLYPORT_DEFINITION_TEXT_H
#define SALLYPORT_DEFINITION_TEXT_H

#include "base/buf.h"
#include "config/definition.h"

/*
 * Adds the text to `out`: each resource with its place, each attribute on a line. An attribute with its default is in a
 * comment, so that the text gives the same keys as d; the default of a path is written out, so that the text means the
 * same in any directory. -1: `out` is full, or no memory.
 */
int definition_text(const struct definition *d, struct buf *out);

#endif
