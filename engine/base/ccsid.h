/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ccsid: IBM's numbers for coded character sets, and conversion between the known ones (037 500 1047 819 1208), by
 * iconv.
 */
#ifndef SALLYPORT_CCSID_H
#define SALLYPORT_CCSID_H

#include <stdbool.h>

#include "base/buf.h"

#define CCSID_UTF8 1208

/* True when this number can be converted from and to. */
bool ccsid_known(int ccsid);
/*
 * Converts in[0..len) and appends it to out. 0; -1: a set is not known, bytes are not a character of `from` or have no
 * character in `to`, or there is no room (*why static; out is unchanged). A conversion from a set to itself checks the
 * bytes too.
 */
int ccsid_convert(int from, int to, const void *in, size_t len, struct buf *out, const char **why);

/* A conversion in slices, for long data. */
struct ccsid_conversion {
	void *iconv; /* owned from ccsid_begin until it has ended */
	char *at;    /* borrowed: the rest of the input */
	size_t left;
	struct buf *out; /* borrowed */
	size_t before;   /* out's length at the beginning */
	bool narrows;    /* from UTF-8 to a set of 256 characters */
};

/*
 * Begins a conversion. in and out must stay in place, and only ccsid_more may change out, until the conversion has
 * ended. -1 with *why: not begun.
 */
int ccsid_begin(struct ccsid_conversion *c, int from, int to, const void *in, size_t len, struct buf *out, const char **why);
/*
 * Continues until about `most` more bytes are in out. 1: there is more to do; 0 and -1: the conversion has ended, as
 * for ccsid_convert.
 */
int ccsid_go_on(struct ccsid_conversion *c, size_t most, const char **why);
/* Gives up a conversion that has not ended. */
void ccsid_abandon(struct ccsid_conversion *c);

#endif
