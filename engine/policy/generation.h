/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generation: one immutable load of definitions, rings and scripts, counted by what lives under it. It is made whole or not
 * at all. Connections take a reference at birth and finish their walk under it.
 */
#ifndef SALLYPORT_GENERATION_H
#define SALLYPORT_GENERATION_H

#include <stdint.h>

#include "policy/policy.h"
#include "config/resource.h"
#include "tls/ring.h"
#include "tls/tls.h"

struct service { /* how a socket is treated: a tcpipservice, or the outbound side of an ipconn, as this generation knows it */
	enum way way;
	const struct tcpipservice_def *def;  /* way in: in generation->definition; else NULL */
	const struct ipconn_def *ipconn;     /* way out: whose attributes it has, in generation->definition; NULL: the defaults' */
	enum ssl ssl;                        /* way out: no or yes */
	double heartbeat, heartbeat_timeout; /* -1: the region's */
	struct tls_config *tls;              /* owned; NULL when ssl = no */
	const char *script[DOOR_COUNT];      /* in def or ipconn; NULL: none named, or the script lacks the function of a notice */
};

struct generation {
	unsigned refs;       /* of the worker, its connections and its ipconns */
	uint64_t number;     /* 1, 2, … */
	double loaded;       /* seconds since 1970 */
	struct definition *definition; /* owned */
	struct ring *ring;             /* counted; NULL: none named */
	struct service *service;       /* owned; as many as definition->ntcpipservices, same order */
	struct service *outbound;      /* owned; one for each of definition->nipconns, same order, and the defaults' behind them */
	uint64_t *uses;                /* owned; how often each of definition->nprograms was run under it, same order */
	struct certmap *certmap;       /* owned; NULL: the ring has no maps.lua */
	struct saf *saf;               /* owned; NULL: none named */
	struct sources *sources;       /* owned */
	struct policy *policy;         /* owned; this worker's state */
	char hash[13];                 /* of its scripts' names and bytes: two loads of the same scripts have the same */
	struct log *log;               /* borrowed; says SP0013 at the end */
};

struct generation_options {
	uint64_t number;
	const char *library_dir; /* where lua/policy.lua is */
	const struct host_world *world;
	struct log *log;
	double now;
	bool all_scripts; /* check: also load every other script of the directory */
};

/*
 * Loads everything `d` names: the ring, a TLS configuration per tcpipservice, each script; checks that named labels exist and that
 * each script has the function of the door it is named for. On success d belongs to the generation (one reference, the caller's). On a
 * fault NULL, every fault added with its place, and d stays the caller's.
 */
struct generation *generation_load(struct definition *d, const struct generation_options *o, struct faults *faults);
struct generation *generation_ref(struct generation *g);
void generation_unref(struct generation *g); /* NULL is fine */
/* How a dialled socket is treated whose ipconn was defined under `name`, or copied from the template of that name; "" or unknown: by the defaults. */
const struct service *generation_outbound(const struct generation *g, const char *name);
const struct service *generation_service(const struct generation *g, const char *tcpipservice); /* NULL: not in this generation */

#endif
