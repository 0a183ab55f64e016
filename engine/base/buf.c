/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_LEAST 256
#define BUF_MAX (16 * 1024 * 1024)

void
buf_init(struct buf *b, size_t max)
{
	memset(b, 0, sizeof *b);
	b->max = max != 0 ? max : BUF_MAX;
}

/* Wipes bytes that the buffer does not hold any longer. */
static void
wipe(const struct buf *b, size_t from, size_t n)
{
	if (b->secret && n > 0)
		explicit_bzero(b->data + from, n);
}

void
buf_free(struct buf *b)
{
	wipe(b, 0, b->cap);
	free(b->data);
	b->data = NULL;
	b->start = b->end = b->cap = 0;
}

static bool
fits(const struct buf *b, size_t n)
{
	return n <= b->max && buf_len(b) <= b->max - n;
}

/*
 * Moves bytes only when at least as many were consumed or added since the last move: the cost of a byte stays constant,
 * however small the pieces in which bytes come and go.
 */
static int
reserve(struct buf *b, size_t n)
{
	size_t len = buf_len(b), cap = n + 2 * len;
	unsigned char *data;
	bool moves;

	if (b->data != NULL && b->cap - b->end >= n)
		return 0;
	if (b->data != NULL && b->start >= len && b->cap - len >= n) {
		memmove(b->data, b->data + b->start, len);
		wipe(b, len, b->end - len);
	} else {
		if (cap < BUF_LEAST)
			cap = BUF_LEAST;
		moves = b->start == 0 && !b->secret; /* realloc may move large blocks without copying them */
		data = moves ? realloc(b->data, cap) : malloc(cap);
		if (data == NULL)
			return -1;
		if (!moves && b->data != NULL) {
			memcpy(data, b->data + b->start, len);
			wipe(b, 0, b->cap);
			free(b->data);
		}
		b->data = data;
		b->cap = cap;
	}
	b->start = 0;
	b->end = len;
	return 0;
}

unsigned char *
buf_room(struct buf *b, size_t n)
{
	if (!fits(b, n) || reserve(b, n) < 0)
		return NULL;
	return b->data + b->end;
}

void
buf_wrote(struct buf *b, size_t n)
{
	b->end += n;
}

int
buf_add(struct buf *b, const void *bytes, size_t n)
{
	unsigned char *to;

	if (n == 0)
		return 0;
	to = buf_room(b, n);
	if (to == NULL)
		return -1;
	memcpy(to, bytes, n);
	buf_wrote(b, n);
	return 0;
}

int
buf_move(struct buf *to, struct buf *from)
{
	int r = 0;

	if (buf_len(to) > 0 || to->secret || from->secret || !fits(to, buf_len(from))) {
		r = buf_add(to, buf_bytes(from), buf_len(from));
	} else {
		buf_free(to);
		to->data = from->data;
		to->start = from->start;
		to->end = from->end;
		to->cap = from->cap;
		from->data = NULL;
	}
	buf_free(from);
	return r;
}

int
buf_printf(struct buf *b, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	/* One byte more than the bound allows: vsnprintf's NUL, which is never part of the content. */
	if (n < 0 || !fits(b, (size_t)n) || reserve(b, (size_t)n + 1) < 0)
		return -1;
	va_start(ap, format);
	vsnprintf((char *)b->data + b->end, (size_t)n + 1, format, ap);
	va_end(ap);
	buf_wrote(b, (size_t)n);
	return 0;
}

void
buf_consume(struct buf *b, size_t n)
{
	wipe(b, b->start, n);
	b->start += n;
	if (b->start < b->end)
		return;
	buf_free(b); /* an idle connection has no buffer */
}
