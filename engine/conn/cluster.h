/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cluster: the regions of a sysplex to which the generic listeners of a region send their partners (IPIC.md 10). The
 * definition names them and their addresses (config/advertise.h); the store has the living ones and their numbers of
 * connections. A process that writes false rows to the store can choose among the regions of the definition, and cannot
 * add an address.
 */
#ifndef SALLYPORT_CLUSTER_H
#define SALLYPORT_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/advertise.h"

struct cluster;
struct member;
struct store;
struct store_call;
struct store_reply;

#define CLUSTER_AGAIN_SECONDS 60.0 /* after a choice: a partner that comes again within them is sent to another region */

struct cluster_list { /* the regions of one generic listener; borrowed */
	const char *advertise;
	const char *networkid; /* of the own region */
};

struct cluster_choice {
	struct advertised to; /* host "": the list is older than a reload and lacks this region */
	bool own;      /* it is this region */
	char why[80];  /* the reason, for the record: "it holds the pair" */
};

/* Borrows member and store. NULL: no memory. */
struct cluster *cluster_new(const struct member *m, struct store *store);
void cluster_free(struct cluster *c); /* NULL is fine */

/* The name of this region: NETWORKID.APPLID. */
const char *cluster_own(const struct cluster *c);
/* Whether the store answers, and this region has its session key there. */
bool cluster_reached(const struct cluster *c);
/* Whether another region of the list lives and takes partners. False for c NULL. */
bool cluster_shares(const struct cluster *c, const struct cluster_list *l);
/*
 * Asks the store for the region that holds the pair (NETWORKID.APPLID); done() as in store.h. NULL: the store is not
 * reached.
 */
struct store_call *cluster_ask(struct cluster *c, const char *pair, void (*done)(void *arg, const struct store_reply *r, const char *why), void *arg);
/* Reads the answer into region, "" when no region holds the pair. False: the reply has another form. */
bool cluster_read(const struct store_reply *r, char region[NAME_PAIR_SIZE]);
/*
 * Chooses the region for a partner, and counts the partner. pair: of the partner; "": the partner has no APPLID.
 * holder: the region that holds the pair; "": no region holds it; NULL: the store has not answered. With NULL, and
 * while the store is not reached, the choice is this region.
 */
void cluster_choose(struct cluster *c, const struct cluster_list *l, const char *pair, const char *holder, struct cluster_choice *out);
/*
 * Draws two different loads of n > 0 (of n = 1 the only one) and returns the index of the lower load. random: a random
 * number; all its bits are used.
 */
size_t cluster_draw(const double *load, size_t n, uint64_t random);

#endif
