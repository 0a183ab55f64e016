/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/replay.h"

#include <stdlib.h>
#include <string.h>

#include "candidate/chains.h"
#include "candidate/comparison.h"
#include "candidate/past.h"
#include "conn/registry.h"
#include "conn/trial.h"
#include "conn/worker.h"
#include "policy/facts_json.h"
#include "policy/record_walk.h"
#include "request/trial_request.h"

struct replay {
	struct worker *worker; /* borrowed */
	struct chains *chains; /* owned */
};

struct walking { /* one walk of one connection */
	struct replay *replay;
	struct replay_result *result; /* borrowed */
	const struct past *recorded;
	const struct past_question *request; /* the request under way; NULL: the connection itself */
	const struct past_question *asked;   /* the recorded question at the door under way; NULL: it was not asked */
	bool whole;                /* the record has all answers to it */
	struct comparison *found;
};

struct replay *
replay_new(struct worker *candidate, struct record_reader *reader)
{
	struct replay *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	r->worker = candidate;
	r->chains = chains_new(reader);
	if (r->chains != NULL)
		return r;
	replay_free(r);
	return NULL;
}

void
replay_free(struct replay *r)
{
	if (r == NULL)
		return;
	chains_free(r->chains);
	free(r);
}

struct replay_result *
replay_result_new(void)
{
	struct replay_result *r = calloc(1, sizeof *r);
	bool whole = r != NULL;

	for (int i = 0; r != NULL && i < REPLAY_CLASSES; i++) {
		r->list[i] = json_array();
		whole = whole && r->list[i] != NULL;
	}
	if (whole)
		return r;
	replay_result_free(r);
	return NULL;
}

void
replay_result_free(struct replay_result *r)
{
	for (int i = 0; r != NULL && i < REPLAY_CLASSES; i++)
		json_decref(r->list[i]);
	free(r);
}

int
replay_result_add(struct replay_result *r, struct replay_result *later)
{
	int status = 0;

	r->connections += later->connections;
	r->decisions += later->decisions;
	r->same += later->same;
	later->connections = later->decisions = later->same = 0;
	for (int i = 0; i < REPLAY_CLASSES; i++) {
		if (json_array_extend(r->list[i], later->list[i]) < 0)
			status = -1;
		json_array_clear(later->list[i]);
	}
	return status;
}

/* --- the callbacks of a walk ------------------------------------------------------------------ */

static void
replay_before(void *arg, struct trial *t, enum door door, double *now)
{
	struct walking *w = arg;

	w->asked = w->request != NULL ? w->request : past_at(w->recorded, door);
	w->whole = true;
	w->found->service = t->conn->service;
	if (w->asked == NULL)
		return;
	*now = w->asked->now;
	w->whole = past_answers(w->asked, &t->conn->tape);
}

/* The reason why the record cannot answer; NULL: it could. */
static const char *
lack_of(const struct walking *w, const struct trial *t)
{
	if (t->conn->tape.lacking[0] != '\0')
		return t->conn->tape.lacking;
	return w->whole ? NULL : "an answer that the record had no room for";
}

static void
replay_after(void *arg, struct trial *t, enum door door, const char *script, const struct verdict *v)
{
	struct walking *w = arg;
	const char *lack = lack_of(w, t);

	comparison_door(w->found, w->asked, &(struct comparison_decision){ .door = door, .where = door_name(door), .script = script, .verdict = v }, lack);
	w->asked = NULL;
	if (w->found->settled)
		trial_stop(t);
}

static void
replay_ruled(void *arg, struct trial *t, enum stage stage, const struct verdict *v)
{
	struct walking *w = arg;

	comparison_rule(w->found, &(struct comparison_decision){ .door = DOOR_COUNT, .where = stage_name(stage), .verdict = v });
	trial_stop(t);
}

static struct certificate *
replay_verify(void *arg, struct trial *t, const struct tls_config *c, struct cert_fault *why)
{
	struct walking *w = arg;
	const struct past_question *certify = past_at(w->recorded, DOOR_CERTIFY);
	double now = certify != NULL ? certify->now : t->now;
	bool lost = false;
	struct certificate *cert = chains_verify(w->replay->chains, w->recorded->certificate, c, t->conn->facts->way, (int64_t)now, why, &lost);

	if (lost) {
		comparison_lost(w->found, DOOR_CERTIFY, past_hides(w->recorded, "certificate.subject") ? "certificate.subject, which is masked" :
			"the certificate, whose bytes are not in the file");
		trial_stop(t);
	}
	return cert;
}

/* --- the question ----------------------------------------------------------------------------- */

/* The version of the peer's TLS, as of struct trial_question. */
static int
tls_of(const struct past *r)
{
	const char *version = r->facts.tls.version;

	if (version != NULL)
		return strcmp(version, "TLSv1.2") == 0 ? 12 : 13;
	return r->code != NULL && (strcmp(r->code, "no_certificate") == 0 || strcmp(r->code, "tls_on_plain") == 0) ? -1 : 0;
}

/*
 * True when the ipconn was there before the connection: a further socket, a call-back, or an ipconn autoinstalled
 * before.
 */
static bool
joins(const struct past *r)
{
	if (r->facts.way == WAY_OUT || !r->has_installed)
		return false;
	return r->facts.socket > 1 || r->facts.capex.answering[0] != '\0' || (r->installed.autoinstalled && past_at(r, DOOR_INSTALL) == NULL);
}

/*
 * The walk to `last`, for the address of the facts. The caller frees the trial. NULL: the candidate does not define it.
 */
static struct trial *
walk(struct walking *w, struct trial_question *q, struct trial_past *past, enum trial_part last, bool unrecorded)
{
	static const struct presented none = { .n = 0 };
	const struct past *r = w->recorded;
	const struct facts *f = &r->facts;
	struct fault why;
	struct trial *t;

	*past = (struct trial_past){ .last = last, .facts = f, .installed = r->has_installed ? &r->installed : NULL, .certified = account_has(r->certificate),
		.joined = joins(r), .before = replay_before, .after = replay_after, .ruled = replay_ruled, .verify = replay_verify, .arg = w };
	*q = (struct trial_question){ .worker = w->replay->worker, .generation = w->replay->worker->generation, .has_peer = true, .peer = f->peer.addr,
		.tls = tls_of(r), .sni = f->tls.sni, .presented = &none, .now = account_number(account_member(r->account, "time")), .past = past,
		.unrecorded = unrecorded };
	if (f->way == WAY_OUT)
		q->ipconn = f->ipconn.ipconn;
	else
		q->tcpipservice = f->tcpipservice;
	t = trial_run(q, &why);
	if (t == NULL)
		comparison_undefined(w->found, why.text);
	return t;
}

/* --- the checks of a difference --------------------------------------------------------------- */

/* Adds the text and the checks of the candidate's decision to the difference, from the record of a second walk. */
static void
add_checks(json_t *difference, const struct trial *t, const char *list)
{
	struct record_query all = { .last = 1 };
	json_t *rows = records_explain(t->records, &all), *doors = json_object_get(json_array_get(rows, 0), list);
	const json_t *where = json_object_get(difference, "door");
	json_t *after = json_object_get(difference, "after");

	for (size_t i = json_array_size(doors); i-- > 0;) {
		json_t *one = json_array_get(doors, i);

		if (!json_equal((json_t *)json_object_get(one, "door"), (json_t *)where))
			continue;
		json_object_set(after, "text", json_object_get(one, "text"));
		json_object_set(after, "checks", json_object_get(one, "checks"));
		break;
	}
	json_decref(rows);
}

static void
explain_connection(struct walking *w, json_t *difference, enum trial_part last)
{
	struct comparison again;
	struct walking second = *w;
	struct trial_question q;
	struct trial_past past;
	struct trial *t;

	comparison_repeat(&again, w->found);
	second.found = &again;
	t = walk(&second, &q, &past, last, false);
	if (t != NULL)
		add_checks(difference, t, "doors");
	trial_free(t);
}

/* --- the result ------------------------------------------------------------------------------- */

/* The ipconn of the recorded connection; of a refused one, that of the candidate for its names. "" none. */
static const char *
ipconn_of(const struct walking *w)
{
	const struct past *r = w->recorded;
	const struct capex *x = &r->facts.capex;
	const struct ipconn *i;

	if (r->has_installed || r->facts.ipconn.ipconn[0] != '\0')
		return r->has_installed ? r->installed.ipconn : r->facts.ipconn.ipconn;
	i = r->facts.has_capex ? registry_pair(w->replay->worker->registry, x->networkid, x->applid) : NULL;
	return i != NULL ? i->def->ipconn : "";
}

/* NULL: the name is not known. */
static json_t *
name_json(const char *name)
{
	return name[0] != '\0' ? facts_json_sentence(name) : json_null();
}

static void
put_names(json_t *difference, const struct walking *w)
{
	const struct facts *f = &w->recorded->facts;
	bool capex = facts_capex_names(f);
	char peer[ADDR_TEXT];

	json_object_set_new(difference, "peer", json_string(addr_print(&f->peer.addr, peer, sizeof peer)));
	json_object_set_new(difference, "applid", name_json(capex ? f->capex.applid : f->ipconn.applid));
	json_object_set_new(difference, "networkid", name_json(capex ? f->capex.networkid : f->ipconn.networkid));
	json_object_set_new(difference, "ipconn", name_json(ipconn_of(w)));
}

/* Counts the comparison, and lists its difference. Returns the difference, borrowed; NULL: none. */
static json_t *
take_result(struct walking *w)
{
	struct replay_result *all = w->result;
	struct comparison *c = w->found;
	json_t *difference;

	all->decisions += c->decisions;
	all->same += c->same;
	if (!c->differs)
		return NULL;
	difference = comparison_json(c);
	json_object_set_new(difference, "connection", facts_json_sentence(w->recorded->facts.connection));
	put_names(difference, w);
	json_array_append_new(all->list[c->class], difference);
	return difference;
}

/* --- requests --------------------------------------------------------------------------------- */

/* Puts a request to the walk t of the connection. */
static void
ask_request(struct walking *one, struct trial *t, const struct request *request, size_t bytes)
{
	const struct trial_question *own = t->q;
	struct trial_past past = *own->past;
	struct trial_question q = *own;

	past.arg = one;
	q.past = &past;
	t->q = &q;
	t->refused = t->stopped = false;
	if (request->userid[0] != '\0' && past_hides(one->recorded, "request.userid"))
		comparison_lost(one->found, DOOR_ATTACH, "request.userid, which is masked");
	else
		trial_request_run(t, request, bytes);
	comparison_end(one->found, t);
	t->q = own;
}

/* Walks the connection again, with a record, and puts the request to it. */
static void
explain_request(const struct walking *one, json_t *difference, enum trial_part last, const struct request *request, size_t bytes)
{
	struct comparison again;
	struct walking connection = { .replay = one->replay, .result = one->result, .recorded = one->recorded, .found = &again };
	struct walking second = *one;
	struct trial_question q;
	struct trial_past past;
	struct trial *t;

	comparison_repeat(&again, one->found);
	second.found = &again;
	t = walk(&connection, &q, &past, last, false);
	if (t != NULL) {
		ask_request(&second, t, request, bytes);
		add_checks(difference, t, "requests");
	}
	trial_free(t);
}

static void
put_request(const struct walking *w, struct trial *t, const struct account *account)
{
	struct past_question question = past_question(account_root(account));
	struct comparison found;
	struct walking one = { .replay = w->replay, .result = w->result, .recorded = w->recorded, .request = &question, .found = &found };
	struct request request;
	json_t *difference;
	size_t bytes;

	if (!past_request(&question, &request, &bytes) || comparison_is_state(question.code))
		return;
	comparison_begin_request(&found, w->recorded, &question);
	ask_request(&one, t, &request, bytes);
	difference = take_result(&one);
	if (difference != NULL)
		explain_request(&one, difference, t->q->past->last, &request, bytes);
}

static void
put_requests(const struct walking *w, struct trial *t, const struct replay_requests *requests)
{
	if (t == NULL || !t->matched || t->refused)
		return;
	for (size_t i = 0; i < requests->n; i++)
		put_request(w, t, &requests->account[i]);
}

/* --- connections ------------------------------------------------------------------------------ */

static void
put_connection(struct walking *w, const struct replay_requests *requests)
{
	enum trial_part last;
	struct trial_question q;
	struct trial_past past;
	struct trial *t;
	json_t *difference;

	if (!comparison_begin(w->found, w->recorded, &last))
		return;
	t = walk(w, &q, &past, last, true);
	comparison_end(w->found, t);
	difference = take_result(w);
	put_requests(w, t, requests);
	trial_free(t);
	if (difference != NULL)
		explain_connection(w, difference, last);
}

/* Walks the connection to an address that was tried before the last one. */
static void
put_address(struct walking *w, const struct past_question *q)
{
	const struct past *whole = w->recorded;
	struct past one = *whole;
	struct replay_requests none = { .n = 0 };

	w->recorded = &one;
	if (past_try(&one, q))
		put_connection(w, &none);
	w->recorded = whole;
}

/* Way out, the region asks admit about each address that it tries. */
static void
put_addresses(struct walking *w, const struct past *r)
{
	const struct past_question *last = past_at(r, DOOR_ADMIT);

	for (size_t i = 0; i < r->questions; i++)
		if (r->question[i].door == DOOR_ADMIT && &r->question[i] != last)
			put_address(w, &r->question[i]);
}

static void
put_unread(struct replay_result *result, const struct past *rec, const char *why)
{
	const char *connection = account_text(account_member(rec->account, "connection"));

	json_array_append_new(result->list[REPLAY_UNKNOWN], json_pack("{s:o, s:n, s:n, s:n, s:[], s:o, s:n, s:n, s:n, s:n}",
		"connection", connection != NULL ? facts_json_sentence(connection) : json_null(), "door", "before", "after", "beyond", "why",
		facts_json_sentence(why), "peer", "applid", "networkid", "ipconn"));
}

void
replay_put(struct replay *r, struct replay_result *result, const struct account *account, const struct replay_requests *requests)
{
	struct past rec;
	struct comparison found;
	struct walking w = { .replay = r, .result = result, .recorded = &rec, .found = &found };
	struct fault f = { "" };

	result->connections++;
	if (past_read(&rec, account, &f) == 0 && rec.incomplete && rec.questions == 0)
		fault_set(&f, "connection %s: the record had no room for its doors", rec.facts.connection);
	if (f.text[0] != '\0') {
		put_unread(result, &rec, f.text);
	} else {
		if (rec.facts.way == WAY_OUT)
			put_addresses(&w, &rec);
		put_connection(&w, requests);
	}
}
