/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generation: one immutable load of definitions, rings and scripts, counted by what lives under it. It is made whole or not
 * at all. Connections take a reference at birth and finish their walk under it.
 */
#ifndef SALLYPORT_GENERATION_H
#define SALLYPORT_GENERATION_H

#include <stdint.h>

#include "policy.h"
#include "resource.h"
#include "ring.h"
#include "tls.h"

struct service { /* one tcpipservice as this generation knows it */
	const struct tcpipservice_def *def;  /* in generation->definition */
	struct tls_config *tls;              /* owned; NULL when ssl = no */
	const char *script[DOOR_COUNT];      /* in def; NULL: none named. DELETE is the urm's when it has that function */
};

struct generation {
	unsigned refs;       /* of the worker, its connections and its ipconns */
	uint64_t number;     /* 1, 2, … */
	double loaded;       /* seconds since 1970 */
	struct definition *definition; /* owned */
	struct ring *ring;             /* counted; NULL: none named */
	struct service *service;       /* owned; as many as definition->ntcpipservices, same order */
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
const struct service *generation_service(const struct generation *g, const char *tcpipservice); /* NULL: not in this generation */

#endif
