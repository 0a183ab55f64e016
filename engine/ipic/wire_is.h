/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire_is: the IS header: the type of a message, and the place of an element in its conversation
 * (engine/ipic/README.md).
 */
#ifndef SALLYPORT_WIRE_IS_H
#define SALLYPORT_WIRE_IS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

enum is_type { IS_CMD, IS_DATA, IS_EXPD };
enum is_name { IS_NONE, IS_CAPEX, IS_HEARTBEAT, IS_RELEASE, IS_RESYNC, IS_PURGE, IS_FORCEPURGE, IS_CANCEL, IS_FORCECANCEL, IS_KILL, IS_UNKNOWN };

struct is_header {
	enum is_type type;
	enum is_name name; /* of a cmd or an expd */
	/* of data and expd; engine/ipic/README.md */
	uint32_t conv, prev; /* 0: absent */
	int msg, chain;      /* 0: absent */
	bool last, open, pacing;
	int ccsid;           /* 0: absent */
	size_t head;         /* bytes of the JSON head in front of the data; 0: none */
	unsigned is7;        /* sense; 0 none */
};

#define IS_MESSAGE_MAX 999999 /* a conversation's messages are numbered 1 to this, then 1 again */
#define IS_CHAIN_MAX 999999 /* elements of a message; an element may be empty, so their number has a limit */
#define IS_HEAD_MAX 4096
#define IS_SIZE 160         /* the longest text of wire_put_is, with its NUL */

/*
 * Reads "1 cmd; name=capex": version 1, a type, key=value separated by `;`. Unknown keys are ignored, duplicate keys
 * refused. -1 with a sentence: the text is no IS header, the value of a key has a wrong form or range, or a key that
 * the type needs is missing. data needs conv, msg, chain, last and state; a pacing message needs conv, msg and chain;
 * expd needs conv, state=end and name. Keys of other types count as unknown. name is IS_UNKNOWN when the type has no
 * such command.
 */
int wire_is(struct is_header *h, const char *value, size_t len, struct fault *f);
/*
 * Writes an IS header with a NUL: the keys of its type without those that are 0 or false. Returns its length; -1: size
 * is too small.
 */
int wire_put_is(char *out, size_t size, const struct is_header *h);
/* The name of a command: "purge" for IS_PURGE; "" for IS_NONE and IS_UNKNOWN. Static. */
const char *wire_command(enum is_name name);

/* The Content-Type of JSON. */
#define WIRE_JSON "application/json"
/* True when a Content-Type names application/json (parameters allowed, case ignored). */
bool wire_is_json(const char *value, size_t len);

#endif
