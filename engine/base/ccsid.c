/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ccsid.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <string.h>

#define TAG_LEAD 0xf3 /* UTF-8's first byte of U+E0000 to U+E007F; the other sets have no character that begins with it */
#define PIECE 4096 /* bytes converted at a time; one character must fit */

static const struct {
	int ccsid;
	const char *name; /* iconv's name */
} sets[] = { { 37, "IBM037" }, { 500, "IBM500" }, { 819, "ISO-8859-1" }, { 1047, "IBM1047" }, { CCSID_UTF8, "UTF-8" } };

#define SETS (sizeof sets / sizeof sets[0])
#define NONE ((iconv_t)-1)

static const char *
name_of(int ccsid)
{
	for (size_t i = 0; i < SETS; i++)
		if (sets[i].ccsid == ccsid)
			return sets[i].name;
	return NULL;
}

bool
ccsid_known(int ccsid)
{
	return name_of(ccsid) != NULL;
}

static const char *
reason(int error)
{
	switch (error) {
	case EILSEQ: return "a character that is not valid, or that the other code page does not have";
	case EINVAL: return "the data ends inside a character";
	default: return "the conversion failed";
	}
}

/*
 * iconv drops Unicode's tag characters without an error. A program that compares before the conversion and one that
 * compares after it would see different texts.
 */
static bool
lost_any(const struct ccsid_conversion *c, const char *from)
{
	return c->narrows && c->at != from && memchr(from, TAG_LEAD, (size_t)(c->at - from)) != NULL;
}

/* Converts as much as fits into a piece. 0 when all of the input is used, 1 when there is more, -1 with *why. */
static int
step(struct ccsid_conversion *c, const char **why)
{
	char piece[PIECE], *to = piece;
	const char *from = c->at;
	size_t room = sizeof piece, r = iconv(c->iconv, &c->at, &c->left, &to, &room);
	int error = errno;

	if (buf_add(c->out, piece, sizeof piece - room) < 0) {
		*why = "there is no room for the converted data";
		return -1;
	}
	if (lost_any(c, from) || (r != (size_t)-1 && r > 0)) { /* iconv dropped a character, or replaced it with a similar one */
		*why = reason(EILSEQ);
		return -1;
	}
	if (r == 0)
		return 0;
	if (error == E2BIG)
		return 1;
	*why = reason(error);
	return -1;
}

int
ccsid_begin(struct ccsid_conversion *c, int from, int to, const void *in, size_t len, struct buf *out, const char **why)
{
	const char *source = name_of(from), *target = name_of(to);
	iconv_t own = source != NULL && target != NULL ? iconv_open(target, source) : NONE;

	*why = source == NULL || target == NULL ? "the CCSID is not known" : "this machine's iconv does not have that code page";
	if (own == NONE)
		return -1;
	*why = "";
	/* iconv's prototype has no const; iconv does not write to its input */
	*c = (struct ccsid_conversion){ .iconv = own, .at = (char *)(uintptr_t)in, .left = len, .out = out, .before = buf_len(out),
		.narrows = from == CCSID_UTF8 && to != CCSID_UTF8 };
	return 0;
}

/* A step ends between two characters, so no state is carried from one slice to the next. */
int
ccsid_go_on(struct ccsid_conversion *c, size_t most, const char **why)
{
	size_t from = buf_len(c->out);
	int r;

	do
		r = step(c, why);
	while (r == 1 && buf_len(c->out) - from < most);
	if (r == 1)
		return 1;
	ccsid_abandon(c);
	if (r < 0)
		c->out->end = c->out->start + c->before;
	return r;
}

void
ccsid_abandon(struct ccsid_conversion *c)
{
	iconv_close(c->iconv);
	c->iconv = NULL;
}

int
ccsid_convert(int from, int to, const void *in, size_t len, struct buf *out, const char **why)
{
	struct ccsid_conversion c;

	return ccsid_begin(&c, from, to, in, len, out, why) < 0 ? -1 : ccsid_go_on(&c, SIZE_MAX, why);
}
