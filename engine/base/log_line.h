/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_line: one message as bytes, in text or JSON. All bytes of peers and scripts are escaped here: a byte outside
 * printable ASCII becomes \xHH, a backslash becomes two, and quotes are escaped as the form needs.
 */
#ifndef SALLYPORT_LOG_LINE_H
#define SALLYPORT_LOG_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"

#define LOG_LINE_MAX_BYTES 8192
#define LOG_LINE_VALUE_MAX 2048 /* bytes of one value that are shown; "..." replaces the rest */

struct log_line {
	enum log_format format;
	bool cut; /* an insert did not fit: the line says cut=yes */
	size_t n;
	char text[LOG_LINE_MAX_BYTES];
};

/* Starts a line with the time, applid, id, severity and sentence. */
void log_line_begin(struct log_line *l, enum log_format format, const char *applid, enum message m);
/*
 * Adds one key=value. A value that is NULL or "" is left out. A key that begins with # (which is not printed) has a
 * number as its value, in JSON too. In JSON, applid (NETWORKID.APPLID) and at (FILE:LINE) become two members each.
 */
void log_line_insert(struct log_line *l, const char *key, const char *value);
/* Ends the line with its newline; text[0..n) is the whole line. */
void log_line_end(struct log_line *l);

#endif
