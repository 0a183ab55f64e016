/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_client: HTTP requests on the worker's loop (libcurl's multi interface). A request is sent at most once:
 * when the server may have received it, it is not sent again. No redirects, proxies or cookies, and no credentials in a
 * URL.
 */
#ifndef SALLYPORT_HTTP_CLIENT_H
#define SALLYPORT_HTTP_CLIENT_H

#include "base/buf.h"
#include "base/fault.h"
#include "net/lookups.h"
#include "tls/ring.h"

#define HTTP_CLIENT_CONNECTIONS 256 /* open at once; further transfers wait, until their time is up */
#define HTTP_CLIENT_HOST 64         /* of these to one host */
#define HTTP_CLIENT_IDLE 32         /* kept open for later transfers */

struct http_client;   /* the connections of one worker */
struct http_transfer; /* one request under way */

struct http_post { /* a request; every pointer is borrowed until the transfer is over */
	const char *url;               /* one that http_url_check takes */
	const char *method;            /* NULL: POST */
	const char *type;              /* of the data, where no header is Content-Type; NULL: application/octet-stream */
	const char *const *header; /* "Name: value" */
	size_t nheaders;
	const void *data;
	size_t len;
	double timeout;                /* seconds, for the whole transfer */
	bool alone;                    /* on a connection of its own: it reads no bytes that a server sent after an earlier answer */
	struct ring *ring;             /* https: the server must verify against its signers and is shown its default pair; NULL: the system's store */
	int *status;                   /* each status is an answer, and stands here; NULL: those of 200 to 299 are */
	struct buf *answer;            /* receives the answer's body; its max is the limit */
	size_t *held;                  /* the answer's bytes are added here while the transfer lasts; NULL: not counted */
	size_t held_max;               /* limit of *held */
	/*
	 * Called once, from the loop. why NULL: the status was 200 to 299 (with `status`: any) and the data is in
	 * *answer; else a sentence, valid during the call.
	 */
	void (*done)(void *arg, const char *why);
	void *arg;
};

/*
 * loop and threads are borrowed and must outlive it; threads look up the names of hosts, by the rules. NULL: no memory.
 */
struct http_client *http_client_new(struct ev_loop *loop, struct threadpool *threads, const struct lookup_rules *rules);
void http_client_free(struct http_client *c); /* no transfer may be under way; NULL is fine */

/* Begins a request. NULL with a sentence: done() is not called then. */
struct http_transfer *http_client_post(struct http_client *c, const struct http_post *p, struct fault *f);
/* Closes the connection; done() is not called. Must not be called after done(). */
void http_client_cancel(struct http_transfer *x);

/* The version of the libcurl that runs, "7.88.1". A static string. */
const char *http_client_library(void);

#endif
