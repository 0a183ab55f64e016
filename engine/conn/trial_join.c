/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trial_join: a further socket of a partner. Its first socket is that of the region's ipconn, or one that is walked
 * before with the same values. The token counts as that of the ipconn.
 */
#include "conn/trial_internal.h"

#include "conn/steps.h"

#include <stdio.h>
#include <string.h>

/* 22 characters of base64url: stands for the token of a partner that can be called back. */
#define CALLBACK "AAAAAAAAAAAAAAAAAAAAAA"

/* The ipconn of the region whose first socket is there; NULL: none. */
static const struct ipconn *
find(const struct trial_question *q)
{
	struct ipic_message m = { .json = true, .body = q->capex, .len = q->capex_len };
	const struct ipconn *i = q->self;
	struct capex x;
	struct fault why;

	if (i == NULL && ipic_capex(&m, &x, &why) == 0)
		i = registry_pair(q->worker->registry, x.networkid[0] != '\0' ? x.networkid : q->generation->definition->region.networkid, x.applid);
	return i != NULL && ipconn_socket(i, SOCKET_IN) != NULL ? i : NULL;
}

int
trial_join_begin(struct trial *t, struct fault *f)
{
	if (!t->q->further || t->q->past != NULL)
		return 0;
	t->joins = find(t->q);
	if (t->joins != NULL)
		return 0;
	t->of_first = *t->q;
	t->of_first.further = t->of_first.all = false;
	t->of_first.before = t->of_first.unrecorded = true;
	t->of_first.watch = NULL;
	t->first = trial_run(&t->of_first, f);
	if (t->first == NULL)
		return -1;
	t->conn->tape = t->first->conn->tape; /* counters go on from the first socket's answers */
	t->first->conn->tape = (struct answer_tape){ .item = NULL };
	if (!trial_accepted(t->first))
		return 0;
	t->first->partner.status = CONN_ACQUIRED;
	ipconn_hear(&t->first->partner, &t->first->conn->facts->capex);
	t->joins = t->presumed = &t->first->partner;
	return 0;
}

void
trial_join_capex(const struct trial *t, struct capex *x)
{
	if (!t->q->before)
		return;
	x->socket = 1;
	x->token[0] = '\0';
	if (x->port != -1)
		snprintf(x->callback, sizeof x->callback, CALLBACK);
}

bool
trial_join(struct trial *t)
{
	struct ruling r;

	if (t->joins == NULL && t->first->refused)
		return trial_judge(t, "no_ipconn", REASON_NO_IPCONN, "further socket: its first socket is refused with the code %s; ask about that one", t->first->code);
	if (t->joins == NULL)
		return trial_judge(t, "no_ipconn", REASON_NO_IPCONN, "further socket: its first socket is redirected to another tcpipservice");
	t->partner = *t->joins;
	t->engagement = *t->joins->engaged;
	t->engagement.listed = false; /* the copy is in no list */
	t->partner.engaged = &t->engagement;
	if (t->joins == t->q->self)
		t->partner.engaged->socket[SOCKET_IN2] = NULL;
	if (t->partner.engaged->sockets < 2)
		return trial_judge(t, "no_ipconn", REASON_NO_IPCONN, "further socket: the first one agrees on one socket, and gets no token for another");
	if (rules_join(t->conn, &t->partner, &r))
		return trial_ruled(t, &r);
	trial_accept(t, SOCKET_IN2);
	trial_stop(t);
	return true;
}
