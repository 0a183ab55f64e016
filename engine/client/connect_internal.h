/* SPDX-License-Identifier: Apache-2.0 */
/* connect_internal: the state of a partner, which connect_peer.c and connect_requests.c share. */
#ifndef SALLYPORT_CONNECT_INTERNAL_H
#define SALLYPORT_CONNECT_INTERNAL_H

#include "client/connect_peer.h"
#include "ipic/ipic.h"
#include "net/io.h"
#include "net/timer.h"

struct connect_peer;

struct connect_link { /* one socket */
	struct connect_peer *peer;
	unsigned n; /* its index */
	struct connect_peer_outcome *outcome;
	struct io io;
	struct ipic_reader reader;
	bool open;     /* io is open */
	bool connected; /* TCP stands */
	bool shaken;   /* the TLS handshake has ended on our side */
	bool heard;    /* a byte of the answer has come */
	bool accepted;
	bool asked;    /* the region has sent a release on this socket */
};

struct connect_peer {
	const struct connect_peer_options *o;
	struct connect_peer_result *result;
	char host[HOST_SIZE]; /* the target: of the options, or of the redirection */
	int port;
	struct ev_loop *loop;
	struct connect_link link[CONNECT_PEER_SOCKETS];
	struct connect_requests *requests; /* owned; under way or over; NULL: none */
	struct timer timer; /* the limit of the phase: answer, requests, hold, release */
	struct timer end;   /* tells the owner that it is over */
	bool releasing; /* one side has sent a release */
	bool was_cut;   /* a socket was reset (--cut) */
	bool finished;  /* the open sockets are being closed */
};

/*
 * Begins the hold, which the release (or --cut) follows. Called when all sockets are accepted and all requests have
 * ended.
 */
void connect_peer_stay(struct connect_peer *c);

#endif
