/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lbuf: a string under construction in a Lua state, and positions in strings. Unlike Lua's own buffer it allocates with
 * Lua's collector, so that garbage never makes it fail, and it takes one fixed stack slot, so that Lua functions can be
 * called while it is open.
 */
#ifndef SALLYPORT_LBUF_H
#define SALLYPORT_LBUF_H

#include <stddef.h>

struct lua_State;

struct lbuf {
	struct lua_State *L;
	char *p;         /* small, or the userdata in slot */
	size_t n, cap;
	int slot;        /* stack index that anchors p */
	char small[256];
};

/* Opens an empty buffer; takes one stack slot. [-0, +1] */
void lbuf_begin(struct lbuf *b, struct lua_State *L);
/*
 * Makes room for n more bytes and returns the place. The caller adds the number of bytes written to b->n. Charges for
 * growth. [-0, +0, may throw]
 */
char *lbuf_room(struct lbuf *b, size_t n);
void lbuf_add(struct lbuf *b, const char *s, size_t n); /* appends n bytes and charges for them; may throw */
void lbuf_char(struct lbuf *b, char c);                 /* appends one byte; may throw */
/* Pushes the string; the slot stays occupied. [-0, +1, may throw] */
void lbuf_push(struct lbuf *b);

/* Charges for work on n bytes. [-0, +0, may throw] */
void lbuf_pay(struct lua_State *L, size_t n);
/*
 * The first position of a range as string functions take it (negative: from the end), as 1 or more. A position after
 * the end stays as it is.
 */
size_t lbuf_first(long long pos, size_t len);
/* The last position of a range, as 0 to len. */
size_t lbuf_last(long long pos, size_t len);

#endif
