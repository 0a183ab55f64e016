/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_line: one message as bytes, in text or JSON, also as a datagram of syslog or of the journal. All bytes of peers
 * and scripts are escaped here: a byte outside printable ASCII becomes \xHH, a backslash becomes two, and quotes are
 * escaped as the form needs.
 */
#ifndef SALLYPORT_LOG_LINE_H
#define SALLYPORT_LOG_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"

#define LOG_LINE_MAX_BYTES 8192
#define LOG_LINE_VALUE_MAX 2048 /* bytes of one value that are shown; "..." replaces the rest */

#define LOG_LINE_PROGRAM "sallyport" /* the identifier of each line in syslog and in the journal */

enum log_frame {
	LOG_FRAME_NONE,    /* the line alone: a file, a pipe, stderr */
	LOG_FRAME_SYSLOG,  /* the header of RFC 3164 before the line, without the line's time */
	LOG_FRAME_JOURNAL, /* an entry of systemd's journal: the line is its MESSAGE, each insert a field */
};

struct log_form {
	enum log_format format;
	enum log_frame frame;
};

struct log_line {
	struct log_form form;
	bool cut; /* an insert did not fit: the line says cut=yes */
	bool in_fields; /* used by log_line.c: bytes are added to the fields */
	size_t n;
	size_t fields;  /* bytes of fields, from text + LOG_LINE_MAX_BYTES on until the line ends */
	char text[2 * LOG_LINE_MAX_BYTES];
};

/* Starts a line with the time, applid, id, severity and sentence. */
void log_line_begin(struct log_line *l, struct log_form form, const char *applid, enum message m);
/*
 * Adds one key=value. A value that is NULL or "" is left out. A key that begins with # (which is not printed) has a
 * number as its value, in JSON too. In JSON and in the journal, applid (NETWORKID.APPLID) and at (FILE:LINE) become two
 * members each.
 */
void log_line_insert(struct log_line *l, const char *key, const char *value);
/* Ends the line with its newline, an entry of the journal with an empty line; text[0..n) is the whole line. */
void log_line_end(struct log_line *l);

#endif
