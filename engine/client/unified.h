/* SPDX-License-Identifier: Apache-2.0 */
/* unified: the difference of two texts in the unified form of diff(1). */
#ifndef SALLYPORT_UNIFIED_H
#define SALLYPORT_UNIFIED_H

#include "base/buf.h"

struct unified_text {
	const char *label; /* for the lines --- and +++ */
	const char *bytes;
	size_t len;
};

/*
 * Appends the difference to `out`, with three lines of context; nothing for equal texts. Texts with more than 2,000
 * different lines are shown as one change between their equal beginnings and ends. -1: no memory.
 */
int unified_diff(const struct unified_text *was, const struct unified_text *now, struct buf *out);

#endif
