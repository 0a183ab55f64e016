/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connect_peer: the partner's side of one connection on a loop: dials, does TLS, sends CAPEX, opens the further socket
 * that it was granted, sends requests, answers heartbeats, releases. Prints nothing. A loop can have many of them.
 */
#ifndef SALLYPORT_CONNECT_PEER_H
#define SALLYPORT_CONNECT_PEER_H

#include "client/connect_requests.h"
#include "policy/facts.h"
#include "tls/tls.h"
#include "policy/verdict.h"
#include "ipic/ipic.h"

#define CONNECT_PEER_SOCKETS 2

struct addr;
struct connect_peer;
struct ev_loop;

/* The bytes that a partner sends: all of them, or those of a partner that breaks rules. */
enum connect_peer_capex {
	CONNECT_PEER_WHOLE,
	CONNECT_PEER_BAD,    /* a CAPEX whose body is no JSON */
	CONNECT_PEER_HALF,   /* the first half of a CAPEX */
	CONNECT_PEER_SILENT, /* no byte, also no TLS */
};

struct connect_peer_socket { /* the options of one socket */
	struct tls_config *tls; /* borrowed; NULL: plain TCP */
	struct capex capex;     /* of the further socket: without a token it gets that of the first socket's answer */
};

struct connect_peer_options {
	char host[HOST_SIZE]; /* a name or a numeric address */
	int port;
	const struct addr *at; /* borrowed: its address, dialled without a wait; NULL: looks host up, waits */
	struct connect_peer_socket socket[CONNECT_PEER_SOCKETS];
	bool further;      /* open the further socket when it is granted */
	double timeout;    /* seconds: from dialling to the answer, for each socket; of silence during requests */
	struct connect_requests_options requests;
	double hold;       /* seconds between the end of the requests and the release */
	bool no_heartbeat; /* does not answer heartbeats */
	int cut;           /* 1, 2: resets that socket instead of a release; 0: release */
	enum connect_peer_capex form;
	bool any_region;   /* takes each certificate of the region: for a test of the region, not of the partner */
	/* Called with arg: */
	void (*told)(void *arg); /* the outcome of the first socket is known; may be NULL */
	void (*asked)(void *arg, double seconds, bool answered); /* a request has ended, after so long; may be NULL */
	void (*in)(void *arg);   /* the hold begins; may be NULL */
	void (*over)(void *arg); /* the end, in a turn of the loop; connect_peer_free is allowed */
	void *arg;
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
 * Begins; the loop goes on with it until o->over is called, never inside this call. loop, o and out are borrowed until
 * connect_peer_free. The caller frees out->requests.answer. A connection that failed ends too: `out` has the outcome.
 * Without o->at the call blocks while it dials. NULL: no memory.
 */
struct connect_peer *connect_peer_begin(const struct connect_peer_options *o, struct ev_loop *loop, struct connect_peer_result *out);
/*
 * Ends early: an accepted partner releases, another one fails as "interrupted". A second call does not wait for the
 * release.
 */
void connect_peer_stop(struct connect_peer *c);
/* After o->over. NULL is fine. */
void connect_peer_free(struct connect_peer *c);

#endif
