/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_body: a flow's JSON body, from bytes to members and back; what wire and wire_data are written with. Every sentence names the member and never repeats
 * a string of the peer's: a body may hold a token or a password.
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

/* What JSON is read with is wiped before its memory is given back, in the whole program. Once, before there are threads. */
void json_body_keep_secrets(void);

/* json_loadb without duplicate members: whoever reads what others sent reads it by this, as jansson alone may write beyond its memory when there is none.
 * The object is the caller's; NULL with e's text, "no memory" among them. */
json_t *json_body_load(const void *bytes, size_t len, json_error_t *e);

/* One JSON object without duplicate members, NULs or deep nesting; the caller's (json_decref). NULL with a sentence. */
json_t *json_body_read(const void *body, size_t len, struct fault *f);

/* Each reads one member; -1 with a sentence. A text comes without its trailing blanks; absent and null are "". */
int json_body_get_text(const json_t *o, const char *member, struct json_body_text *t, struct fault *f);
int json_body_get_name(const json_t *o, const char *member, char out[NAME_SIZE], struct fault *f);
/* At most size - 1 printable ASCII characters. */
int json_body_get_ascii(const json_t *o, const char *member, char *out, size_t size, struct fault *f);
/* One of the words (NULL ends them), which out has room for; "" when absent. */
int json_body_get_word(const json_t *o, const char *member, const char *const *words, char *out, struct fault *f);
/* Exactly n digits of [0-9a-f]; out has n + 1 bytes; "" when absent. */
int json_body_get_hex(const json_t *o, const char *member, size_t n, char *out, struct fault *f);
int json_body_get_int(const json_t *o, const char *member, int absent, int min, int max, int *out, struct fault *f);
int json_body_get_bool(const json_t *o, const char *member, bool *out, struct fault *f); /* absent: false */
/* 128 bits in base64url; json_body_get_token demands one, json_body_get_token_if takes none ("") when it is absent or null. */
int json_body_get_token(const json_t *o, const char *member, char out[TOKEN_SIZE], struct fault *f);
int json_body_get_token_if(const json_t *o, const char *member, char out[TOKEN_SIZE], struct fault *f);

/* How an answer says yes or no: response, and reason unless it is OK. */
int json_body_get_response(const json_t *o, char response[RESPONSE_SIZE], char reason[REASON_SIZE], struct fault *f);

/* Each adds one member: 0 or -1. "" and a count below 0 are left out. */
int json_body_set_text(json_t *o, const char *member, const char *value);
int json_body_set_int(json_t *o, const char *member, int value);
int json_body_set_count(json_t *o, const char *member, int value);
/* Appends the object and takes it. result: what its members' making gave. -1, and b as it was: a member could not be made, no room. */
int json_body_write(struct buf *b, json_t *o, int result);

#endif
