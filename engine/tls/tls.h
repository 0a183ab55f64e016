/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls: contexts and streams. TLS 1.2 and 1.3, AEAD suites, no resumption, no renegotiation, security level 2. The judge
 * is called once per chain, inside SSL_CTX_set_cert_verify_callback, with all errors of the chain. A stream belongs to
 * the thread that made it or took it; an assertion checks that on every call.
 */
#ifndef SALLYPORT_TLS_H
#define SALLYPORT_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/name.h"
#include "tls/certificate.h"
#include "base/fault.h"
#include "tls/ring.h"

struct cert_fault;
struct issue_leaf;
struct issuer;
struct tls_config; /* one SSL_CTX; counted; immutable */
struct tls;        /* one SSL over one descriptor */

/* The judge's decision about a certificate; each maps to one alert (engine/ipic/README.md). */
enum tls_judgement {
	TLS_REFUSE_CHAIN = 0, /* OpenSSL's alert for the first chain error */
	TLS_REFUSE_POLICY,    /* bad_certificate (42) */
	TLS_REFUSE_ERROR,     /* internal_error (80): policy_error, policy_limit, out of memory */
	TLS_ACCEPT,           /* clears the chain error in OpenSSL's state too */
	TLS_LATER,            /* after tls_let_wait: tls_verdict will have the decision */
};

/*
 * Called once, inside the handshake, when the peer has presented a chain. `c` is borrowed: take a reference to keep it.
 * c NULL: the certificate could not be described; `why` has the reason (else `why` is NULL), and the result counts as
 * TLS_REFUSE_POLICY for a certificate that is broken or above a limit, and as TLS_REFUSE_ERROR without memory. A
 * certificate that is `unfit` is refused whatever the result: its signatures are not computed. The judge must not free
 * the stream (asserted); it may call tls_version, tls_cipher and tls_sni. After tls_let_wait `c` lives until
 * tls_verdict or tls_free.
 */
typedef enum tls_judgement (*tls_judge)(void *arg, struct certificate *c, const struct cert_fault *why);

struct tls_options {
	struct ring *ring;    /* a reference is taken; NULL (client): no signers, so that only a judge can accept a server */
	const char *label;    /* certificate; "" the default */
	bool ask_certificate; /* server: ssl = "clientauth": request one and fail without it */
	bool optional_own;    /* client: may have no certificate of its own */
	bool no_own;          /* client: shows no certificate */
	const struct issuer *issuer;   /* client: shows a new certificate of this authority; NULL: that of the ring */
	const struct issue_leaf *leaf; /* of an issuer: the names and dates of that certificate */
	bool strict;          /* X509_V_FLAG_X509_STRICT: chains must follow RFC 5280 to the letter */
	const char *ciphers;  /* "" the default list; else 4-digit hex suites joined by blanks or OpenSSL names joined by ':' */
	int min_version, max_version; /* 12, 13; 0: 12 and 13 */
};

/*
 * Makes the settings of a server (way in) or client (way out). o is read during the call only. Returns a reference, or
 * NULL with a sentence.
 */
struct tls_config *tls_config_new(enum way way, const struct tls_options *o, struct fault *f);
/* Thread-safe; the last tls_config_unref frees. NULL is fine for tls_config_unref. */
struct tls_config *tls_config_ref(struct tls_config *c);
void tls_config_unref(struct tls_config *c);
/*
 * Adds warnings when the certificate that it shows (o: the options it was made with) does not fit its use by u:
 * purpose, key and suites; and when the names of the signers cannot be sent to partners.
 */
void tls_config_judge(const struct tls_config *c, enum way way, const struct tls_options *o, const struct ring_user *u, struct faults *faults);

/*
 * A stream over fd (borrowed; non-blocking). way in: server. arg is passed to judge. With judge NULL the chain alone
 * decides. NULL: no memory.
 */
struct tls *tls_new(struct tls_config *c, enum way way, int fd, tls_judge judge, void *arg);
/*
 * Client: sets the name to send as SNI, without the last dot of an absolute name (RFC 6066, 3). A numeric address or a
 * name that is too long is not sent.
 */
void tls_set_name(struct tls *t, const char *host);
/*
 * Before the handshake: the judge may answer TLS_LATER. The handshake then runs as a job of OpenSSL, with a stack of
 * its own, and stops where the chain is to be judged; the judge runs on the stack of the caller of tls_handshake.
 */
void tls_let_wait(struct tls *t);
/*
 * The decision about the chain of a stream whose handshake gave TLS_WANT_VERDICT; TLS_LATER is taken for a refusal.
 * The caller calls tls_handshake again. No effect on another stream.
 */
void tls_verdict(struct tls *t, enum tls_judgement j);
/*
 * Give a stream to another thread: tls_hand_over in the thread that has it, when its handshake has ended, then tls_take
 * in the other one. Between the two no function may be called. NULL is fine.
 */
void tls_hand_over(struct tls *t);
void tls_take(struct tls *t);
/*
 * NULL is fine; does not close fd. A handshake that waits for its verdict is refused first, as TLS_REFUSE_ERROR; any
 * other stream sends nothing.
 */
void tls_free(struct tls *t);

/*
 * Limits the jobs of the streams of the calling thread, which runs their loop, to `most`: the handshakes that wait, and
 * one more. Called once, before its first handshake. A handshake that gets no job fails. Without memory now, OpenSSL
 * makes the jobs at the first handshake, without this limit; that of the scripts that wait remains.
 */
void tls_thread_begin(size_t most);
/* Frees the jobs; the thread has no stream any more. */
void tls_thread_end(void);

enum tls_result {
	TLS_OK,
	TLS_WANT_READ,
	TLS_WANT_WRITE,
	TLS_WANT_VERDICT, /* of tls_handshake only: the judge answered TLS_LATER; nothing is read or sent before tls_verdict */
	TLS_CLOSED,
	TLS_FAILED,
};

/*
 * Each makes one step. TLS_CLOSED: close_notify, or the end of input between records (never from tls_handshake).
 * TLS_FAILED: tls_ending has the reason, and the stream is dead. One exception: after a write that found the connection
 * reset, input that arrived before can still be read; an alert in it becomes the stream's ending. After TLS_WANT_READ
 * of tls_read the stream holds no unread bytes, so the caller may wait for the descriptor; after any other result of
 * reading, call tls_pending first. The process must ignore SIGPIPE.
 */
enum tls_result tls_handshake(struct tls *t);
enum tls_result tls_read(struct tls *t, void *to, size_t size, size_t *got);
enum tls_result tls_write(struct tls *t, const void *from, size_t n, size_t *sent);
/*
 * Sends close_notify (one step; may return TLS_WANT_WRITE). Does nothing after TLS_FAILED. A handshake that waits for
 * its verdict is refused, as TLS_REFUSE_ERROR, and gives TLS_FAILED.
 */
enum tls_result tls_close_notify(struct tls *t);
/* The number of bytes that can be read although the descriptor is not readable; at least 1 when there may be some. */
size_t tls_pending(const struct tls *t);
/*
 * Frees the stream's buffers, about 17 KiB each, unless a part of a record is in them; the next call makes them again.
 * The owner calls it when it has read and written all that it can. No effect before the end of the handshake.
 */
void tls_rest(struct tls *t);

struct tls_ending { /* why a stream failed; zero while it works */
	int alert;              /* the alert's number, -1 none */
	bool alert_sent;        /* sent by this side; else received */
	char alert_name[40];    /* "bad_certificate" (RFC 8446's words), "" none */
	char reason[160];       /* OpenSSL's reason, or "connection closed by peer", "connection reset by peer" */
	char unfit[160];        /* the peer accepts nothing that the own key can do: a sentence; else "" */
	bool no_certificate;    /* clientauth: the peer presented none */
	bool plain_text;        /* the peer did not speak TLS */
	bool above_limit;       /* the presented chain was above a limit (chain_limits.h) and was not read */
	bool severed;           /* the connection is gone: no further byte or alert can follow */
};
/* Borrowed from the stream. */
const struct tls_ending *tls_ending(const struct tls *t);

/* Valid after a handshake and inside the judge: static strings, or strings of the stream. */
const char *tls_version(const struct tls *t); /* "TLSv1.3" */
const char *tls_cipher(const struct tls *t);
const char *tls_sni(const struct tls *t);     /* "" none; server side */

/* Inside the judge: whether the chain was verified for an earlier handshake, and not again. */
bool tls_chain_known(const struct tls *t);

/* SHA-256 in lower-case hex. */
void tls_digest(const void *bytes, size_t n, char out[65]);

/*
 * Makes 128 random bits from OpenSSL's generator, as base64url (22 characters); -1 when the generator fails.
 * tls_token_same compares in constant time.
 */
int tls_token(char out[TOKEN_SIZE]);
bool tls_token_same(const char *a, const char *b);

/* The version of the OpenSSL that runs, "3.0.17". A static string. */
const char *tls_library(void);

#endif
