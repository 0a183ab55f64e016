/* SPDX-License-Identifier: Apache-2.0 */
/* load_tally: what became of the partners of a load: their outcomes, as a partner sees them, and durations. */
#ifndef SALLYPORT_LOAD_TALLY_H
#define SALLYPORT_LOAD_TALLY_H

#include "client/connect_peer.h"
#include "client/load_kind.h"
#include "base/latency.h"

#define LOAD_TALLY_ROWS 64

enum load_outcome { LOAD_ACCEPTED, LOAD_REFUSED, LOAD_FAILED, LOAD_INTERRUPTED, LOAD_OUTCOMES };

struct load_tally_row { /* the partners with the same end */
	enum load_kind kind;
	enum load_outcome outcome;
	enum stage stage; /* of a refused one */
	int status;       /* of the answer; 0: none */
	char alert[40], reason[REASON_SIZE]; /* "": none */
	char trouble[160]; /* of a failed one */
	long count;
};

struct load_tally { /* zeroed: empty */
	long begun, outcome[LOAD_OUTCOMES];
	long by_partner, by_region, lost; /* the ends of the accepted ones */
	long behind; /* connections that --rate had to let wait for a place */
	double first, told, over; /* moments of clock_span: the first dial, the last outcome, the end of all */
	double asked_first, asked_last; /* of the requests */
	long sent, answered, failed; /* requests; the others have no end */
	struct latency connect; /* of good partners: from the dial to the answer to CAPEX */
	struct latency request;
	struct load_tally_row row[LOAD_TALLY_ROWS];
	int rows;
	long others; /* partners whose end has no room in the rows */
};

/* "accepted", "refused", "failed" or "interrupted". */
const char *load_outcome_name(enum load_outcome o);
/* Counts a partner at its end. stopped: by the operator, before its outcome was known. */
void load_tally_end(struct load_tally *t, enum load_kind k, bool stopped, const struct connect_peer_result *r);
/* Counts a partner that could not begin. */
void load_tally_unable(struct load_tally *t, enum load_kind k, const char *why);
/* Counts a request that has ended after so many seconds. */
void load_tally_request(struct load_tally *t, double seconds, bool answered);
/* Sorts the rows: the most frequent first. */
void load_tally_sort(struct load_tally *t);
/* Connections with an outcome in a second, and requests answered in a second; 0 without any. */
double load_tally_connect_rate(const struct load_tally *t);
double load_tally_request_rate(const struct load_tally *t);

#endif
