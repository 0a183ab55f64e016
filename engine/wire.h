/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire: the IS header and the bodies of IPIC's flows, in our own documented layout (DESIGN 3.5; IBM's is not public,
 * IPIC.md 3.2). Somebody who holds the real one replaces this file.
 */
#ifndef SALLYPORT_WIRE_H
#define SALLYPORT_WIRE_H

#include "buf.h"
#include "facts.h"
#include "fault.h"

enum is_type { IS_CMD, IS_DATA, IS_EXPD };
enum is_name { IS_NONE, IS_CAPEX, IS_HEARTBEAT, IS_RELEASE, IS_UNKNOWN };

struct is_header {
	enum is_type type;
	enum is_name name; /* of a cmd */
};

#define WIRE_IS_CAPEX "1 cmd; name=capex"
#define WIRE_IS_HEARTBEAT "1 cmd; name=heartbeat"
#define WIRE_IS_RELEASE "1 cmd; name=release"
#define WIRE_JSON "application/json"

/* Reads "1 cmd; name=capex": version 1, a type, `;`-separated key=value (unknown keys ignored, duplicates refused). -1 with a sentence. */
int wire_is(struct is_header *h, const char *value, size_t len, struct fault *f);
/* True when a Content-Type names application/json (parameters allowed, case ignored). */
bool wire_is_json(const char *value, size_t len);

/* A CAPEX request's body, validated field by field. -1 with a sentence naming the member. networkid stays "" when blank. */
int wire_capex(struct capex *c, const void *body, size_t len, struct fault *f);
/* Writes one (the caller's side); members that were not given are left out. */
int wire_put_capex(struct buf *b, const struct capex *c);

struct capex_answer {
	char response[16];  /* OK EXCEPTION INVALID DISASTER KERNERROR PURGED */
	char reason[32];    /* "" when OK */
	char ipconn[NAME_SIZE], applid[NAME_SIZE], networkid[NAME_SIZE];
	int sendcount, receivecount, sockets; /* the region's; -1 not there */
	char token[TOKEN_SIZE];               /* "" none */
	char connection[CONNECTION_SIZE];
};
int wire_put_answer(struct buf *b, const struct capex_answer *a);
int wire_answer(struct capex_answer *a, const void *body, size_t len, struct fault *f);

/* Why a CAPEX is refused: the reason's word and the HTTP status and response class it travels with (IPIC.md 8.2, DESIGN 3.5). */
#define REASONS(X) \
	X(AUTOINSTALL_FAILED, 403, "EXCEPTION") \
	X(INVALID_PARTNER_STATE, 403, "EXCEPTION") \
	X(ISCE_ERROR, 400, "INVALID") \
	X(ISCE_INVALID_APPLID, 403, "EXCEPTION") \
	X(ISCE_TIMED_OUT, 403, "EXCEPTION") \
	X(NO_IPCONN, 403, "EXCEPTION") \
	X(ONE_WAY_IPCONN, 403, "EXCEPTION") \
	X(SECURITY_VIOLATION, 403, "EXCEPTION") \
	X(SHUTDOWN, 503, "EXCEPTION") \
	X(TCPIPSERVICE_MISMATCH, 403, "EXCEPTION") \
	X(TCPIPSERVICE_NOT_OPEN, 403, "EXCEPTION")

enum reason {
	REASON_OK,
#define X(r, status, response) REASON_##r,
	REASONS(X)
#undef X
};
const char *reason_name(enum reason r);
int reason_status(enum reason r);
const char *reason_response(enum reason r);

#endif
