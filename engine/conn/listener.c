/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/listener.h"

#include "base/clock.h"
#include "conn/steps.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define ACCEPTS_PER_TURN 64
#define CLOSE_SECONDS 0.1
#define BACKOFF_SECONDS 0.5
#define RESERVED 64 /* descriptors kept for operators, logs and reloads; at most a quarter of the limit */

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

/* Closes the socket without accepting the callers that wait: the socket is broken, or they were accepted before. */
static void
give_up(struct listener *l)
{
	ev_io_stop(l->worker->loop, &l->watcher);
	timer_stop(&l->backoff);
	close(l->fd);
	l->fd = -1;
	if (l->spare >= 0)
		close(l->spare);
	l->spare = -1;
	l->entrance.open = false;
	say(l, MSG_SP0005, NULL);
	l->entrance.statistics.closed = clock_wall();
	if (!l->yielded) /* a refused reload opens the listener again with its counts */
		report(l);
}

/*
 * True when fd is one of the last descriptors, which are kept so that an operator can connect and a reload can read its
 * files. accept returns the lowest free number, so a high number means that all lower ones are used.
 */
static bool
reserved(int fd)
{
	struct rlimit most;
	rlim_t kept;

	if (getrlimit(RLIMIT_NOFILE, &most) < 0 || most.rlim_cur == RLIM_INFINITY)
		return false;
	kept = most.rlim_cur / 4 < RESERVED ? most.rlim_cur / 4 : RESERVED;
	return (rlim_t)fd >= most.rlim_cur - kept;
}

/* Accepts one caller. True: more callers may wait. */
static bool
accept_one(struct listener *l)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof from;
	int fd = accept4(l->fd, (struct sockaddr *)&from, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0 && !reserved(fd)) {
		welcome(l, fd, &from);
		return true;
	}
	if (fd >= 0) {
		close(fd);
		errno = EMFILE;
	}
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
		step_back(l, errno);
		return false;
	}
	if (errno == EBADF || errno == EINVAL || errno == ENOTSOCK) {
		say(l, MSG_DFHSO0102, strerror(errno));
		give_up(l);
		return false;
	}
	return errno != EAGAIN && errno != EWOULDBLOCK; /* another error concerns one caller only */
}

static void
listener_on_callers(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct listener *l = watcher->data;

	(void)loop;
	(void)events;
	for (int n = 0; n < ACCEPTS_PER_TURN && l->fd >= 0; n++)
		if (!accept_one(l))
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
	if (l->fd >= 0)
		give_up(l); /* a connection accepted now would outlive l */
	else if (l->yielded)
		report(l); /* the reload has succeeded */
	free(l);
}

static const char *
host_of(const struct tcpipservice_def *d)
{
	return d->host[0] != '\0' ? d->host : d->ipaddress;
}

static int
resolve(const struct tcpipservice_def *d, struct sockaddr_storage *to, socklen_t *len, struct fault *f)
{
	const char *host = host_of(d);
	bool any = resource_host_is_any(host);
	struct addrinfo hints = { .ai_family = any ? AF_INET6 : AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
	struct addrinfo *found;
	char port[8];
	int error;

	snprintf(port, sizeof port, "%d", d->portnumber);
	error = getaddrinfo(any ? NULL : host, port, &hints, &found);
	if (error != 0)
		return fault_set(f, "host %s: %s", host, gai_strerror(error));
	memcpy(to, found->ai_addr, found->ai_addrlen);
	*len = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

/* Without SO_REUSEPORT: with it, bind would succeed on a port that is already in use. */
static int
prepare(int fd, const struct sockaddr_storage *to)
{
	int on = 1, off = 0;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
		return -1;
	if (to->ss_family == AF_INET6)
		return setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	return 0;
}

/* Binds an IPv6 wildcard as the IPv4 wildcard on a machine without IPv6. */
static int
make_socket(struct sockaddr_storage *to, socklen_t *len)
{
	int fd = socket(to->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)to;

	if (fd >= 0 || errno != EAFNOSUPPORT || to->ss_family != AF_INET6 || !IN6_IS_ADDR_UNSPECIFIED(&six->sin6_addr))
		return fd;
	*(struct sockaddr_in *)to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = six->sin6_port };
	*len = sizeof(struct sockaddr_in);
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* The sentence for a failed bind: names the port, or a host that has no address on this machine. */
static void
say_unbound(const struct tcpipservice_def *d, int error, struct fault *f)
{
	bool host = error == EADDRNOTAVAIL || error == EAFNOSUPPORT || error == EINVAL;

	if (host)
		fault_set(f, "host %s: %s; it is not an address of this machine", host_of(d), strerror(error));
	else
		fault_set(f, "port %d: %s", d->portnumber, strerror(error));
}

static int
open_socket(const struct tcpipservice_def *d, struct fault *f)
{
	struct sockaddr_storage to = { 0 };
	socklen_t len = 0;
	int fd, error;

	if (resolve(d, &to, &len, f) < 0)
		return -1;
	fd = make_socket(&to, &len);
	if (fd >= 0 && prepare(fd, &to) == 0 && bind(fd, (struct sockaddr *)&to, len) == 0 &&
		listen(fd, d->backlog > 0 ? d->backlog : SOMAXCONN) == 0)
		return fd;
	error = errno;
	say_unbound(d, error, f);
	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
}

static void
opened(struct listener *l, const struct tcpipservice_def *d, int fd)
{
	struct sockaddr_storage own;
	socklen_t len = sizeof own;

	l->fd = fd;
	if (getsockname(fd, (struct sockaddr *)&own, &len) == 0)
		addr_from_sockaddr(&l->entrance.own, (struct sockaddr *)&own);
	l->entrance.any = resource_host_is_any(host_of(d));
	l->entrance.open = true;
	if (!l->yielded)
		l->entrance.statistics = (struct service_statistics){ .opened = clock_wall(), .peak_connections = l->entrance.connections };
	l->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ev_io_init(&l->watcher, listener_on_callers, fd, EV_READ);
	l->watcher.data = l;
	ev_io_start(l->worker->loop, &l->watcher);
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

int
listener_open_as(struct listener *l, const struct tcpipservice_def *d, struct fault *f)
{
	int fd;

	if (l->fd >= 0)
		return 0;
	errno = 0;
	fd = open_socket(d, f);
	if (fd < 0) {
		say(l, errno == EADDRINUSE ? MSG_DFHSO0109 : MSG_SP0006, f->text);
		return fault_wrap(f, "tcpipservice %s", l->entrance.tcpipservice);
	}
	opened(l, d, fd);
	return 0;
}

void
listener_close(struct listener *l)
{
	double until = clock_span() + CLOSE_SECONDS;

	while (l->fd >= 0 && clock_span() < until) /* close would reset the callers in the queue */
		if (!accept_one(l))
			break;
	if (l->fd >= 0)
		give_up(l);
}
