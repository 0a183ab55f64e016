/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resync: when all sockets of a two-way connection are installed, both sides compare the log names and tokens that they
 * keep of each other (IPIC.md 2.2, 5.1 XLNACTION; engine/ipic/README.md). A changed log name matters only to the side
 * with work in doubt. Each side decides by its own xlnaction.
 */
#include "conn/resync.h"

#include "conn/acquire.h"
#include "conn/release.h"
#include "conn/steps.h"

#include "conn/recovery.h"

#include <stdio.h>
#include <string.h>

static const struct recovery_partner *
remembered(const struct ipconn *i)
{
	return recovery_partner(i->worker->recovery, i->def->networkid, i->def->applid);
}

unsigned
resync_doubts(const struct ipconn *i)
{
	const struct recovery_partner *p = remembered(i);

	return p != NULL ? p->indoubt : 0;
}

/* Fills the resync message with the log names and the token that this side keeps. */
static void
recall(const struct ipconn *i, struct resync *r)
{
	const struct recovery_partner *p = remembered(i);

	memset(r, 0, sizeof *r);
	snprintf(r->logname, sizeof r->logname, "%s", recovery_logname(i->worker->recovery));
	if (p == NULL || p->logname[0] == '\0' || p->token[0] == '\0')
		return;
	memcpy(r->partner, p->logname, sizeof p->logname);
	memcpy(r->token, p->token, sizeof p->token);
	r->indoubt = (int)p->indoubt;
}

static void
say_lost(const struct ipconn *i, const char *action)
{
	char count[24];

	log_say(i->worker->log, MSG_SP0039, "ipconn", i->def->ipconn, "#indoubt", log_number(count, resync_doubts(i)), "xlnaction", action, NULL);
}

/*
 * True when the partner has the same log as at the last resync and not an older copy: its token is the agreed one, or
 * the one this side proposed last, whose acceptance this side may have missed.
 */
static bool
same_log(const struct ipconn *i, const struct recovery_partner *p, const struct resync *said)
{
	if (strcmp(p->logname, said->logname) != 0)
		return false;
	return said->token[0] == '\0' || strcmp(p->token, said->token) == 0 || strcmp(i->history->proposed, said->token) == 0;
}

/*
 * True when work is in doubt, the partner's log has changed, so that the work cannot be resolved, and xlnaction is
 * "keep". Message SP0039, also when xlnaction is "force".
 */
static bool
refuses(const struct ipconn *i, const struct resync *said)
{
	const struct recovery_partner *p = remembered(i);

	if (p == NULL || p->indoubt == 0 || same_log(i, p, said))
		return false;
	say_lost(i, i->def->xlnaction == XLNACTION_FORCE ? "FORCE" : "KEEP");
	return i->def->xlnaction != XLNACTION_FORCE;
}

static void
keep(const struct ipconn *i, const struct recovery_partner *p)
{
	struct fault f = { "" };

	if (recovery_set(i->worker->recovery, p, &f) < 0)
		log_say(i->worker->log, MSG_SP0012, "warning", f.text, NULL);
}

/* Both sides agree: keep the partner's log name and token; no work is in doubt now. */
static void
agree(struct ipconn *i, const char *logname, const char *token)
{
	struct recovery_partner p = { .indoubt = 0 };
	const struct recovery_partner *old = remembered(i);
	const char *log = old == NULL || old->logname[0] == '\0' ? "first" : strcmp(old->logname, logname) == 0 ? "same" : "new";
	char count[24];

	log_say(i->worker->log, MSG_SP0038, "ipconn", i->def->ipconn, "logname", logname, "log", log, "#settled", log_number(count, resync_doubts(i)), NULL);
	memcpy(p.networkid, i->def->networkid, sizeof p.networkid);
	memcpy(p.applid, i->def->applid, sizeof p.applid);
	snprintf(p.logname, sizeof p.logname, "%s", logname);
	snprintf(p.token, sizeof p.token, "%s", token);
	keep(i, &p);
}

void
resync_in_doubt(struct ipconn *i, unsigned n)
{
	const struct recovery_partner *old = remembered(i);
	struct recovery_partner p;

	if (old == NULL || n == 0)
		return;
	p = *old;
	p.indoubt = n < INDOUBT_MAX - p.indoubt ? p.indoubt + n : INDOUBT_MAX;
	keep(i, &p);
}

void
resync_forget(struct ipconn *i)
{
	char count[24];

	if (remembered(i) == NULL)
		return;
	log_say(i->worker->log, MSG_SP0054, "ipconn", i->def->ipconn, "#indoubt", log_number(count, resync_doubts(i)), NULL);
	recovery_forget(i->worker->recovery, i->def->networkid, i->def->applid);
}

/* Sends a resync message. -1: it could not be queued, and c is closed. */
static int
send_resync(struct conn *c, struct buf *b, int put)
{
	int ok = conn_send(c, b, put);

	if (ok < 0)
		conn_close(c, CONN_AT_ONCE, "resync could not be queued");
	return ok;
}

/* --- the acquirer ----------------------------------------------------------------------------- */

void
resync_begin(struct ipconn *i)
{
	struct conn *c = ipconn_socket(i, SOCKET_OUT);
	struct buf b;

	if (i->engaged->resync.next[0] != '\0')
		return;
	recall(i, &i->engaged->resync);
	if (tls_token(i->engaged->resync.next) < 0 || c->nrequests == CONN_REQUESTS) {
		acquire_failed(i, "EXCEPTION", reason_name(REASON_SESSION_OPEN_FAILED), "no random bytes for a recovery token, or too many requests wait");
		return;
	}
	c->request[c->nrequests++] = IS_RESYNC;
	memcpy(i->history->proposed, i->engaged->resync.next, sizeof i->history->proposed);
	buf_init(&b, IPIC_PUT_MAX);
	send_resync(c, &b, ipic_put_resync(&b, c->generation->definition->region.applid, &i->engaged->resync));
}

void
resync_answered(struct conn *c, const struct ipic_message *m)
{
	struct ipconn *i = c->ipconn;
	struct fault f;
	struct resync r;

	if (i->status != CONN_OBTAINING)
		return; /* a release has begun */
	if (ipic_resync_answer(m, &r, &f) < 0) {
		acquire_failed(i, "INVALID", "ISCER_BAD_RESPONSE", f.text);
	} else if ((m->outcome == IPIC_OK) != (strcmp(r.response, "OK") == 0)) {
		acquire_failed(i, r.response, "ISCER_BAD_RESPONSE", "status and response of the answer to resync do not agree");
	} else if (m->outcome != IPIC_OK) {
		acquire_failed(i, r.response, r.reason, "the partner refused resynchronisation");
	} else if (r.logname[0] == '\0') {
		acquire_failed(i, r.response, "ISCER_BAD_RESPONSE", "the answer to resync has no log name");
	} else if (refuses(i, &r)) {
		acquire_failed(i, reason_response(REASON_ISCE_BAD_RECOV), reason_name(REASON_ISCE_BAD_RECOV),
			"the partner has lost its log while work is in doubt; xlnaction is keep (set ipconn NAME norecovdata forgets the work)");
	} else {
		agree(i, r.logname, i->engaged->resync.next);
		acquire_done(i);
	}
}

/* --- the called side -------------------------------------------------------------------------- */

static void
answer(struct ipconn *i)
{
	struct conn *c = ipconn_socket(i, SOCKET_IN);
	struct resync asked = i->engaged->resync, r;
	bool refused = refuses(i, &asked);
	struct buf b;

	recall(i, &r);
	i->engaged->resync_waits = false;
	if (!refused)
		agree(i, asked.logname, asked.next);
	buf_init(&b, IPIC_PUT_MAX);
	if (send_resync(c, &b, ipic_put_resync_answer(&b, refused ? REASON_ISCE_BAD_RECOV : REASON_OK, &r)) < 0)
		return;
	if (refused) /* closing the sockets now could reach the acquirer before the answer does */
		release_dismiss(i, "the partner has lost its log while work is in doubt");
	else
		acquire_done(i);
}

void
resync_answer(struct ipconn *i)
{
	if (i->engaged->resync_waits)
		answer(i);
}

const char *
resync_asked(struct conn *c, const struct ipic_message *m)
{
	struct ipconn *i = c->ipconn;
	struct fault f;
	struct resync r;

	if (i->status != CONN_OBTAINING || i->engaged->acquiring || i->engaged->out_sockets == 0 || c != ipconn_socket(i, SOCKET_IN) || i->engaged->resync_waits)
		return "resync at a time or on a socket where it is not allowed";
	if (ipic_resync(m, &r, &f) < 0)
		return "resync with an invalid body";
	i->engaged->resync = r;
	i->engaged->resync_waits = true;
	acquire_joined(c);
	return NULL;
}
