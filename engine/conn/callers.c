/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/callers.h"

#include "base/clock.h"
#include "base/log.h"
#include "conn/steps.h"
#include "metrics/metrics.h"
#include "net/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPTS_ALONE 64 /* in one turn of the only worker */
#define ACCEPTS_SHARED 8 /* in one turn of one of several workers: the others have the rest */
#define BACKOFF_SECONDS 0.5
#define LEAVE_SECONDS 0.01 /* for which a busy worker leaves the callers to others */
/* Shares of a CPU (metrics_recent): */
#define FREE_BUSY 0.3     /* a gate with a lower share is free when its half-open connections are below FREE_HALFOPEN */
#define FREE_HALFOPEN 64
#define BRINGS 0.0006     /* the work that a half-open connection will bring: 0.3 ms */
#define BRINGS_MOST 256   /* half-open connections that count; further ones may be idle */
#define MARGIN 0.02       /* by which one worker must be busier than another */

/* --- watching --------------------------------------------------------------------------------- */

static uint64_t
bit(const struct callers *c)
{
	return UINT64_C(1) << c->worker->number;
}

static void
callers_resume(void *arg)
{
	struct callers *c = arg;

	if (c->fd < 0)
		return;
	ev_io_start(c->worker->loop, &c->watcher);
	atomic_fetch_or(&c->entrance->watched, bit(c));
}

/* Stops watching. True: another worker watches. */
static bool
rest(struct callers *c)
{
	ev_io_stop(c->worker->loop, &c->watcher);
	return (atomic_fetch_and(&c->entrance->watched, ~bit(c)) & ~bit(c)) != 0;
}

static unsigned
halfopen(const struct worker *w, unsigned number)
{
	return tally_present(&w->totals->worker[number].halfopen);
}

static bool
is_free(const struct worker *w, unsigned number)
{
	return number != 0 && metrics_recent(w->metrics, number, w->turn) < FREE_BUSY && halfopen(w, number) < FREE_HALFOPEN;
}

/*
 * The share of a CPU that a worker has used lately; the share that its half-open connections will need when that is
 * more, as behind many callers at once.
 */
static double
busy(const struct worker *w, unsigned number)
{
	unsigned h = halfopen(w, number);

	return fmax(metrics_recent(w->metrics, number, w->turn), BRINGS * (h < BRINGS_MOST ? h : BRINGS_MOST));
}

/* Whether worker i is the better one for a caller. The home leaves each caller to a free gate. */
static bool
better(const struct worker *w, unsigned i)
{
	if (worker_is_home(w) && is_free(w, i))
		return true;
	return busy(w, i) + MARGIN < busy(w, w->number) && (i != 0 || !is_free(w, w->number));
}

/* Whether a better worker watches the socket. */
static bool
ahead(const struct callers *c)
{
	const struct worker *w = c->worker;

	for (unsigned i = 0; i < worker_count(w); i++)
		if (i != w->number && (c->entrance->watched >> i & 1) != 0 && better(w, i))
			return true;
	return false;
}

/*
 * True: the callers are left to another worker. Of workers that leave them at the same moment, the last one stays. A
 * script may hold the other workers: then the end of the pause brings this worker back.
 */
static bool
leave(struct callers *c)
{
	if (worker_count(c->worker) == 1 || !ahead(c))
		return false;
	if (rest(c)) {
		timer_set(&c->pause, LEAVE_SECONDS);
		return true;
	}
	callers_resume(c);
	return false;
}

/* --- descriptors ------------------------------------------------------------------------------ */

static void
keep_spare(struct callers *c)
{
	c->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	c->unreserved = reserve_begins();
}

static void
drop_spare(struct callers *c)
{
	if (c->spare >= 0)
		close(c->spare);
	c->spare = -1;
}

/*
 * No descriptor is left, and the read event stays ready. Use the spare descriptor to accept and close one caller, then
 * pause so that the loop does not spin.
 */
static void
step_back(struct callers *c, int error)
{
	char address[ADDR_TEXT];
	int fd;

	drop_spare(c);
	fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	keep_spare(c);
	rest(c);
	timer_set(&c->pause, BACKOFF_SECONDS);
	log_say(c->worker->log, MSG_SP0007, "tcpipservice", c->entrance->tcpipservice, "address", addr_print(&c->own, address, sizeof address), "why",
		strerror(error), NULL);
}

/* True when fd, which accept has returned, is one of the last descriptors (net/reserve.h). */
static bool
reserved(struct callers *c, int fd)
{
	if ((rlim_t)fd < c->unreserved)
		return false;
	c->unreserved = reserve_begins(); /* the limit may have been raised */
	return (rlim_t)fd >= c->unreserved;
}

/* After a failed accept. True: more callers may wait. */
static bool
go_on(struct callers *c, int error)
{
	if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
		step_back(c, error);
		return false;
	}
	if (error == EBADF || error == EINVAL || error == ENOTSOCK) {
		rest(c);
		if (c->broken != NULL)
			c->broken(c->arg, error);
		return false;
	}
	return error != EAGAIN && error != EWOULDBLOCK; /* another error concerns one caller only */
}

/* --- accepting -------------------------------------------------------------------------------- */

/* Accepts one caller, and resets the connection. True: more callers may wait. */
static bool
turn_away(struct callers *c)
{
	const struct linger reset = { .l_onoff = 1 };
	int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return go_on(c, errno);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	close(fd);
	return true;
}

static void
welcome(struct callers *c, int fd, const struct sockaddr_storage *from, unsigned cuts)
{
	struct addr peer;
	struct conn *one;

	if (addr_from_sockaddr(&peer, (const struct sockaddr *)from) < 0) {
		close(fd);
		return;
	}
	one = conn_new(c->worker, c->entrance, fd, &peer, &c->own);
	if (one == NULL)
		return;
	one->cuts = cuts;
	admit_begin(one);
}

/*
 * Accepts one caller. True: more callers may wait. cuts: of the entrance, before it was seen to be open. A close at
 * once makes it close first and then counts, so that it ends the caller that a gate accepts at the same moment.
 */
static bool
accept_one(struct callers *c, unsigned cuts)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof from;
	int fd = accept4(c->fd, (struct sockaddr *)&from, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0 && !reserved(c, fd)) {
		welcome(c, fd, &from, cuts);
		return true;
	}
	if (fd >= 0) {
		close(fd);
		errno = EMFILE;
	}
	return go_on(c, errno);
}

/* A closed entrance: the home turns the caller away; a gate is about to be told (listener.c). */
static bool
shut_out(struct callers *c)
{
	if (worker_is_home(c->worker))
		return turn_away(c);
	rest(c);
	return false;
}

static void
callers_on_ready(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct callers *c = watcher->data;
	int most = worker_count(c->worker) == 1 ? ACCEPTS_ALONE : ACCEPTS_SHARED;

	(void)loop;
	(void)events;
	if (leave(c))
		return;
	for (int n = 0; n < most && c->fd >= 0; n++) {
		unsigned cuts = atomic_load(&c->entrance->cuts);

		if (!(c->entrance->open ? accept_one(c, cuts) : shut_out(c)))
			break;
	}
}

void
callers_init(struct callers *c, struct worker *w, struct entrance *e, void (*broken)(void *arg, int error), void *arg)
{
	*c = (struct callers){ .worker = w, .entrance = e, .fd = -1, .spare = -1, .broken = broken, .arg = arg };
	timer_init(&c->pause, w->loop, callers_resume, c);
}

void
callers_watch(struct callers *c, int fd)
{
	struct sockaddr_storage own;
	socklen_t len = sizeof own;

	c->fd = fd;
	if (getsockname(fd, (struct sockaddr *)&own, &len) == 0)
		addr_from_sockaddr(&c->own, (struct sockaddr *)&own);
	keep_spare(c);
	ev_io_init(&c->watcher, callers_on_ready, fd, EV_READ);
	if (worker_count(c->worker) > 1)
		ev_set_priority(&c->watcher, EV_MINPRI);
	c->watcher.data = c;
	callers_resume(c);
}

void
callers_stop(struct callers *c)
{
	if (c->fd < 0)
		return;
	rest(c);
	timer_stop(&c->pause);
	c->fd = -1;
	drop_spare(c);
}

void
callers_accept(struct callers *c, double seconds)
{
	double until = clock_span() + seconds;

	while (c->entrance->open && c->fd >= 0 && clock_span() < until)
		if (!accept_one(c, atomic_load(&c->entrance->cuts)))
			break;
}
