/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/statistics.h"

#include "base/log.h"

#include <stdio.h>
#include <time.h>

#define AT(f) offsetof(struct ROW, f)
#define TOTAL(n, f) { .name = n, .kind = FIGURE_TOTAL, .offset = AT(f) }
#define CURRENT(n, f) { .name = n, .kind = FIGURE_CURRENT, .offset = AT(f) }
#define PEAK(n, f, c) { .name = n, .kind = FIGURE_PEAK, .offset = AT(f), .current = AT(c) }
#define TIME(n, f) { .name = n, .kind = FIGURE_TIME, .offset = AT(f) }
#define END { .name = NULL }

#define ROW ipconn_statistics
const struct figure statistics_ipconn[] = {
	TIME("isr_ipconn_gmt_create_time", created),
	CURRENT("isr_current_receive_sessions", current_receive),
	PEAK("isr_peak_receive_sessions", peak_receive, current_receive),
	CURRENT("isr_current_send_sessions", current_send),
	PEAK("isr_peak_send_sessions", peak_send, current_send),
	TOTAL("isr_total_allocates", allocates),
	CURRENT("isr_current_queued_allocates", queued),
	PEAK("isr_peak_queued_allocates", peak_queued, queued),
	TOTAL("isr_allocates_failed_link", failed_link),
	TOTAL("isr_allocates_failed_other", failed_other),
	TOTAL("isr_allocates_rejected", rejected),
	TOTAL("isr_queue_purges", purges),
	TOTAL("isr_allocates_purged", purged),
	TOTAL("isr_trans_attached", attached),
	TOTAL("isr_attaches_refused", attach_refused),
	TOTAL("isr_conversation_errors", conversation_errors),
	TOTAL("isr_fs_pg_requests", requests_sent),
	TOTAL("isr_fs_pg_bytes_sent", sent),
	TOTAL("isr_fs_pg_bytes_received", received),
	TOTAL("isr_requests_received", requests_received),
	END,
};
#undef ROW

#define ROW service_statistics
const struct figure statistics_service[] = {
	TOTAL("sor_trans_attached", attached),
	{ .name = "sor_peak_conns", .kind = FIGURE_PEAK, .offset = AT(peak_connections), .current = FIGURE_ELSEWHERE },
	TIME("sor_open_gmt", opened),
	TIME("sor_close_gmt", closed),
	TOTAL("sor_sends", traffic.sends),
	TOTAL("sor_bytes_sent", traffic.sent),
	TOTAL("sor_receives", traffic.receives),
	TOTAL("sor_bytes_received", traffic.received),
	TOTAL("sor_sockets_accepted", accepted),
	TOTAL("sor_sockets_refused", refused),
	END,
};
#undef ROW

#define ROW socket_statistics
const struct figure statistics_socket[] = {
	CURRENT("sog_curr_inbound_sockets", inbound),
	PEAK("sog_peak_inbound_sockets", peak_inbound, inbound),
	TOTAL("sog_inb_sockets_created", inbound_created),
	CURRENT("sog_curr_outbound_sockets", outbound),
	PEAK("sog_peak_outbound_sockets", peak_outbound, outbound),
	TOTAL("sog_outb_sockets_created", outbound_created),
	TOTAL("sog_refused_at_maxsockets", at_max),
	END,
};
#undef ROW

/* The figures of ipconns belong to one thread; to read them as tallies too changes nothing. */
static const void *
place(const void *statistics, size_t offset)
{
	return (const char *)statistics + offset;
}

double
statistics_value(const struct figure *f, const void *statistics)
{
	const void *at = place(statistics, f->offset);

	switch (f->kind) {
	case FIGURE_TOTAL:
		return (double)tally_total(at);
	case FIGURE_TIME:
		return *(const double *)at;
	case FIGURE_CURRENT:
	case FIGURE_PEAK:
		break;
	}
	return tally_present(at);
}

const char *
statistics_time(double seconds, char out[24])
{
	time_t whole = (time_t)seconds;
	struct tm t;

	out[0] = '\0';
	if (seconds > 0 && gmtime_r(&whole, &t) != NULL)
		strftime(out, 24, "%Y-%m-%dT%H:%M:%SZ", &t);
	return out;
}

void
statistics_opened(struct socket_statistics *s, bool out)
{
	unsigned before = tally_up(out ? &s->outbound : &s->inbound);

	tally_add(out ? &s->outbound_created : &s->inbound_created, 1);
	tally_peak(out ? &s->peak_outbound : &s->peak_inbound, before + 1);
}

void
statistics_closed(struct socket_statistics *s, bool out)
{
	tally_down(out ? &s->outbound : &s->inbound);
}

void
statistics_reset_peak(_Atomic unsigned *peak, const _Atomic unsigned *present)
{
	atomic_store_explicit(peak, tally_present(present), memory_order_relaxed);
	tally_peak(peak, tally_present(present)); /* it may have risen before the peak was set */
}

void
statistics_reset(const struct figure *table, void *statistics)
{
	for (const struct figure *f = table; f->name != NULL; f++) {
		void *at = (char *)statistics + f->offset;

		if (f->kind == FIGURE_TOTAL)
			atomic_store_explicit((_Atomic uint64_t *)at, 0, memory_order_relaxed);
		else if (f->kind == FIGURE_PEAK && f->current != FIGURE_ELSEWHERE)
			statistics_reset_peak(at, place(statistics, f->current));
	}
}

void
statistics_say(struct log *l, enum message m, const char *key, const char *name, const struct figure *table, const void *statistics)
{
	const char *pairs[2 * (FIGURES_MAX + 1) + 1] = { key, name };
	char text[FIGURES_MAX][24], number[FIGURES_MAX][32];
	size_t n = 0;

	for (const struct figure *f = table; f->name != NULL && n < FIGURES_MAX; f++) {
		double value = statistics_value(f, statistics);

		if (value <= 0)
			continue;
		snprintf(number[n], sizeof number[n], "#%s", f->name);
		pairs[2 * n + 2] = f->kind == FIGURE_TIME ? f->name : number[n];
		pairs[2 * n + 3] = f->kind == FIGURE_TIME ? statistics_time(value, text[n]) : log_number(text[n], (int64_t)value);
		n++;
	}
	log_list(l, m, pairs);
}
