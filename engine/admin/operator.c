/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/operator.h"

#include "admin/operator_internal.h"
#include "region/ask.h"
#include "admin/inquire.h"
#include "conn/acquire.h"
#include "conn/release.h"
#include "conn/resync.h"
#include "conn/ipconn.h"
#include "conn/steps.h"
#include "policy/facts_json.h"
#include "policy/record_walk.h"
#include "region/region.h"
#include "request/session.h"
#include "security/passwords.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define EXPLAIN_MAX 2000 /* records in one answer */
/* Executes one command. -1 with o->fault. */
typedef int (*order_fn)(struct order *o);

const char *
operator_option(const struct order *o, const char *name)
{
	return json_string_value(json_object_get(json_object_get(o->request, "options"), name));
}

void
operator_print(const struct order *o, char *out, size_t size)
{
	size_t at = (size_t)snprintf(out, size, "%s", o->command);

	for (size_t i = 0; i < o->nargs && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, " %s", o->arg[i]);
	if (operator_option(o, "reset") != NULL && at < size)
		at += (size_t)snprintf(out + at, size - at, " --reset");
	if (operator_option(o, "now") != NULL && at < size)
		snprintf(out + at, size - at, " --now");
}

static const char *
folded(const char *name, char out[NAME_SIZE])
{
	return text_upper(out, NAME_SIZE, name, strlen(name)) ? out : name; /* too long: no such name */
}

void
operator_say_change(struct region *r, const char *what, const struct control_peer *peer, const char *refused)
{
	char uid[24], pid[24];

	log_say(r->log, MSG_SP0009, "command", what, "#uid", log_number(uid, peer->uid), "#pid", log_number(pid, peer->pid), "refused", refused, NULL);
}

json_t *
operator_text(const char *text)
{
	return facts_json_sentence(text);
}

json_t *
operator_refusal(json_t *error)
{
	return json_pack("{s:i,s:o}", "status", 1, "error", error);
}

/* --- answers of many rows --------------------------------------------------------------------- */

struct row_stream { /* the rows of an inquiry or of explain */
	struct region *region;
	struct control_conn *client; /* borrowed; it outlives the stream */
	struct inquiry *inquiry;     /* owned; NULL: explain */
	struct record_walk *records; /* owned; NULL: inquire */
	struct control_peer peer;
	struct fault fault; /* the error when there is no row; "": no error */
	char what[256];     /* the command, when it changes the region; else "" */
	bool over;
};

static bool
operator_rows_more(void *arg, json_t *rows)
{
	struct row_stream *t = arg;
	bool more = t->inquiry != NULL ? inquire_more(t->inquiry, rows) : record_walk_more(t->records, rows);

	t->over = !more;
	return more;
}

static bool
operator_rows_wait(const void *arg)
{
	const struct row_stream *t = arg;

	return t->inquiry != NULL && inquire_waits(t->inquiry);
}

/* The inquiry has waited. */
static void
operator_rows_go_on(void *arg)
{
	control_go_on(((struct row_stream *)arg)->client);
}

static json_t *
operator_rows_none(void *arg)
{
	struct row_stream *t = arg;

	if (t->inquiry != NULL)
		inquire_found(t->inquiry, &t->fault);
	return t->fault.text[0] != '\0' ? operator_refusal(operator_text(t->fault.text)) : json_pack("{s:i,s:[]}", "status", 0, "rows");
}

static void
operator_rows_end(void *arg)
{
	struct row_stream *t = arg;
	const char *why = !t->over ? "the operator left before the end" : t->fault.text[0] != '\0' ? t->fault.text : NULL;

	if (t->what[0] != '\0')
		operator_say_change(t->region, t->what, &t->peer, why);
	inquire_end(t->inquiry);
	record_walk_end(t->records);
	free(t);
}

static struct row_stream *
new_stream(const struct order *o)
{
	struct row_stream *t = calloc(1, sizeof *t);

	if (t == NULL)
		return NULL;
	t->region = o->region;
	t->client = o->client;
	t->peer = *o->peer;
	return t;
}

static int
stream_rows(struct order *o, struct row_stream *t)
{
	struct control_source source = { .more = operator_rows_more, .waits = operator_rows_wait, .none = operator_rows_none, .end = operator_rows_end, .arg = t };

	control_stream(o->client, &source);
	o->later = true;
	return 0;
}

/* True when the names of that kind are in upper case. */
static bool
folds(const char *what)
{
	return strcmp(what, "socket") != 0 && strcmp(what, "policy") != 0 && strcmp(what, "counter") != 0 &&
	       strcmp(what, "rate") != 0 && strcmp(what, "shadow") != 0 && strcmp(what, "door") != 0 && strcmp(what, "canary") != 0;
}

/* The number of --busiest; 0: not given. -1 with o->fault. */
static int
busiest_of(struct order *o, unsigned *busiest)
{
	const char *text = operator_option(o, "busiest");
	char *end;
	unsigned long n = text != NULL ? strtoul(text, &end, 10) : 0;

	*busiest = (unsigned)n;
	if (text == NULL)
		return 0;
	if (strcmp(o->arg[0], "ipconn") != 0 || o->nargs > 1)
		return fault_set(&o->fault, "--busiest belongs to inquire ipconn without a name");
	if (text[0] < '1' || text[0] > '9' || *end != '\0' || n > INQUIRE_BUSIEST_MAX)
		return fault_set(&o->fault, "--busiest must be a number from 1 to %d", INQUIRE_BUSIEST_MAX);
	return 0;
}

static int
operator_do_inquire(struct order *o)
{
	char name[NAME_SIZE];
	const char *typed = o->nargs > 1 ? o->arg[1] : NULL;
	struct inquire_options options = { .reset = operator_option(o, "reset") != NULL };
	struct row_stream *t;

	if (o->nargs < 1)
		return fault_set(&o->fault, "inquire needs one of: " INQUIRE_KINDS);
	if (options.reset && strcmp(o->arg[0], "statistics") != 0)
		return fault_set(&o->fault, "inquire %s cannot be reset; only statistics can", o->arg[0]);
	if (busiest_of(o, &options.busiest) < 0)
		return -1;
	t = new_stream(o);
	if (t == NULL)
		return fault_set(&o->fault, "no memory for the answer");
	options.name = typed != NULL && folds(o->arg[0]) ? folded(typed, name) : typed;
	options.go_on = operator_rows_go_on;
	options.arg = t;
	t->inquiry = inquire_begin(o->region, o->arg[0], &options, &o->fault);
	if (t->inquiry == NULL) {
		free(t);
		return -1;
	}
	if (options.reset)
		operator_print(o, t->what, sizeof t->what);
	return stream_rows(o, t);
}

static int
operator_do_explain(struct order *o)
{
	const char *last = operator_option(o, "last");
	size_t most = last != NULL ? (size_t)strtoul(last, NULL, 10) : EXPLAIN_MAX;
	struct record_query q = {
		.connection = o->nargs > 0 ? o->arg[0] : NULL,
		.peer = operator_option(o, "peer"),
		.last = most > 0 && most < EXPLAIN_MAX ? most : EXPLAIN_MAX,
		.refused = operator_option(o, "refused") != NULL,
	};
	struct row_stream *t = new_stream(o);

	if (t == NULL || (t->records = record_walk_begin(o->region->records, &q)) == NULL) {
		free(t);
		return fault_set(&o->fault, "no memory for the answer");
	}
	if (q.connection != NULL)
		fault_set(&t->fault, "the region has no record of connection %s (it keeps the last %d)", q.connection,
			region_generation(o->region)->definition->region.records);
	return stream_rows(o, t);
}

/* A question about one connection, which changes nothing. */
static int
operator_do_ask(struct order *o)
{
	const json_t *question = json_object_get(o->request, "question");
	json_t *row;

	if (!json_is_object(question) || o->nargs > 0)
		return fault_set(&o->fault, "ask needs the member question, an object, and takes no argument");
	row = ask_answer(&o->region->worker, question, &o->fault);
	if (row == NULL)
		return -1;
	o->rows = json_pack("[o]", row);
	return 0;
}

/* --- shutdown --------------------------------------------------------------------------------- */

/* The answer is sent before the loop ends. The client waits for the end of the process that has the socket. */
static int
operator_do_shutdown(struct order *o)
{
	if (o->nargs > 0)
		return fault_set(&o->fault, "shutdown takes no argument; there is --now");
	region_stop(o->region, operator_option(o, "now") != NULL);
	o->rows = json_pack("[{s:i}]", "pid", (int)getpid());
	return 0;
}

/* --- listeners, ipconns and users ------------------------------------------------------------- */

static struct ipconn *
find_ipconn(struct order *o, const char *typed)
{
	char name[NAME_SIZE], text[NEAR_TEXT];
	struct ipconn *i = registry_name(o->region->registry, folded(typed, name));
	struct near near = { .far = 0 };

	if (i != NULL)
		return i;
	registry_near(o->region->registry, typed, &near);
	fault_set(&o->fault, "no ipconn named %s is installed%s", typed, near_print(&near, text));
	return NULL;
}

static struct listener *
find_listener(struct order *o, const char *typed)
{
	char name[NAME_SIZE], text[NEAR_TEXT];
	struct listener *l = listeners_find(&o->region->listeners, folded(typed, name));
	struct near near = { .far = 0 };

	if (l != NULL)
		return l;
	for (l = o->region->listeners.current; l != NULL; l = l->next)
		near_take(&near, l->entrance.tcpipservice, typed);
	fault_set(&o->fault, "no tcpipservice named %s%s", typed, near_print(&near, text));
	return NULL;
}

/* --- set tcpipservice ------------------------------------------------------------------------- */

struct closing { /* a client that waits until the gates have ended their connections */
	struct listener_wait wait; /* first */
	struct control_deferred *answer;
	struct region *region;
	struct control_peer peer;
	char what[256];
};

static void
operator_closed(struct listener_wait *wait)
{
	struct closing *c = (struct closing *)wait;

	operator_say_change(c->region, c->what, &c->peer, NULL);
	control_complete(c->answer, json_pack("{s:i,s:[]}", "status", 0, "rows"));
	free(c);
}

/* Ends the ipconns that came in by the listener. */
static void
end_ipconns(struct region *r, const struct listener *l)
{
	for (struct ipconn *i = registry_engaged(r->registry), *after; i != NULL; i = after) {
		after = i->engaged->next;
		if (ipconn_socket(i, SOCKET_IN) != NULL && ipconn_socket(i, SOCKET_IN)->entrance == &l->entrance)
			release_finish(i, "the tcpipservice was closed at once");
	}
}

/* Closes l, and ends the connections and ipconns that came in by it (IPIC.md 4.2: IMMCLOSE). */
static int
close_at_once(struct order *o, struct listener *l)
{
	struct closing *c = calloc(1, sizeof *c);

	if (c == NULL || (c->answer = control_defer(o->client)) == NULL) {
		free(c);
		return fault_set(&o->fault, "no memory for the command");
	}
	c->wait.run = operator_closed;
	c->region = o->region;
	c->peer = *o->peer;
	operator_print(o, c->what, sizeof c->what);
	listener_close(l);
	o->later = listener_cut(l, &c->wait);
	end_ipconns(o->region, l);
	if (o->later)
		return 0;
	control_cancel_defer(c->answer);
	free(c);
	return 0;
}

static int
set_urm(struct order *o, const struct listener *l, const char *urm)
{
	struct reload_order reload = { .tcpipservice = l->entrance.tcpipservice, .urm = urm };

	return operator_begin_reload(o, &reload);
}

static int
set_tcpipservice(struct order *o, struct listener *l, const char *what)
{
	if (strncasecmp(what, "urm=", 4) == 0)
		return set_urm(o, l, what + 4);
	if (strcasecmp(what, "open") == 0)
		return o->region->worker.draining ? fault_set(&o->fault, "the region is shutting down") : listener_open(l, &o->fault);
	if (strcasecmp(what, "immclose") == 0)
		return close_at_once(o, l);
	if (strcasecmp(what, "closed") != 0)
		return fault_set(&o->fault, "set tcpipservice %s: '%s' is not open, closed, immclose or urm=NAME", l->entrance.tcpipservice, what);
	listener_close(l);
	return 0;
}

/* --- set ipconn ------------------------------------------------------------------------------- */

/*
 * Releases an ipconn and stops its autoconnect. purge: the purge type; NULL: waits until the work that runs has ended.
 */
static int
release(struct ipconn *i, const char *purge)
{
	acquire_hold(i, true);
	if (purge != NULL)
		release_purging(i, purge, "released by the operator");
	else
		release_begin(i, "released by the operator");
	return 0;
}

/* Acquires an ipconn and starts its autoconnect again. */
static int
acquire(struct ipconn *i, struct fault *f)
{
	bool held = i->held;

	i->held = false;
	if (acquire_begin(i, f) == 0)
		return 0;
	i->held = held;
	return -1;
}

static int
put_in_service(struct ipconn *i)
{
	ipconn_serve(i, true);
	if (!i->held)
		acquire_installed(i);
	return 0;
}

static int
set_released(struct order *o, struct ipconn *i, const char *how)
{
	const char *purge = how != NULL ? session_purge_word(how) : NULL;

	if (how != NULL && purge == NULL)
		return fault_set(&o->fault, "set ipconn %s released: '%s' is not cancel, forcecancel, purge, forcepurge or kill", i->def->ipconn, how);
	return release(i, purge);
}

static int
set_ipconn(struct order *o, struct ipconn *i, const char *what)
{
	if (strcasecmp(what, "released") == 0)
		return set_released(o, i, o->nargs > 3 ? o->arg[3] : NULL);
	if (o->nargs > 3)
		return fault_set(&o->fault, "set ipconn %s %s takes no further word", i->def->ipconn, what);
	if (strcasecmp(what, "inservice") == 0)
		return put_in_service(i);
	if (strcasecmp(what, "acquired") == 0)
		return acquire(i, &o->fault);
	if (strcasecmp(what, "norecovdata") == 0) {
		resync_forget(i);
		return 0;
	}
	if (strcasecmp(what, "outservice") != 0)
		return fault_set(&o->fault, "set ipconn %s: '%s' is not acquired, released, inservice, outservice or norecovdata", i->def->ipconn, what);
	ipconn_serve(i, false);
	return 0;
}

/* --- set user --------------------------------------------------------------------------------- */

static int
set_user(struct order *o, const char *typed, const char *what)
{
	const struct saf_user *u = saf_user(region_generation(o->region)->saf, typed);

	if (strcasecmp(what, "unrevoke") != 0)
		return fault_set(&o->fault, "set user %s: '%s' is not unrevoke", typed, what);
	if (u == NULL)
		return fault_set(&o->fault, "no user named %s in the saf", typed);
	if (u->revoked)
		return fault_set(&o->fault, "user %s is revoked by the saf's file: change the file, and reload", u->userid);
	passwords_unrevoke(o->region->worker.passwords, u->userid);
	return 0;
}

static int
operator_do_set(struct order *o)
{
	struct listener *l;
	struct ipconn *i;

	if (o->nargs != 3 && (o->nargs != 4 || strcasecmp(o->arg[0], "ipconn") != 0))
		return fault_set(&o->fault, "set tcpipservice NAME open|closed|immclose|urm=NAME, set user NAME unrevoke, or "
			"set ipconn NAME acquired|released [PURGE]|inservice|outservice|norecovdata");
	if (strcasecmp(o->arg[0], "tcpipservice") == 0) {
		l = find_listener(o, o->arg[1]);
		return l != NULL ? set_tcpipservice(o, l, o->arg[2]) : -1;
	}
	if (strcasecmp(o->arg[0], "ipconn") == 0) {
		i = find_ipconn(o, o->arg[1]);
		return i != NULL ? set_ipconn(o, i, o->arg[2]) : -1;
	}
	if (strcasecmp(o->arg[0], "user") == 0)
		return set_user(o, o->arg[1], o->arg[2]);
	return fault_set(&o->fault, "set: '%s' is not tcpipservice, ipconn or user", o->arg[0]);
}

static int
operator_do_release(struct order *o)
{
	struct ipconn *i = o->nargs > 0 ? find_ipconn(o, o->arg[o->nargs - 1]) : NULL;

	if (o->nargs == 0)
		return fault_set(&o->fault, "release needs the name of an ipconn");
	return i != NULL ? release(i, NULL) : -1;
}

static int
operator_do_discard(struct order *o)
{
	struct ipconn *i;

	if (o->nargs != 2 || strcasecmp(o->arg[0], "ipconn") != 0)
		return fault_set(&o->fault, "discard ipconn NAME");
	i = find_ipconn(o, o->arg[1]);
	if (i == NULL)
		return -1;
	if (i->inservice || i->status != CONN_RELEASED)
		return fault_set(&o->fault, "ipconn %s is %s and %s; to be discarded it must be OUTSERVICE and RELEASED (set ipconn %s outservice, then released)",
			i->def->ipconn, i->inservice ? "INSERVICE" : "OUTSERVICE", resource_connstatus(i->status), i->def->ipconn);
	ipconn_delete(i);
	return 0;
}

/* --- one request ------------------------------------------------------------------------------ */

static const struct {
	const char *name;
	order_fn run;
	bool changes;
} commands[] = {
	{ "inquire", operator_do_inquire, false },
	{ "explain", operator_do_explain, false },
	{ "ask", operator_do_ask, false },
	{ "set", operator_do_set, true },
	{ "discard", operator_do_discard, true },
	{ "release", operator_do_release, true },
	{ "reload", operator_do_reload, true },
	{ "policy", operator_do_policy, false },
	{ "shadow", operator_do_shadow, true },
	{ "canary", operator_do_canary, true },
	{ "shutdown", operator_do_shutdown, true },
};

static int
take_args(struct order *o)
{
	const json_t *args = json_object_get(o->request, "args");
	size_t n = json_array_size(args);

	if (n > ARGS_MAX)
		return fault_set(&o->fault, "too many arguments");
	for (size_t i = 0; i < n; i++) {
		o->arg[i] = json_string_value(json_array_get(args, i));
		if (o->arg[i] == NULL)
			return fault_set(&o->fault, "arguments must be strings");
	}
	o->nargs = n;
	return 0;
}

static void
say_order(const struct order *o, int status)
{
	char what[256];

	operator_print(o, what, sizeof what);
	operator_say_change(o->region, what, o->peer, status < 0 ? o->fault.text : NULL);
}

static int
run(struct order *o)
{
	if (o->command == NULL || take_args(o) < 0)
		return o->command == NULL ? fault_set(&o->fault, "the request names no command") : -1;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		int status;

		if (strcmp(commands[i].name, o->command) != 0)
			continue;
		status = commands[i].run(o);
		if ((commands[i].changes || operator_option(o, "reset") != NULL) && !o->later)
			say_order(o, status);
		return status;
	}
	return fault_set(&o->fault, "unknown command '%s'", o->command);
}

json_t *
operator_answer(void *arg, const json_t *request, const struct control_peer *peer, struct control_conn *client)
{
	struct order o = { .region = arg, .request = request, .peer = peer, .client = client };
	json_t *answer;

	o.command = json_string_value(json_object_get(request, "command"));
	if (run(&o) < 0) {
		json_decref(o.rows);
		return operator_refusal(operator_text(o.fault.text));
	}
	if (o.later)
		return NULL;
	answer = json_pack("{s:i,s:o}", "status", 0, "rows", o.rows != NULL ? o.rows : json_array());
	return answer;
}

struct control *
operator_open(struct region *r, struct faults *faults)
{
	struct fault f;
	struct control *c = control_open(r->worker.loop, r->control, operator_answer, r, &f);

	if (c == NULL)
		faults_add(faults, FAULT_ERROR, "control", NULL, 0, "%s", f.text);
	return c;
}
