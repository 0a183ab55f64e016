/* SPDX-License-Identifier: Apache-2.0 */
#include "region/ask.h"

#include "base/clock.h"
#include "base/near.h"
#include "base/text.h"
#include "conn/trial.h"
#include "policy/record_walk.h"
#include "request/trial_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 22 characters of base64url: stands for a token: of a partner that can be called back, or of a further socket. */
#define TOKEN "AAAAAAAAAAAAAAAAAAAAAA"

struct asking { /* one question as it is read */
	struct trial_question q;
	struct presented presented;
	struct answer_tape answers;
	char name[NAME_SIZE];  /* the tcpipservice or the ipconn */
	struct certificate *certificate; /* counted: of the recorded connection that the question begins from; else NULL */
	char *capex;           /* owned; the body */
	struct request request;
	size_t bytes;          /* of the request's data */
	bool requests;
};

static const char *
text(const json_t *o, const char *member)
{
	return json_string_value(json_object_get(o, member));
}

/* --- members ---------------------------------------------------------------------------------- */

enum member_type { MEMBER_TEXT, MEMBER_OBJECT, MEMBER_NUMBER, MEMBER_FLAG, MEMBER_LIST };

static bool
is_type(const json_t *value, enum member_type type)
{
	switch (type) {
	case MEMBER_TEXT:
		return json_is_string(value);
	case MEMBER_OBJECT:
		return json_is_object(value);
	case MEMBER_NUMBER:
		return json_is_number(value);
	case MEMBER_FLAG:
		return json_is_boolean(value);
	case MEMBER_LIST:
		return json_is_array(value);
	}
	return false;
}

/* The index of the word in the list, which NULL ends; that of the NULL: it is not there. */
static size_t
find_word(const char *const *list, const char *word)
{
	size_t i = 0;

	while (list[i] != NULL && strcmp(list[i], word) != 0)
		i++;
	return i;
}

static int
check_members(const json_t *question, struct fault *f)
{
	static const char *const names[] = { "from", "tcpipservice", "out", "peer", "tls", "sni", "certificates", "signer", "capex", "load", "request",
		"now", "all", "answers", NULL };
	static const enum member_type types[] = { [8] = MEMBER_OBJECT, MEMBER_OBJECT, MEMBER_OBJECT, MEMBER_NUMBER, MEMBER_FLAG, MEMBER_LIST }; /* others: texts */
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)question, key, value) {
		size_t i = find_word(names, key);

		if (names[i] == NULL)
			return fault_set(f, "a question has no member '%s'", key);
		if (!is_type(value, types[i]))
			return fault_set(f, "the member %s of the question has a wrong type", key);
	}
	return 0;
}

/* --- the listener, or the ipconn -------------------------------------------------------------- */

static void
fold(char out[NAME_SIZE], const char *name)
{
	if (!text_upper(out, NAME_SIZE, name, strlen(name)))
		snprintf(out, NAME_SIZE, "?"); /* too long: no such name */
}

static int
find_service(struct asking *a, const char *typed, struct fault *f)
{
	const struct definition *d = a->q.generation->definition;
	struct near near = { .far = 0 };
	char hint[NEAR_TEXT];

	if (typed == NULL && d->ntcpipservices == 1)
		typed = d->tcpipservice[0].tcpipservice;
	if (typed == NULL)
		return fault_set(f, "say which listener is asked: --tcpipservice NAME, or --out IPCONN for a connection that the region dials");
	fold(a->name, typed);
	a->q.tcpipservice = a->name;
	if (generation_service(a->q.generation, a->name) != NULL)
		return 0;
	for (size_t n = 0; n < d->ntcpipservices; n++)
		near_take(&near, d->tcpipservice[n].tcpipservice, typed);
	return fault_set(f, "no tcpipservice named %s%s", typed, near_print(&near, hint));
}

static int
find_ipconn(struct asking *a, const char *typed, struct fault *f)
{
	const struct registry *r = a->q.worker->registry;
	struct near near = { .far = 0 };
	char hint[NEAR_TEXT];

	fold(a->name, typed);
	a->q.ipconn = a->name;
	if (registry_name(r, a->name) != NULL)
		return 0;
	registry_near(r, typed, &near);
	return fault_set(f, "no ipconn named %s is installed%s", typed, near_print(&near, hint));
}

static int
read_way(struct asking *a, const json_t *question, struct fault *f)
{
	const char *out = text(question, "out"), *service = text(question, "tcpipservice");

	if (out != NULL && service != NULL)
		return fault_set(f, "--out and --tcpipservice exclude each other: the region dials, or the partner does");
	if (out != NULL && json_object_get(question, "request") != NULL)
		return fault_set(f, "--request is for a partner that connects: with --out the region asks, and the partner decides");
	return out != NULL ? find_ipconn(a, out, f) : find_service(a, service, f);
}

/* --- the peer --------------------------------------------------------------------------------- */

static int
read_peer(struct asking *a, const char *peer, struct fault *f)
{
	char host[HOST_SIZE];
	int port;

	a->q.has_peer = peer != NULL;
	if (peer == NULL)
		peer = a->q.ipconn == NULL ? "127.0.0.1" : NULL;
	if (peer == NULL || addr_parse(&a->q.peer, peer, 0) == 0)
		return 0;
	if (addr_split(peer, host, sizeof host, &port, f) == 0 && addr_parse(&a->q.peer, host, port) == 0)
		return 0;
	return fault_set(f, "--peer %s is not IP, IP:PORT or [V6]:PORT with a numeric address", peer);
}

static int
read_tls(struct asking *a, const char *tls, struct fault *f)
{
	a->q.tls = tls == NULL ? -1 : strcmp(tls, "1.2") == 0 ? 12 : strcmp(tls, "1.3") == 0 ? 13 : 0;
	if (tls != NULL && a->q.tls == 0 && strcmp(tls, "no") != 0)
		return fault_set(f, "--tls %s is not 1.2, 1.3 or no", tls);
	return 0;
}

static int
read_certificates(struct asking *a, const char *pem, const char *signer, struct fault *f)
{
	a->q.presented = &a->presented;
	if (pem != NULL && presented_read(&a->presented, pem, strlen(pem), f) < 0)
		return fault_wrap(f, "certificates");
	if (signer != NULL && presented_read_signer(&a->presented, signer, strlen(signer), f) < 0)
		return fault_wrap(f, "signer");
	return 0;
}

static int
read_load(struct asking *a, const json_t *load, struct fault *f)
{
	static const char *const names[] = { "halfopen", "connections", "from_peer", "from_prefix", "refused_from_peer", NULL };
	struct trial_load *l = &a->q.load;
	long *const counts[] = { &l->halfopen, &l->connections, &l->from_peer, &l->from_prefix, &l->refused_from_peer };
	const char *key;
	json_t *value;

	*l = (struct trial_load){ -1, -1, -1, -1, -1 };
	json_object_foreach((json_t *)load, key, value) {
		size_t i = find_word(names, key);

		if (names[i] == NULL)
			return fault_set(f, "--load: '%s' is not halfopen, connections, from_peer, from_prefix or refused_from_peer", key);
		if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > 1000000)
			return fault_set(f, "--load: %s is not a number from 0 to 1000000", key);
		*counts[i] = (long)json_integer_value(value);
	}
	return 0;
}

/* --- the CAPEX and the request ---------------------------------------------------------------- */

/* A partner that names a port for calls back sends a token for them, as a region does. */
static void
add_callback(json_t *capex)
{
	const json_t *port = json_object_get(capex, "port");

	if (port != NULL && json_integer_value(port) != -1 && json_object_get(capex, "callback") == NULL)
		json_object_set_new(capex, "callback", json_string(TOKEN));
}

/* The partner of a further socket has asked for two. */
static void
add_further(json_t *capex)
{
	json_object_set_new(capex, "token", json_string(TOKEN));
	if (json_object_get(capex, "sockets") == NULL)
		json_object_set_new(capex, "sockets", json_integer(2));
}

static int
read_capex(struct asking *a, json_t *capex, struct fault *f)
{
	a->q.further = json_integer_value(json_object_get(capex, "socket")) > 1;
	if (a->q.further && a->q.ipconn != NULL)
		return fault_set(f, "--socket is for a partner that connects: with --out the region asks");
	if (a->q.further)
		add_further(capex);
	else
		add_callback(capex);
	a->capex = capex != NULL ? json_dumps(capex, JSON_COMPACT) : strdup("{}");
	if (a->capex == NULL)
		return fault_set(f, "no memory to ask");
	a->q.capex = a->capex;
	a->q.capex_len = strlen(a->capex);
	return 0;
}

static int
read_name(const json_t *o, const char *member, char *out, size_t size, struct fault *f)
{
	const char *value = text(o, member);

	if (value == NULL)
		return 0;
	if (strlen(value) < size && (value[0] == '\0' || name_ok(value, strlen(value))))
		return snprintf(out, size, "%s", value) >= 0 ? 0 : -1;
	return fault_set(f, "request: %s is not 1 to %zu of A-Z 0-9 $ @ #", member, size - 1);
}

static int
read_request(struct asking *a, const json_t *o, struct fault *f)
{
	struct request *r = &a->request;
	json_int_t bytes = json_integer_value(json_object_get(o, "bytes"));

	a->requests = o != NULL;
	if (o == NULL)
		return 0;
	snprintf(r->tran, sizeof r->tran, DEFAULT_TRAN);
	if (bytes < 0 || bytes > PAYLOAD_MAX)
		return fault_set(f, "request: bytes is not a number from 0 to %d", PAYLOAD_MAX);
	a->bytes = (size_t)bytes;
	if (read_name(o, "tran", r->tran, sizeof r->tran, f) < 0 || read_name(o, "program", r->program, sizeof r->program, f) < 0)
		return -1;
	return read_name(o, "userid", r->userid, sizeof r->userid, f);
}

/* --- a recorded connection -------------------------------------------------------------------- */

/* The ipconn that the recorded connection belongs to now. NULL: none. */
static struct ipconn *
find_self(const struct worker *w, const char *id)
{
	for (struct conn *c = w->conns; c != NULL; c = c->next)
		if (strcmp(c->facts->connection, id) == 0)
			return c->ipconn;
	return NULL;
}

/* Adds to the question the members of the recorded connection that it begins from. */
static int
begin_from(struct asking *a, json_t *whole, const char *id, struct fault *f)
{
	struct record_query q = { .connection = id };
	struct records *all = a->q.worker->records;
	json_t *rows = all != NULL && records_certificate(all, id, &a->certificate) ? records_explain(all, &q) : NULL;
	int rc = rows != NULL ? ask_recall(whole, json_array_get(rows, 0), f) : fault_set(f, "the region has no record of connection %s", id);

	json_decref(rows);
	if (rc < 0)
		return -1;
	a->q.certificate = a->certificate;
	a->q.self = find_self(a->q.worker, id);
	return 0;
}

/* A copy of the question with all its members. NULL with a sentence. */
static json_t *
complete(struct asking *a, const json_t *question, struct fault *f)
{
	const char *id = text(question, "from");
	json_t *whole = json_deep_copy(question);

	if (whole == NULL)
		fault_set(f, "no memory to ask");
	if (whole == NULL || id == NULL || begin_from(a, whole, id, f) == 0)
		return whole;
	json_decref(whole);
	return NULL;
}

/* --- the answer ------------------------------------------------------------------------------- */

/* The row of the answer; installed: the connection was accepted, which its request need not be. NULL: no memory. */
static json_t *
row_of(const struct trial *t, bool installed)
{
	struct record_query all = { .last = 1 };
	json_t *rows = records_explain(t->records, &all), *row = json_incref(json_array_get(rows, 0));
	int rc = json_object_set_new(row, "accepted", json_boolean(trial_accepted(t)));

	json_decref(rows);
	rc |= json_object_set_new(row, "ipconn", installed ? json_string(t->partner.def->ipconn) : json_null());
	if (rc == 0)
		return row;
	json_decref(row);
	return NULL;
}

static json_t *
try_it(struct asking *a, struct fault *f)
{
	struct trial *t = trial_run(&a->q, f);
	bool installed = t != NULL && trial_accepted(t);
	json_t *row = NULL;

	if (t != NULL && a->requests)
		trial_request_run(t, &a->request, a->bytes);
	if (t != NULL && (row = row_of(t, installed)) == NULL)
		fault_set(f, "no memory for the answer");
	trial_free(t);
	return row;
}

static int
read_question(struct asking *a, const json_t *whole, struct fault *f)
{
	a->q.sni = text(whole, "sni") != NULL ? text(whole, "sni") : "";
	a->q.all = json_is_true(json_object_get(whole, "all"));
	a->q.now = json_object_get(whole, "now") != NULL ? json_number_value(json_object_get(whole, "now")) : clock_wall();
	if (a->q.now < 0 || a->q.now > 253402300799.0)
		return fault_set(f, "--now is not a time between 1970 and 9999");
	if (read_way(a, whole, f) < 0 || read_peer(a, text(whole, "peer"), f) < 0 || read_tls(a, text(whole, "tls"), f) < 0 ||
	    read_certificates(a, text(whole, "certificates"), text(whole, "signer"), f) < 0 || read_load(a, json_object_get(whole, "load"), f) < 0)
		return -1;
	a->q.answers = &a->answers;
	if (ask_recall_answers(json_object_get(whole, "answers"), &a->answers, f) < 0)
		return -1;
	return read_capex(a, json_object_get(whole, "capex"), f) < 0 ? -1 : read_request(a, json_object_get(whole, "request"), f);
}

json_t *
ask_answer(struct worker *w, const json_t *question, struct fault *f)
{
	struct asking a = { .q = { .worker = w, .generation = w->generation } };
	json_t *whole = check_members(question, f) == 0 ? complete(&a, question, f) : NULL, *row = NULL;

	if (whole != NULL && read_question(&a, whole, f) == 0)
		row = try_it(&a, f);
	presented_free(&a.presented);
	certificate_unref(a.certificate);
	answer_tape_free(&a.answers);
	free(a.capex);
	json_decref(whole);
	return row;
}
