/* SPDX-License-Identifier: Apache-2.0 */
/* inquire statistics: the records of IPIC.md 9 as rows, and their reset. */
#include "admin/inquire_row.h"

#include "conn/listener.h"
#include "region/region.h"

#include <math.h>

static json_t *
begin(struct query *q, const char *resource, const char *name)
{
	json_t *row = json_object();

	inquire_put(row, "resource", resource);
	inquire_put(row, "name", name);
	json_array_append_new(q->rows, row);
	return row;
}

static void
put_figures(json_t *row, const struct figure *table, const void *statistics)
{
	char text[24];

	for (const struct figure *f = table; f->name != NULL; f++)
		if (f->kind == FIGURE_TIME)
			inquire_put(row, f->name, statistics_time(statistics_value(f, statistics), text));
		else
			inquire_put_number(row, f->name, statistics_value(f, statistics));
}

static void
service_row(struct query *q, const struct listener *l, const struct tcpipservice_def *d)
{
	json_t *row = begin(q, "TCPIPSERVICE", d->tcpipservice);

	inquire_put_number(row, "sor_port_number", l->entrance.own.port != 0 ? l->entrance.own.port : d->portnumber);
	inquire_put_attribute(row, "sor_ssl_support", resource_tcpipservice, "ssl", d);
	inquire_put_attribute(row, "sor_protocol", resource_tcpipservice, "protocol", d);
	inquire_put_attribute(row, "sor_hostname", resource_tcpipservice, "host", d);
	inquire_put_attribute(row, "sor_backlog", resource_tcpipservice, "backlog", d);
	inquire_put_number(row, "sor_current_conns", l->entrance.connections);
	put_figures(row, statistics_service, &l->entrance.statistics);
}

static void
ipconn_row(struct query *q, const struct ipconn *i)
{
	static const struct {
		const char *figure, *attribute;
	} defined[] = { { "isr_applid", "applid" }, { "isr_network_id", "networkid" }, { "isr_host_name", "host" }, { "isr_port_number", "port" },
		{ "isr_ssl_support", "ssl" }, { "isr_userauth", "userauth" }, { "isr_linkauth", "linkauth" }, { "isr_mirrorlife", "mirrorlife" },
		{ "isr_tcpip_service", "tcpipservice" }, { "isr_queue_limit", "queuelimit" }, { "isr_max_queue_time", "maxqtime" },
		{ "isr_receive_sessions", "receivecount" }, { "isr_send_sessions", "sendcount" } };
	json_t *row = begin(q, "IPCONN", i->def->ipconn);
	struct ipconn_view v;

	ipconn_view(i, &v);
	for (size_t n = 0; n < sizeof defined / sizeof *defined; n++)
		inquire_put_attribute(row, defined[n].figure, resource_ipconn, defined[n].attribute, &v.def);
	put_figures(row, statistics_ipconn, ipconn_counts(i));
}

static const char *
applid(const struct region *r)
{
	return region_generation(r)->definition->region.applid;
}

static void
global_step(struct query *q)
{
	struct region *r = q->region;

	if (!inquire_wanted(q, applid(r)))
		return;
	put_figures(begin(q, "GLOBAL", applid(r)), statistics_socket, &r->totals.statistics);
	if (q->reset)
		statistics_reset(statistics_socket, &r->totals.statistics);
}

static void
services_step(struct query *q)
{
	const struct definition *d = region_generation(q->region)->definition;

	for (struct listener *l = q->region->listeners.current; l != NULL; l = l->next) {
		const struct tcpipservice_def *t = definition_tcpipservice(d, l->entrance.tcpipservice);

		if (t == NULL || !inquire_wanted(q, t->tcpipservice))
			continue;
		service_row(q, l, t);
		if (!q->reset)
			continue;
		statistics_reset(statistics_service, &l->entrance.statistics);
		statistics_reset_peak(&l->entrance.statistics.peak_connections, &l->entrance.connections);
	}
}

static bool
ipconn_step(struct query *q)
{
	struct ipconn *i = inquire_next_ipconn(q);

	if (i == NULL || !inquire_wanted(q, i->def->ipconn))
		return i != NULL;
	ipconn_row(q, i);
	if (q->reset && i->history != NULL)
		statistics_reset(statistics_ipconn, &i->history->statistics);
	return true;
}

static void
times_row(struct query *q, enum door d, const struct latency *took)
{
	json_t *row = begin(q, "DOOR", door_name(d));

	inquire_put_number(row, "door_questions", (double)latency_count(took));
	inquire_put_number(row, "door_p50_microseconds", round(latency_at(took, 50) * 1e6));
	inquire_put_number(row, "door_p99_microseconds", round(latency_at(took, 99) * 1e6));
	inquire_put_number(row, "door_max_microseconds", round(latency_max(took) * 1e6));
}

static void
doors_step(struct query *q)
{
	for (enum door d = 0; d < DOOR_COUNT; d++) {
		struct latency *took = &q->region->totals.doors[d].took;

		if (!inquire_wanted(q, door_name(d)))
			continue;
		times_row(q, d, took);
		if (q->reset)
			latency_reset(took);
	}
}

bool
inquire_statistics_step(struct query *q)
{
	switch (q->stage++) {
	case 0:
		global_step(q);
		return true;
	case 1:
		services_step(q);
		return true;
	case 2:
		doors_step(q);
		return true;
	default:
		return ipconn_step(q);
	}
}
