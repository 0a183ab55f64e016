/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_client.h"

#include "net/http_url.h"
#include "net/timer.h"

#include <curl/curl.h>
#include <ev.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define IGNORED_MAX (64 * 1024) /* bytes of an error answer's body that are read so that its connection can be kept */

struct pool { /* connections that were verified against one ring; after a reload the new rings have pools of their own */
	struct pool *next;
	struct http_client *client;
	struct ring *ring; /* counted; NULL: the system's store */
	CURLM *multi;      /* owned */
	struct timer timer;
	struct watch *watches;
	struct http_transfer *first; /* the transfers under way */
	unsigned transfers;
	bool broken; /* curl ran out of memory while it changed its sockets: its tables may be incomplete */
};

struct http_client {
	struct ev_loop *loop;  /* borrowed */
	struct lookups *names; /* owned */
	struct pool *pools;    /* owned; the current pool is the first */
};

struct watch { /* a socket of curl on the loop */
	struct watch *next, *prev;
	struct pool *pool;
	ev_io io;
};

struct http_transfer {
	struct http_transfer *next, *prev; /* in pool->first */
	struct pool *pool;
	struct http_post post;
	CURL *easy;                              /* owned */
	struct curl_slist *headers, *addresses;  /* owned */
	struct lookup *lookup;
	struct timer deadline;
	char host[HTTP_URL_HOST];
	int port;
	bool running;   /* added to the pool's multi handle */
	bool sent;      /* sending has begun: the request must not be sent again */
	size_t counted; /* bytes added to *post.held */
	size_t ignored;
	char why[256];  /* why this file ended the transfer; "" when curl ended it */
	char error[CURL_ERROR_SIZE];
};

/* --- the end of a transfer --- */

static void
enlist(struct http_transfer *x, struct pool *p)
{
	x->pool = p;
	x->next = p->first;
	if (p->first != NULL)
		p->first->prev = x;
	p->first = x;
	p->transfers++;
}

static void
delist(struct http_transfer *x)
{
	if (x->prev != NULL)
		x->prev->next = x->next;
	else
		x->pool->first = x->next;
	if (x->next != NULL)
		x->next->prev = x->prev;
	x->pool->transfers--;
}

static void
transfer_free(struct http_transfer *x)
{
	timer_stop(&x->deadline);
	if (x->lookup != NULL)
		lookups_cancel(x->lookup);
	if (x->running)
		curl_multi_remove_handle(x->pool->multi, x->easy);
	curl_easy_cleanup(x->easy);
	curl_slist_free_all(x->headers);
	curl_slist_free_all(x->addresses);
	if (x->post.held != NULL)
		*x->post.held -= x->counted;
	delist(x);
	free(x);
}

void
http_client_cancel(struct http_transfer *x)
{
	transfer_free(x);
}

/* Frees x, then calls done(). */
static void
finish(struct http_transfer *x, const char *why)
{
	void (*done)(void *, const char *) = x->post.done;
	void *arg = x->post.arg;
	char words[sizeof x->why];

	if (why != NULL)
		snprintf(words, sizeof words, "%s", why);
	transfer_free(x);
	done(arg, why != NULL ? words : NULL);
}

static void
http_client_expire(void *arg)
{
	struct http_transfer *x = arg;
	char why[64];

	snprintf(why, sizeof why, "no answer within %g seconds", x->post.timeout);
	finish(x, why);
}

/* done() may begin other transfers; they get another pool, because pool_for() skips broken pools. */
static void
end_all(struct pool *p)
{
	while (p->first != NULL)
		finish(p->first, "no memory for the connection");
}

static bool
is_answer(const struct http_transfer *x, long status)
{
	return x->post.status != NULL || (status >= 200 && status <= 299);
}

static void
judge(struct http_transfer *x, CURLcode rc)
{
	long status = 0;
	char why[sizeof x->why];

	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	if (x->why[0] != '\0')
		snprintf(why, sizeof why, "%s", x->why);
	else if (rc != CURLE_OK)
		snprintf(why, sizeof why, "%.150s", x->error[0] != '\0' ? x->error : curl_easy_strerror(rc));
	else if (!is_answer(x, status))
		snprintf(why, sizeof why, "answered %ld", status);
	else
		why[0] = '\0';
	if (x->post.status != NULL)
		*x->post.status = (int)status;
	finish(x, why[0] != '\0' ? why : NULL);
}

/* --- pools --- */

static void
pool_free(struct pool *p)
{
	struct watch *next;

	curl_multi_cleanup(p->multi);
	timer_stop(&p->timer);
	for (struct watch *w = p->watches; w != NULL; w = next) {
		next = w->next;
		ev_io_stop(p->client->loop, &w->io);
		free(w);
	}
	ring_unref(p->ring);
	free(p);
}

/* Frees the unused pools of older rings and the unused broken pools. Must not be called from a callback of curl. */
static void
tidy(struct http_client *c)
{
	const struct pool *current = c->pools;
	struct pool **at = &c->pools;

	while (*at != NULL) {
		struct pool *p = *at;

		if (p->transfers > 0 || (p == current && !p->broken)) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		pool_free(p);
	}
}

/*
 * Ends the transfers that curl has completed. done() of a transfer may begin or cancel others, so each turn asks curl
 * again.
 */
static void
reap(struct pool *p)
{
	struct http_client *c = p->client;
	CURLMsg *m;
	int left;

	p->transfers++; /* keeps tidy() from freeing this pool inside a done() */
	while ((m = curl_multi_info_read(p->multi, &left)) != NULL) {
		struct http_transfer *x = NULL;
		CURLcode rc = m->data.result;

		if (m->msg == CURLMSG_DONE && curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &x) == CURLE_OK && x != NULL)
			judge(x, rc);
	}
	if (p->broken)
		end_all(p);
	p->transfers--;
	tidy(c);
}

/* --- curl's sockets and its clock, on the loop --- */

static void
act(struct pool *p, curl_socket_t fd, int events)
{
	int running;

	if (curl_multi_socket_action(p->multi, fd, events, &running) != CURLM_OK)
		p->broken = true;
	reap(p);
}

static void
http_client_on_timer(void *arg)
{
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void
http_client_on_socket(struct ev_loop *loop, ev_io *io, int revents)
{
	struct watch *w = io->data;

	(void)loop;
	act(w->pool, io->fd, ((revents & EV_READ) != 0 ? CURL_CSELECT_IN : 0) | ((revents & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0));
}

static int
http_client_want_time(CURLM *multi, long milliseconds, void *arg)
{
	struct pool *p = arg;

	(void)multi;
	if (milliseconds < 0)
		timer_stop(&p->timer);
	else
		timer_set(&p->timer, (double)milliseconds / 1000);
	return 0;
}

static void
unwatch(struct pool *p, struct watch *w)
{
	ev_io_stop(p->client->loop, &w->io);
	if (w->prev != NULL)
		w->prev->next = w->next;
	else
		p->watches = w->next;
	if (w->next != NULL)
		w->next->prev = w->prev;
	free(w);
}

static struct watch *
watch_new(struct pool *p, curl_socket_t fd)
{
	struct watch *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	w->pool = p;
	ev_io_init(&w->io, http_client_on_socket, fd, 0);
	w->io.data = w;
	w->next = p->watches;
	if (p->watches != NULL)
		p->watches->prev = w;
	p->watches = w;
	curl_multi_assign(p->multi, fd, w);
	return w;
}

static int
http_client_want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct pool *p = arg;
	struct watch *w = known;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w != NULL)
			unwatch(p, w);
		return 0;
	}
	if (w == NULL && (w = watch_new(p, fd)) == NULL)
		return -1;
	ev_io_stop(p->client->loop, &w->io);
	ev_io_set(&w->io, fd, ((what & CURL_POLL_IN) != 0 ? EV_READ : 0) | ((what & CURL_POLL_OUT) != 0 ? EV_WRITE : 0));
	ev_io_start(p->client->loop, &w->io);
	return 0;
}

static struct pool *
pool_new(struct http_client *c, struct ring *ring)
{
	struct pool *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->multi = curl_multi_init();
	if (p->multi == NULL) {
		free(p);
		return NULL;
	}
	p->client = c;
	p->ring = ring != NULL ? ring_ref(ring) : NULL;
	timer_init(&p->timer, c->loop, http_client_on_timer, p);
	curl_multi_setopt(p->multi, CURLMOPT_SOCKETFUNCTION, http_client_want_socket);
	curl_multi_setopt(p->multi, CURLMOPT_SOCKETDATA, p);
	curl_multi_setopt(p->multi, CURLMOPT_TIMERFUNCTION, http_client_want_time);
	curl_multi_setopt(p->multi, CURLMOPT_TIMERDATA, p);
	curl_multi_setopt(p->multi, CURLMOPT_MAXCONNECTS, (long)HTTP_CLIENT_IDLE);
	curl_multi_setopt(p->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)HTTP_CLIENT_CONNECTIONS);
	curl_multi_setopt(p->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)HTTP_CLIENT_HOST);
	curl_multi_setopt(p->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	p->next = c->pools;
	c->pools = p;
	return p;
}

/* Returns the pool for `ring` and makes it the first. The pools behind it belong to older rings. NULL: no memory. */
static struct pool *
pool_for(struct http_client *c, struct ring *ring)
{
	for (struct pool **at = &c->pools; *at != NULL; at = &(*at)->next) {
		struct pool *p = *at;

		if (p->ring != ring || p->broken)
			continue;
		*at = p->next;
		p->next = c->pools;
		c->pools = p;
		return p;
	}
	return pool_new(c, ring);
}

struct http_client *
http_client_new(struct ev_loop *loop, struct threadpool *threads, const struct lookup_rules *rules)
{
	struct http_client *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->loop = loop;
	c->names = lookups_new(threads, rules);
	if (c->names != NULL && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		return c;
	lookups_free(c->names);
	free(c);
	return NULL;
}

void
http_client_free(struct http_client *c)
{
	struct pool *next;

	if (c == NULL)
		return;
	for (struct pool *p = c->pools; p != NULL; p = next) {
		next = p->next;
		pool_free(p);
	}
	lookups_free(c->names);
	free(c);
	curl_global_cleanup();
}

/* --- callbacks of curl --- */

static size_t
end_it(struct http_transfer *x, const char *why)
{
	snprintf(x->why, sizeof x->why, "%.200s", why);
	return 0;
}

/* Skips the body of an answer that is not 2xx. */
static size_t
ignore(struct http_transfer *x, long status, size_t n)
{
	char why[32];

	x->ignored += n;
	if (x->ignored <= IGNORED_MAX)
		return n;
	snprintf(why, sizeof why, "answered %ld", status);
	return end_it(x, why);
}

static size_t
http_client_take_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct http_transfer *x = arg;
	size_t n = size * count;
	long status = 0;

	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	if (!is_answer(x, status))
		return ignore(x, status, n);
	if (n > x->post.answer->max - buf_len(x->post.answer))
		return end_it(x, "the answer is longer than a message can be");
	if (x->post.held != NULL && (*x->post.held > x->post.held_max || n > x->post.held_max - *x->post.held))
		return end_it(x, "the memory for conversations is used up");
	if (buf_add(x->post.answer, bytes, n) < 0)
		return end_it(x, "no memory for the answer");
	if (x->post.held != NULL) {
		*x->post.held += n;
		x->counted += n;
	}
	return n;
}

/*
 * A kept connection may end just when it is used again. curl would then send the request a second time, although the
 * server may have processed the first one: the transfer fails instead.
 */
static int
http_client_before_sending(void *arg, char *peer, char *own, int peer_port, int own_port)
{
	struct http_transfer *x = arg;

	(void)peer, (void)own, (void)peer_port, (void)own_port;
	if (x->sent) {
		end_it(x, "the connection ended before an answer came");
		return CURL_PREREQFUNC_ABORT;
	}
	x->sent = true;
	return CURL_PREREQFUNC_OK;
}

static CURLcode
http_client_use_ring(CURL *easy, void *ctx, void *arg)
{
	struct http_transfer *x = arg;
	struct fault f;

	(void)easy;
	if (ring_use(x->pool->ring, "", true, ctx, &f) == 0)
		return CURLE_OK;
	end_it(x, f.text);
	return CURLE_SSL_CERTPROBLEM;
}

/* --- the beginning of a transfer --- */

static int
add_line(struct curl_slist **list, const char *line)
{
	struct curl_slist *more = curl_slist_append(*list, line);

	if (more == NULL)
		return -1;
	*list = more;
	return 0;
}

/* Whether the request's own headers name the type of its data. */
static bool
names_type(const struct http_post *p)
{
	static const char name[] = "Content-Type:";

	for (size_t i = 0; i < p->nheaders; i++)
		if (strncasecmp(p->header[i], name, sizeof name - 1) == 0)
			return true;
	return false;
}

/* Whether the request has no data, nor a length of none. */
static bool
is_bare(const struct http_post *p)
{
	return p->len == 0 && p->method != NULL && (strcmp(p->method, "GET") == 0 || strcmp(p->method, "DELETE") == 0);
}

static int
add_headers(struct http_transfer *x)
{
	char type[80];
	int ok = add_line(&x->headers, "Expect:"); /* no wait for a 100 */

	snprintf(type, sizeof type, "Content-Type: %s", x->post.type != NULL ? x->post.type : "application/octet-stream");
	if (!names_type(&x->post))
		ok |= add_line(&x->headers, type);
	for (size_t i = 0; i < x->post.nheaders; i++)
		ok |= add_line(&x->headers, x->post.header[i]);
	return ok;
}

/* The ring's store replaces curl's own; curl neither fills nor caches a store then. */
static int
set_trust(struct http_transfer *x)
{
	int ok = curl_easy_setopt(x->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);

	ok |= curl_easy_setopt(x->easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	if (x->pool->ring == NULL)
		return ok;
	ok |= curl_easy_setopt(x->easy, CURLOPT_CAINFO, NULL);
	ok |= curl_easy_setopt(x->easy, CURLOPT_CAPATH, NULL);
	ok |= curl_easy_setopt(x->easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
	ok |= curl_easy_setopt(x->easy, CURLOPT_SSL_CTX_FUNCTION, http_client_use_ring);
	ok |= curl_easy_setopt(x->easy, CURLOPT_SSL_CTX_DATA, x);
	return ok;
}

/* Switches off what the environment or a server's answer could make curl do. */
static int
set_limits(struct http_transfer *x)
{
	int ok = curl_easy_setopt(x->easy, CURLOPT_PROTOCOLS_STR, "http,https");

	ok |= curl_easy_setopt(x->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	ok |= curl_easy_setopt(x->easy, CURLOPT_FOLLOWLOCATION, 0L);
	ok |= curl_easy_setopt(x->easy, CURLOPT_PROXY, "");
	ok |= curl_easy_setopt(x->easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	ok |= curl_easy_setopt(x->easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	ok |= curl_easy_setopt(x->easy, CURLOPT_NOSIGNAL, 1L);
	ok |= curl_easy_setopt(x->easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L); /* each transfer sets its own addresses (add_addresses) */
	ok |= curl_easy_setopt(x->easy, CURLOPT_QUICK_EXIT, 1L);
	ok |= curl_easy_setopt(x->easy, CURLOPT_PREREQFUNCTION, http_client_before_sending);
	ok |= curl_easy_setopt(x->easy, CURLOPT_PREREQDATA, x);
	return ok;
}

static int
set_request(struct http_transfer *x)
{
	int ok = curl_easy_setopt(x->easy, CURLOPT_URL, x->post.url);

	ok |= curl_easy_setopt(x->easy, CURLOPT_PRIVATE, x);
	ok |= curl_easy_setopt(x->easy, CURLOPT_ERRORBUFFER, x->error);
	ok |= curl_easy_setopt(x->easy, CURLOPT_POST, 1L);
	ok |= curl_easy_setopt(x->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->post.len);
	ok |= curl_easy_setopt(x->easy, CURLOPT_POSTFIELDS, x->post.len > 0 ? x->post.data : "");
	ok |= curl_easy_setopt(x->easy, CURLOPT_CUSTOMREQUEST, x->post.method);
	if (is_bare(&x->post))
		ok |= curl_easy_setopt(x->easy, CURLOPT_HTTPGET, 1L);
	ok |= curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers);
	ok |= curl_easy_setopt(x->easy, CURLOPT_USERAGENT, "sallyport");
	ok |= curl_easy_setopt(x->easy, CURLOPT_WRITEFUNCTION, http_client_take_body);
	ok |= curl_easy_setopt(x->easy, CURLOPT_WRITEDATA, x);
	ok |= curl_easy_setopt(x->easy, CURLOPT_FRESH_CONNECT, x->post.alone ? 1L : 0L);
	ok |= curl_easy_setopt(x->easy, CURLOPT_FORBID_REUSE, x->post.alone ? 1L : 0L);
	return ok;
}

static int
start(struct http_transfer *x)
{
	if (curl_multi_add_handle(x->pool->multi, x->easy) != CURLM_OK)
		return -1;
	x->running = true;
	return 0;
}

/* CURLOPT_RESOLVE takes "+HOST:PORT:ADDRESS,ADDRESS": curl looks up nothing itself. */
static int
add_addresses(struct http_transfer *x, const struct resolution *r)
{
	char line[HTTP_URL_HOST + 16 + RESOLVE_MAX * (ADDR_TEXT + 3)], ip[ADDR_TEXT];
	size_t n = (size_t)snprintf(line, sizeof line, "+%s:%d:", x->host, x->port);

	for (unsigned i = 0; i < r->n; i++)
		n += (size_t)snprintf(line + n, sizeof line - n, strchr(addr_ip(&r->addr[i], ip, sizeof ip), ':') != NULL ? "%s[%s]" : "%s%s",
			i > 0 ? "," : "", ip);
	if (add_line(&x->addresses, line) < 0)
		return -1;
	return curl_easy_setopt(x->easy, CURLOPT_RESOLVE, x->addresses) == CURLE_OK ? 0 : -1;
}

static void
http_client_resolved(void *arg, const struct resolution *r)
{
	struct http_transfer *x = arg;
	char why[sizeof x->why];

	x->lookup = NULL;
	if (r->n == 0) {
		snprintf(why, sizeof why, "%.100s: %.100s", x->host, r->error);
		finish(x, why);
	} else if (add_addresses(x, r) < 0 || start(x) < 0) {
		finish(x, "no memory for a transfer");
	}
}

/* A URL has an IPv6 address in brackets. */
static bool
is_address(const struct http_transfer *x)
{
	struct resolution r;
	char host[HTTP_URL_HOST];
	size_t n = strlen(x->host);

	snprintf(host, sizeof host, "%s", x->host);
	if (host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = '\0';
		memmove(host, host + 1, n - 1);
	}
	return resolve_numeric(host, x->port, &r);
}

static int
find_host(struct http_transfer *x, struct fault *f)
{
	static const struct addr_prefix nowhere = { .family = 0 };

	if (is_address(x))
		return start(x) == 0 ? 0 : fault_set(f, "no memory for a transfer");
	x->lookup = lookups_begin(x->pool->client->names, x->host, &nowhere, http_client_resolved, x);
	return x->lookup != NULL ? 0 : fault_set(f, "%s cannot be looked up now", x->host);
}

static int
prepare(struct http_transfer *x, struct fault *f)
{
	if (http_url_read(x->post.url, x->host, &x->port, f) < 0)
		return -1;
	x->easy = curl_easy_init();
	if (x->easy == NULL || add_headers(x) != 0 || set_request(x) != CURLE_OK || set_limits(x) != CURLE_OK || set_trust(x) != CURLE_OK)
		return fault_set(f, "no memory for a transfer");
	timer_set(&x->deadline, x->post.timeout);
	return find_host(x, f);
}

struct http_transfer *
http_client_post(struct http_client *c, const struct http_post *p, struct fault *f)
{
	struct http_transfer *x = calloc(1, sizeof *x);
	struct pool *pool = x != NULL ? pool_for(c, p->ring) : NULL;

	if (pool == NULL) {
		free(x);
		fault_set(f, "no memory for a transfer");
		return NULL;
	}
	enlist(x, pool);
	x->post = *p;
	timer_init(&x->deadline, c->loop, http_client_expire, x);
	if (prepare(x, f) == 0)
		return x;
	transfer_free(x);
	return NULL;
}

const char *
http_client_library(void)
{
	return curl_version_info(CURLVERSION_NOW)->version;
}
