/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include <jansson.h>

#include <string.h>

#define COUNT_MAX 999
#define SENDCOUNT_ABSENT 100 /* what clients ask for when nobody said (IPIC.md 2.4) */
#define DEPTH_MAX 16         /* jansson recurses; our bodies are flat */

/* ---- bodies: from bytes to a JSON object ---- */

/* jansson would recurse two thousand deep before it objects; this looks at the brackets first, strings left out. */
static int
check_nesting(const char *p, size_t len, struct fault *f)
{
	bool in_string = false;
	int depth = 0;

	for (size_t i = 0; i < len; i++) {
		if (p[i] == '\0')
			return fault_set(f, "the body holds a NUL");
		if (in_string && p[i] == '\\')
			i++;
		else if (p[i] == '"')
			in_string = !in_string;
		else if (!in_string && (p[i] == '{' || p[i] == '['))
			depth++;
		else if (!in_string && (p[i] == '}' || p[i] == ']'))
			depth--;
		if (depth > DEPTH_MAX)
			return fault_set(f, "the body is nested more than %d deep", DEPTH_MAX);
	}
	return 0;
}

/* jansson's own words quote the body, and a body may hold a token: only the place is told. */
static json_t *
body_object(const void *body, size_t len, struct fault *f)
{
	json_error_t error;
	json_t *o;

	if (len == 0)
		return fault_set(f, "no body"), NULL;
	if (check_nesting(body, len, f) < 0)
		return NULL;
	o = json_loadb(body, len, JSON_REJECT_DUPLICATES, &error);
	if (o == NULL && json_error_code(&error) == json_error_duplicate_key)
		fault_set(f, "a member stands twice (line %d, column %d)", error.line, error.column);
	else if (o == NULL)
		fault_set(f, "the body is not JSON (line %d, column %d)", error.line, error.column);
	if (o == NULL || json_is_object(o))
		return o;
	json_decref(o);
	return fault_set(f, "the body is not a JSON object"), NULL;
}

/* ---- bodies: member by member. The sentences never repeat a string of the peer's. ---- */

struct word {
	const char *p;
	size_t len;
};

/* A string without its trailing blanks; absent and null are "". */
static int
get_text(const json_t *o, const char *member, struct word *w, struct fault *f)
{
	const json_t *v = json_object_get(o, member);

	*w = (struct word){ "", 0 };
	if (v == NULL || json_is_null(v))
		return 0;
	if (!json_is_string(v))
		return fault_set(f, "%s: not a string", member);
	*w = (struct word){ json_string_value(v), json_string_length(v) };
	while (w->len > 0 && w->p[w->len - 1] == ' ')
		w->len--;
	return 0;
}

static int
get_name(const json_t *o, const char *member, char out[NAME_SIZE], struct fault *f)
{
	struct word w;

	if (get_text(o, member, &w, f) < 0)
		return -1;
	if (w.len > 0 && !name_ok(w.p, w.len))
		return fault_set(f, "%s: not 1-8 characters of A-Z 0-9 $ @ #", member);
	memcpy(out, w.p, w.len);
	out[w.len] = '\0';
	return 0;
}

/* At most size - 1 printable ASCII characters. */
static int
get_ascii(const json_t *o, const char *member, char *out, size_t size, struct fault *f)
{
	struct word w;

	if (get_text(o, member, &w, f) < 0)
		return -1;
	if (w.len >= size)
		return fault_set(f, "%s: longer than %zu characters", member, size - 1);
	for (size_t i = 0; i < w.len; i++)
		if (w.p[i] < ' ' || w.p[i] > '~')
			return fault_set(f, "%s: not printable ASCII", member);
	memcpy(out, w.p, w.len);
	out[w.len] = '\0';
	return 0;
}

static int
get_int(const json_t *o, const char *member, int absent, int min, int max, int *out, struct fault *f)
{
	const json_t *v = json_object_get(o, member);

	*out = absent;
	if (v == NULL)
		return 0;
	if (!json_is_integer(v))
		return fault_set(f, "%s: not an integer", member);
	if (json_integer_value(v) < min || json_integer_value(v) > max)
		return fault_set(f, "%s: %" JSON_INTEGER_FORMAT " is not %d-%d", member, json_integer_value(v), min, max);
	*out = (int)json_integer_value(v);
	return 0;
}

static int
get_port(const json_t *o, int *out, struct fault *f)
{
	if (get_int(o, "port", -1, -1, 65535, out, f) < 0)
		return -1;
	return *out != 0 ? 0 : fault_set(f, "port: 0 is not -1 or 1-65535");
}

static int
get_token(const json_t *o, char out[TOKEN_SIZE], struct fault *f)
{
	static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const json_t *v = json_object_get(o, "token");

	out[0] = '\0';
	if (!json_is_string(v) || json_string_length(v) != TOKEN_SIZE - 1)
		return fault_set(f, "token: not a string of %d characters", TOKEN_SIZE - 1);
	if (strspn(json_string_value(v), base64url) != TOKEN_SIZE - 1)
		return fault_set(f, "token: not base64url");
	memcpy(out, json_string_value(v), TOKEN_SIZE);
	return 0;
}

static int
get_capex(struct capex *c, const json_t *o, struct fault *f)
{
	if (get_name(o, "applid", c->applid, f) < 0 || get_name(o, "networkid", c->networkid, f) < 0 ||
	    get_name(o, "server_applid", c->server_applid, f) < 0 ||
	    get_name(o, "server_networkid", c->server_networkid, f) < 0 ||
	    get_ascii(o, "host", c->host, sizeof c->host, f) < 0 || get_port(o, &c->port, f) < 0 ||
	    get_int(o, "sendcount", SENDCOUNT_ABSENT, 0, COUNT_MAX, &c->sendcount, f) < 0 ||
	    get_int(o, "receivecount", 0, 0, COUNT_MAX, &c->receivecount, f) < 0 ||
	    get_int(o, "sockets", 1, 1, 2, &c->sockets, f) < 0 || get_int(o, "socket", 1, 1, 2, &c->socket, f) < 0)
		return -1;
	if (c->sendcount == 0 && c->receivecount == 0)
		return fault_set(f, "sendcount and receivecount: both are 0");
	return c->socket == 2 ? get_token(o, c->token, f) : 0;
}

int
wire_capex(struct capex *c, const void *body, size_t len, struct fault *f)
{
	json_t *o = body_object(body, len, f);
	int result;

	memset(c, 0, sizeof *c);
	if (o == NULL)
		return -1;
	result = get_capex(c, o, f);
	json_decref(o);
	return result;
}

/* ---- writing bodies ---- */

static int
put_bytes(const char *bytes, size_t n, void *arg)
{
	return buf_add(arg, bytes, n);
}

/* Takes the object. `result` is what its members' making gave. */
static int
put_object(struct buf *b, json_t *o, int result)
{
	size_t before = buf_len(b);

	if (result == 0 && o != NULL)
		result = json_dump_callback(o, put_bytes, b, JSON_COMPACT);
	else
		result = -1;
	if (result < 0)
		b->end = b->start + before;
	json_decref(o);
	return result;
}

static int
set_text(json_t *o, const char *member, const char *value)
{
	return value[0] == '\0' ? 0 : json_object_set_new(o, member, json_string(value));
}

static int
set_int(json_t *o, const char *member, int value)
{
	return json_object_set_new(o, member, json_integer(value));
}

static int
set_count(json_t *o, const char *member, int value)
{
	return value < 0 ? 0 : set_int(o, member, value);
}

int
wire_put_capex(struct buf *b, const struct capex *c)
{
	json_t *o = json_object();
	int r = set_text(o, "applid", c->applid);

	r |= set_text(o, "networkid", c->networkid);
	r |= set_text(o, "host", c->host);
	r |= set_int(o, "port", c->port);
	r |= set_int(o, "sendcount", c->sendcount);
	r |= set_int(o, "receivecount", c->receivecount);
	r |= set_int(o, "sockets", c->sockets);
	r |= set_text(o, "server_applid", c->server_applid);
	r |= set_text(o, "server_networkid", c->server_networkid);
	if (c->socket == 2) {
		r |= set_int(o, "socket", c->socket);
		r |= set_text(o, "token", c->token);
	}
	return put_object(b, o, r);
}

int
wire_put_answer(struct buf *b, const struct capex_answer *a)
{
	json_t *o = json_object();
	int r = set_text(o, "response", a->response);

	r |= set_text(o, "reason", a->reason);
	r |= set_text(o, "ipconn", a->ipconn);
	r |= set_text(o, "applid", a->applid);
	r |= set_text(o, "networkid", a->networkid);
	r |= set_count(o, "sendcount", a->sendcount);
	r |= set_count(o, "receivecount", a->receivecount);
	r |= set_count(o, "sockets", a->sockets);
	r |= set_text(o, "token", a->token);
	r |= set_text(o, "connection", a->connection);
	return put_object(b, o, r);
}

/* ---- reading answers ---- */

static int
get_response(const json_t *o, struct capex_answer *a, struct fault *f)
{
	static const char *const known[] = { "OK", "EXCEPTION", "INVALID", "DISASTER", "KERNERROR", "PURGED" };
	struct word w;

	if (get_text(o, "response", &w, f) < 0)
		return -1;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strlen(known[i]) == w.len && memcmp(known[i], w.p, w.len) == 0)
			memcpy(a->response, known[i], w.len);
	if (a->response[0] == '\0')
		return fault_set(f, "response: not OK, EXCEPTION, INVALID, DISASTER, KERNERROR or PURGED");
	if (strcmp(a->response, "OK") == 0)
		return 0;
	if (get_text(o, "reason", &w, f) < 0)
		return -1;
	if (w.len == 0 || w.len >= sizeof a->reason || strspn(w.p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") < w.len)
		return fault_set(f, "reason: not a reason's word");
	memcpy(a->reason, w.p, w.len);
	return 0;
}

static int
get_answer(const json_t *o, struct capex_answer *a, struct fault *f)
{
	const json_t *token = json_object_get(o, "token");

	if (get_response(o, a, f) < 0 || get_name(o, "ipconn", a->ipconn, f) < 0 || get_name(o, "applid", a->applid, f) < 0 ||
	    get_name(o, "networkid", a->networkid, f) < 0 ||
	    get_ascii(o, "connection", a->connection, sizeof a->connection, f) < 0 ||
	    get_int(o, "sendcount", -1, 0, COUNT_MAX, &a->sendcount, f) < 0 ||
	    get_int(o, "receivecount", -1, 0, COUNT_MAX, &a->receivecount, f) < 0 ||
	    get_int(o, "sockets", -1, 1, 2, &a->sockets, f) < 0)
		return -1;
	return token == NULL || json_is_null(token) ? 0 : get_token(o, a->token, f);
}

int
wire_answer(struct capex_answer *a, const void *body, size_t len, struct fault *f)
{
	json_t *o = body_object(body, len, f);
	int result;

	memset(a, 0, sizeof *a);
	if (o == NULL)
		return -1;
	result = get_answer(o, a, f);
	json_decref(o);
	return result;
}

/* ---- reasons ---- */

static const struct {
	const char *name, *response;
	int status;
} reasons[] = {
	[REASON_OK] = { "OK", "OK", 200 },
#define X(r, code, class) [REASON_##r] = { #r, class, code },
	REASONS(X)
#undef X
};

const char *
reason_name(enum reason r)
{
	return reasons[r].name;
}

int
reason_status(enum reason r)
{
	return reasons[r].status;
}

const char *
reason_response(enum reason r)
{
	return reasons[r].response;
}
