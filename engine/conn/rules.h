/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules: the rules of the engine itself about a connection, as values. A rule has no effect: it reads the connection,
 * its generation and the registry. The steps of a connection apply the rules and act on them (log line, answer, probe,
 * deletion); a trial (trial.h) applies the same rules and only reports. Each rule returns true when it refuses, and
 * fills *r then.
 */
#ifndef SALLYPORT_RULES_H
#define SALLYPORT_RULES_H

#include "conn/ipconn.h"

struct cert_fault;

#define RULES_TLS_RECORD 0x16 /* the first byte of a TLS handshake record */

struct ruling {
	const char *code;      /* the verdict code; static */
	enum reason reason;    /* that the partner is told in the answer to its CAPEX; REASON_OK: it gets no answer */
	char text[TEXT_SIZE];  /* for operators */
	struct ipconn *holder; /* pair_taken: the ipconn that has the pair, borrowed; else NULL */
};

/* The session counts that both sides agree on before a CAPEX is accepted. */
struct terms {
	int sendcount, receivecount, sockets;
	char token[TOKEN_SIZE]; /* for the partner's further socket; made by match.c */
};

/* maxsockets of the region. others: the open sockets besides c. */
bool rules_sockets(const struct conn *c, unsigned others, struct ruling *r);
/*
 * halfopen of the tcpipservice (facts.load.halfopen) and halfopen_peer. around: the other half-open sockets from the
 * neighbourhood of the peer. Inbound sockets only.
 */
bool rules_halfopen(const struct conn *c, unsigned around, struct ruling *r);
/* Plain text on a listener with TLS, or TLS on one without. first: the first byte that the peer sends. */
bool rules_first_byte(const struct conn *c, unsigned char first, struct ruling *r);
/* A certificate whose key the region does not compute with, which no script can accept. */
bool rules_certificate(const struct certificate *cert, struct ruling *r);
/* The ruling for a certificate that cannot be described (tls/cert.h). Always refuses. */
bool rules_undescribed(const struct cert_fault *why, struct ruling *r);
/* A CAPEX that has been read: the drain of the region, a closed listener, names of another region (IPIC.md 2.1). */
bool rules_capex(const struct conn *c, struct ruling *r);
/*
 * High availability (IPIC.md 10). False: *to is the specific entrance of this region, to which the partner is
 * redirected unless another region takes it (cluster.h). With *to NULL c stays at this listener, or only another
 * region can take it.
 */
bool rules_ha(const struct conn *c, const struct entrance **to, struct ruling *r);
/* The partner of a generic listener is sent to the specific listener of this region, which must be open. */
bool rules_specific(const struct conn *c, struct ruling *r);
/* The CAPEX matches the installed ipconn i: its state, its listener, and a race of both sides (IPIC.md 2.5). */
bool rules_match(const struct conn *c, struct ipconn *i, struct ruling *r);
/* True when both sides are acquiring and neither CAPEX has been answered (IPIC.md 2.5). No refusal. */
bool rules_race(const struct ipconn *i);
/* The trust rule of userauth IDENTIFY (IPIC.md 7.4). */
bool rules_trust(const struct conn *c, const struct ipconn_def *def, struct ruling *r);
/* A further socket with the token of ipconn i; NULL: no ipconn has the token (engine/ipic/README.md). */
bool rules_join(const struct conn *c, const struct ipconn *i, struct ruling *r);
/* Agrees the lesser session count in each direction into *t (IPIC.md 2.4). Refuses when no session is left. */
bool rules_terms(const struct ipconn_def *def, const struct capex *x, struct terms *t, struct ruling *r);
/*
 * Outbound: the ipconn has TLS or a door script that the generation's outbound service lacks, because the definition
 * has gone or changed since the ipconn was copied or acquired.
 */
bool rules_guard(const struct conn *c, const struct ipconn_def *def, struct ruling *r);
/*
 * The URM's answer v makes the definition d from template (NULL: none): the rules of the communication area (IPIC.md
 * 6.2, 6.3).
 */
bool rules_install(const struct conn *c, const struct verdict *v, const struct ipconn_def *d, const struct ipconn *template, struct ruling *r);
/* The result of a claim of name and pair (registry.h) for d. Refuses unless the claim is CLAIM_OK. */
bool rules_claim(const struct conn *c, enum claim claim, const struct ipconn_def *d, struct ruling *r);

#endif
