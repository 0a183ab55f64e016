/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts: what is known of a peer so far. Plain data, zeroed at birth, only ever added to; a copy of the struct is a copy
 * of the facts (the certificate is counted and immutable). README's table of facts is this file in Lua's words.
 */
#ifndef SALLYPORT_FACTS_H
#define SALLYPORT_FACTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "verdict.h"

#define CONNECTION_SIZE 24
#define TOKEN_SIZE 23 /* 128 bits in base64url, and a NUL */

enum way { WAY_IN, WAY_OUT };
enum stage { STAGE_TCP, STAGE_TLS, STAGE_CAPEX };

struct text { /* bytes that may hold NUL: what a certificate really says */
	char *bytes; /* owned, with a NUL behind the last byte that len does not count */
	size_t len;
};

struct texts {
	struct text *item; /* owned */
	size_t n;
};

struct rdn { /* one attribute of a distinguished name, in the certificate's order */
	char type[64]; /* "CN", "O", or the dotted OID */
	struct text value;
};

struct dn {
	struct rdn *item; /* owned */
	size_t n;
	char *printed; /* owned; RFC 2253 form, escaped */
};

struct chain_error {
	int code;         /* OpenSSL's X509_V_ERR_ number, as `openssl verify` prints it */
	int depth;
	const char *text; /* static, OpenSSL's words */
};

#define CHAIN_ERRORS 8

struct certificate { /* a leaf as it was presented, and how its chain fared; made by cert.c */
	_Atomic unsigned refs;
	struct dn subject, issuer;
	struct texts dns, uri, ip, email; /* SAN by kind; ip in printed form */
	char *serial;                     /* owned; upper-case hex */
	char sha256[65];                  /* of the DER, lower-case hex */
	int64_t not_before, not_after;    /* seconds since 1970 */
	struct {
		bool ok;
		struct chain_error error[CHAIN_ERRORS]; /* in the order OpenSSL found them; [0] decides the alert */
		size_t n;
	} chain;
};

/* NULL is fine for both; the last unref frees. Thread-safe. */
struct certificate *certificate_ref(struct certificate *c);
void certificate_unref(struct certificate *c);

struct capex { /* the capability exchange as the caller sent it (IPIC.md 2.1), names without trailing blanks */
	char applid[NAME_SIZE];           /* "" is the blank APPLID */
	char networkid[NAME_SIZE];        /* blank was replaced by the region's own before any door is asked */
	char suggested_applid[NAME_SIZE]; /* only when applid is blank */
	char server_applid[NAME_SIZE];    /* "" not given */
	char server_networkid[NAME_SIZE];
	char host[HOST_SIZE];
	int port;         /* -1: no call-back */
	int sendcount;    /* the caller's: what ISAIC_RECEIVECOUNT holds */
	int receivecount; /* the caller's */
	int sockets;      /* 1 or 2 */
	int socket;       /* 1; 2 is a further socket with a token */
	char token[TOKEN_SIZE];
};

struct facts {
	enum way way;
	enum stage stage;
	double now; /* seconds since 1970, when the door is asked */
	char connection[CONNECTION_SIZE];
	uint64_t generation;
	char tcpipservice[NAME_SIZE];
	bool recheck;
	struct {
		struct addr addr;
		bool sysplex;
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
	char userid[NAME_SIZE];          /* certificate.userid: what certify answered, or the ring's map */
	bool has_capex;
	struct capex capex;
	struct { /* after install; ipconn "" before */
		char ipconn[NAME_SIZE];
		char applid[NAME_SIZE];
		char networkid[NAME_SIZE];
	} ipconn;
};

const char *stage_name(enum stage s); /* "tcp" "tls" "capex" */

#endif
