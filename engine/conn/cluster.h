/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cluster: the regions of a sysplex to which the generic listeners of a region send their partners (IPIC.md 10). The
 * definition names them and their addresses (config/advertise.h); the store says which of them live and how many
 * connections they have. A store that lies can choose among the regions of the definition, and name no address.
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

#define CLUSTER_AGAIN_SECONDS 60.0 /* in which a partner that comes again is sent to another region than before */

struct cluster_list { /* the regions of one generic listener; borrowed */
	const char *advertise;
	const char *networkid; /* of the own region */
};

struct cluster_choice {
	struct advertised to; /* host "": the list, of before a reload, lacks this region */
	bool own;      /* it is this region */
	char why[80];  /* for the record: "it holds the pair" */
};

/* Borrows member and store. NULL: no memory. */
struct cluster *cluster_new(const struct member *m, struct store *store);
void cluster_free(struct cluster *c); /* NULL is fine */

/* The name of this region: NETWORKID.APPLID. */
const char *cluster_own(const struct cluster *c);
/* Whether the store answers, and this region has its session key there. */
bool cluster_reached(const struct cluster *c);
/* Whether another region of the list lives and takes partners. c may be NULL: it does not. */
bool cluster_shares(const struct cluster *c, const struct cluster_list *l);
/* Asks the store for the region that holds the pair; done() as in store.h. NULL: the store is not reached. */
struct store_call *cluster_ask(struct cluster *c, const char *pair, void (*done)(void *arg, const struct store_reply *r, const char *why), void *arg);
/* Reads the answer: the region, or "" when no region holds the pair. False: it is no answer. */
bool cluster_read(const struct store_reply *r, char region[NAME_PAIR_SIZE]);
/*
 * Chooses the region for a partner, and counts it. pair: of the partner; "": it has no APPLID. holder: the region that
 * holds the pair; "" none; NULL: the store has not answered. Then, and while the store is not reached, the choice is
 * this region.
 */
void cluster_choose(struct cluster *c, const struct cluster_list *l, const char *pair, const char *holder, struct cluster_choice *out);
/*
 * Draws two of n > 0 loads, different ones if there are two, and returns the number of the lesser one. random: any
 * number, of which all bits count.
 */
size_t cluster_draw(const double *load, size_t n, uint64_t random);

#endif
