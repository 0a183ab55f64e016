/* SPDX-License-Identifier: Apache-2.0 */
/* ccsid: IBM's numbers for coded character sets, and conversion between those we know (037 500 1047 819 1208), by iconv. */
#ifndef SALLYPORT_CCSID_H
#define SALLYPORT_CCSID_H

#include <stdbool.h>

#include "buf.h"

#define CCSID_UTF8 1208

bool ccsid_known(int ccsid);
/*
 * Converts in[0..len) and appends it to out. 0; -1: a set that is not known, bytes that are no character of `from` or have none in `to`, or no room
 * (*why static; out as it was). Converting to a set from itself checks the bytes all the same.
 */
int ccsid_convert(int from, int to, const void *in, size_t len, struct buf *out, const char **why);

#endif
