/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsontext: writes JSON as text, member by member, without a tree: the account of a connection is written for each
 * connection, and a tree of it costs ten times as much. A text that would exceed its bound is `full`; the writer then
 * goes back to a mark and leaves the part out.
 */
#ifndef SALLYPORT_JSONTEXT_H
#define SALLYPORT_JSONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jsontext {
	char *bytes;  /* owned; no NUL at the end */
	size_t len, cap;
	size_t max;   /* bound of len; 0: 16 MiB */
	bool more;    /* the next value stands behind another one of the same object or list */
	bool full;    /* a value had no room: the bound, or no memory. Nothing is added any more */
};

struct jsontext_mark { /* a place to go back to */
	size_t len;
	bool more, full;
};

/*
 * Each function adds one value; key is the name of a member, or NULL in a list and for the outermost value. j may be
 * NULL: nothing is done. A key has no bytes that JSON escapes.
 */

/* Begins an object or a list: '{' or '['; and ends it: '}' or ']'. */
void jsontext_begin(struct jsontext *j, const char *key, char bracket);
void jsontext_end(struct jsontext *j, char bracket);
/*
 * Bytes of a peer or a script: unchanged when they are UTF-8 without control characters and without a backslash, else
 * with \xHH for each byte that is not printable ASCII and with each backslash doubled. facts_json_bytes undoes it.
 */
void jsontext_text(struct jsontext *j, const char *key, const char *bytes, size_t len);
/*
 * A sentence for people; null for NULL and for "". Its backslashes stay as they are, since names in it are escaped
 * already; in the form of jsontext_text are only sentences with control characters, or that are no UTF-8.
 */
void jsontext_sentence(struct jsontext *j, const char *key, const char *s);
/* A string; null for NULL and for "". */
void jsontext_string(struct jsontext *j, const char *key, const char *s);
/* A string; no member for NULL and for "". */
void jsontext_some(struct jsontext *j, const char *key, const char *s);
void jsontext_integer(struct jsontext *j, const char *key, int64_t n);
/* A number below 10^12 with that many digits behind the point, at most 6; another number is 0. */
void jsontext_number(struct jsontext *j, const char *key, double n, int digits);
/* A number that is read back as the same double, with a point or an exponent; null when it is not finite. */
void jsontext_real(struct jsontext *j, const char *key, double n);
void jsontext_flag(struct jsontext *j, const char *key, bool value);
void jsontext_null(struct jsontext *j, const char *key);
/* A value that is JSON already. */
void jsontext_raw(struct jsontext *j, const char *key, const char *bytes, size_t len);

/*
 * The present place; and back to it, which forgets the later additions, and that they were too much. A text that was
 * full at the mark stays full.
 */
struct jsontext_mark jsontext_mark(const struct jsontext *j);
void jsontext_back(struct jsontext *j, struct jsontext_mark m);
/* Frees the bytes. */
void jsontext_free(struct jsontext *j);

#endif
