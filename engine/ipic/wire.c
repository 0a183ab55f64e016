/* SPDX-License-Identifier: Apache-2.0 */
#include "ipic/wire.h"

#include "ipic/json_body.h"

#include <string.h>

#define COUNT_MAX 999
#define SENDCOUNT_ABSENT 100 /* the default of clients (IPIC.md 2.4) */

/* ---- CAPEX ---- */

static int
get_port(const json_t *o, int *out, struct fault *f)
{
	if (json_body_get_int(o, "port", -1, -1, 65535, out, f) < 0)
		return -1;
	return *out != 0 ? 0 : fault_set(f, "port: 0 is not -1 or 1-65535");
}

static int
get_capex(struct capex *c, const json_t *o, struct fault *f)
{
	if (json_body_get_name(o, "applid", c->applid, f) < 0 || json_body_get_name(o, "networkid", c->networkid, f) < 0 ||
	    json_body_get_name(o, "server_applid", c->server_applid, f) < 0 ||
	    json_body_get_name(o, "server_networkid", c->server_networkid, f) < 0 ||
	    json_body_get_ascii(o, "host", c->host, sizeof c->host, f) < 0 || get_port(o, &c->port, f) < 0 ||
	    json_body_get_int(o, "sendcount", SENDCOUNT_ABSENT, 0, COUNT_MAX, &c->sendcount, f) < 0 ||
	    json_body_get_int(o, "receivecount", 0, 0, COUNT_MAX, &c->receivecount, f) < 0 ||
	    json_body_get_int(o, "sockets", 1, 1, 2, &c->sockets, f) < 0 || json_body_get_int(o, "socket", 1, 1, 2, &c->socket, f) < 0)
		return -1;
	if (c->sendcount == 0 && c->receivecount == 0)
		return fault_set(f, "sendcount and receivecount: both are 0");
	if (c->socket == 2)
		return json_body_get_token(o, "token", c->token, f);
	return json_body_get_token_if(o, "callback", c->callback, f) | json_body_get_token_if(o, "answering", c->answering, f) |
	       json_body_get_bool(o, "ha", &c->ha, f);
}

int
wire_capex(struct capex *c, const void *body, size_t len, struct fault *f)
{
	json_t *o = json_body_read(body, len, f);
	int result;

	memset(c, 0, sizeof *c);
	if (o == NULL)
		return -1;
	result = get_capex(c, o, f);
	json_decref(o);
	return result;
}

int
wire_put_capex(struct buf *b, const struct capex *c)
{
	json_t *o = json_object();
	int r = json_body_set_text(o, "applid", c->applid);

	r |= json_body_set_text(o, "networkid", c->networkid);
	r |= json_body_set_text(o, "host", c->host);
	r |= json_body_set_int(o, "port", c->port);
	r |= json_body_set_int(o, "sendcount", c->sendcount);
	r |= json_body_set_int(o, "receivecount", c->receivecount);
	r |= json_body_set_int(o, "sockets", c->sockets);
	r |= json_body_set_text(o, "server_applid", c->server_applid);
	r |= json_body_set_text(o, "server_networkid", c->server_networkid);
	if (c->socket == 2) {
		r |= json_body_set_int(o, "socket", c->socket);
		r |= json_body_set_text(o, "token", c->token);
	} else {
		r |= json_body_set_text(o, "callback", c->callback);
		r |= json_body_set_text(o, "answering", c->answering);
		r |= c->ha ? json_object_set_new(o, "ha", json_true()) : 0;
	}
	return json_body_write(b, o, r);
}

int
wire_set_answer(struct json_t *o, const struct capex_answer *a)
{
	int r = json_body_set_text(o, "response", a->response);

	r |= json_body_set_text(o, "reason", a->reason);
	r |= json_body_set_text(o, "ipconn", a->ipconn);
	r |= json_body_set_text(o, "applid", a->applid);
	r |= json_body_set_text(o, "networkid", a->networkid);
	r |= json_body_set_count(o, "sendcount", a->sendcount);
	r |= json_body_set_count(o, "receivecount", a->receivecount);
	r |= json_body_set_count(o, "sockets", a->sockets);
	r |= json_body_set_text(o, "token", a->token);
	r |= json_body_set_text(o, "userauth", a->userauth);
	r |= json_body_set_text(o, "host", a->host);
	r |= json_body_set_count(o, "port", a->port > 0 ? a->port : -1);
	return r | json_body_set_text(o, "connection", a->connection);
}

int
wire_put_answer(struct buf *b, const struct capex_answer *a)
{
	json_t *o = json_object();

	return json_body_write(b, o, wire_set_answer(o, a));
}

/* ---- reading answers ---- */

static int
get_answer(const json_t *o, struct capex_answer *a, struct fault *f)
{
	static const char *const userauths[] = { "LOCAL", "IDENTIFY", "VERIFY", "DEFAULTUSER", NULL };

	if (json_body_get_response(o, a->response, a->reason, f) < 0 || json_body_get_name(o, "ipconn", a->ipconn, f) < 0 ||
	    json_body_get_name(o, "applid", a->applid, f) < 0 || json_body_get_name(o, "networkid", a->networkid, f) < 0 ||
	    json_body_get_ascii(o, "connection", a->connection, sizeof a->connection, f) < 0 ||
	    json_body_get_int(o, "sendcount", -1, 0, COUNT_MAX, &a->sendcount, f) < 0 ||
	    json_body_get_int(o, "receivecount", -1, 0, COUNT_MAX, &a->receivecount, f) < 0 ||
	    json_body_get_int(o, "sockets", -1, 1, 2, &a->sockets, f) < 0 ||
	    json_body_get_word(o, "userauth", userauths, a->userauth, f) < 0 ||
	    json_body_get_ascii(o, "host", a->host, sizeof a->host, f) < 0 || json_body_get_int(o, "port", 0, 1, 65535, &a->port, f) < 0)
		return -1;
	return json_body_get_token_if(o, "token", a->token, f);
}

int
wire_answer(struct capex_answer *a, const void *body, size_t len, struct fault *f)
{
	json_t *o = json_body_read(body, len, f);
	int result;

	memset(a, 0, sizeof *a);
	if (o == NULL)
		return -1;
	result = get_answer(o, a, f);
	json_decref(o);
	return result;
}

/* ---- reasons ---- */
