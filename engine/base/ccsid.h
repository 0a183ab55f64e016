/* SPDX-License-Identifier: Apache-2.0 */
/* ccsid: IBM's numbers for coded character sets, and conversion between those we know (037 500 1047 819 1208), by iconv. */
#ifndef SALLYPORT_CCSID_H
#define SALLYPORT_CCSID_H

#include <stdbool.h>

#include "base/buf.h"

#define CCSID_UTF8 1208

bool ccsid_known(int ccsid);
/*
 * Converts in[0..len) and appends it to out. 0; -1: a set that is not known, bytes that are no character of `from` or have none in `to`, or no room
 * (*why static; out as it was). Converting to a set from itself checks the bytes all the same.
 */
int ccsid_convert(int from, int to, const void *in, size_t len, struct buf *out, const char **why);

/* The same in slices, for data that would take long. */
struct ccsid_conversion {
	void *iconv; /* owned from ccsid_begin until it has ended */
	char *at;    /* borrowed: what is left of the input */
	size_t left;
	struct buf *out; /* borrowed */
	size_t before;   /* what was in it */
	bool narrows;    /* from UTF-8 to a set of 256 characters */
};

/* in and out stay where they are until it has ended, and nobody else changes them. -1 with *why: nothing was begun. */
int ccsid_begin(struct ccsid_conversion *c, int from, int to, const void *in, size_t len, struct buf *out, const char **why);
/* Goes on until about `most` bytes more are in out. 1: there is more to do; 0 and -1: it has ended, as ccsid_convert. */
int ccsid_go_on(struct ccsid_conversion *c, size_t most, const char **why);
/* Gives up one that has not ended. */
void ccsid_abandon(struct ccsid_conversion *c);

#endif
