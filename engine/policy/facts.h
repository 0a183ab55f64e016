/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts: what is known of a peer. Plain data. All zero at the start; the stages of a connection only add to it. A copy
 * of the struct is a copy of the facts, since the certificate and the notes are counted and do not change.
 * policies/README.md lists the facts as scripts see them.
 */
#ifndef SALLYPORT_FACTS_H
#define SALLYPORT_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "ipic/capex.h"
#include "ipic/request.h"
#include "policy/stage.h"
#include "tls/certificate.h"

struct notes;

struct facts_load { /* counts at the moment of accept, without this socket */
	unsigned halfopen;          /* of this tcpipservice */
	unsigned connections;       /* of this tcpipservice */
	unsigned from_peer;         /* open sockets from this address, at all tcpipservices */
	unsigned from_prefix;       /* open sockets from its /24 or /48 */
	unsigned refused_from_peer; /* refusals of this address in the last 60 s */
};

struct facts {
	enum way way;
	enum stage stage;
	double now; /* seconds since 1970 when the door is asked */
	char connection[CONNECTION_SIZE];
	uint64_t generation;
	char tcpipservice[NAME_SIZE];
	bool recheck;
	bool ip_hidden; /* peer.addr is only a prefix (record_mask): scripts do not get its address */
	int socket; /* 1: the first of its way; 2: the second, which a token admits; 0: not known (way in, before CAPEX) */
	struct {
		struct addr addr;
		bool sysplex;
		char host[HOST_SIZE]; /* way out: the host that the region dials, as defined; else "" */
	} peer;
	struct {
		struct addr addr;
	} own;
	struct facts_load load;
	struct certificate *certificate; /* counted; NULL: none */
	bool names_host;                 /* way out: the certificate names peer.host */
	char userid[NAME_SIZE];          /* certificate.userid: the answer of certify, or of the ring's maps.lua; "" none */
	struct { /* after install; before that, ipconn is "" */
		char ipconn[NAME_SIZE];
		char applid[NAME_SIZE];
		char networkid[NAME_SIZE];
	} ipconn;
	bool has_capex;
	struct notes *notes;             /* counted: the notes of its doors; NULL: none */
	const struct request *request;   /* at attach: the request, borrowed; else NULL. Its password is never a fact */
	const struct users *users;       /* at attach: the request's users, borrowed */
	size_t bytes;                    /* at attach: the size of the request's data */
	/* large, and absent at the first door: facts_extent */
	struct {
		const char *version; /* "TLSv1.3", static; NULL: no TLS, and the rest is empty */
		char cipher[48];
		char sni[256];
	} tls;
	struct capex capex; /* when has_capex; else empty */
};

/* The number of bytes at the beginning of *f that can be in use; all bytes behind them are empty. */
static inline size_t
facts_extent(const struct facts *f)
{
	if (f->has_capex)
		return sizeof *f;
	return f->tls.version != NULL ? offsetof(struct facts, capex) : offsetof(struct facts, tls.cipher);
}

/* Whether the CAPEX names the partner. A dialled partner is named by its ipconn: the CAPEX is that of this region. */
static inline bool
facts_capex_names(const struct facts *f)
{
	return f->has_capex && f->way == WAY_IN;
}

#endif
