/* SPDX-License-Identifier: Apache-2.0 */
/* buf: a growing, bounded queue of bytes. Bytes are added at the end and consumed at the front. */
#ifndef SALLYPORT_BUF_H
#define SALLYPORT_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
	unsigned char *data; /* owned */
	size_t start, end;   /* the bytes held: data[start..end) */
	size_t cap;
	size_t max;          /* never holds more than this many bytes */
	bool secret;         /* set by the owner while the buffer is empty: bytes are wiped wherever they were (for passwords) */
};

/* A zeroed buf with a bound; allocates nothing. max 0 means 16 MiB. */
void buf_init(struct buf *b, size_t max);
/* Frees the memory (wiped first when secret); the buffer is empty then and may be used again. */
void buf_free(struct buf *b);

/* The number of bytes held, and where they begin; the pointer is valid until the next change. */
static inline size_t buf_len(const struct buf *b) { return b->end - b->start; }
static inline unsigned char *buf_bytes(const struct buf *b) { return b->data ? b->data + b->start : NULL; }

/* Makes room for at least n more bytes at the end. Returns where to write; NULL when the bound or memory forbids. */
unsigned char *buf_room(struct buf *b, size_t n);
/* Adds the n bytes that the caller wrote where buf_room pointed. */
void buf_wrote(struct buf *b, size_t n);

/* Adds n bytes at the end. 0; -1 with nothing added: the bound is reached, or no memory. */
int buf_add(struct buf *b, const void *bytes, size_t n);
/*
 * Adds the bytes of `from`, which is empty afterwards, also after a failure. An empty `to` takes the memory of `from`
 * instead, unless either holds secrets. As buf_add.
 */
int buf_move(struct buf *to, struct buf *from);
/* Adds formatted text without its NUL. 0; -1 with nothing added. */
int buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Drops n bytes at the front (n <= buf_len). Frees the memory when the buffer becomes empty. */
void buf_consume(struct buf *b, size_t n);

#endif
