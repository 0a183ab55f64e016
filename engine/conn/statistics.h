/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statistics: counts per ipconn, per tcpipservice and of the region's sockets, with the fields of IPIC.md 9. Code that
 * does the work increments the fields; inquire statistics shows them. The tables name each field as an operator sees
 * it: IBM's name in lower case, or Sallyport's name where IBM's is not known.
 */
#ifndef SALLYPORT_STATISTICS_H
#define SALLYPORT_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/latency.h"
#include "base/message.h"
#include "base/tally.h"
#include "net/io_counts.h"

struct log;

struct ipconn_statistics {
	double created;  /* ISR_IPCONN_GMT_CREATE_TIME: seconds since 1970; 0: not autoinstalled */
	unsigned current_receive, peak_receive; /* ISR_CURRENT_RECEIVE_SESSIONS, ISR_PEAK_RECEIVE_SESSIONS */
	unsigned current_send, peak_send;
	uint64_t allocates;                     /* ISR_TOTAL_ALLOCATES */
	unsigned queued, peak_queued;           /* ISR_CURRENT_QUEUED_ALLOCATES, ISR_PEAK_QUEUED_ALLOCATES */
	uint64_t failed_link, failed_other;     /* ISR_ALLOCATES_FAILED_LINK, ISR_ALLOCATES_FAILED_OTHER */
	uint64_t rejected;                      /* allocates beyond QUEUELIMIT */
	uint64_t purges, purged;                /* purges of the queue by MAXQTIME; allocates purged */
	uint64_t attached;                      /* ISR_TRANS_ATTACHED */
	uint64_t attach_refused;                /* by security */
	uint64_t conversation_errors;           /* DFHIS1023 */
	uint64_t sent, received;                /* payload bytes (function shipping: program link) */
	uint64_t requests_sent, requests_received;
};

/* The threads of all workers count in the three below, by base/tally.h. */

struct service_statistics { /* since the listener was last opened */
	_Atomic uint64_t attached;          /* SOR_TRANS_ATTACHED */
	_Atomic unsigned peak_connections;  /* SOR_PEAK_CONNS */
	double opened, closed;              /* SOR_OPEN_GMT, SOR_CLOSE_GMT; 0: never; the thread of the region's loop only */
	struct io_counts traffic;           /* SOR_SENDS, SOR_BYTES_SENT, SOR_RECEIVES, SOR_BYTES_RECEIVED */
	_Atomic uint64_t accepted, refused; /* sockets */
};

struct socket_statistics { /* of the region: SOG_ */
	_Atomic unsigned inbound, peak_inbound;
	_Atomic uint64_t inbound_created;
	_Atomic unsigned outbound, peak_outbound;
	_Atomic uint64_t outbound_created;
	_Atomic uint64_t at_max; /* sockets refused because of MAXSOCKETS */
};

struct door_statistics { /* of a door; questions of a reload do not count */
	_Atomic uint64_t asked, refused; /* since the region started */
	struct latency took; /* the time of its questions without the time that their scripts waited; since the last reset */
};

enum figure_kind {
	FIGURE_TOTAL,   /* uint64_t */
	FIGURE_CURRENT, /* unsigned: the present number; a reset does not change it */
	FIGURE_PEAK,    /* unsigned: the greatest number; a reset makes it `current` */
	FIGURE_TIME,    /* double, seconds since 1970; 0: not set; a reset does not change it */
};

struct figure {
	const char *name; /* "isr_total_allocates"; NULL ends a table */
	enum figure_kind kind;
	size_t offset;    /* in its struct */
	size_t current;   /* of FIGURE_PEAK: offset of its FIGURE_CURRENT; FIGURE_ELSEWHERE: the owner sets it */
};

#define FIGURE_ELSEWHERE ((size_t)-1)
#define FIGURES_MAX 24 /* in one table */

extern const struct figure statistics_ipconn[], statistics_service[], statistics_socket[];

/* The value of one figure, as a number. */
double statistics_value(const struct figure *f, const void *statistics);
/* Prints seconds since 1970 as "2026-11-22T17:40:01Z"; 0 as "". Returns out. */
const char *statistics_time(double seconds, char out[24]);

/* Raises *peak of an ipconn to now. */
static inline void
statistics_peak(unsigned *peak, unsigned now)
{
	if (now > *peak)
		*peak = now;
}

/* Counts a question that a door answered. */
static inline void
statistics_asked(struct door_statistics *s, bool refused)
{
	tally_add(&s->asked, 1);
	if (refused)
		tally_add(&s->refused, 1);
}

/* Counts a socket that was opened, and one that was closed; out: an outbound one. */
void statistics_opened(struct socket_statistics *s, bool out);
void statistics_closed(struct socket_statistics *s, bool out);

/* Sets totals to 0 and peaks to the present numbers. Other threads may count meanwhile. */
void statistics_reset(const struct figure *table, void *statistics);
/* Sets a peak to the present number, which other threads may change meanwhile. */
void statistics_reset_peak(_Atomic unsigned *peak, const _Atomic unsigned *present);
/* Logs message m: key and name, then each figure that is not 0. */
void statistics_say(struct log *l, enum message m, const char *key, const char *name, const struct figure *table, const void *statistics);

#endif
