/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts: what is known of a peer so far. Plain data, zeroed at birth, only ever added to; a copy of the struct is a copy
 * of the facts (the certificate is counted and immutable). policies/README.md has these facts in Lua's words.
 */
#ifndef SALLYPORT_FACTS_H
#define SALLYPORT_FACTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "ipic/request.h"
#include "policy/verdict.h"

#define CONNECTION_SIZE 24
#define TOKEN_SIZE 23 /* 128 bits in base64url, and a NUL */
#define LOGNAME_SIZE 17 /* of a region's recovery log: 16 hex digits, and a NUL */
#define INDOUBT_MAX 999999 /* conversations in doubt that resync can tell of */
#define RESPONSE_SIZE 16 /* of an answer: its class, "EXCEPTION" */
#define REASON_SIZE 32 /* its reason, "AUTOINSTALL_FAILED" */

enum way { WAY_IN, WAY_OUT };
enum stage { STAGE_TCP, STAGE_TLS, STAGE_CAPEX, STAGE_REQUEST };

struct text { /* bytes that may hold NUL: what a certificate really says */
	char *bytes; /* owned, with a NUL behind the last byte that len does not count */
	size_t len;
};

struct texts {
	struct text *item; /* owned */
	size_t n;
};

struct rdn { /* one attribute of a distinguished name, in the certificate's order */
	char type[64]; /* "CN", "O", or the dotted OID; no two types are the same in another case */
	struct text value;
	bool shared; /* its part of the name holds others too: OU=Pay+CN=fred */
};

struct dn {
	struct rdn *item; /* owned */
	size_t n;
	char *printed; /* owned; RFC 2253 form, escaped */
};

void dn_free(struct dn *d); /* what it holds; empty then */

struct chain_error {
	int code;         /* OpenSSL's X509_V_ERR_ number, as `openssl verify` prints it */
	int depth;
	const char *text; /* static, OpenSSL's words */
};

#define CHAIN_ERRORS 24 /* the last says when there are more */
#define CHAIN_LINKS 10

struct chain_link { /* a certificate of the chain */
	struct dn subject, issuer;
	char sha256[65]; /* of the DER, lower-case hex */
};

struct certificate { /* a leaf as it was presented, and how its chain fared; made by cert.c */
	_Atomic unsigned refs;
	struct dn subject, issuer;
	struct texts dns, uri, ip, email; /* SAN by kind; ip in printed form */
	char *serial;                     /* owned; upper-case hex */
	char sha256[65];                  /* of the DER, lower-case hex */
	int64_t not_before, not_after;    /* seconds since 1970 */
	struct {
		bool ok;       /* complete, and without an error */
		bool complete; /* verified to its end; else it was given up at error[0..n-1]'s first that ends a walk (walk.h) */
		bool anchored; /* every signature verified, up to a signer of the ring: the last link */
		struct chain_error error[CHAIN_ERRORS]; /* in the order OpenSSL found them; [0] decides the alert */
		size_t n;
		struct chain_link *link; /* owned; the leaf first; without the anchor when a signature did not verify */
		size_t links;
	} chain;
	bool unfit; /* its key is one that nothing is computed with (presented.h): no script can accept it */
};

/* NULL is fine for both; the last unref frees. Thread-safe. */
struct certificate *certificate_ref(struct certificate *c);
void certificate_unref(struct certificate *c);

/*
 * Does the certificate name the host that was dialled (RFC 6125)? A numeric host: an iPAddress of its SAN. A name: a dNSName of its SAN, compared without
 * regard to case; "*" may stand for the whole left-most label, with at least two labels behind it. The subject is not looked at, and bytes that
 * hold a NUL name nobody.
 */
bool certificate_names(const struct certificate *c, const char *host);

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
	char callback[TOKEN_SIZE];  /* two-way: what the call-back must answer with; "" none */
	char answering[TOKEN_SIZE]; /* this is the call-back to the CAPEX that carried it; "" a first one */
	bool ha;                    /* the caller's IPCONN is HA(YES) (IPIC.md 10) */
};

struct facts {
	enum way way;
	enum stage stage;
	double now; /* seconds since 1970, when the door is asked */
	char connection[CONNECTION_SIZE];
	uint64_t generation;
	char tcpipservice[NAME_SIZE];
	bool recheck;
	int socket; /* 1: the first of its way, 2: a further one, which a token admits; 0: not known (way in, before CAPEX) */
	struct {
		struct addr addr;
		bool sysplex;
		char host[HOST_SIZE]; /* way out: the host that was dialled, as defined; else "" */
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
	bool names_host;                 /* way out: the certificate names peer.host */
	char userid[NAME_SIZE];          /* certificate.userid: what certify answered, or the ring's map */
	bool has_capex;
	struct capex capex;
	struct { /* after install; ipconn "" before */
		char ipconn[NAME_SIZE];
		char applid[NAME_SIZE];
		char networkid[NAME_SIZE];
	} ipconn;
	const struct request *request;   /* at attach: the request, borrowed; NULL elsewhere. Its password is no fact */
	const struct users *users;       /* at attach: whose it is, borrowed */
	size_t bytes;                    /* at attach: of the request's data */
};

const char *stage_name(enum stage s); /* "tcp" "tls" "capex" "request" */

#endif
