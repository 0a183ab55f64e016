/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generation: one load of definitions, key ring and scripts; immutable and counted. A load either succeeds as a whole
 * or makes no generation. A connection takes a reference when it is made and is judged by that generation until it is
 * installed.
 *
 * A generation has a part for each worker (struct generation): the objects that one thread uses alone, which are the
 * Lua state and the settings of TLS. The other objects are made once and do not change; all parts point to them. The
 * parts are counted together: they live until the last reference to any of them is given back, by any thread.
 */
#ifndef SALLYPORT_GENERATION_H
#define SALLYPORT_GENERATION_H

#include <stdint.h>

#include "policy/policy.h"
#include "config/definition.h"
#include "tls/ring.h"
#include "tls/tls.h"

struct store_settings;

struct generations;

struct service { /* how a generation treats a socket: by a tcpipservice, or by an ipconn that the region dials */
	enum way way;
	const struct tcpipservice_def *def;  /* way in: borrowed from the definition; way out: NULL */
	enum ssl ssl;                        /* way out: no or yes */
	double heartbeat, heartbeat_timeout; /* seconds; -1: the region's value */
	struct tls_config *tls;              /* counted; services with equal options share it; NULL when ssl = no */
	const char *script[DOOR_COUNT];      /* in the definition; NULL: none named, or the script lacks the function of a notice */
};

struct generation { /* the part of one worker */
	struct generation *part; /* the parts of all workers, an array that begins with the part of worker 0, the home */
	unsigned parts;          /* how many */
	_Atomic unsigned refs;   /* of part[0]: of all parts, held by workers, connections, ipconns and requests */
	_Atomic unsigned connections; /* of part[0]: that any worker has, and that this generation judges */
	_Atomic unsigned ipconns;     /* of part[0]: those that this generation judges */
	struct generations *set; /* of part[0]: borrowed; NULL: it has not come into use */
	struct generation *next; /* in the set */
	/* of this part */
	struct service *service;       /* owned; as many as definition->ntcpipservices, same order */
	struct policy *policy;         /* owned */
	struct log *log;               /* borrowed, of the worker; that of part[0] gets SP0013 when the generation is freed */
	/* of part[0] only: the home alone dials and runs programs */
	struct service *outbound;      /* owned; the first is that of the defaults of an ipconn; else NULL */
	size_t noutbound;
	uint32_t *outbound_of;         /* owned; the place in outbound for each of definition->nipconns, same order; else NULL */
	uint64_t *uses;                /* owned; number of runs of each of definition->nprograms, same order; else NULL */
	/* the same in each part; the objects belong to part[0] */
	uint64_t number;     /* 1, 2, ... */
	double loaded;       /* seconds since 1970 */
	struct definition *definition;
	struct ring *ring;             /* counted; NULL: none named */
	struct certmap *certmap;       /* NULL: the ring has no maps.lua */
	struct saf *saf;               /* NULL: none named */
	bool saf_published;            /* it came with published rules */
	struct store_settings *store;  /* of the shared store; NULL: none named */
	struct sources *sources;       /* sealed */
	char hash[SCRIPT_HASH_SIZE];   /* of its scripts and the files that they read, by names and bytes: equal for two loads of the same files */
};

struct generation_gate { /* the objects of a gate that its part borrows */
	const struct host_world *world;
	struct log *log;
};

struct generation_options {
	uint64_t number;
	const char *library_dir; /* the directory of policy.lua */
	const struct host_world *world;     /* of worker 0, as log */
	struct log *log;
	const struct generation_gate *gate; /* borrowed during the load: of the workers 1, 2, ... */
	unsigned gates;                     /* how many; 0: the generation has one part */
	bool dials;                         /* each part also has the services of dialled sockets, not the first alone */
	double now;
	int (*give)(void *arg, struct sources *s); /* gives the scripts (sources_give); -1: no memory. NULL: the directory has them */
	void *give_arg;
	const void *saf;  /* borrowed during the load: that of published rules, an envelope (saf_envelope.h), in place of the file; NULL: none */
	size_t saf_len;
	bool all_scripts; /* for `check`: also compile the other scripts of the directory */
};

/*
 * Loads the parts that d names: the ring, the saf, a TLS configuration for each tcpipservice and ipconn with TLS, and
 * each script. Checks that each label exists and that each script has the function of the door that names it. Then
 * compiles the same bytes again for each gate. On success the generation owns d, and the caller owns one reference to
 * the part of worker 0. On a fault: NULL, every fault is added once with its place, and d still belongs to the caller.
 */
struct generation *generation_load(struct definition *d, const struct generation_options *o, struct faults *faults);
/*
 * Whether the file NAME.lua of the directory of scripts is a script: the directory may hold the definition
 * (region.lua), the saf, decision tables and invariants too.
 */
bool generation_is_script(const struct region_def *r, const char *name);
/* Adds a reference. Returns g. NULL is fine. Thread-safe, as generation_unref. */
struct generation *generation_ref(struct generation *g);
/*
 * Gives a reference back; the last one frees the generation with all its parts (message SP0013). NULL is fine.
 */
void generation_unref(struct generation *g);
/*
 * The part of another worker of the same generation, which lives as long as g. Takes no reference. The process ends
 * when the generation was loaded without a part for that worker: two threads would use one Lua state.
 */
struct generation *generation_at(const struct generation *g, unsigned worker);
/*
 * Counts a connection that this generation judges from now on, or no more. Thread-safe.
 */
void generation_judges(struct generation *g, bool more);
/* The same for an ipconn. */
void generation_judges_ipconn(struct generation *g, bool more);
/* The memory of the Lua states of all parts, in bytes (policy_bytes). Each thread may ask. */
size_t generation_bytes(const struct generation *g);
/*
 * The service of sockets that the region dials for the ipconn defined as name, or copied from the template of that
 * name. Ipconns with equal scripts and equal TLS share one. "" or unknown: the defaults. Only the part of worker 0 has
 * them.
 */
const struct service *generation_outbound(const struct generation *g, const char *name);
/* The service of a tcpipservice; NULL: the generation defines none of that name. */
const struct service *generation_service(const struct generation *g, const char *tcpipservice);

#endif
