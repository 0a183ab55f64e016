/* SPDX-License-Identifier: Apache-2.0 */
/* buf: a growing, bounded queue of bytes; bytes are added behind and consumed in front. */
#ifndef SALLYPORT_BUF_H
#define SALLYPORT_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
	unsigned char *data; /* owned */
	size_t start, end;   /* the bytes held: data[start..end) */
	size_t cap;
	size_t max;          /* never holds more than this many bytes */
	bool secret;         /* set by its owner, while it is empty: bytes are wiped wherever they were (passwords pass through here) */
};

/* A zeroed buf with a bound; allocates nothing. max 0 means 16 MiB. */
void buf_init(struct buf *b, size_t max);
void buf_free(struct buf *b);

static inline size_t buf_len(const struct buf *b) { return b->end - b->start; }
static inline unsigned char *buf_bytes(const struct buf *b) { return b->data ? b->data + b->start : NULL; }

/* Room for at least n more bytes behind; returns where to write, NULL when the bound or memory forbids. */
unsigned char *buf_room(struct buf *b, size_t n);
/* Says that n bytes were written at buf_room's place. */
void buf_wrote(struct buf *b, size_t n);

/* 0, or -1 with nothing added. */
int buf_add(struct buf *b, const void *bytes, size_t n);
int buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Drops n bytes in front (n <= buf_len). Gives the memory back when the buffer becomes empty and had grown past 4 KiB. */
void buf_consume(struct buf *b, size_t n);

#endif
