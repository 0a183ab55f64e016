/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/claiming.h"

#include "conn/acquire.h"
#include "conn/capex_answer.h"
#include "conn/release.h"
#include "conn/riders.h"
#include "conn/steps.h"
#include "conn/traffic.h"
#include "store/claims_note.h"

#include <stdio.h>

#define FENCED "the region is fenced: its lease in the sysplex was not renewed"

bool
claiming_needed(const struct worker *w)
{
	return claims_needed(w->claims);
}

static struct claims_item *
claim_of(const struct ipconn *i)
{
	return i->engaged != NULL ? i->engaged->claim : NULL;
}

/* --- asking ----------------------------------------------------------------------------------- */

/* -1: no memory. */
static int
ask(struct ipconn *i)
{
	const struct region_def *r = &i->worker->generation->definition->region;
	char pair[CLAIMS_PAIR];
	struct claims_terms t = { .name = i->autoinstalled ? i->def->ipconn : "", .pair = pair, .local = r->claim_down == CLAIM_DOWN_LOCAL,
		.replicas = r->store_replicas };

	snprintf(pair, sizeof pair, "%s.%s", i->def->networkid, i->def->applid);
	i->engaged->claim = claims_ask(i->worker->claims, &t, i);
	return i->engaged->claim != NULL ? 0 : -1;
}

void
claiming_begin(struct conn *c, struct ipconn *i)
{
	ipconn_join(i, c, SOCKET_IN);
	conn_enter(c, CONN_CLAIMING, c->generation->definition->region.capex_timeout);
	if (i->engaged->claim != NULL && claims_granted(i->engaged->claim)) { /* this side was acquiring it */
		match_claimed(c);
		return;
	}
	conn_event(c, "the claim is asked for");
	if (i->engaged->claim == NULL && ask(i) < 0)
		capex_refuse(c, REASON_AUTOINSTALL_FAILED, "limit", "no memory to claim ipconn %s", i->def->ipconn);
	else
		io_pause(&c->io, false);
}

void
claiming_dial(struct ipconn *i)
{
	if (ask(i) < 0)
		acquire_failed(i, "EXCEPTION", reason_name(REASON_SESSION_OPEN_FAILED), "no memory to claim the ipconn");
}

void
claiming_give(struct ipconn *i)
{
	struct claims_item *claim = claim_of(i);

	if (claim == NULL)
		return;
	i->engaged->claim = NULL;
	claims_give(claim);
}

/* --- the answer ------------------------------------------------------------------------------- */

static const struct {
	const char *code;
	enum reason reason;
} refusals[] = {
	[CLAIMS_PAIR_ELSEWHERE] = { "pair_elsewhere", REASON_INVALID_PARTNER_STATE },
	[CLAIMS_NAME_ELSEWHERE] = { "name_elsewhere", REASON_AUTOINSTALL_FAILED },
	[CLAIMS_STORE_DOWN] = { "store_down", REASON_AUTOINSTALL_FAILED },
};

/* The connection that waits for the claim of i. NULL: none. */
static struct conn *
waiting(const struct ipconn *i)
{
	struct conn *c = ipconn_socket(i, SOCKET_IN);

	return c != NULL && c->stage == CONN_CLAIMING ? c : NULL;
}

static void
granted(struct ipconn *i)
{
	struct conn *c = waiting(i);

	if (c == NULL) {
		dial_begin(i, SOCKET_OUT, i->def->host, i->def->port);
		return;
	}
	conn_event(c, "the claim is granted");
	io_pause(&c->io, true);
	match_claimed(c);
}

void
claiming_answered(void *ipconn, enum claims_answer a, const char *text)
{
	struct ipconn *i = ipconn;
	struct conn *c = waiting(i);

	if (a == CLAIMS_GRANTED) {
		granted(i);
		return;
	}
	i->engaged->claim = NULL;
	if (c != NULL)
		capex_refuse(c, refusals[a].reason, refusals[a].code, "%s", text);
	else
		acquire_failed(i, "EXCEPTION", reason_name(refusals[a].reason), text);
}

bool
claiming_refuse(struct ipconn *i, const char *why)
{
	struct conn *c = waiting(i);

	if (c == NULL)
		return false;
	if (i->worker->draining)
		capex_refuse(c, REASON_SHUTDOWN, "shutdown", "%s", why);
	else
		capex_refuse(c, REASON_AUTOINSTALL_FAILED, "store_down", "released while its claim was asked for: %s", why);
	return true;
}

void
claiming_data(struct conn *c)
{
	capex_refuse(c, REASON_ISCE_ERROR, "bad_capex", "bytes after the CAPEX request, before its answer");
}

void
claiming_timeout(struct conn *c)
{
	capex_refuse(c, REASON_AUTOINSTALL_FAILED, "store_down", "the store did not answer the claim within capex_timeout");
}

/* --- the fence -------------------------------------------------------------------------------- */

bool
claiming_bars(const struct ipconn *i)
{
	const struct claims_item *claim = claim_of(i);

	return claim != NULL && claims_bars(claim);
}

bool
claiming_refuses(struct conn *c, const struct ipconn *i)
{
	const struct claims_item *claim = claim_of(i);

	if (claim == NULL || !claims_bars_now(claim))
		return false;
	capex_refuse(c, REASON_AUTOINSTALL_FAILED, "store_down", FENCED);
	return true;
}

void
claiming_lost(void *ipconn, const char *text)
{
	struct ipconn *i = ipconn;

	i->engaged->claim = NULL;
	ipconn_say(i, MSG_SP0150, "why", text);
	release_purging(i, "kill", "another region of the sysplex holds its names");
}

void
claiming_fenced(void *ipconn)
{
	struct ipconn *i = ipconn;

	if (i->worker->generation->definition->region.claim_lost == CLAIM_LOST_KEEP && i->status == CONN_ACQUIRED)
		return;
	release_purging(i, "kill", FENCED);
}

void
claiming_freed(void *ipconn)
{
	struct ipconn *i = ipconn;

	traffic_resume(i);
	i->worker->riders->queue(i);
}

/* --- notes ------------------------------------------------------------------------------------ */

void
claiming_told(struct worker *w, const char *text)
{
	struct claims_note n;
	struct ipconn *i;

	if (!claims_note_read(text, &n))
		return;
	i = registry_pair(w->registry, n.networkid, n.applid);
	if (i == NULL)
		return;
	if (n.kind == CLAIMS_NOTE_PROBE)
		traffic_probe(i);
	else if (claim_of(i) != NULL && n.kind == CLAIMS_NOTE_CONTESTED)
		claims_contested(claim_of(i), n.region);
	else if (claim_of(i) != NULL)
		claims_beaten(claim_of(i), n.region);
}
