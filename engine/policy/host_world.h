/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_world: the region as scripts may ask about it: counters, rates and ipconns, as values. The region fills in
 * the callbacks.
 */
#ifndef SALLYPORT_HOST_WORLD_H
#define SALLYPORT_HOST_WORLD_H

#include <stdbool.h>
#include <stddef.h>

#include "config/resource.h"

struct counters;
struct rates;
struct store;
struct data_pool;
struct waits;

struct host_world {
	struct counters *counters; /* borrowed; NULL: counters answer nil, "no store" */
	struct rates *rates;       /* borrowed; NULL: rates answer nil, "no store" */
	struct store *store;       /* borrowed; NULL: none. The next two are of its rates, in shares of one region: */
	struct rates *estimates;   /* borrowed; the tokens that the region may still give without the store */
	struct rates *debts;       /* borrowed; the tokens that it gave without the store fill these up again */
	struct waits *waits;       /* borrowed; NULL: no question is suspended */
	struct data_pool *pool;    /* borrowed; NULL: data files are not shared between generations */
	/*
	 * The ipconn of that name, into *out. False: no ipconn has it. view, here and below: the part of the region
	 * that this question sees (struct ask), borrowed; NULL: the region as it is.
	 */
	bool (*ipconn)(void *arg, const void *view, const char *name, struct ipconn_view *out);
	/* The ipconns of that applid and networkid, NULL being any: at most max of them, into out. Returns how many. */
	size_t (*ipconns)(void *arg, const void *view, const char *applid, const char *networkid, struct ipconn_view *out, size_t max);
	/*
	 * During a re-ask: the ipconn as the generation that is asked defines it, installed or not. False: it defines
	 * none.
	 */
	bool (*defined)(void *arg, const void *view, const char *name, struct ipconn_view *out);
	void *arg; /* of the callbacks */
};

#endif
