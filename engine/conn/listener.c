/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/listener.h"

#include "base/clock.h"
#include "conn/service_socket.h"
#include "conn/steps.h"
#include "net/reserve.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ACCEPTS_PER_TURN 64
#define CLOSE_SECONDS 0.1
#define BACKOFF_SECONDS 0.5

static void
say(const struct listener *l, enum message m, const char *why)
{
	char address[ADDR_TEXT];

	log_say(l->worker->log, m, "tcpipservice", l->entrance.tcpipservice, "address",
		addr_print(&l->entrance.own, address, sizeof address), "why", why, NULL);
}

static void
report(const struct listener *l)
{
	statistics_say(l->worker->log, MSG_SP0055, "tcpipservice", l->entrance.tcpipservice, statistics_service, &l->entrance.statistics);
}

static void
listener_resume(void *arg)
{
	struct listener *l = arg;

	if (l->fd >= 0)
		ev_io_start(l->worker->loop, &l->watcher);
}

/*
 * No descriptor is left, and the read event stays ready. Use the spare descriptor to accept and close one caller, then
 * pause the listener so that the loop does not spin.
 */
static void
step_back(struct listener *l, int error)
{
	int fd;

	if (l->spare >= 0)
		close(l->spare);
	fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	l->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	l->unreserved = reserve_begins();
	ev_io_stop(l->worker->loop, &l->watcher);
	timer_set(&l->backoff, BACKOFF_SECONDS);
	say(l, MSG_SP0007, strerror(error));
}

static void
welcome(struct listener *l, int fd, const struct sockaddr_storage *from)
{
	struct addr peer;
	struct conn *c;

	if (addr_from_sockaddr(&peer, (const struct sockaddr *)from) < 0) {
		close(fd);
		return;
	}
	c = conn_new(l->worker, &l->entrance, fd, &peer);
	if (c != NULL)
		admit_begin(c);
}

static void
drop_socket(struct listener *l)
{
	if (l->fd < 0)
		return;
	ev_io_stop(l->worker->loop, &l->watcher);
	timer_stop(&l->backoff);
	close(l->fd);
	l->fd = -1;
	l->kept = KEPT_NO;
	if (l->spare >= 0)
		close(l->spare);
	l->spare = -1;
}

/*
 * Ends the service without accepting the callers that wait: they were accepted before, or the socket is broken, or it
 * is left to the service manager.
 */
static void
give_up(struct listener *l)
{
	bool turns_away = l->fd >= 0 && l->kept != KEPT_NO;

	if (!turns_away)
		drop_socket(l);
	if (!l->entrance.open)
		return;
	l->entrance.open = false;
	say(l, MSG_SP0005, turns_away ? "its socket is kept, and callers are reset" : NULL);
	l->entrance.statistics.closed = clock_wall();
	if (!l->yielded) /* a refused reload opens the listener again with its counts */
		report(l);
}

/* True when fd, which accept has returned, is one of the last descriptors (net/reserve.h). */
static bool
reserved(struct listener *l, int fd)
{
	if ((rlim_t)fd < l->unreserved)
		return false;
	l->unreserved = reserve_begins(); /* the limit may have been raised */
	return (rlim_t)fd >= l->unreserved;
}

/* After a failed accept. True: more callers may wait. */
static bool
go_on(struct listener *l, int error)
{
	if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
		step_back(l, error);
		return false;
	}
	if (error == EBADF || error == EINVAL || error == ENOTSOCK) {
		say(l, MSG_DFHSO0102, strerror(error));
		drop_socket(l);
		give_up(l);
		return false;
	}
	return error != EAGAIN && error != EWOULDBLOCK; /* another error concerns one caller only */
}

/* Accepts one caller of a closed listener, and resets the connection. True: more callers may wait. */
static bool
turn_away(struct listener *l)
{
	const struct linger reset = { .l_onoff = 1 };
	int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return go_on(l, errno);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	close(fd);
	return true;
}

/* Accepts one caller. True: more callers may wait. */
static bool
accept_one(struct listener *l)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof from;
	int fd = accept4(l->fd, (struct sockaddr *)&from, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0 && !reserved(l, fd)) {
		welcome(l, fd, &from);
		return true;
	}
	if (fd >= 0) {
		close(fd);
		errno = EMFILE;
	}
	return go_on(l, errno);
}

static void
listener_on_callers(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct listener *l = watcher->data;

	(void)loop;
	(void)events;
	for (int n = 0; n < ACCEPTS_PER_TURN && l->fd >= 0; n++)
		if (!(l->entrance.open ? accept_one(l) : turn_away(l)))
			break;
}

struct listener *
listener_new(struct worker *w, const char *tcpipservice)
{
	struct listener *l = calloc(1, sizeof *l);

	if (l == NULL)
		return NULL;
	l->worker = w;
	l->fd = -1;
	l->spare = -1;
	snprintf(l->entrance.tcpipservice, sizeof l->entrance.tcpipservice, "%s", tcpipservice);
	timer_init(&l->backoff, w->loop, listener_resume, l);
	return l;
}

void
listener_free(struct listener *l)
{
	if (l == NULL)
		return;
	drop_socket(l);
	if (l->entrance.open)
		give_up(l); /* a connection accepted now would outlive l */
	else if (l->yielded)
		report(l); /* the reload has succeeded */
	free(l);
}

/* Takes a listening socket. */
static void
take_socket(struct listener *l, int fd)
{
	struct sockaddr_storage own;
	socklen_t len = sizeof own;

	l->fd = fd;
	if (getsockname(fd, (struct sockaddr *)&own, &len) == 0)
		addr_from_sockaddr(&l->entrance.own, (struct sockaddr *)&own);
	l->unreserved = reserve_begins();
	l->entrance.any = addr_is_any(&l->entrance.own);
	l->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ev_io_init(&l->watcher, listener_on_callers, fd, EV_READ);
	l->watcher.data = l;
	ev_io_start(l->worker->loop, &l->watcher);
}

void
listener_keep(struct listener *l, int fd, enum kept kept)
{
	take_socket(l, fd);
	l->kept = kept;
}

void
listener_judge(const struct listener *l, const struct tcpipservice_def *d)
{
	char wanted[HOST_SIZE + 40];

	if (l->fd >= 0 && l->kept != KEPT_NO && !service_socket_fits(d, l->fd))
		say(l, MSG_SP0114, service_socket_print(d, wanted, sizeof wanted));
}

static void
begin_statistics(struct entrance *e)
{
	statistics_reset(statistics_service, &e->statistics);
	statistics_reset_peak(&e->statistics.peak_connections, &e->connections);
	e->statistics.opened = clock_wall();
	e->statistics.closed = 0;
}

static void
opened(struct listener *l)
{
	l->entrance.open = true;
	if (!l->yielded)
		begin_statistics(&l->entrance);
	say(l, MSG_SP0004, NULL);
}

int
listener_open(struct listener *l, struct fault *f)
{
	const struct service *s = generation_service(l->worker->generation, l->entrance.tcpipservice);

	if (s == NULL)
		return fault_set(f, "no tcpipservice named %s in the running generation", l->entrance.tcpipservice);
	return listener_open_as(l, s->def, f);
}

/* The kept socket. -1 with a sentence. */
static int
reuse(struct listener *l, const struct tcpipservice_def *d, struct fault *f)
{
	if (service_socket_listen(d, l->fd) < 0)
		return fault_set(f, "the kept socket: %s", strerror(errno));
	listener_judge(l, d);
	return l->fd;
}

int
listener_open_as(struct listener *l, const struct tcpipservice_def *d, struct fault *f)
{
	int fd;

	if (l->entrance.open)
		return 0;
	errno = 0;
	fd = l->fd >= 0 ? reuse(l, d, f) : service_socket_open(d, f);
	if (fd < 0) {
		say(l, errno == EADDRINUSE ? MSG_DFHSO0109 : MSG_SP0006, f->text);
		return fault_wrap(f, "tcpipservice %s", l->entrance.tcpipservice);
	}
	if (l->fd < 0)
		take_socket(l, fd);
	opened(l);
	return 0;
}

/* Accepts the callers in the queue: the close of the socket would reset them. */
static void
accept_waiting(struct listener *l)
{
	double until = clock_span() + CLOSE_SECONDS;

	while (l->entrance.open && clock_span() < until)
		if (!accept_one(l))
			break;
}

void
listener_close(struct listener *l)
{
	accept_waiting(l);
	if (l->entrance.open)
		give_up(l);
}

void
listener_end(struct listener *l)
{
	if (l->kept != KEPT_SHARED)
		accept_waiting(l);
	drop_socket(l);
	give_up(l);
}
