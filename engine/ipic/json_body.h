/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_body: JSON bodies, from bytes to members and back, for wire and wire_data. Each sentence names the member and
 * repeats no string of the peer, because a body may hold a token or a password.
 */
#ifndef SALLYPORT_JSON_BODY_H
#define SALLYPORT_JSON_BODY_H

#include <jansson.h>

#include "base/buf.h"
#include "ipic/capex.h"
#include "base/fault.h"

struct json_body_text { /* borrowed from the object */
	const char *p;
	size_t len;
};

/*
 * Sets jansson's allocator for the process: memory is wiped before it is freed. To be called once, before the first
 * thread.
 */
void json_body_keep_secrets(void);

/*
 * json_loadb without duplicate members, safe without memory. All JSON of other programs is read by this function. The
 * object is owned by the caller. NULL with the text in e, "no memory" among them.
 */
json_t *json_body_load(const void *bytes, size_t len, json_error_t *e);

/*
 * Reads one JSON object without duplicate members, NULs or deep nesting. Owned by the caller (json_decref). NULL with a
 * sentence.
 */
json_t *json_body_read(const void *body, size_t len, struct fault *f);

/* Removes the trailing blanks. */
void json_body_trim(struct json_body_text *t);
/* Copies a name, or "" when the text is empty. -1 with a sentence that names the member: the text is no name. */
int json_body_name(const char *member, struct json_body_text t, char out[NAME_SIZE], struct fault *f);

/* Each reads one member. -1 with a sentence. Trailing blanks of a text are removed; absent and null are "". */
int json_body_get_text(const json_t *o, const char *member, struct json_body_text *t, struct fault *f);
int json_body_get_name(const json_t *o, const char *member, char out[NAME_SIZE], struct fault *f);
/* At most size - 1 printable ASCII characters. */
int json_body_get_ascii(const json_t *o, const char *member, char *out, size_t size, struct fault *f);
/* One of the words (ended by NULL); out must hold the longest of them. "" when absent. */
int json_body_get_word(const json_t *o, const char *member, const char *const *words, char *out, struct fault *f);
/* Exactly n digits of [0-9a-f]; out has n + 1 bytes; "" when absent. */
int json_body_get_hex(const json_t *o, const char *member, size_t n, char *out, struct fault *f);
int json_body_get_int(const json_t *o, const char *member, int absent, int min, int max, int *out, struct fault *f);
int json_body_get_bool(const json_t *o, const char *member, bool *out, struct fault *f); /* absent: false */
/*
 * 128 bits in base64url. json_body_get_token requires one; json_body_get_token_if gives "" when it is absent or null.
 */
int json_body_get_token(const json_t *o, const char *member, char out[TOKEN_SIZE], struct fault *f);
int json_body_get_token_if(const json_t *o, const char *member, char out[TOKEN_SIZE], struct fault *f);

/* The members response and, unless response is OK, reason of an answer. */
int json_body_get_response(const json_t *o, char response[RESPONSE_SIZE], char reason[REASON_SIZE], struct fault *f);

/* Each adds one member. 0, or -1: no memory. "" and a count below 0 add no member. */
int json_body_set_text(json_t *o, const char *member, const char *value);
int json_body_set_int(json_t *o, const char *member, int value);
int json_body_set_count(json_t *o, const char *member, int value);
/*
 * Appends the object to b and frees it. result: not 0 when a member could not be made. -1, and b unchanged: that, or no
 * room.
 */
int json_body_write(struct buf *b, json_t *o, int result);

#endif
