/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/inquire_row.h"
#include "conn/resync.h"
#include "conn/succession.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <strings.h>

#include "conn/conn.h"
#include "policy/facts_json.h"
#include "conn/listener.h"
#include "base/clock.h"
#include "metrics/metrics.h"
#include "records/recorder.h"
#include "region/region.h"
#include "tls/chain_cache.h"

#define SETTLING_SECONDS 0.00005

/* The state of the file of records; r is NULL when none is named. */
static void
put_recorder(json_t *row, struct recorder *r)
{
	struct recorder_counts c;

	if (r == NULL)
		return;
	c = recorder_counts(r);
	inquire_put(row, "recordstatus", c.failing ? "FAILING" : "WRITTEN");
	inquire_put_number(row, "records_written", (double)c.written);
	inquire_put_number(row, "records_waiting", (double)c.waiting);
	inquire_put_number(row, "records_lost", (double)c.lost);
}

static void
put_waits(json_t *row, const struct waits *w)
{
	uint64_t limited = 0;

	for (unsigned i = 0; i < WAITS_LIMITS; i++)
		limited += waits_limited(w, (enum waits_limit)i);
	inquire_put_number(row, "scripts_waiting", waits_count(w));
	inquire_put_number(row, "wait_limits", (double)limited);
}

/* The cache of verified chains of the current generation. */
static void
put_chains(json_t *row, const struct ring *ring)
{
	struct chain_counts c;

	if (ring == NULL)
		return;
	c = ring_chain_counts(ring);
	inquire_put_number(row, "chains_kept", (double)c.kept);
	inquire_put_number(row, "chain_hits", (double)c.hits);
	inquire_put_number(row, "chain_misses", (double)c.misses);
}

static void
region_rows(struct query *q)
{
	const struct region *r = q->region;
	const struct generation *g = region_generation(r);
	const struct region_def *d = &g->definition->region;
	json_t *row;

	if (!inquire_wanted(q, d->applid))
		return;
	row = json_object();
	inquire_put_attributes(row, resource_region, d);
	inquire_put_number(row, "generation", (double)g->number);
	json_object_set_new(row, "pinned", json_boolean(versions_pinned(r->versions)));
	inquire_put(row, "saf_from", g->saf == NULL ? "NONE" : g->saf_published ? "RULES" : "FILE");
	inquire_put_number(row, "workers", worker_count(&r->worker));
	inquire_put(row, "workers_why", r->workers_why);
	inquire_put(row, "status", r->worker.draining ? "DRAINING" : "ACTIVE");
	inquire_put_number(row, "sockets", tally_present(&r->totals.sockets));
	inquire_put_number(row, "ipconns", (double)registry_count(r->registry));
	inquire_put_number(row, "sessions", (double)(metrics_figure(r->worker.metrics, FIGURE_OF_SEND_SESSIONS) + metrics_figure(r->worker.metrics, FIGURE_OF_RECEIVE_SESSIONS)));
	inquire_put_number(row, "refusals", (double)tally_total(&r->totals.refusals));
	put_waits(row, r->worker.waits);
	put_chains(row, g->ring);
	inquire_put_number(row, "loop_lag", (double)(json_int_t)(metrics_longest_lag(r->worker.metrics, clock_span()) * 1e6) / 1e6);
	inquire_put_number(row, "started", r->started);
	inquire_put_number(row, "pid", (double)getpid());
	inquire_put(row, "file", r->file);
	put_recorder(row, r->recorder);
	if (r->store != NULL)
		inquire_put(row, "versionstatus", version_store_failing(r->store) ? "FAILING" : "WRITTEN");
	json_array_append_new(q->rows, row);
}

/* The heartbeat in force: the tcpipservice's own, else the region's. */
static void
put_heartbeat(json_t *row, const struct tcpipservice_def *d, const struct region_def *region)
{
	inquire_put_number(row, "heartbeat", d->heartbeat >= 0 ? d->heartbeat : region->heartbeat);
	inquire_put_number(row, "heartbeat_timeout", d->heartbeat_timeout >= 0 ? d->heartbeat_timeout : region->heartbeat_timeout);
}

static void
tcpipservice_rows(struct query *q)
{
	const struct definition *d = region_generation(q->region)->definition;

	for (const struct listener *l = q->region->listeners.current; l != NULL; l = l->next) {
		const struct tcpipservice_def *t = definition_tcpipservice(d, l->entrance.tcpipservice);
		json_t *row;

		if (t == NULL || !inquire_wanted(q, t->tcpipservice))
			continue;
		row = json_object();
		inquire_put(row, "tcpipservice", t->tcpipservice);
		inquire_put_attributes(row, resource_tcpipservice, t);
		inquire_put_params(row, d, "tcpipservice", t->tcpipservice, resource_tcpipservice);
		put_heartbeat(row, t, &d->region);
		inquire_put_number(row, "port", l->entrance.own.port != 0 ? l->entrance.own.port : t->portnumber);
		inquire_put(row, "openstatus", l->entrance.open ? "OPEN" : "CLOSED");
		inquire_put_number(row, "connections", l->entrance.connections);
		inquire_put_number(row, "halfopen", l->entrance.halfopen);
		json_array_append_new(q->rows, row);
	}
}

static void
put_sockets(json_t *row, const struct ipconn *i)
{
	const struct conn *first = NULL; /* the inbound socket when there is one */
	char peer[ADDR_TEXT] = "";
	unsigned n = 0;

	for (size_t s = 0; s < IPCONN_SOCKETS; s++) {
		n += ipconn_socket(i, s) != NULL;
		if (first == NULL)
			first = ipconn_socket(i, s);
	}
	if (first != NULL)
		addr_print(&first->facts->peer.addr, peer, sizeof peer);
	inquire_put(row, "peer", peer);
	inquire_put_number(row, "sockets", n);
	inquire_put(row, "recovstatus", resync_doubts(i) > 0 ? "RECOVDATA" : "NORECOVDATA");
	inquire_put_number(row, "indoubt", resync_doubts(i));
	inquire_put(row, "clientloc", first != NULL && first->facts->peer.sysplex ? "SYSPLEX" : "");
}

static void
put_work(json_t *row, const struct ipconn_statistics *s)
{
	inquire_put_number(row, "requests", (double)(s->requests_received + s->requests_sent));
	inquire_put_number(row, "in_use", s->current_receive + s->current_send);
	inquire_put_number(row, "queued", s->queued);
}

/* The kind of the attribute host, and the address that it was resolved to while an outbound socket is open. */
static void
put_host(json_t *row, const struct ipconn *i)
{
	const struct conn *out = ipconn_socket(i, SOCKET_OUT);
	char text[ADDR_TEXT] = "";
	struct addr a;
	bool numeric = addr_parse(&a, i->def->host, 0) == 0;

	if (out != NULL)
		addr_ip(&out->facts->peer.addr, text, sizeof text);
	inquire_put(row, "hosttype", i->def->host[0] == '\0' ? "NOTAPPLIC" : !numeric ? "HOSTNAME" : strchr(i->def->host, ':') != NULL ? "IPV6" : "IPV4");
	inquire_put(row, "ipresolved", text);
	inquire_put(row, "ipfamily", text[0] == '\0' ? "UNKNOWN" : strchr(text, ':') != NULL ? "IPV6" : "IPV4");
}

static void
ipconn_row(struct query *q, const struct ipconn *i)
{
	json_t *row = json_object();
	struct ipconn_view v;

	ipconn_view(i, &v);
	inquire_put(row, "ipconn", v.def.ipconn);
	inquire_put_attributes(row, resource_ipconn, &v.def);
	inquire_put_params(row, region_generation(q->region)->definition, "ipconn", v.def.ipconn, resource_ipconn);
	inquire_put(row, "connstatus", resource_connstatus(v.connstatus));
	inquire_put(row, "servstatus", v.inservice ? "INSERVICE" : "OUTSERVICE");
	json_object_set_new(row, "autoinstalled", json_boolean(v.autoinstalled));
	if (v.autoinstalled) /* the name of its template; of a defined ipconn `template` is its own attribute */
		inquire_put(row, "template", v.template);
	inquire_put_number(row, "generation", (double)(i->generation != NULL ? i->generation : region_generation(q->region))->number);
	put_sockets(row, i);
	put_host(row, i);
	put_work(row, ipconn_counts(i));
	json_array_append_new(q->rows, row);
}

static bool
inquire_ipconn_step(struct query *q)
{
	bool more = true;
	const struct ipconn *i = q->busiest > 0 ? inquire_busiest_next(q, &more) : inquire_next_ipconn(q);

	if (i != NULL && inquire_wanted(q, i->def->ipconn))
		ipconn_row(q, i);
	return q->busiest > 0 ? more : i != NULL;
}

static bool
inquire_region_step(struct query *q)
{
	region_rows(q);
	return false;
}

static bool
inquire_tcpipservice_step(struct query *q)
{
	tcpipservice_rows(q);
	return false;
}

static const struct kind {
	const char *what;
	bool (*step)(struct query *q);
	bool of_ipconns; /* its rows are of installed ipconns, or count them */
} kinds[] = {
	{ "region", inquire_region_step, true },
	{ "tcpipservice", inquire_tcpipservice_step, false },
	{ "ipconn", inquire_ipconn_step, true },
	{ "worker", inquire_worker_step, false },
	{ "session", inquire_session_step, true },
	{ "conversation", inquire_session_conversation_step, true },
	{ "program", inquire_program_step, false },
	{ "transaction", inquire_program_transaction_step, false },
	{ "socket", inquire_socket_step, false },
	{ "policy", inquire_policy_step, false },
	{ "door", inquire_door_step, false },
	{ "counter", inquire_counter_step, false },
	{ "rate", inquire_rate_step, false },
	{ "user", inquire_user_step, false },
	{ "shadow", inquire_shadow_step, false },
	{ "canary", inquire_canary_step, true },
	{ "store", inquire_store_step, false },
	{ "sysplex", inquire_sysplex_step, false },
	{ "statistics", inquire_statistics_step, true },
};

struct inquiry {
	const struct kind *kind;
	struct query q;
	size_t found;
	char name[INQUIRE_NAME]; /* q.name points to it */
};

struct inquiry *
inquire_begin(struct region *r, const char *what, const struct inquire_options *o, struct fault *f)
{
	struct inquiry *i;
	size_t k = 0;

	while (k < sizeof kinds / sizeof kinds[0] && strcmp(kinds[k].what, what) != 0)
		k++;
	if (k == sizeof kinds / sizeof kinds[0]) {
		fault_set(f, "inquire needs one of: " INQUIRE_KINDS);
		return NULL;
	}
	i = calloc(1, sizeof *i);
	if (i == NULL) {
		fault_set(f, "no memory for the answer");
		return NULL;
	}
	i->kind = &kinds[k];
	i->q = (struct query){ .region = r, .reset = o->reset, .busiest = o->busiest, .name = o->name != NULL ? i->name : NULL,
		.go_on = o->go_on, .arg = o->arg };
	snprintf(i->name, sizeof i->name, "%s", o->name != NULL ? o->name : "");
	return i;
}

/* After a swap of generations no ipconn of the former one is listed: a step settles some ipconns in place of a row. */
static bool
is_settled(const struct inquiry *i)
{
	struct succession *s = i->kind->of_ipconns ? registry_succession(i->q.region->registry) : NULL;

	return s == NULL || succession_some(s, clock_span() + SETTLING_SECONDS);
}

bool
inquire_more(struct inquiry *i, json_t *rows)
{
	bool more;

	if (!is_settled(i))
		return true;
	i->q.rows = rows;
	more = i->kind->step(&i->q);
	i->found += json_array_size(rows);
	return more;
}

bool
inquire_waits(const struct inquiry *i)
{
	return i->q.waits;
}

/* Kinds whose NAME is an ipconn, which may have no row of that kind. */
static bool
by_ipconn(const char *what)
{
	return strcmp(what, "session") == 0 || strcmp(what, "conversation") == 0;
}

int
inquire_found(const struct inquiry *i, struct fault *f)
{
	const char *what = i->kind->what, *name = i->q.name;
	char shown[80], near[NEAR_TEXT];

	if (name == NULL || i->found > 0 || (by_ipconn(what) && registry_name(i->q.region->registry, name) != NULL))
		return 0;
	return fault_set(f, "no %s named %s%s", by_ipconn(what) ? "ipconn" : what, text_printable(shown, sizeof shown, name, strlen(name)),
		near_print(&i->q.near, near));
}

void
inquire_end(struct inquiry *i)
{
	if (i == NULL)
		return;
	if (i->q.leave != NULL)
		i->q.leave(&i->q);
	if (i->q.walks != NULL)
		cursor_close(i->q.walks, &i->q.at);
	generation_unref(i->q.generation);
	free(i->q.list);
	free(i);
}
