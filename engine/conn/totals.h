/* SPDX-License-Identifier: Apache-2.0 */
/*
 * totals: the counts of a region that all its workers share. Each number is a tally (base/tally.h): any thread counts
 * in it, and any thread reads it.
 */
#ifndef SALLYPORT_TOTALS_H
#define SALLYPORT_TOTALS_H

#include "conn/statistics.h"
#include "net/errand.h"
#include "policy/door.h"

struct worker_totals { /* of one worker */
	_Atomic uint64_t accepted;    /* sockets since the start */
	_Atomic unsigned connections; /* that it has now; none has those on their way home */
	_Atomic unsigned halfopen;    /* of these, those whose CAPEX is not accepted yet */
	char room[48];                /* two workers do not count in one line of the cache */
};

struct totals { /* zero-initialise */
	char boot[8];              /* the first part of connection ids; differs at each start; constant while workers run */
	_Atomic uint64_t born;     /* connections since the start: the second part of their ids */
	_Atomic unsigned sockets;  /* open sockets; counted against maxsockets */
	_Atomic uint64_t refusals; /* connections and requests that were refused since the region started */
	struct socket_statistics statistics;
	struct worker_totals worker[ERRAND_WORKERS]; /* by their numbers */
	struct door_statistics doors[DOOR_COUNT]; /* of attach also the requests that the saf decided on */
};

#endif
