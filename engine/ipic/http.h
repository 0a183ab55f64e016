/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http: a strict, bounded reader and a writer for the subset of HTTP/1.1 that engine/ipic/README.md describes. The
 * reader checks bytes as they come: it refuses a byte that cannot belong to a message at once, not at the time-out.
 *
 *   request  POST /ipic HTTP/1.1     answer  HTTP/1.1 NNN reason
 */
#ifndef SALLYPORT_HTTP_H
#define SALLYPORT_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define HTTP_LINE_MAX 256       /* a request or status line, without CR LF */
#define HTTP_HEADER_MAX 1024    /* one header line */
#define HTTP_HEADERS_MAX 32     /* number of headers */
#define HTTP_HEAD_MAX 8192      /* the whole head, with the empty line */
#define HTTP_BODY_CAPEX (32 * 1024)
#define HTTP_BODY_ELEMENT (60 * 1024) /* of an element of a conversation (engine/ipic/README.md) */

enum http_kind { HTTP_REQUEST = 1, HTTP_ANSWER = 2 }; /* a set: the kinds that may come next */
enum http_result { HTTP_MORE, HTTP_DONE, HTTP_BAD };

struct http_part { /* a part of the caller's bytes, as an offset, because the buffer may move */
	size_t at, len;
};

/*
 * One message. http_begin initialises it. `size` is the length of the whole message after HTTP_DONE.
 * After HTTP_BAD: `status` is 400 or 413 and `why` a sentence without the peer's bytes.
 */
struct http_reader {
	unsigned allowed; /* enum http_kind set */
	size_t body_max;
	/* result */
	enum http_kind kind;
	int status;              /* of an answer; of the refusal after HTTP_BAD */
	struct http_part is;     /* the value of the IS header, trimmed; len 0: absent */
	struct http_part type;   /* the value of Content-Type, trimmed; len 0: absent */
	struct http_part body;
	size_t size;
	const char *why;         /* static */
	/* progress */
	size_t at;
	int state;
	unsigned headers;
	bool has_length, has_is, has_type;
	size_t line;
};

/* Begins one message: the kinds that may come, and the largest body in bytes. */
void http_begin(struct http_reader *r, unsigned allowed, size_t body_max);

/*
 * Checks bytes[0..n), the bytes of a message from its first one on. The caller calls again with the same bytes and more
 * behind them; each byte is checked once. Bytes behind the message (n > size) are not read.
 */
enum http_result http_read(struct http_reader *r, const void *bytes, size_t n);

/*
 * Appends a whole message, or nothing. body may be NULL with len 0. type NULL: no Content-Type. status: 200, 307, 400,
 * 403, 413, 500 or 503. -1: the buf is full, or a value has a control character.
 */
int http_request(struct buf *b, const char *host, const char *is, const char *type, const void *body, size_t len);
int http_answer(struct buf *b, int status, const char *is, const char *type, const void *body, size_t len);

#endif
