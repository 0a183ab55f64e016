/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile: names of RACF-like profiles, discrete and generic, and the resources that they cover. A name is qualifiers
 * between dots. In a generic name:
 *   %   is one character of a qualifier
 *   *   at the end of a qualifier is the rest of it; alone it is one whole qualifier
 *   **  as a qualifier is any number of qualifiers, or no qualifier; at the end of the name (PAY**) any continuation
 */
#ifndef SALLYPORT_PROFILE_H
#define SALLYPORT_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

#define PROFILE_SIZE 247 /* RACF's longest profile name is 246 */

/*
 * 0, or -1 with a fault. A name has 1 to 246 printable characters except blank , ; ( and ), no empty qualifier, and
 * generic characters only as above.
 */
int profile_check(const char *name, size_t len, struct fault *f);
bool profile_generic(const char *name); /* whether it has generic characters */
/*
 * Whether the name, which was checked, covers the resource. In a resource generic characters have no special meaning.
 * The time is at most the product of both lengths.
 */
bool profile_covers(const char *name, const char *resource);
/*
 * Less than 0: a is more specific than b and comes first. The first difference decides: a character, then the end of
 * the name, %, *, **.
 */
int profile_order(const char *a, const char *b);

#endif
