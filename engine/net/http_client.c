/* SPDX-License-Identifier: Apache-2.0 */
/* backend: curl's sockets and clock on the loop, and its connections, a pool for each ring. */
#include "net/backend_inside.h"

#include "net/timer.h"

#include <ev.h>

#include <stdlib.h>

struct watch { /* a socket of curl's */
	struct watch *next, *prev;
	struct pool *pool;
	ev_io io;
};

static void
pool_free(struct pool *p)
{
	struct watch *next;

	curl_multi_cleanup(p->multi);
	timer_stop(&p->timer);
	for (struct watch *w = p->watches; w != NULL; w = next) {
		next = w->next;
		ev_io_stop(p->backend->loop, &w->io);
		free(w);
	}
	ring_unref(p->ring);
	free(p);
}

/* Pools of rings gone by and broken ones, once nobody uses them. Never from inside a call of curl's. */
static void
tidy(struct http_client *b)
{
	const struct pool *current = b->pools;
	struct pool **at = &b->pools;

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

/* Done() of one may begin or cancel others: each turn asks anew. */
static void
reap(struct pool *p)
{
	struct http_client *b = p->backend;
	CURLMsg *m;
	int left;

	p->transfers++; /* nobody tidies it away meanwhile */
	while ((m = curl_multi_info_read(p->multi, &left)) != NULL) {
		struct http_transfer *x = NULL;
		CURLcode rc = m->data.result;

		if (m->msg == CURLMSG_DONE && curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &x) == CURLE_OK && x != NULL)
			http_transfer_judge(x, rc);
	}
	if (p->broken)
		http_transfer_end_all(p);
	p->transfers--;
	tidy(b);
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
on_timer(void *arg)
{
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void
on_socket(struct ev_loop *loop, ev_io *io, int revents)
{
	struct watch *w = io->data;

	(void)loop;
	act(w->pool, io->fd, ((revents & EV_READ) != 0 ? CURL_CSELECT_IN : 0) | ((revents & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0));
}

static int
want_time(CURLM *multi, long milliseconds, void *arg)
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
	ev_io_stop(p->backend->loop, &w->io);
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
	ev_io_init(&w->io, on_socket, fd, 0);
	w->io.data = w;
	w->next = p->watches;
	if (p->watches != NULL)
		p->watches->prev = w;
	p->watches = w;
	curl_multi_assign(p->multi, fd, w);
	return w;
}

static int
want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
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
	ev_io_stop(p->backend->loop, &w->io);
	ev_io_set(&w->io, fd, ((what & CURL_POLL_IN) != 0 ? EV_READ : 0) | ((what & CURL_POLL_OUT) != 0 ? EV_WRITE : 0));
	ev_io_start(p->backend->loop, &w->io);
	return 0;
}

/* --- pools --- */

static struct pool *
pool_new(struct http_client *b, struct ring *ring)
{
	struct pool *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->multi = curl_multi_init();
	if (p->multi == NULL) {
		free(p);
		return NULL;
	}
	p->backend = b;
	p->ring = ring != NULL ? ring_ref(ring) : NULL;
	timer_init(&p->timer, b->loop, on_timer, p);
	curl_multi_setopt(p->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(p->multi, CURLMOPT_SOCKETDATA, p);
	curl_multi_setopt(p->multi, CURLMOPT_TIMERFUNCTION, want_time);
	curl_multi_setopt(p->multi, CURLMOPT_TIMERDATA, p);
	curl_multi_setopt(p->multi, CURLMOPT_MAXCONNECTS, (long)HTTP_CLIENT_IDLE);
	curl_multi_setopt(p->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)HTTP_CLIENT_CONNECTIONS);
	curl_multi_setopt(p->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)HTTP_CLIENT_HOST);
	curl_multi_setopt(p->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	p->next = b->pools;
	b->pools = p;
	return p;
}

/* What lies behind the front is of the past, or of a transfer that began before a reload. */
struct pool *
http_client_pool(struct http_client *b, struct ring *ring)
{
	for (struct pool **at = &b->pools; *at != NULL; at = &(*at)->next) {
		struct pool *p = *at;

		if (p->ring != ring || p->broken)
			continue;
		*at = p->next;
		p->next = b->pools;
		b->pools = p;
		return p;
	}
	return pool_new(b, ring);
}

struct http_client *
http_client_new(struct ev_loop *loop)
{
	struct http_client *b = calloc(1, sizeof *b);

	if (b == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(b);
		return NULL;
	}
	b->loop = loop;
	return b;
}

void
http_client_free(struct http_client *b)
{
	struct pool *next;

	if (b == NULL)
		return;
	for (struct pool *p = b->pools; p != NULL; p = next) {
		next = p->next;
		pool_free(p);
	}
	free(b);
	curl_global_cleanup();
}
