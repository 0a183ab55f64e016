/* SPDX-License-Identifier: Apache-2.0 */
/*
 * networks: the prefixes of a data file as a set, each with the value of another column, for ip.read. Plain data in C
 * that does not change: all workers share it.
 */
#ifndef SALLYPORT_NETWORKS_H
#define SALLYPORT_NETWORKS_H

#include "base/addr.h"
#include "policy/dataset.h"

struct networks;

/*
 * Makes the set of the prefixes in the column `prefix` of the rows, with the values of the column `value`; NULL: none.
 * A prefix that is there twice has the value of its last row. Nothing of d is used later. NULL with a sentence: no
 * memory, no such column, or "LINE: ..." of a row that has no prefix or another text.
 */
struct networks *networks_make(const struct dataset *d, const char *prefix, const char *value, struct fault *f);
void networks_free(struct networks *n); /* NULL is fine */
/*
 * True when a prefix of the set holds the address: *longest is the longest one, and *value the value of its row, which
 * belongs to n; NULL: it has none.
 */
bool networks_find(const struct networks *n, const struct addr *a, struct addr_prefix *longest, const struct cell **value);

#endif
