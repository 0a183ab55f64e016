/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/exporter.h"

#include "base/clock.h"
#include "base/thread.h"
#include "metrics/exposition.h"
#include "metrics/scrape.h"
#include "metrics/tap.h"
#include "net/reserve.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS 64
#define CLIENT_SECONDS 10.0
#define ACCEPTS_PER_SECOND 100
#define HEAD_BYTES 16384      /* memory of one connection: a longer head is answered with 431 */
#define BACKOFF_SECONDS 0.5   /* without descriptors: the pause of accepting */

struct client {
	int fd;       /* -1: free; the daemon owns the descriptor */
	double until; /* clock_span() */
};

struct exporter {
	struct tap tap;       /* owned: the listening socket */
	struct metrics *m;    /* borrowed */
	struct MHD_Daemon *daemon; /* owned */
	int polled;           /* the daemon's epoll descriptor; borrowed */
	int wake;             /* an eventfd, owned: exporter_close writes to it */
	atomic_bool stop;
	struct thread *thread;
	/* used by the thread only */
	struct client client[CLIENTS];
	unsigned clients;
	double second;        /* clock_span() when the present second of accepting began */
	unsigned accepted;    /* in that second */
	double paused;        /* clock_span() until which no client is accepted */
};

/* --- answers ---------------------------------------------------------------------------------- */

/* Queues an answer, whose body is copied, and the end of the connection. */
static enum MHD_Result
answer(struct MHD_Connection *c, unsigned status, const char *type, void *body, size_t n)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(n, body, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result rc;

	if (r == NULL)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	rc = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return rc;
}

static enum MHD_Result
answer_line(struct MHD_Connection *c, unsigned status, const char *line)
{
	char text[160];
	size_t n = (size_t)snprintf(text, sizeof text, "%s\n", line);

	return answer(c, status, "text/plain; charset=utf-8", text, n < sizeof text ? n : sizeof text - 1);
}

static enum MHD_Result
answer_metrics(struct exporter *e, struct MHD_Connection *c)
{
	bool open = exposition_wants_openmetrics(MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT));
	enum MHD_Result rc;
	struct buf text;

	if (scrape_metrics(e->m, open, &text) < 0)
		return answer_line(c, MHD_HTTP_SERVICE_UNAVAILABLE, "no memory for the metrics");
	rc = answer(c, MHD_HTTP_OK, exposition_type(open), buf_bytes(&text), buf_len(&text));
	buf_free(&text);
	return rc;
}

static enum MHD_Result
answer_path(struct exporter *e, struct MHD_Connection *c, const char *path)
{
	char line[120];
	bool good;

	if (strcmp(path, "/metrics") == 0)
		return answer_metrics(e, c);
	if (strcmp(path, "/healthz") == 0)
		good = scrape_healthy(e->m, clock_span(), line, sizeof line);
	else if (strcmp(path, "/readyz") == 0)
		good = scrape_ready(e->m, line, sizeof line);
	else
		return answer_line(c, MHD_HTTP_NOT_FOUND, "there are /metrics, /healthz and /readyz");
	return answer_line(c, good ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, line);
}

static bool
is_get(const char *method)
{
	return strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
}

/* A path with an escape is another path: the bytes of the request are compared. */
static size_t
exporter_keep_escapes(void *arg, struct MHD_Connection *c, char *path)
{
	(void)arg;
	(void)c;
	return strlen(path);
}

/* libmicrohttpd calls it when the head of a request is complete; the answer does not wait for a body. */
static enum MHD_Result
exporter_request(void *arg, struct MHD_Connection *c, const char *path, const char *method, const char *version, const char *body,
	size_t *n, void **state)
{
	struct exporter *e = arg;

	(void)version;
	(void)body;
	(void)n;
	(void)state;
	if (atomic_load(&e->stop))
		return MHD_NO;
	if (!is_get(method))
		return answer_line(c, MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD are possible");
	return answer_path(e, c, path);
}

/* --- clients ---------------------------------------------------------------------------------- */

static void
exporter_notified(void *arg, struct MHD_Connection *c, void **state, enum MHD_ConnectionNotificationCode code)
{
	struct exporter *e = arg;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);

	(void)state;
	for (unsigned i = 0; code == MHD_CONNECTION_NOTIFY_CLOSED && info != NULL && i < CLIENTS; i++)
		if (e->client[i].fd == info->connect_fd) {
			e->client[i].fd = -1;
			e->clients--;
			return;
		}
}

/* Hands an accepted socket to the daemon, which closes it in any case. */
static void
welcome(struct exporter *e, int fd, const struct sockaddr_storage *from, socklen_t len, double now)
{
	unsigned i = 0;

	while (e->client[i].fd >= 0)
		i++;
	e->client[i] = (struct client){ .fd = fd, .until = now + CLIENT_SECONDS };
	e->clients++;
	if (MHD_add_connection(e->daemon, fd, (const struct sockaddr *)from, len) != MHD_YES && e->client[i].fd == fd) {
		e->client[i].fd = -1;
		e->clients--;
	}
}

static bool
may_accept(struct exporter *e, double now)
{
	if (now - e->second >= 1) {
		e->second = now;
		e->accepted = 0;
	}
	return now >= e->paused && e->clients < CLIENTS && e->accepted < ACCEPTS_PER_SECOND;
}

static void
accept_clients(struct exporter *e, double now)
{
	while (may_accept(e, now)) {
		struct sockaddr_storage from;
		socklen_t len = sizeof from;
		int fd = accept4(e->tap.fd, (struct sockaddr *)&from, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0 && (rlim_t)fd >= reserve_begins()) {
			close(fd);
			fd = -1;
			errno = EMFILE;
		}
		if (fd < 0) {
			if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
				e->paused = now + BACKOFF_SECONDS;
			return;
		}
		e->accepted++;
		welcome(e, fd, &from, len, now);
	}
}

/* Ends the clients whose time is over: the daemon sees the end of the socket. Returns the seconds to the next one. */
static double
end_overdue(struct exporter *e, double now)
{
	double next = CLIENT_SECONDS;

	for (unsigned i = 0; i < CLIENTS; i++) {
		double left = e->client[i].until - now;

		if (e->client[i].fd < 0)
			continue;
		if (left <= 0) {
			shutdown(e->client[i].fd, SHUT_RDWR);
			left = 1;
		}
		if (left < next)
			next = left;
	}
	return next;
}

/* --- the thread ------------------------------------------------------------------------------- */

static int
wait_milliseconds(struct exporter *e, double next, bool accepting)
{
	MHD_UNSIGNED_LONG_LONG daemon;
	double seconds = accepting ? next : next < 0.1 ? next : 0.1; /* looks again soon whether it may accept */

	if (MHD_get_timeout(e->daemon, &daemon) == MHD_YES && (double)daemon / 1000 < seconds)
		seconds = (double)daemon / 1000;
	return (int)(seconds * 1000) + (seconds > 0 ? 1 : 0);
}

static void
exporter_serve(void *arg)
{
	struct exporter *e = arg;

	while (!atomic_load(&e->stop)) {
		double now = clock_span(), next = end_overdue(e, now);
		bool accepting = may_accept(e, now) || e->clients == CLIENTS;
		struct pollfd p[] = { { .fd = e->wake, .events = POLLIN }, { .fd = e->polled, .events = POLLIN },
			{ .fd = may_accept(e, now) ? e->tap.fd : -1, .events = POLLIN } };

		poll(p, sizeof p / sizeof p[0], wait_milliseconds(e, next, accepting));
		if ((p[2].revents & POLLIN) != 0)
			accept_clients(e, clock_span());
		MHD_run(e->daemon);
	}
	MHD_stop_daemon(e->daemon);
}

static int
start_daemon(struct exporter *e, struct fault *f)
{
	const union MHD_DaemonInfo *info;

	e->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, exporter_request, e,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)CLIENTS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CLIENT_SECONDS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_NOTIFY_CONNECTION, exporter_notified, e, MHD_OPTION_UNESCAPE_CALLBACK, exporter_keep_escapes, NULL, MHD_OPTION_END);
	info = e->daemon != NULL ? MHD_get_daemon_info(e->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (info == NULL || info->epoll_fd < 0)
		return fault_set(f, "metrics: no memory or no descriptors for the HTTP server");
	e->polled = info->epoll_fd;
	return 0;
}

static int
start(struct exporter *e, const char *address, struct fault *f)
{
	int rc;

	if (tap_open(&e->tap, address, f) < 0 || start_daemon(e, f) < 0)
		return -1;
	e->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (e->wake < 0)
		return fault_set(f, "metrics: no descriptor: %s", strerrordesc_np(errno));
	rc = thread_start(&e->thread, exporter_serve, e);
	return rc == 0 ? 0 : fault_set(f, "metrics: no thread to serve them: %s", strerrordesc_np(rc));
}

static void
release(struct exporter *e)
{
	tap_close(&e->tap);
	if (e->wake >= 0)
		close(e->wake);
	free(e);
}

struct exporter *
exporter_open(const char *address, struct metrics *m, struct fault *f)
{
	struct exporter *e = calloc(1, sizeof *e);

	if (e == NULL) {
		fault_set(f, "no memory to serve metrics");
		return NULL;
	}
	e->m = m;
	e->tap.fd = e->wake = -1;
	for (unsigned i = 0; i < CLIENTS; i++)
		e->client[i].fd = -1;
	if (start(e, address, f) == 0)
		return e;
	if (e->daemon != NULL)
		MHD_stop_daemon(e->daemon);
	release(e);
	return NULL;
}

void
exporter_close(struct exporter *e)
{
	uint64_t one = 1;
	ssize_t written;

	if (e == NULL)
		return;
	atomic_store(&e->stop, true);
	written = write(e->wake, &one, sizeof one);
	(void)written; /* an eventfd takes it */
	thread_wait(e->thread);
	release(e);
}

const char *
exporter_address(const struct exporter *e)
{
	return e->tap.address;
}

const char *
exporter_library(void)
{
	return MHD_get_version();
}
