/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/supposed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn/worker.h"
#include "request/trial_request.h"

#define DAY 86400
#define LATEST 253402300799 /* the end of 9999 */
#define NAMES_MAX (SLOT_CN_BEHIND - SLOT_EMAIL + 1)
/* 22 characters of base64url, in place of a token: of a further socket, or for a call back. */
#define TOKEN "AAAAAAAAAAAAAAAAAAAAAA"

enum value_kind
supposed_kind(enum slot s)
{
	static const enum value_kind kinds[] = {
#define X(id, kind) kind,
		SLOTS(X)
#undef X
	};

	return kinds[s];
}

const struct value *
supposed_value(const struct ground *g, const struct supposed *s, enum slot slot)
{
	return &g->values->list[supposed_kind(slot)].item[s->value[slot]];
}

static const char *
text(const struct ground *g, const struct supposed *s, enum slot slot)
{
	return supposed_value(g, s, slot)->bytes;
}

/* --- the question ----------------------------------------------------------------------------- */

static void
put_member(struct buf *out, const char *name, const char *value, bool quoted)
{
	if (value[0] != '\0')
		buf_printf(out, quoted ? "%s\"%s\":\"%s\"" : "%s\"%s\":%s", buf_len(out) > 1 ? "," : "", name, value);
}

/* Writes the body of the CAPEX: names and numbers that need no escape (values.c). */
static void
write_capex(const struct ground *g, const struct supposed *s, struct buf *out)
{
	const char *port = text(g, s, SLOT_PORT);

	buf_add(out, "{", 1);
	put_member(out, "networkid", text(g, s, SLOT_NETWORKID), true);
	put_member(out, "applid", text(g, s, SLOT_APPLID), true);
	put_member(out, "server_networkid", text(g, s, SLOT_SERVER_NETWORKID), true);
	put_member(out, "server_applid", text(g, s, SLOT_SERVER_APPLID), true);
	put_member(out, "host", text(g, s, SLOT_HOST), true);
	put_member(out, "port", port, false);
	put_member(out, "sendcount", text(g, s, SLOT_SENDCOUNT), false);
	put_member(out, "receivecount", text(g, s, SLOT_RECEIVECOUNT), false);
	put_member(out, "sockets", s->value[SLOT_SOCKET] != 0 ? "2" : text(g, s, SLOT_SOCKETS), false);
	put_member(out, "socket", text(g, s, SLOT_SOCKET), false);
	put_member(out, "token", s->value[SLOT_SOCKET] != 0 ? TOKEN : "", true);
	put_member(out, "callback", s->value[SLOT_SOCKET] == 0 && port[0] != '\0' && strcmp(port, "-1") != 0 ? TOKEN : "", true);
	buf_add(out, "}", 1);
}

static int
version_of(const char *tls)
{
	if (tls[0] == '\0')
		return -1;
	return strcmp(tls, "TLSv1.2") == 0 ? 12 : strcmp(tls, "TLSv1.3") == 0 ? 13 : 0;
}

static long
count_of(const char *value)
{
	return value[0] != '\0' ? atol(value) : -1;
}

/* Sets the certificate of the question. False: it is refused unasked, or there is no memory. */
static bool
present(const struct ground *g, const struct supposed *s, struct trial_question *q)
{
	static const char *const kinds[NAMES_MAX] = { "email", "uri", "O", "OU", "dns", "CN", "CN", "CN" };
	const struct service *service = generation_service(q->generation, q->tcpipservice);
	struct issue_text names[NAMES_MAX];
	int64_t now = (int64_t)q->now;
	struct issue_leaf l = { .text = names, .not_before = now < DAY ? 0 : now - DAY,
		.not_after = now > LATEST - 365 * DAY ? LATEST : now + 365 * DAY };

	if (s->value[SLOT_PROOF] == 0)
		return true;
	for (int i = 0; i < NAMES_MAX; i++) {
		const struct value *v = supposed_value(g, s, (enum slot)(SLOT_EMAIL + i));

		if (v->len > 0)
			names[l.n++] = (struct issue_text){ kinds[i], v->bytes, v->len };
	}
	q->certificate = minted_certificate(g->minted, s->value[SLOT_ISSUER], &l, strcmp(text(g, s, SLOT_PROOF), "verified") == 0, service->tls, now);
	return q->certificate != NULL;
}

static bool
ask(const struct ground *g, const struct supposed *s, struct trial_question *q)
{
	static const struct presented none = { .n = 0 };

	*q = (struct trial_question){ .worker = g->worker, .generation = g->worker->generation, .tcpipservice = text(g, s, SLOT_SERVICE), .has_peer = true,
		.tls = version_of(text(g, s, SLOT_TLS)), .sni = text(g, s, SLOT_SNI), .presented = &none, .now = (double)atol(text(g, s, SLOT_NOW)),
		.load = { count_of(text(g, s, SLOT_HALFOPEN)), count_of(text(g, s, SLOT_CONNECTIONS)), count_of(text(g, s, SLOT_FROM_PEER)),
			count_of(text(g, s, SLOT_FROM_PREFIX)), count_of(text(g, s, SLOT_REFUSED)) }, .unrecorded = true, .further = s->value[SLOT_SOCKET] != 0 };
	return addr_parse(&q->peer, text(g, s, SLOT_PEER), 0) == 0 && present(g, s, q);
}

/* --- the walk --------------------------------------------------------------------------------- */

static void
supposed_asked(void *arg, enum door door, const struct verdict *v)
{
	struct walked *w = arg;
	struct walked_door *d = &w->door[w->doors];

	if (w->doors == WALKED_DOORS)
		return;
	w->doors++;
	*d = (struct walked_door){ .door = door, .verdict = v->kind };
	if (v->kind != VERDICT_REFUSE)
		return;
	memcpy(d->code, v->code, sizeof d->code);
	if (door != DOOR_DELETE)
		memcpy(w->code, v->code, sizeof w->code);
}

static void
supposed_ruled(void *arg, const struct verdict *v)
{
	struct walked *w = arg;

	if (v->kind == VERDICT_REFUSE)
		memcpy(w->code, v->code, sizeof w->code);
}

static void
put_request(const struct ground *g, const struct supposed *s, struct trial *t)
{
	struct request r = { .tran = DEFAULT_TRAN };

	if (s->value[SLOT_PROGRAM] == 0 && s->value[SLOT_TRAN] == 0 && s->value[SLOT_USERID] == 0)
		return;
	if (s->value[SLOT_TRAN] != 0)
		snprintf(r.tran, sizeof r.tran, "%s", text(g, s, SLOT_TRAN));
	snprintf(r.program, sizeof r.program, "%s", text(g, s, SLOT_PROGRAM));
	snprintf(r.userid, sizeof r.userid, "%s", text(g, s, SLOT_USERID));
	trial_request_run(t, &r, 0);
}

int
supposed_walk(const struct ground *g, const struct supposed *s, struct walked *out)
{
	const struct trial_watch watch = { supposed_asked, supposed_ruled, out };
	struct buf capex;
	struct fault f;

	*out = (struct walked){ .question = malloc(sizeof *out->question) };
	buf_init(&capex, 0);
	write_capex(g, s, &capex);
	if (out->question != NULL && ask(g, s, out->question)) {
		out->question->capex = (const char *)buf_bytes(&capex);
		out->question->capex_len = buf_len(&capex);
		out->question->watch = &watch;
		out->trial = trial_run(out->question, &f);
	}
	if (out->trial != NULL) {
		put_request(g, s, out->trial);
		out->question->watch = NULL;
		out->accepted = trial_accepted(out->trial);
	}
	buf_free(&capex);
	if (out->trial != NULL)
		return 0;
	supposed_end(out);
	return -1;
}

void
supposed_end(struct walked *w)
{
	trial_free(w->trial);
	free(w->question);
	*w = (struct walked){ .trial = NULL };
}
