/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts: what is known of a peer so far. Plain data, zeroed at birth, only ever added to; a copy of the struct is a copy
 * of the facts (the certificate is counted and immutable). policies/README.md has these facts in Lua's words.
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

struct facts {
	enum way way;
	enum stage stage;
	double now; /* seconds since 1970, when the door is asked */
	char connection[CONNECTION_SIZE];
	uint64_t generation;
	char tcpipservice[NAME_SIZE];
	bool recheck;
	int socket; /* 1: the first of its way, 2: a further one, which a token admits; 0: not known (way in, before CAPEX) */
	struct {
		struct addr addr;
		bool sysplex;
		char host[HOST_SIZE]; /* way out: the host that was dialled, as defined; else "" */
	} peer;
	struct {
		struct addr addr;
	} own;
	struct { /* counts the engine holds, at the moment of accept, this socket not counted */
		unsigned halfopen;          /* of this tcpipservice */
		unsigned connections;       /* of this tcpipservice */
		unsigned from_peer;         /* sockets open from this address, all tcpipservices */
		unsigned from_prefix;       /* from its /24 or /48 */
		unsigned refused_from_peer; /* refusals of this address in the last 60 s */
	} load;
	struct {
		const char *version; /* "TLSv1.3", static; NULL: no TLS */
		char cipher[48];
		char sni[256];
	} tls;
	struct certificate *certificate; /* counted; NULL: none */
	bool names_host;                 /* way out: the certificate names peer.host */
	char userid[NAME_SIZE];          /* certificate.userid: what certify answered, or the ring's map */
	bool has_capex;
	struct capex capex;
	struct { /* after install; ipconn "" before */
		char ipconn[NAME_SIZE];
		char applid[NAME_SIZE];
		char networkid[NAME_SIZE];
	} ipconn;
	const struct request *request;   /* at attach: the request, borrowed; NULL elsewhere. Its password is no fact */
	const struct users *users;       /* at attach: whose it is, borrowed */
	size_t bytes;                    /* at attach: of the request's data */
};

#endif
