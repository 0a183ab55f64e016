/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connect_peer: the partner's side of one connection, on a loop of its own: dials, does TLS, sends CAPEX, opens the
 * further socket that it was granted, sends requests, answers heartbeats, releases. Prints nothing.
 */
#ifndef SALLYPORT_CONNECT_PEER_H
#define SALLYPORT_CONNECT_PEER_H

#include "client/connect_requests.h"
#include "policy/facts.h"
#include "tls/tls.h"
#include "policy/verdict.h"
#include "ipic/ipic.h"

#define CONNECT_PEER_SOCKETS 2

struct connect_peer_socket { /* the options of one socket */
	struct tls_config *tls; /* borrowed; NULL: plain TCP */
	struct capex capex;     /* of the further socket: without a token it gets that of the first socket's answer */
};

struct connect_peer_result;

struct connect_peer_options {
	char host[HOST_SIZE]; /* a name or a numeric address */
	int port;
	struct connect_peer_socket socket[CONNECT_PEER_SOCKETS];
	bool further;      /* open the further socket when it is granted */
	double timeout;    /* seconds: from dialling to the answer, for each socket; of silence during requests */
	struct connect_requests_options requests;
	double hold;       /* seconds between the end of the requests and the release */
	bool no_heartbeat; /* does not answer heartbeats */
	void (*in)(const struct connect_peer_result *r); /* called when the hold begins; may be NULL */
	int cut;           /* 1, 2: resets that socket instead of a release; 0: release */
};

struct connect_peer_outcome { /* the outcome of one socket */
	bool dialled;
	bool accepted;
	bool refused;     /* by the region; neither accepted nor refused: it failed, for the reason in `trouble` */
	enum stage stage; /* the last stage */
	int status;       /* the status of the answer; 0: no answer */
	char alert[40];   /* the TLS alert that came; "": none */
	bool has_answer;
	struct capex_answer answer;
	char version[16], cipher[48]; /* of TLS; "": no TLS */
	char trouble[1200];           /* the reason in words; "": none */
};

struct connect_peer_result {
	struct connect_peer_outcome socket[CONNECT_PEER_SOCKETS];
	char host[HOST_SIZE];  /* the target of the redirection; "": none */
	int port;              /* 0: no redirection */
	struct connect_requests_result requests;
	unsigned sockets_open; /* the accepted sockets */
	unsigned heartbeats;   /* heartbeats that were answered */
	const char *released;  /* the side that ended it: "partner", "region", "lost"; NULL: not accepted */
};

/*
 * Runs to the end of the connection; blocks. o is borrowed. The caller frees out->requests.answer. 0 also when the
 * connection failed: `out` has the outcome. -1 with a sentence: there is no loop.
 */
int connect_peer_run(const struct connect_peer_options *o, struct connect_peer_result *out, struct fault *f);

#endif
