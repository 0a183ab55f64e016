/* SPDX-License-Identifier: Apache-2.0 */
#include "ipic/ipic.h"

#include "ipic/wire.h"

#include <stdio.h>
#include <string.h>

enum { OK = 200, REDIRECTED = 307, REFUSED = 403, ENDED = 500 };

#define BODY_MAX 4096 /* bytes of JSON in a message to send */

/* --- in --------------------------------------------------------------------------------------- */

void
ipic_expect_capex(struct ipic_reader *r)
{
	http_begin(&r->http, HTTP_REQUEST, HTTP_BODY_CAPEX);
}

void
ipic_expect_answer(struct ipic_reader *r)
{
	http_begin(&r->http, HTTP_ANSWER, HTTP_BODY_CAPEX);
}

void
ipic_expect_any(struct ipic_reader *r)
{
	http_begin(&r->http, HTTP_REQUEST | HTTP_ANSWER, HTTP_BODY_ELEMENT);
}

static enum ipic_outcome
outcome_of(int status)
{
	switch (status) {
	case OK:
		return IPIC_OK;
	case REDIRECTED:
		return IPIC_REDIRECTED;
	case 400:
	case REFUSED:
	case 413:
	case 503:
		return IPIC_REFUSED;
	default:
		return status >= 400 ? IPIC_ERROR : IPIC_OTHER;
	}
}

static int
read_header(const struct http_reader *h, const char *bytes, struct is_header *is, struct fault *f)
{
	if (h->is.len == 0)
		return fault_set(f, "the IS header is missing");
	return wire_is(is, bytes + h->is.at, h->is.len, f);
}

static enum ipic_result
fill(const struct http_reader *h, const char *bytes, struct ipic_message *m, struct fault *f)
{
	*m = (struct ipic_message){ .kind = (enum ipic_kind)h->kind, .body = bytes + h->body.at, .len = h->body.len, .size = h->size };
	if (m->kind == IPIC_ANSWER) {
		m->status = h->status;
		m->outcome = outcome_of(h->status);
	}
	m->json = h->type.len == 0 || wire_is_json(bytes + h->type.at, h->type.len);
	if (read_header(h, bytes, &m->is, f) == 0)
		return IPIC_MESSAGE;
	m->is = (struct is_header){ .name = IS_NONE };
	return IPIC_UNTYPED;
}

enum ipic_result
ipic_next(struct ipic_reader *r, const void *bytes, size_t n, struct ipic_message *m, struct fault *f)
{
	switch (http_read(&r->http, bytes, n)) {
	case HTTP_MORE:
		return IPIC_MORE;
	case HTTP_BAD:
		fault_set(f, "%s", r->http.why);
		return IPIC_BAD;
	case HTTP_DONE:
		break;
	}
	return fill(&r->http, bytes, m, f);
}

bool
ipic_is_command(const struct ipic_message *m, enum is_name name)
{
	return m->is.type == IS_CMD && m->is.name == name;
}

int
ipic_capex(const struct ipic_message *m, struct capex *c, struct fault *f)
{
	if (!m->json)
		return fault_set(f, "Content-Type must be application/json");
	return wire_capex(c, m->body, m->len, f);
}

int
ipic_capex_answer(const struct ipic_message *m, struct capex_answer *a, struct fault *f)
{
	return wire_answer(a, m->body, m->len, f);
}

int
ipic_resync(const struct ipic_message *m, struct resync *r, struct fault *f)
{
	return wire_resync(r, m->body, m->len, f);
}

int
ipic_resync_answer(const struct ipic_message *m, struct resync *r, struct fault *f)
{
	if (m->status != OK && m->status != REFUSED)
		return fault_set(f, "it was not answered with %d or %d", OK, REFUSED);
	return wire_resync_answer(r, m->body, m->len, f);
}

const char *
ipic_element_fault(const struct ipic_message *m)
{
	if (m->kind == IPIC_ANSWER && m->status != (m->is.is7 != 0 ? ENDED : OK))
		return "a conversation's answer is 200, and 500 with is7";
	return NULL;
}

/* --- out -------------------------------------------------------------------------------------- */

static const char capex_is[] = "1 cmd; name=capex";
static const char resync_is[] = "1 cmd; name=resync";

/*
 * Appends a request when status is 0, else that answer. body holds the JSON and is freed. filled: 0, or -1: it is not
 * whole.
 */
static int
put_json(struct buf *b, int status, const char *host, const char *is, struct buf *body, int filled)
{
	int r = -1;

	if (filled == 0)
		r = status == 0 ? http_request(b, host, is, WIRE_JSON, buf_bytes(body), buf_len(body))
				: http_answer(b, status, is, WIRE_JSON, buf_bytes(body), buf_len(body));
	buf_free(body);
	return r;
}

int
ipic_put_capex_body(struct buf *b, const struct capex *c)
{
	return wire_put_capex(b, c);
}

int
ipic_put_capex(struct buf *b, const char *host, const struct capex *c)
{
	struct buf body;

	buf_init(&body, BODY_MAX);
	return put_json(b, 0, host, capex_is, &body, wire_put_capex(&body, c));
}

static int
put_answer(struct buf *b, int status, const struct capex_answer *a)
{
	struct buf body;

	buf_init(&body, BODY_MAX);
	return put_json(b, status, NULL, capex_is, &body, wire_put_answer(&body, a));
}

int
ipic_put_accepted(struct buf *b, const struct capex_answer *a)
{
	return put_answer(b, OK, a);
}

int
ipic_put_redirected(struct buf *b, const struct capex_answer *a)
{
	return put_answer(b, REDIRECTED, a);
}

int
ipic_status(enum ipic_outcome o)
{
	return o == IPIC_OK ? OK : o == IPIC_REDIRECTED ? REDIRECTED : REFUSED;
}

int
ipic_refused_status(enum reason reason, const struct ipic_reader *unread)
{
	return unread != NULL ? unread->http.status : reason_status(reason);
}

int
ipic_put_refused(struct buf *b, enum reason reason, const struct ipic_reader *unread, struct capex_answer *a)
{
	snprintf(a->response, sizeof a->response, "%s", reason_response(reason));
	snprintf(a->reason, sizeof a->reason, "%s", reason_name(reason));
	return put_answer(b, ipic_refused_status(reason, unread), a);
}

static const char *
command_is(enum is_name name)
{
	return name == IS_RELEASE ? "1 cmd; name=release" : "1 cmd; name=heartbeat";
}

int
ipic_put_command(struct buf *b, const char *host, enum is_name name)
{
	return http_request(b, host, command_is(name), NULL, NULL, 0);
}

int
ipic_put_command_answer(struct buf *b, enum is_name name)
{
	return http_answer(b, OK, command_is(name), NULL, NULL, 0);
}

int
ipic_put_resync(struct buf *b, const char *host, const struct resync *r)
{
	struct buf body;

	buf_init(&body, BODY_MAX);
	return put_json(b, 0, host, resync_is, &body, wire_put_resync(&body, r));
}

int
ipic_put_resync_answer(struct buf *b, enum reason reason, struct resync *r)
{
	bool ok = reason == REASON_OK;
	struct buf body;

	snprintf(r->response, sizeof r->response, "%s", ok ? "OK" : reason_response(reason));
	snprintf(r->reason, sizeof r->reason, "%s", ok ? "" : reason_name(reason));
	buf_init(&body, BODY_MAX);
	return put_json(b, ok ? OK : reason_status(reason), NULL, resync_is, &body, wire_put_resync(&body, r));
}

int
ipic_put_element(struct buf *b, enum ipic_kind kind, const char *host, const struct is_header *is, const void *body, size_t len)
{
	char value[IS_SIZE];

	if (wire_put_is(value, sizeof value, is) < 0)
		return -1;
	if (kind == IPIC_REQUEST)
		return http_request(b, host, value, NULL, body, len);
	return http_answer(b, is->is7 != 0 ? ENDED : OK, value, NULL, body, len);
}

int
ipic_answer_members(struct json_t *o, const struct capex_answer *a)
{
	return wire_set_answer(o, a);
}
