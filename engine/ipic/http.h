/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http: a strict, bounded reader and a writer for exactly the subset of HTTP/1.1 that engine/ipic/README.md describes. It judges bytes as
 * they come: what cannot belong to a message is refused at once, not at the time-out.
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
#define HTTP_HEADERS_MAX 32     /* how many */
#define HTTP_HEAD_MAX 8192      /* all of it up to and with the empty line */
#define HTTP_BODY_CAPEX (32 * 1024)
#define HTTP_BODY_ELEMENT (60 * 1024) /* of a conversation (engine/ipic/README.md) */

enum http_kind { HTTP_REQUEST = 1, HTTP_ANSWER = 2 }; /* a set: which may come next */
enum http_result { HTTP_MORE, HTTP_DONE, HTTP_BAD };

struct http_part { /* a piece of the bytes handed in: offsets, because the buffer may move */
	size_t at, len;
};

/*
 * One message. Zero-initialise through http_begin. `size` is the whole message's length once HTTP_DONE.
 * After HTTP_BAD: `status` is 400 or 413 and `why` a sentence without the peer's bytes.
 */
struct http_reader {
	unsigned allowed; /* enum http_kind set */
	size_t body_max;
	/* result */
	enum http_kind kind;
	int status;              /* of an answer; of the refusal after HTTP_BAD */
	struct http_part is;     /* the IS header's value, trimmed; len 0: not there */
	struct http_part type;   /* Content-Type's value, trimmed; len 0: not there */
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

/* Ready for one message: which kinds may come, and the largest body. */
void http_begin(struct http_reader *r, unsigned allowed, size_t body_max);

/*
 * Judges bytes[0..n), the message's bytes from its first one on; call again with the same bytes and more behind. Each byte is
 * looked at once over all calls. Bytes behind the message (n > size) are not looked at.
 */
enum http_result http_read(struct http_reader *r, const void *bytes, size_t n);

/* Appends a whole message. body may be NULL with len 0. type NULL: no Content-Type. -1: the buf is full. */
int http_request(struct buf *b, const char *host, const char *is, const char *type, const void *body, size_t len);
int http_answer(struct buf *b, int status, const char *is, const char *type, const void *body, size_t len);

#endif
