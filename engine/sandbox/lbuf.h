/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lbuf: a string under construction in a Lua state, and positions in strings. Unlike Lua's own buffer it grows through Lua's
 * collector, so garbage never makes it fail, and keeps one fixed stack slot, so callbacks may run while it is open.
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
/* Room for n more bytes, at the returned place; the caller adds what it wrote to b->n. Pays. May throw. */
char *lbuf_room(struct lbuf *b, size_t n);
void lbuf_add(struct lbuf *b, const char *s, size_t n); /* pays, may throw */
void lbuf_char(struct lbuf *b, char c);                 /* may throw */
/* The string; the slot stays. [-0, +1, may throw] */
void lbuf_push(struct lbuf *b);

/* Pays for work on n bytes. */
void lbuf_pay(struct lua_State *L, size_t n);
/* A first position as string functions take it (negative from the end) to 1…; one past the end and further stay as they are. */
size_t lbuf_first(long long pos, size_t len);
/* A last position to 0…len. */
size_t lbuf_last(long long pos, size_t len);

#endif
