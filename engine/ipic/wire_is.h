/* SPDX-License-Identifier: Apache-2.0 */
/* wire_is: the IS header: what a message is, and where an element stands in its conversation (engine/ipic/README.md). */
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

/*
 * Reads "1 cmd; name=capex": version 1, a type, `;`-separated key=value (unknown keys ignored, duplicates refused). -1 with a sentence: what is no
 * IS header, a key of its type whose value is not of its form or range, or one its type needs that is missing. data needs conv msg chain last state,
 * a pacing message only conv msg chain; expd conv state=end name. Keys of other types count as unknown ones. name is IS_UNKNOWN when it is
 * no command of its type.
 */
int wire_is(struct is_header *h, const char *value, size_t len, struct fault *f);
/* Writes one, NUL-terminated: the keys its type has, those that are 0 or false left out. Its length; -1: size is too small. */
int wire_put_is(char *out, size_t size, const struct is_header *h);
/* "purge" for IS_PURGE; "" for IS_NONE and IS_UNKNOWN. Static. */
const char *wire_command(enum is_name name);

/* The Content-Type of JSON. */
#define WIRE_JSON "application/json"
/* True when a Content-Type names application/json (parameters allowed, case ignored). */
bool wire_is_json(const char *value, size_t len);

#endif
