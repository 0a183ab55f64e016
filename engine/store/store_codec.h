/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_codec: the protocol of Redis and Valkey (RESP2) as bytes: commands for the server and its replies. hiredis
 * reads and writes it; the limits are ours, since hiredis has none.
 */
#ifndef SALLYPORT_STORE_CODEC_H
#define SALLYPORT_STORE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"

#define STORE_REPLY_BYTES (1024 * 1024) /* of one reply */
#define STORE_REPLY_ITEMS 1024          /* of one list */
#define STORE_WORDS 16                  /* of one command */

enum store_reply_kind { STORE_NIL, STORE_INTEGER, STORE_TEXT, STORE_STATUS, STORE_ERROR, STORE_LIST };

struct store_reply {
	enum store_reply_kind kind;
	int64_t integer;           /* of STORE_INTEGER */
	char *text;                /* owned; of STORE_TEXT, STORE_STATUS and STORE_ERROR: len bytes and a NUL */
	size_t len;
	struct store_reply **item; /* owned, with its n replies; of STORE_LIST */
	size_t n;
};

struct store_words { /* a command: its words, borrowed */
	size_t n;
	const char *text[STORE_WORDS];
	size_t len[STORE_WORDS];
};

struct store_reader; /* the replies of one connection */

/* Adds len bytes as a word. The caller adds at most STORE_WORDS. */
void store_word(struct store_words *w, const char *text, size_t len);
/* Adds a string that ends with a NUL. */
void store_word_text(struct store_words *w, const char *text);
/*
 * Writes the words as a command, with `head` before them (NULL: nothing), whose words count too. -1: no memory, or the
 * buffer is full; nothing is written then.
 */
int store_words_write(const struct store_words *w, const struct store_words *head, struct buf *out);

/* NULL: no memory. Owned by the caller. */
struct store_reader *store_reader_new(void);
/* NULL is fine. */
void store_reader_free(struct store_reader *r);
/* Takes bytes of the server, which are copied. -1 with a sentence: they are no replies, or no memory. */
int store_reader_feed(struct store_reader *r, const void *bytes, size_t n, struct fault *f);
/*
 * The next whole reply into *out, owned by the caller; NULL: more bytes are needed. -1 with a sentence: the bytes are
 * no reply, or a reply is above a limit; the connection must be closed.
 */
int store_reader_next(struct store_reader *r, struct store_reply **out, struct fault *f);
/* NULL is fine. */
void store_reply_free(struct store_reply *r);
/* Whether the reply is an error that begins with that word ("NOSCRIPT"). */
bool store_reply_is_error(const struct store_reply *r, const char *word);
/* The length in bytes of the first word of an error reply: its code. The words behind it may quote the command. */
size_t store_reply_code(const struct store_reply *r);

#endif
