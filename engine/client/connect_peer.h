/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connect_peer: a partner's side of one connection, on a loop of its own: dials, does TLS, sends CAPEX, opens the further socket it was
 * granted, sends requests (errands), answers heartbeats, releases. What came of it is data; partner prints it.
 */
#ifndef SALLYPORT_CONNECT_PEER_H
#define SALLYPORT_CONNECT_PEER_H

#include "client/connect_requests.h"
#include "policy/facts.h"
#include "tls/tls.h"
#include "policy/verdict.h"
#include "ipic/ipic.h"

#define CONNECT_PEER_SOCKETS 2

struct connect_peer_socket { /* what one of the sockets is opened with */
	struct tls_config *tls; /* borrowed; NULL: plain TCP */
	struct capex capex;     /* [1]: socket and token are filled in when the first one's answer is there, unless token is set */
};

struct connect_peer_result;

struct connect_peer_options {
	char host[HOST_SIZE]; /* a name or a numeric address */
	int port;
	struct connect_peer_socket socket[CONNECT_PEER_SOCKETS];
	bool further;      /* open the further socket when it is granted */
	double timeout;    /* from dialling to the answer, for each socket; without any word on the requests */
	struct connect_requests_options requests;
	double hold;       /* seconds to stay after the acceptance and the requests, before release */
	bool no_heartbeat; /* leaves heartbeats unanswered */
	void (*in)(const struct connect_peer_result *r); /* called when all sockets are accepted and the hold begins; may be NULL */
	int cut;           /* 1, 2: in place of release, that socket is reset; 0: release */
};

struct connect_peer_outcome { /* of one socket */
	bool dialled;
	bool accepted;
	bool refused;     /* by the partner; neither accepted nor refused: it failed, and `trouble` says why */
	enum stage stage; /* how far it came */
	int status;       /* HTTP; 0 none */
	char alert[40];   /* received; "" none */
	bool has_answer;
	struct capex_answer answer;
	char version[16], cipher[48]; /* of TLS; "" none */
	char trouble[1200];           /* in words; "" none */
};

struct connect_peer_result {
	struct connect_peer_outcome socket[CONNECT_PEER_SOCKETS];
	char host[HOST_SIZE];  /* where a 307 sent it; "" nowhere */
	int port;
	struct connect_requests_result requests;
	unsigned sockets_open; /* when all that was asked for had been answered */
	unsigned heartbeats;   /* answered */
	const char *released;  /* "partner", "region", "lost"; NULL: it was never in */
};

/* Runs to the end of the connection; out->requests.answer is the caller's to free. -1 with a sentence when there is no loop. */
int connect_peer_run(const struct connect_peer_options *o, struct connect_peer_result *out, struct fault *f);

#endif
