/* SPDX-License-Identifier: Apache-2.0 */
/* tls_internal: what tls.c, tls_config.c, tls_callbacks.c and tls_wait.c share. */
#ifndef SALLYPORT_TLS_INTERNAL_H
#define SALLYPORT_TLS_INTERNAL_H

#include <openssl/ssl.h>

#include "base/owner.h"
#include "tls/cert.h"
#include "tls/tls.h"

#define TLS_LEVEL 2       /* OpenSSL's security level: 112 bits */
#define TLS_CHAIN_DEPTH 4 /* intermediates at most */

struct tls_config {
	_Atomic unsigned refs;
	SSL_CTX *ctx;      /* owned */
	struct ring *ring; /* counted */
};

struct tls_trouble { /* only a stream that fails has one, to save memory */
	struct tls_ending ending;
	struct cert_fault presented; /* the fault of the peer's Certificate message; text "": no fault */
};

struct tls {
	SSL *ssl;                  /* owned; its app data is this struct */
	struct tls_config *config; /* counted */
	struct owner thread;       /* only this thread may use the stream */
	tls_judge judge;
	void *arg;
	struct tls_trouble *trouble; /* owned; NULL: there is none yet */
	int alert;       /* the first alert that ended the stream or the handshake, -1 none */
	bool alert_sent; /* sent by this side; else received */
	bool asked;      /* the judge was asked */
	bool asking;     /* the judge runs now */
	bool waits;      /* tls_let_wait was called */
	bool known;      /* the result of an earlier verification of the chain was found (chain_cache.h) */
	struct certificate *chain;    /* borrowed from the paused job: the chain that the judge is asked about; NULL: not described */
	const struct cert_fault *why; /* the same: why chain is NULL */
	enum tls_judgement verdict;   /* for the paused job; TLS_LATER: no verdict yet */
	bool dead;
	bool mute; /* a write found the connection gone; bytes that arrived before can still be read */
};

/* The trouble of a stream, made at the first call. NULL: no memory, and the stream fails without a reason. */
struct tls_trouble *tls_trouble(struct tls *t);

/* Sets OpenSSL's callbacks for all streams of ctx. They find their stream through the app data of the SSL. */
void tls_callbacks_set(SSL_CTX *ctx);

/*
 * Asks the judge, which may answer TLS_LATER on a stream that waits, and changes its answer for a chain that no answer
 * can accept. tls_callbacks_judged does the second alone.
 */
enum tls_judgement tls_callbacks_ask(struct tls *t, struct certificate *c, const struct cert_fault *why);
enum tls_judgement tls_callbacks_judged(enum tls_judgement j, const struct certificate *c, const struct cert_fault *why);

/* In the job, inside OpenSSL's callback: pauses until there is a verdict, and returns it. */
enum tls_judgement tls_wait_pause(struct tls *t, struct certificate *c, const struct cert_fault *why);
/* Whether the job of the stream is paused. */
bool tls_wait_paused(const struct tls *t);
/* The job has paused: asks the judge. True: there is a verdict, and the handshake can go on. */
bool tls_wait_ask(struct tls *t);
/* Refuses a handshake whose job is paused, since a paused job must end before its stream is freed. */
void tls_wait_break(struct tls *t);

#endif
