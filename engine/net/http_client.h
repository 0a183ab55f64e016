/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_client: HTTP requests to services behind the region, on its loop (libcurl's multi interface). Each is sent at most once: what was perhaps received is never sent
 * again. No redirects, no proxies, no cookies, no credentials of a URL.
 */
#ifndef SALLYPORT_HTTP_CLIENT_H
#define SALLYPORT_HTTP_CLIENT_H

#include "base/buf.h"
#include "net/threadpool.h"
#include "base/fault.h"
#include "tls/ring.h"

#define HTTP_CLIENT_CONNECTIONS 256 /* open at once; further transfers wait, as long as their time lasts */
#define HTTP_CLIENT_HOST 64         /* of these to one host */
#define HTTP_CLIENT_IDLE 32         /* kept for the next transfer */

struct http_client;  /* the worker's */
struct http_transfer; /* one under way */

struct http_post { /* what is to be sent; all of it borrowed until the transfer is over */
	const char *url;
	const char *const *header; /* "Name: value" */
	size_t nheaders;
	const void *data;
	size_t len;
	double timeout;     /* seconds, for all of it */
	struct ring *ring;  /* https: the server must verify against its signers, and is shown its default pair; NULL: against the system's store */
	struct threadpool *threadpool;  /* resolves the host's name; NULL: addresses only */
	struct buf *answer; /* filled; its max bounds the answer */
	size_t *held;       /* bytes of the answer are counted here until the transfer is over; NULL: not */
	size_t held_max;
	/* Once, from the loop. why NULL: answered by 200 to 299, the data is in *answer; else a sentence, valid in here. */
	void (*done)(void *arg, const char *why);
	void *arg;
};

struct http_client *http_client_new(struct ev_loop *loop); /* NULL: no memory */
void http_client_free(struct http_client *b); /* its transfers are over; NULL is fine */

/* Begins a POST. NULL with a sentence: done() is not called then. */
struct http_transfer *http_client_post(struct http_client *b, const struct http_post *p, struct fault *f);
/* done() will not be called; the connection is closed. Not after it was. */
void http_client_cancel(struct http_transfer *x);

/* Whether it is a URL a transfer can have: http or https, a host, no user, password or fragment. -1 with a sentence. Any thread. */
int http_client_check_url(const char *url, struct fault *f);

#endif
