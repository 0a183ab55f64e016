/* SPDX-License-Identifier: Apache-2.0 */
#include "ipic/wire_data.h"

#include "ipic/head.h"
#include "ipic/json_body.h"

#include <stdint.h>
#include <string.h>

/* ---- a request's head ---- */

static int
take_tran(struct json_body_text t, char tran[TRAN_SIZE], struct fault *f)
{
	char name[NAME_SIZE] = "";

	if (json_body_name("tran", t, name, f) < 0 || strlen(name) >= TRAN_SIZE)
		return fault_set(f, "tran: not 1-%d characters of A-Z 0-9 $ @ #", TRAN_SIZE - 1);
	memcpy(tran, name[0] != '\0' ? name : DEFAULT_TRAN, TRAN_SIZE);
	return 0;
}

/* C0, DEL and, in UTF-8, C1. The reader has checked that the bytes are UTF-8. */
static bool
has_control(const unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] < ' ' || p[i] == 0x7f || (p[i] == 0xc2 && i + 1 < len && p[i + 1] < 0xa0))
			return true;
	return false;
}

static int
take_password(struct json_body_text t, struct request *r, struct fault *f)
{
	if (t.len >= sizeof r->password)
		return fault_set(f, "password: longer than %zu bytes", sizeof r->password - 1);
	if (has_control((const unsigned char *)t.p, t.len))
		return fault_set(f, "password: a control character in it");
	memcpy(r->password, t.p, t.len);
	r->has_password = true;
	return 0;
}

static int
take_head(const struct head_members *m, struct request *r, struct fault *f)
{
	if (take_tran(m->tran, r->tran, f) < 0 || json_body_name("program", m->program, r->program, f) < 0 ||
	    json_body_name("userid", m->userid, r->userid, f) < 0)
		return -1;
	r->hops = m->hops;
	return m->password.p != NULL ? take_password(m->password, r, f) : 0;
}

/* Trailing blanks are part of a password. */
static int
get_password(const json_t *o, struct json_body_text *t, struct fault *f)
{
	const json_t *v = json_object_get(o, "password");

	if (v == NULL || json_is_null(v))
		return 0;
	if (!json_is_string(v))
		return fault_set(f, "password: not a string");
	*t = (struct json_body_text){ json_string_value(v), json_string_length(v) };
	return 0;
}

/* Wipes the string through its address: jansson frees a string without wiping it. */
static void
wipe_password(const json_t *o)
{
	const json_t *v = json_object_get(o, "password");

	if (json_is_string(v))
		explicit_bzero((char *)(uintptr_t)json_string_value(v), json_string_length(v));
}

static int
get_head(const json_t *o, struct head_members *m, struct fault *f)
{
	if (json_body_get_text(o, "tran", &m->tran, f) < 0 || json_body_get_text(o, "program", &m->program, f) < 0 ||
	    json_body_get_text(o, "userid", &m->userid, f) < 0 || json_body_get_int(o, "hops", 0, 0, HOPS_MAX, &m->hops, f) < 0)
		return -1;
	return get_password(o, &m->password, f);
}

/* Reads a head of any shape. */
static int
read_head(struct request *r, const void *head, size_t len, struct fault *f)
{
	struct head_members m = { .hops = 0 };
	json_t *o = json_body_read(head, len, f);
	int result = -1;

	if (o == NULL)
		return -1;
	if (get_head(o, &m, f) == 0)
		result = take_head(&m, r, f);
	wipe_password(o);
	json_decref(o);
	return result;
}

int
wire_head(struct request *r, const void *head, size_t len, struct fault *f)
{
	struct head_members m;
	int result;

	memset(r, 0, sizeof *r);
	result = head_plain(&m, head, len) ? take_head(&m, r, f) : read_head(r, head, len, f);
	if (result < 0)
		explicit_bzero(r, sizeof *r);
	return result;
}

int
wire_put_head(struct buf *b, const struct request *r)
{
	json_t *o = json_object();
	int result = json_body_set_text(o, "tran", r->tran);

	result |= json_body_set_text(o, "program", r->program);
	result |= json_body_set_text(o, "userid", r->userid);
	if (r->has_password)
		result |= json_object_set_new(o, "password", json_string(r->password));
	if (r->hops > 0)
		result |= json_body_set_int(o, "hops", r->hops);
	json_incref(o);
	result = json_body_write(b, o, result);
	wipe_password(o);
	json_decref(o);
	return result;
}

/* ---- IS7 ---- */

bool
wire_message_ok(const char *message, size_t len)
{
	return len == MESSAGE_SIZE - 1 && strspn(message, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") >= len;
}

void
wire_is7(char message[MESSAGE_SIZE], const void *body, size_t len)
{
	json_t *o = len > 0 ? json_body_read(body, len, NULL) : NULL;
	struct json_body_text t = { "", 0 };

	message[0] = '\0';
	if (o != NULL && json_body_get_text(o, "message", &t, NULL) == 0 && wire_message_ok(t.p, t.len)) {
		memcpy(message, t.p, t.len);
		message[t.len] = '\0';
	}
	json_decref(o);
}

int
wire_put_is7(struct buf *b, unsigned sense, const char *message)
{
	json_t *o = json_object();
	char digits[SENSE_TEXT];
	int result = json_body_set_text(o, "sense", sense_print(sense, digits));

	return json_body_write(b, o, result | json_body_set_text(o, "message", message != NULL ? message : ""));
}

/* ---- resync ---- */

/* The members of both requests and answers. */
static int
get_log(const json_t *o, struct resync *r, struct fault *f)
{
	if (json_body_get_hex(o, "logname", sizeof r->logname - 1, r->logname, f) < 0 ||
	    json_body_get_hex(o, "partner", sizeof r->partner - 1, r->partner, f) < 0 || json_body_get_token_if(o, "token", r->token, f) < 0 ||
	    json_body_get_int(o, "indoubt", 0, 0, INDOUBT_MAX, &r->indoubt, f) < 0)
		return -1;
	if ((r->partner[0] == '\0') != (r->token[0] == '\0'))
		return fault_set(f, "partner and token: one without the other");
	return r->logname[0] != '\0' || (r->response[0] != '\0' && r->reason[0] != '\0') ? 0 : fault_set(f, "logname: missing");
}

static int
read_resync(struct resync *r, bool answer, const void *body, size_t len, struct fault *f)
{
	json_t *o = json_body_read(body, len, f);
	int result;

	memset(r, 0, sizeof *r);
	if (o == NULL)
		return -1;
	result = answer ? json_body_get_response(o, r->response, r->reason, f) : json_body_get_token(o, "next", r->next, f);
	if (result == 0)
		result = get_log(o, r, f);
	json_decref(o);
	return result;
}

int
wire_resync(struct resync *r, const void *body, size_t len, struct fault *f)
{
	return read_resync(r, false, body, len, f);
}

int
wire_resync_answer(struct resync *r, const void *body, size_t len, struct fault *f)
{
	return read_resync(r, true, body, len, f);
}

int
wire_put_resync(struct buf *b, const struct resync *r)
{
	json_t *o = json_object();
	int result = json_body_set_text(o, "response", r->response);

	result |= json_body_set_text(o, "reason", r->reason);
	result |= json_body_set_text(o, "logname", r->logname);
	result |= json_body_set_text(o, "partner", r->partner);
	result |= json_body_set_text(o, "token", r->token);
	result |= json_body_set_text(o, "next", r->next);
	return json_body_write(b, o, result | json_body_set_int(o, "indoubt", r->indoubt));
}
