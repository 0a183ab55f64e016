/* SPDX-License-Identifier: Apache-2.0 */
#include "region/region_sysplex.h"

#include "conn/claiming.h"
#include "conn/cluster.h"
#include "net/timer.h"
#include "region/follow.h"
#include "region/region.h"
#include "store/claims.h"
#include "store/member.h"
#include "store/store.h"

#include <stdio.h>

#define GOODBYE_SECONDS 0.2

/* Logs SP0151 for each generic tcpipservice whose advertise lacks that region. */
static void
say_unlisted(struct region *r, const char *region)
{
	const struct definition *d = r->worker.generation->definition;
	struct advertised to;

	for (size_t i = 0; i < d->ntcpipservices; i++) {
		const struct tcpipservice_def *t = &d->tcpipservice[i];

		if (t->advertise[0] != '\0' && !advertise_find(t->advertise, d->region.networkid, region, &to))
			log_say(r->log, MSG_SP0151, "sysplex", member_sysplex(r->member), "region", region, "tcpipservice", t->tcpipservice, NULL);
	}
}

static void
region_sysplex_event(void *arg, enum member_event e, const char *text)
{
	static const struct {
		enum message message;
		const char *key; /* of the text; NULL: the event has none */
	} said[] = {
		[MEMBER_JOINED] = { MSG_SP0140, "incarnation" }, [MEMBER_RENEWED] = { MSG_SP0143, NULL }, [MEMBER_LAPSED] = { MSG_SP0142, "why" },
		[MEMBER_ARRIVED] = { MSG_SP0144, "region" }, [MEMBER_DEPARTED] = { MSG_SP0145, "region" }, [MEMBER_MISSED] = { MSG_SP0146, "region" },
	};
	struct region *r = arg;

	if (e == MEMBER_TOLD) {
		claiming_told(&r->worker, text);
		return;
	}
	log_say(r->log, said[e].message, "sysplex", member_sysplex(r->member), said[e].key, text, NULL);
	if (e == MEMBER_JOINED)
		claims_joined(r->worker.claims);
	else if (e == MEMBER_RENEWED)
		claims_renewed(r->worker.claims);
	else if (e == MEMBER_LAPSED)
		claims_lapsed(r->worker.claims);
	else if (e == MEMBER_ARRIVED)
		say_unlisted(r, text);
}

static void
region_sysplex_claim_event(void *arg, bool conflict, const char *text)
{
	struct region *r = arg;

	log_say(r->log, conflict ? MSG_SP0148 : MSG_SP0149, "sysplex", member_sysplex(r->member), "claim", text, NULL);
}

static void
region_sysplex_regained(void *arg)
{
	struct region *r = arg;

	log_say(r->log, MSG_SP0147, "sysplex", member_sysplex(r->member), NULL);
	member_renew(r->member);
}

/*
 * The connections that the region may have. 0 while a specific tcpipservice to which other regions send partners is
 * not open, and without such a tcpipservice.
 */
static unsigned long
limit_of(struct region *r)
{
	const struct definition *d = r->worker.generation->definition;
	unsigned long limit = 0;

	for (size_t i = 0; i < d->ntcpipservices; i++) {
		const struct tcpipservice_def *t = &d->tcpipservice[i];
		const struct entrance *to = t->advertise[0] != '\0' ? r->worker.entrance(&r->worker, t->speciftcps) : NULL;

		if (t->advertise[0] != '\0' && (to == NULL || !to->open))
			return 0;
		if (to != NULL)
			limit = (unsigned long)d->region.maxsockets;
	}
	return limit;
}

static void
region_sysplex_report(void *arg, struct member_row *own)
{
	struct region *r = arg;

	own->limit = limit_of(r);
	own->state = claims_fenced(r->worker.claims) ? MEMBER_FENCED : r->worker.draining ? MEMBER_DRAINING : MEMBER_ACTIVE;
	own->conflicts = claims_conflicts(r->worker.claims);
	own->connections = tally_present(&r->totals.sockets);
	if (follow_does(r))
		snprintf(own->version, sizeof own->version, "%llu", (unsigned long long)(follow_taken(r) != NULL ? follow_taken(r)->head.serial : 0));
	else
		snprintf(own->version, sizeof own->version, "%llu", (unsigned long long)r->worker.generation->number);
}

int
region_sysplex_begin(struct region *r)
{
	struct claims_owner claims = { .answered = claiming_answered, .lost = claiming_lost, .fenced = claiming_fenced, .freed = claiming_freed,
		.event = region_sysplex_claim_event, .regained = region_sysplex_regained, .arg = r };
	struct member_owner owner = { .event = region_sysplex_event, .report = region_sysplex_report, .arg = r };

	r->member = member_new(r->worker.loop, r->worker.store, &owner);
	if (r->member == NULL)
		return -1;
	r->worker.claims = claims_new(r->worker.loop, r->worker.store, r->member, &claims);
	r->worker.cluster = cluster_new(r->member, r->worker.store);
	return r->worker.claims != NULL && r->worker.cluster != NULL ? 0 : -1;
}

void
region_sysplex_follow(struct region *r)
{
	const struct region_def *d = &r->worker.generation->definition->region;
	struct member_settings s = { .sysplex = d->sysplex, .applid = d->applid, .networkid = d->networkid, .lease = d->lease };

	member_use(r->member, &s);
}

void
region_sysplex_found(struct region *r)
{
	member_found(r->member);
}

static void
region_sysplex_late(void *arg)
{
	*(bool *)arg = true;
}

/* Runs the loop until the store has answered, or for a moment. */
static void
wait_for_store(struct region *r)
{
	bool late = false;
	struct timer t = { .loop = NULL };

	r->worker.idle = NULL; /* it would end each turn: the region has ended its connections */
	timer_init(&t, r->worker.loop, region_sysplex_late, &late);
	timer_set(&t, GOODBYE_SECONDS);
	while (!late && store_look(r->worker.store).waiting > 0)
		ev_run(r->worker.loop, EVRUN_ONCE);
	timer_stop(&t);
}

void
region_sysplex_leave(struct region *r)
{
	if (member_sysplex(r->member)[0] == '\0')
		return;
	log_say(r->log, MSG_SP0141, "sysplex", member_sysplex(r->member), NULL);
	member_leave(r->member);
	wait_for_store(r);
}

void
region_sysplex_free(struct region *r)
{
	claims_free(r->worker.claims);
	cluster_free(r->worker.cluster);
	member_free(r->member);
}
