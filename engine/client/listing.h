/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listing: a listing of a CSD as resources with attributes: the report of DFHCSDUP LIST ... OBJECTS, the statements
 * that an EXTRACT program writes, or a deck of DEFINE statements. Both forms are a row of KEYWORD(value). A resource of
 * a report begins with TYPE(name) GROUP(name) at the start of a line, one of a deck with the word DEFINE.
 */
#ifndef SALLYPORT_LISTING_H
#define SALLYPORT_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

#define LISTING_WORD 33   /* bytes of a keyword with its NUL; a longer one is no keyword */
#define LISTING_VALUE 513 /* bytes of a value with its NUL; a longer one is cut */

enum listing_kind {
	LISTING_END,
	LISTING_RESOURCE,  /* a resource begins: word is its type, value its name */
	LISTING_ATTRIBUTE, /* an attribute of the resource */
	LISTING_OPEN,      /* an attribute of the resource that has no closing parenthesis */
	LISTING_COMMAND,   /* another statement, such as ALTER; everything up to the next resource or statement is skipped */
	LISTING_TEXT,      /* another line, or the rest of one: a heading, a message */
};

struct listing_item {
	enum listing_kind kind;
	char word[LISTING_WORD]; /* in upper case */
	char value[LISTING_VALUE];
	bool cut;                /* the value is longer */
	bool userdefined;        /* of a resource: by USERDEFINE, so that other attributes have the defaults of the site */
	int line;                /* of the first byte */
};

struct listing; /* one reading */

/*
 * Begins to read bytes (copied). Line ends are LF, CR, CR LF or NEL. Lines that begin with an asterisk, // or a slash
 * and an asterisk are comments. Sequence numbers in columns 73 to 80 and print control in column 1 are removed. The
 * caller owns the reading (listing_close). NULL with a sentence: the bytes are EBCDIC, or there is no memory.
 */
struct listing *listing_open(const char *bytes, size_t len, struct fault *f);
/*
 * Reads the next item. A value goes on over line ends: an asterisk at the end of a line joins the two parts without a
 * blank, otherwise one blank stands between them.
 */
void listing_next(struct listing *l, struct listing_item *item);
/* NULL is fine. */
void listing_close(struct listing *l);

#endif
