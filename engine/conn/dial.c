/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dial: connects an outbound socket to the partner. The connection is counted, shown and recorded from the start; it
 * gets a descriptor when an address is admitted. Addresses that cannot be reached or that the policy refuses are
 * skipped.
 */
#include "conn/acquire.h"
#include "conn/rules.h"
#include "conn/steps.h"

#include "base/clock.h"
#include "net/resolve.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct dial {
	struct timer soon; /* starts the dial in the next turn */
	struct resolving *resolving;
	struct resolution found;
	unsigned next; /* index in found of the next address to try */
	int port;
	char missed[TEXT_SIZE]; /* why the last address was skipped */
};

static const char *
socket_error(unsigned place)
{
	return place == SOCKET_OUT2 ? "SEC_SOCKET_ERROR" : "CLIENT_SOCKET_ERROR";
}

/* --- failure ---------------------------------------------------------------------------------- */

static void
note(struct conn *c, const char *code, const char *reason, const char *text)
{
	record_facts(c->record, c->facts);
	if (c->refused)
		return;
	c->refused = true;
	tally_add(&c->worker->totals->refusals, 1);
	record_engine(c->record, c->facts->stage, code, text, clock_wall());
	record_outcome(c->record, "refused", stage_name(c->facts->stage), code, reason);
}

void
dial_failed(struct conn *c, const char *code, const char *reason, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list ap;

	if (reason == NULL)
		reason = socket_error(c->place);
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	note(c, code, reason, text);
	acquire_failed(c->ipconn, "EXCEPTION", reason, text);
}

void
dial_refused(struct conn *c, const char *response, const char *reason, const char *text)
{
	note(c, "partner_refused", reason, text);
	acquire_failed(c->ipconn, response, reason, text);
}

static void
end_missed(struct conn *c)
{
	if (c->refused)
		dial_failed(c, "", "SECURITY_VIOLATION", "%s", c->dial->missed);
	else
		dial_failed(c, "unreachable", NULL, "%s", c->dial->missed);
}

void
dial_free(struct dial *d)
{
	if (d == NULL)
		return;
	timer_stop(&d->soon);
	if (d->resolving != NULL)
		resolve_cancel(d->resolving);
	free(d);
}

/* --- address by address ----------------------------------------------------------------------- */

/* Tries the next address; a refusal of the one before does not count against it. */
static void
try_next(struct conn *c)
{
	struct dial *d = c->dial;

	if (d->next == d->found.n) {
		end_missed(c);
		return;
	}
	c->refused = false;
	conn_learn(c)->peer.addr = d->found.addr[d->next++];
	record_facts(c->record, c->facts);
	if (addr_is_any(&c->facts->peer.addr)) /* it means this machine, whose address `admit` might refuse */
		dial_missed(c, "the unspecified address is not an address of a partner");
	else
		admit_begin(c);
}

void
dial_missed(struct conn *c, const char *why)
{
	char peer[ADDR_TEXT];

	conn_unreach(c);
	snprintf(c->dial->missed, sizeof c->dial->missed, "%s: %s", addr_print(&c->facts->peer.addr, peer, sizeof peer), why);
	conn_event_copy(c, c->dial->missed);
	try_next(c);
}

void
dial_admitted(struct conn *c)
{
	struct sockaddr_storage to;
	socklen_t len = addr_to_sockaddr(&c->facts->peer.addr, &to);
	int fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const char *words;

	if (fd >= 0 && (connect(fd, (struct sockaddr *)&to, len) == 0 || errno == EINPROGRESS)) {
		conn_reach(c, fd);
		conn_enter(c, CONN_DIALLING, c->generation->definition->region.tcp_timeout);
		return;
	}
	words = strerrordesc_np(errno);
	if (fd >= 0)
		close(fd);
	dial_missed(c, words != NULL ? words : "no socket");
}

/*
 * True when the socket is connected to itself: on one machine the kernel may choose the target port as the local port
 * when no socket listens there (TCP simultaneous open).
 */
static bool
reached_itself(const struct conn *c)
{
	return addr_same_ip(&c->facts->own.addr, &c->facts->peer.addr) && c->facts->own.addr.port == c->facts->peer.addr.port;
}

void
dial_connected(struct conn *c)
{
	struct sockaddr_storage own;
	socklen_t len = sizeof own;

	if (getsockname(c->io.fd, (struct sockaddr *)&own, &len) == 0)
		addr_from_sockaddr(&conn_learn(c)->own.addr, (struct sockaddr *)&own);
	if (reached_itself(c)) {
		dial_missed(c, "no socket listens there: this one connected to itself");
		return;
	}
	conn_event(c, "connected");
	dial_free(c->dial);
	c->dial = NULL;
	record_facts(c->record, c->facts);
	if (c->service->tls != NULL)
		certify_begin(c);
	else
		capex_out_begin(c);
}

/* --- from a name to addresses ----------------------------------------------------------------- */

static void
dial_resolved(void *arg, const struct resolution *r)
{
	struct conn *c = arg;
	struct dial *d = c->dial;

	d->resolving = NULL;
	d->found = *r;
	conn_event(c, "resolved");
	if (r->n > 0)
		try_next(c);
	else
		dial_failed(c, "unknown_host", NULL, "host %s: %s", c->facts->peer.host, r->error);
}

void
dial_timeout(struct conn *c)
{
	double seconds = c->generation->definition->region.tcp_timeout;
	char why[64];

	snprintf(why, sizeof why, "no connection in %g s", seconds);
	if (c->dial->resolving == NULL)
		dial_missed(c, why);
	else
		dial_failed(c, "unknown_host", NULL, "host %s: not resolved in %g s", c->facts->peer.host, seconds);
}

/* The further socket goes to the address of the first one: the region there gave the token. */
static bool
known(struct conn *c, struct resolution *r)
{
	const struct conn *first = ipconn_socket(c->ipconn, SOCKET_OUT);

	if (c->place != SOCKET_OUT2 || first == NULL)
		return resolve_numeric(c->facts->peer.host, c->dial->port, r);
	*r = (struct resolution){ .n = 1, .addr = { first->facts->peer.addr } };
	return true;
}

static void
dial_start(void *arg)
{
	struct conn *c = arg;
	struct dial *d = c->dial;
	struct ruling r;

	if (rules_guard(c, c->ipconn->def, &r)) {
		dial_failed(c, r.code, reason_name(r.reason), "%s", r.text);
		return;
	}
	if (known(c, &d->found)) {
		try_next(c);
		return;
	}
	conn_enter(c, CONN_DIALLING, c->generation->definition->region.tcp_timeout);
	d->resolving = resolve_begin(&(struct resolve_request){ .threads = c->worker->threadpool, .done = dial_resolved, .arg = c },
		c->facts->peer.host, d->port);
	if (d->resolving == NULL)
		dial_failed(c, "limit", NULL, "host %s: too many names are being resolved", c->facts->peer.host);
}

void
dial_begin(struct ipconn *i, enum socket_place place, const char *host, int port)
{
	struct conn *c = conn_new_out(i, place, host);

	if (c != NULL)
		c->dial = calloc(1, sizeof *c->dial);
	if (c == NULL || c->dial == NULL) {
		acquire_failed(i, "EXCEPTION", socket_error(place), "no memory to dial");
		return;
	}
	c->dial->port = port;
	timer_init(&c->dial->soon, c->worker->loop, dial_start, c);
	timer_set(&c->dial->soon, 0);
	conn_enter(c, CONN_DIALLING, 0);
}
