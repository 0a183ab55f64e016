/* SPDX-License-Identifier: Apache-2.0 */
/* ask_line: the command line of `sallyport ask`, as a question (region/ask.h). */
#ifndef SALLYPORT_ASK_LINE_H
#define SALLYPORT_ASK_LINE_H

#include <jansson.h>
#include <stdbool.h>

extern const char ask_line_usage[]; /* the text of --help */

struct ask_line { /* zero-initialise; strings are borrowed from argv */
	const char *region, *control;     /* NULL: not given */
	const char *record;               /* the file of records; NULL: that of the definition */
	const char *from;                 /* the id of a recorded connection; NULL */
	const char *certificate;          /* a PEM file; NULL */
	const char *ring, *label;         /* NULL: not given */
	bool running, json, row, help;
	json_t *question;                 /* owned; without certificates, and without `from` */
};

enum ask_line_result { ASK_LINE_DONE, ASK_LINE_MISUSED };

/*
 * Reads the command line. ASK_LINE_MISUSED: stderr has a sentence. The caller frees *l by ask_line_free in any case.
 */
enum ask_line_result ask_line_read(struct ask_line *l, int argc, char **argv);
void ask_line_free(struct ask_line *l);

#endif
