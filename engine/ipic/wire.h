/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire: the IS header and the bodies of IPIC's flows, in our own documented layout (engine/ipic/README.md; IBM's is not public,
 * IPIC.md 3.2). Somebody who holds the real one replaces this file.
 */
#ifndef SALLYPORT_WIRE_H
#define SALLYPORT_WIRE_H

#include <stdint.h>

#include "base/buf.h"
#include "ipic/capex.h"
#include "base/fault.h"

struct json_t;

enum is_type { IS_CMD, IS_DATA, IS_EXPD };
enum is_name { IS_NONE, IS_CAPEX, IS_HEARTBEAT, IS_RELEASE, IS_RESYNC, IS_PURGE, IS_FORCEPURGE, IS_CANCEL, IS_FORCECANCEL, IS_KILL, IS_UNKNOWN };

struct is_header {
	enum is_type type;
	enum is_name name; /* of a cmd or an expd */
	/* of data and expd; engine/ipic/README.md */
	uint32_t conv, prev; /* 0: not there */
	int msg, chain;      /* 0: not there */
	bool last, open, pacing;
	int ccsid;           /* 0: not there */
	size_t head;         /* bytes of the JSON head in front of the data; 0: none */
	unsigned is7;        /* sense; 0 none */
};

#define IS_MESSAGE_MAX 999999 /* a conversation's messages are numbered 1 to this, then 1 again */
#define IS_CHAIN_MAX 999999 /* elements of a message: an element may be empty, so their number needs a bound of its own */
#define IS_HEAD_MAX 4096
#define IS_SIZE 160         /* what wire_put_is needs at most, its NUL counted */

#define WIRE_IS_CAPEX "1 cmd; name=capex"
#define WIRE_IS_HEARTBEAT "1 cmd; name=heartbeat"
#define WIRE_IS_RELEASE "1 cmd; name=release"
#define WIRE_IS_RESYNC "1 cmd; name=resync"
#define WIRE_JSON "application/json"

/*
 * Reads "1 cmd; name=capex": version 1, a type, `;`-separated key=value (unknown keys ignored, duplicates refused). -1 with a sentence: what is no
 * IS header, a key of its type whose value is not of its form or range, or one its type needs that is missing. data needs conv msg chain last state,
 * a pacing message only conv msg chain; expd conv state=end name. Keys of other types count as unknown ones. name is IS_UNKNOWN when it is
 * no command of its type.
 */
int wire_is(struct is_header *h, const char *value, size_t len, struct fault *f);
/* Writes one, NUL-terminated: the keys its type has, those that are 0 or false left out. Its length; -1: size is too small. */
int wire_put_is(char *out, size_t size, const struct is_header *h);
#define CONV_TEXT 9
/* A conversation's id as the wire has it, "0000001f". Returns out. */
const char *conv_print(uint32_t conv, char out[CONV_TEXT]);
/* "purge" for IS_PURGE; "" for IS_NONE and IS_UNKNOWN. Static. */
const char *wire_command(enum is_name name);
/* True when a Content-Type names application/json (parameters allowed, case ignored). */
bool wire_is_json(const char *value, size_t len);

/* A CAPEX request's body, validated field by field. -1 with a sentence naming the member. networkid stays "" when blank. */
int wire_capex(struct capex *c, const void *body, size_t len, struct fault *f);
/* Appends one (the caller's side); members that were not given are left out. */
int wire_put_capex(struct buf *b, const struct capex *c);

struct capex_answer {
	char response[RESPONSE_SIZE]; /* OK EXCEPTION INVALID DISASTER KERNERROR PURGED */
	char reason[REASON_SIZE];     /* "" when OK */
	char ipconn[NAME_SIZE], applid[NAME_SIZE], networkid[NAME_SIZE];
	int sendcount, receivecount, sockets; /* the region's; -1 not there */
	char token[TOKEN_SIZE];               /* "" none */
	char connection[CONNECTION_SIZE];
	char userauth[16];                    /* the region's rule for requests' users ("IDENTIFY"); "" not said */
	char host[HOST_SIZE];                 /* 307: dial this instead (IPIC.md 10) */
	int port;                             /* 307; 0 not there */
};
/* Appends one; "" members and counts below 0 are left out. */
int wire_put_answer(struct buf *b, const struct capex_answer *a);
/* The same members into an object of somebody's. */
int wire_set_answer(struct json_t *o, const struct capex_answer *a);
/* Reads one. -1 with a sentence naming the member. */
int wire_answer(struct capex_answer *a, const void *body, size_t len, struct fault *f);

/* Why a CAPEX is refused: the reason's word and the HTTP status and response class it travels with (IPIC.md 8.2). */
#define REASONS(X) \
	X(AUTOINSTALL_FAILED, 403, "EXCEPTION") \
	X(CAPEX_RACE, 403, "EXCEPTION") \
	X(HA_RESOURCE_MISMATCH, 403, "EXCEPTION") \
	X(INVALID_HA_TCPIPSERVICE, 403, "EXCEPTION") \
	X(INVALID_PARTNER_STATE, 403, "EXCEPTION") \
	X(ISCE_BAD_RECOV, 403, "EXCEPTION") \
	X(ISCE_ERROR, 400, "INVALID") \
	X(ISCE_INVALID_APPLID, 403, "EXCEPTION") \
	X(ISCE_TIMED_OUT, 403, "EXCEPTION") \
	X(NO_IPCONN, 403, "EXCEPTION") \
	X(ONE_WAY_IPCONN, 403, "EXCEPTION") \
	X(SECURITY_VIOLATION, 403, "EXCEPTION") \
	X(SESSION_OPEN_FAILED, 403, "EXCEPTION") \
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
