/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/release.h"
#include "conn/resync.h"

#include "conn/acquire.h"
#include "conn/claiming.h"
#include "conn/notice.h"
#include "conn/riders.h"
#include "conn/traffic.h"

#include <string.h>

#define RELEASE_SECONDS 1.0

void
release_settle(struct ipconn *i)
{
	struct worker *w = i->worker;
	const struct ipconn_def *d = definition_ipconn(w->generation->definition, i->def->ipconn);
	struct ipconn *again;

	if (d != NULL && attribute_all_same(resource_ipconn, d, i->def)) {
		ipconn_define(i, d);
		return;
	}
	ipconn_delete(i);
	if (d == NULL)
		return;
	if (ipconn_install(w, w->generation, d, "", false, &again) != CLAIM_OK) {
		log_say(w->log, MSG_SP0018, "ipconn", d->ipconn, NULL);
		return;
	}
	registry_replace(w->registry, i, again);
	if (i->history != NULL && ipconn_remember(again) == 0) {
		again->history->statistics = i->history->statistics; /* i is freed at the end of the turn */
		again->history->statistics.current_send = again->history->statistics.current_receive = 0; /* they end with i's sockets */
	}
	if (i->held)
		acquire_hold(again, true);
}

/*
 * The release: closes all sockets, enters RELEASED, deletes or renews i. first: the socket whose facts and record the
 * URM's DELETE gets; may be NULL.
 */
static void
finish(struct ipconn *i, struct conn *first, const char *outcome, const char *why)
{
	struct conn *socket[IPCONN_SOCKETS];

	if (i->status == CONN_RELEASED)
		return;
	memcpy(socket, i->engaged->socket, sizeof socket);
	memset(i->engaged->socket, 0, sizeof i->engaged->socket);
	registry_expect(i->worker->registry, i, "");
	registry_expect_callback(i->worker->registry, i, "");
	i->engaged->further[0] = '\0';
	memset(&i->engaged->resync, 0, sizeof i->engaged->resync);
	i->engaged->resync_waits = false;
	ipconn_enter(i, CONN_RELEASED);
	ipconn_say(i, MSG_DFHIS2009, "why", why);
	if (i->autoinstalled) {
		ipconn_delete(i);
		if (first != NULL)
			notice_give(first, i->generation, i->def);
	} else {
		release_settle(i);
		if (registry_name(i->worker->registry, i->def->ipconn) == i)
			acquire_later(i);
	}
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++) {
		if (socket[n] == NULL)
			continue;
		socket[n]->ipconn = NULL;
		record_outcome(socket[n]->record, outcome, NULL, NULL, NULL);
		conn_close(socket[n], CONN_POLITELY, why);
	}
}

void
release_overdue(void *arg)
{
	struct ipconn *i = arg;

	ipconn_say(i, MSG_DFHIS1003, "why", i->engaged->why);
	release_finish(i, i->engaged->why);
}

void
release_finish(struct ipconn *i, const char *why)
{
	finish(i, ipconn_first(i), "released", why);
}

void
release_lost(struct ipconn *i, struct conn *c, const char *why)
{
	bool freeing = i->status == CONN_FREEING;

	if (!c->refused) /* refused in stage HELD */
		record_outcome(c->record, freeing ? "released" : "lost", NULL, NULL, NULL);
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++)
		if (ipconn_socket(i, n) == c)
			i->engaged->socket[n] = NULL;
	if (i->status == CONN_OBTAINING)
		acquire_lost(i, why);
	finish(i, c, freeing ? "released" : "lost", freeing ? i->engaged->why : why);
}

/* Closes the sockets that are not installed: no release is sent on them. */
static void
abandon(struct ipconn *i, const char *why)
{
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++) {
		struct conn *c = ipconn_socket(i, n);

		if (c == NULL || c->stage == CONN_INSTALLED)
			continue;
		i->engaged->socket[n] = NULL;
		c->ipconn = NULL;
		record_outcome(c->record, "released", NULL, NULL, NULL);
		conn_close(c, CONN_POLITELY, why);
	}
}

/* Sends the release command on every socket. */
static void
send_release(struct ipconn *i)
{
	unsigned asked = 0;

	timer_set(&i->engaged->release_limit, RELEASE_SECONDS);
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++)
		if (ipconn_socket(i, n) != NULL && traffic_request(ipconn_socket(i, n), IS_RELEASE) == 0)
			asked++;
	if (asked == 0)
		release_finish(i, i->engaged->why);
}

void
release_work_over(struct ipconn *i)
{
	if (i->engaged->parting)
		release_finish(i, i->engaged->why);
	else if (i->status == CONN_FREEING && !timer_running(&i->engaged->release_limit))
		send_release(i);
}

void
release_part(struct ipconn *i)
{
	if (i->status != CONN_FREEING) /* else the reason of the first release stays */
		i->engaged->why = "the partner asked for release";
	if (i->history->statistics.current_send == 0) {
		release_finish(i, i->engaged->why);
		return;
	}
	if (i->engaged->parting)
		return;
	ipconn_enter(i, CONN_FREEING);
	i->engaged->parting = true;
	timer_set(&i->engaged->release_limit, RELEASE_SECONDS);
}

void
release_begin(struct ipconn *i, const char *why)
{
	if (i->status == CONN_RELEASED || i->status == CONN_FREEING || claiming_refuse(i, why))
		return;
	i->engaged->why = why;
	ipconn_enter(i, CONN_FREEING);
	abandon(i, why);
	if (i->worker->riders->busy(i) == 0)
		release_work_over(i);
}

void
release_purging(struct ipconn *i, const char *how, const char *why)
{
	release_begin(i, why);
	if (i->status == CONN_FREEING)
		i->worker->riders->purge(i, how);
	if (strcmp(how, "kill") == 0)
		release_finish(i, why);
}

void
release_dismiss(struct ipconn *i, const char *why)
{
	i->engaged->why = why;
	ipconn_enter(i, CONN_FREEING);
	timer_set(&i->engaged->release_limit, RELEASE_SECONDS);
}

void
release_answered(struct ipconn *i)
{
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++)
		if (ipconn_socket(i, n) != NULL && ipconn_socket(i, n)->stage == CONN_INSTALLED && !ipconn_socket(i, n)->release_answered)
			return;
	release_finish(i, i->engaged->why);
}

