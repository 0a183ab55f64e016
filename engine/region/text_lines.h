/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_lines: reads the lines of a text that was written by a program: most are a key, a blank and a value. Each value
 * has one spelling, and no line has control characters. For version_text and bundle.
 */
#ifndef SALLYPORT_TEXT_LINES_H
#define SALLYPORT_TEXT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

#define TEXT_LINES_LINE 512

struct text_lines {
	const char *at, *end;       /* borrowed: the lines that are not read yet */
	int line;                   /* the number of the last line */
	char text[TEXT_LINES_LINE]; /* the line that was read last */
	struct fault *f;            /* gets the sentence, which names the line and not the file */
};

/* Sets the fault "line N is not 'EXPECTED'". Returns -1. */
int text_lines_unfit(const struct text_lines *r, const char *expected);
/* Reads the next line into r->text. -1: it has no end, is too long, or has control characters. */
int text_lines_next(struct text_lines *r);
/* Reads the next line, of `key`, and copies its value of min to size - 1 bytes. -1: the line is another one. */
int text_lines_take(struct text_lines *r, const char *key, char *out, size_t min, size_t size);
/* The same for a number of 1 to VERSION_NUMBER_MAX (version_number), or 0 where `none`. */
int text_lines_number(struct text_lines *r, const char *key, bool none, uint64_t *out);
/* The same for size - 1 hex digits in lower case. */
int text_lines_hex(struct text_lines *r, const char *key, char *out, size_t size);
/* Whether the text is that many hex digits in lower case. */
bool text_lines_is_hex(const char *text, size_t digits);

#endif
