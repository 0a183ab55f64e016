/* SPDX-License-Identifier: Apache-2.0 */
/*
 * caller: a partner's side of one connection, on a loop of its own: dials, does TLS, sends CAPEX, opens the further socket it was
 * granted, sends requests (errands), answers heartbeats, releases. What came of it is data; partner prints it.
 */
#ifndef SALLYPORT_CALLER_H
#define SALLYPORT_CALLER_H

#include "client/errands.h"
#include "policy/facts.h"
#include "tls/tls.h"
#include "policy/verdict.h"
#include "ipic/wire.h"

#define CALLER_SOCKETS 2

struct caller_socket { /* what one of the sockets is opened with */
	struct tls_config *tls; /* borrowed; NULL: plain TCP */
	struct capex capex;     /* [1]: socket and token are filled in when the first one's answer is there, unless token is set */
};

struct caller_result;

struct caller_options {
	char host[HOST_SIZE]; /* a name or a numeric address */
	int port;
	struct caller_socket socket[CALLER_SOCKETS];
	bool further;      /* open the further socket when it is granted */
	double timeout;    /* from dialling to the answer, for each socket; without any word on the requests */
	struct errand_options errands;
	double hold;       /* seconds to stay after the acceptance and the requests, before release */
	bool no_heartbeat; /* leaves heartbeats unanswered */
	void (*in)(const struct caller_result *r); /* called when all sockets are accepted and the hold begins; may be NULL */
	int cut;           /* 1, 2: in place of release, that socket is reset; 0: release */
};

struct caller_outcome { /* of one socket */
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

struct caller_result {
	struct caller_outcome socket[CALLER_SOCKETS];
	char host[HOST_SIZE];  /* where a 307 sent it; "" nowhere */
	int port;
	struct errand_result errands;
	unsigned sockets_open; /* when all that was asked for had been answered */
	unsigned heartbeats;   /* answered */
	const char *released;  /* "partner", "region", "lost"; NULL: it was never in */
};

/* Runs to the end of the connection; out->errands.answer is the caller's to free. -1 with a sentence when there is no loop. */
int caller_run(const struct caller_options *o, struct caller_result *out, struct fault *f);

#endif
