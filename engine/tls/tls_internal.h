/* SPDX-License-Identifier: Apache-2.0 */
/* tls_internal: what tls.c, tls_config.c and tls_callbacks.c share. */
#ifndef SALLYPORT_TLS_INTERNAL_H
#define SALLYPORT_TLS_INTERNAL_H

#include <openssl/ssl.h>
#include <pthread.h>

#include "tls/cert.h"
#include "tls/tls.h"

#define TLS_LEVEL 2       /* OpenSSL's security level: 112 bits */
#define TLS_CHAIN_DEPTH 4 /* intermediates at most */

struct tls_config {
	_Atomic unsigned refs;
	SSL_CTX *ctx;      /* owned */
	struct ring *ring; /* counted */
};

struct tls {
	SSL *ssl;                  /* owned; its app data is this struct */
	struct tls_config *config; /* counted */
	pthread_t thread;          /* the thread that made the stream; only this thread may use it */
	tls_judge judge;
	void *arg;
	struct tls_ending ending;
	int alert;       /* the first alert that ended the stream or the handshake, -1 none */
	bool alert_sent; /* sent by this side; else received */
	bool asked;      /* the judge was asked */
	bool asking;     /* the judge runs now */
	bool dead;
	struct cert_fault presented; /* the fault of the peer's Certificate message; text "": no fault */
	bool mute; /* a write found the connection gone; bytes that arrived before can still be read */
};

/* Sets OpenSSL's callbacks for all streams of ctx. They find their stream through the app data of the SSL. */
void tls_callbacks_set(SSL_CTX *ctx);

#endif
