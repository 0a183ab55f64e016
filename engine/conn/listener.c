/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/listener.h"

#include "base/clock.h"
#include "base/log.h"
#include "conn/service_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLOSE_SECONDS 0.1

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

/* --- the gates -------------------------------------------------------------------------------- */

/* In the thread of each worker. */
static void
listener_visit(struct errand *e, unsigned worker)
{
	struct listener *l = (struct listener *)e;
	struct listening *at = &l->at[worker];
	int old = at->callers.fd;

	if (worker == 0)
		return;
	callers_stop(&at->callers);
	if (old >= 0)
		close(old);
	if (at->given >= 0)
		callers_watch(&at->callers, at->given);
	at->given = -1;
	conn_cut_all(at->callers.worker, &l->entrance);
}

/*
 * Gives each gate a descriptor of its own, or none when the entrance is closed. A gate without a descriptor, when none
 * is left, leaves the callers to the other workers.
 */
static void
tell_gates(struct listener *l)
{
	const struct crew *crew = l->worker->crew;

	l->untold = l->telling;
	if (l->telling || !l->shared || worker_count(l->worker) == 1)
		return;
	for (unsigned i = 1; i < crew->n; i++)
		l->at[i].given = l->entrance.open ? fcntl(l->fd, F_DUPFD_CLOEXEC, 0) : -1;
	l->waiting = l->late;
	l->late = NULL;
	l->telling = true;
	errand_send(&l->errand, crew->mailbox, crew->n);
}

static void
listener_told(struct errand *e)
{
	struct listener *l = (struct listener *)e;
	struct listener_wait *wait;

	while ((wait = l->waiting) != NULL) {
		l->waiting = wait->next;
		wait->run(wait);
	}
	l->telling = false;
	if (l->untold)
		tell_gates(l);
}

void
listener_share(struct listener *l)
{
	if (l->shared)
		return;
	l->shared = true;
	if (l->entrance.open)
		tell_gates(l);
}

/* --- closing ---------------------------------------------------------------------------------- */

/* Ends the socket for the gates too, which have descriptors of it; not one that the service manager has. */
static void
drop_socket(struct listener *l)
{
	if (l->fd < 0)
		return;
	callers_stop(&l->at[0].callers);
	if (worker_count(l->worker) > 1 && l->kept != KEPT_SHARED)
		shutdown(l->fd, SHUT_RD);
	close(l->fd);
	l->fd = -1;
	l->kept = KEPT_NO;
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
	tell_gates(l);
	say(l, MSG_SP0005, turns_away ? "its socket is kept, and callers are reset" : NULL);
	l->entrance.statistics.closed = clock_wall();
	if (!l->yielded) /* a refused reload opens the listener again with its counts */
		report(l);
}

void
listener_abandon(struct listener *l)
{
	drop_socket(l);
	give_up(l);
}

static void
listener_broken(void *arg, int error)
{
	struct listener *l = arg;

	say(l, MSG_DFHSO0102, strerror(error));
	listener_abandon(l);
}

/* --- the life of a listener ------------------------------------------------------------------- */

struct listener *
listener_new(struct worker *w, const char *tcpipservice)
{
	unsigned workers = worker_count(w);
	struct listener *l = calloc(1, sizeof *l + workers * sizeof l->at[0]);

	if (l == NULL)
		return NULL;
	l->errand.visit = listener_visit;
	l->errand.done = listener_told;
	l->worker = w;
	l->fd = -1;
	snprintf(l->entrance.tcpipservice, sizeof l->entrance.tcpipservice, "%s", tcpipservice);
	callers_init(&l->at[0].callers, w, &l->entrance, listener_broken, l);
	for (unsigned i = 1; i < workers; i++) {
		callers_init(&l->at[i].callers, w->crew->worker[i], &l->entrance, NULL, NULL);
		l->at[i].given = -1;
	}
	return l;
}

bool
listener_idle(const struct listener *l)
{
	return l->entrance.connections == 0 && !l->telling;
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

/* --- opening ---------------------------------------------------------------------------------- */

/* Takes a listening socket. */
static void
take_socket(struct listener *l, int fd)
{
	l->fd = fd;
	callers_watch(&l->at[0].callers, fd);
	l->entrance.own = l->at[0].callers.own;
	l->entrance.any = addr_is_any(&l->entrance.own);
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
	tell_gates(l);
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

void
listener_close(struct listener *l)
{
	callers_accept(&l->at[0].callers, CLOSE_SECONDS); /* the close of the socket would reset them */
	if (l->entrance.open)
		give_up(l);
}

bool
listener_cut(struct listener *l, struct listener_wait *wait)
{
	atomic_fetch_add(&l->entrance.cuts, 1);
	conn_cut_all(l->worker, &l->entrance);
	if (!l->shared || worker_count(l->worker) == 1)
		return false;
	wait->next = l->late;
	l->late = wait;
	tell_gates(l);
	return true;
}

void
listener_end(struct listener *l)
{
	if (l->kept != KEPT_SHARED)
		callers_accept(&l->at[0].callers, CLOSE_SECONDS);
	listener_abandon(l);
}
