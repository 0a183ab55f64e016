/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top_sample: the figures of a running region at one moment, and their rates since the sample before. The answers are
 * bounded: the doors, the busiest ipconns and the last refusals.
 */
#ifndef SALLYPORT_TOP_SAMPLE_H
#define SALLYPORT_TOP_SAMPLE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/addr.h"
#include "base/name.h"

#define TOP_SAMPLE_DOORS 8
#define TOP_SAMPLE_IPCONNS 100
#define TOP_SAMPLE_REFUSALS 50
#define TOP_SAMPLE_TEXT 48
#define TOP_SAMPLE_UNKNOWN (-1.0) /* a rate that is not known: there was no sample before, or figures were reset */

struct top_sample_door {
	char name[16];
	double asked, refused;           /* since the start of the region */
	double asked_rate, refused_rate; /* in a second */
};

struct top_sample_ipconn {
	char name[NAME_SIZE], partner[2 * NAME_SIZE], status[16], peer[ADDR_TEXT];
	double requests, rate, in_use, queued;
};

struct top_sample_refusal {
	char connection[CONNECTION_SIZE], peer[ADDR_TEXT], partner[2 * NAME_SIZE], where[16], code[CODE_SIZE];
	double time;          /* seconds since 1970 */
	const json_t *record; /* borrowed from the sample: a row of explain */
};

struct top_sample { /* zero-initialise */
	bool answered;       /* false: the figures are those of the last answer */
	bool restarted;      /* another process than that of the sample before */
	char trouble[200];   /* the reason of no answer */
	double at;           /* clock_span() of the answer; 0: there was none yet */
	char applid[NAME_SIZE], networkid[NAME_SIZE], status[16];
	double pid, started, generation, sockets, ipconns, sessions, refusals, refusal_rate;
	double lag;          /* seconds: the longest turn of the loop lately; TOP_SAMPLE_UNKNOWN: the region does not say */
	struct top_sample_door door[TOP_SAMPLE_DOORS];
	size_t ndoors;
	struct top_sample_ipconn ipconn[TOP_SAMPLE_IPCONNS]; /* the busiest first */
	size_t nipconns;
	struct top_sample_refusal refusal[TOP_SAMPLE_REFUSALS]; /* the newest first */
	size_t nrefusals;
	json_t *records;     /* owned: the rows of the refusals */
};

/*
 * Asks the region at the control socket `path` for the next sample, which takes at most a few seconds, and computes the
 * rates. Asks for the refusals only when there are new ones. Without an answer s keeps its figures.
 */
void top_sample_take(struct top_sample *s, const char *path);
void top_sample_free(struct top_sample *s);

#endif
