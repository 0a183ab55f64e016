/* SPDX-License-Identifier: Apache-2.0 */
#include "operator.h"

#include "factsjson.h"
#include "inquire.h"
#include "ipconn.h"
#include "record.h"
#include "region.h"
#include "reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ARGS_MAX 8
#define EXPLAIN_MAX 2000 /* records in one answer: it is made in one turn of the loop */

struct order { /* one request, taken apart; strings borrowed from it */
	struct region *region;
	const json_t *request;
	const char *arg[ARGS_MAX];
	size_t nargs;
	struct fault fault;
	json_t *rows; /* what the answer carries; owned until answered */
	const char *command;
	const struct control_peer *peer;
	struct control_asker *asker;
	bool later; /* the answer is owed */
};

/* Each does one command; -1 with order->fault. */
typedef int (*order_fn)(struct order *o);

/* The command as it was typed. */
static void
print_order(const struct order *o, char *out, size_t size)
{
	size_t at = (size_t)snprintf(out, size, "%s", o->command);

	for (size_t i = 0; i < o->nargs && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, " %s", o->arg[i]);
}

static const char *
option(const struct order *o, const char *name)
{
	return json_string_value(json_object_get(json_object_get(o->request, "options"), name));
}

/* Names are upper case in the region; operators may type them as they like. */
static const char *
folded(const char *name, char out[NAME_SIZE])
{
	size_t n = 0;

	for (; name[n] != '\0' && n < NAME_SIZE - 1; n++)
		out[n] = (char)(name[n] >= 'a' && name[n] <= 'z' ? name[n] - 'a' + 'A' : name[n]);
	out[n] = '\0';
	return name[n] == '\0' ? out : name; /* too long: as it is, and not found */
}

static struct ipconn *
find_ipconn(struct order *o, const char *typed)
{
	char name[NAME_SIZE];
	struct ipconn *i = registry_name(o->region->registry, folded(typed, name));

	if (i == NULL)
		fault_set(&o->fault, "no ipconn named %s is installed", typed);
	return i;
}

static struct listener *
find_listener(struct order *o, const char *typed)
{
	char name[NAME_SIZE];
	struct listener *l = region_listener(o->region, folded(typed, name));

	if (l == NULL)
		fault_set(&o->fault, "no tcpipservice named %s", typed);
	return l;
}

static int
do_inquire(struct order *o)
{
	char name[NAME_SIZE];
	const char *typed = o->nargs > 1 ? o->arg[1] : NULL;
	bool by_name = typed != NULL && o->nargs > 0 && strcmp(o->arg[0], "socket") != 0 && strcmp(o->arg[0], "policy") != 0;

	if (o->nargs < 1)
		return fault_set(&o->fault, "inquire what? region, tcpipservice, ipconn, socket or policy");
	o->rows = inquire_rows(o->region, o->arg[0], by_name ? folded(typed, name) : typed, &o->fault);
	return o->rows != NULL ? 0 : -1;
}

static int
do_explain(struct order *o)
{
	const char *last = option(o, "last"), *peer = option(o, "peer");
	size_t most = last != NULL ? (size_t)strtoul(last, NULL, 10) : EXPLAIN_MAX;
	struct record_query q = {
		.connection = o->nargs > 0 ? o->arg[0] : NULL,
		.peer = peer,
		.last = most < EXPLAIN_MAX ? most : EXPLAIN_MAX,
		.refused = option(o, "refused") != NULL,
	};

	o->rows = records_explain(o->region->records, &q);
	if (o->rows == NULL)
		return fault_set(&o->fault, "no memory to explain");
	if (q.connection == NULL || json_array_size(o->rows) > 0)
		return 0;
	return fault_set(&o->fault, "no connection %s is remembered (the region keeps the last %d)", q.connection,
		region_generation(o->region)->definition->region.records);
}

/* --- set tcpipservice ------------------------------------------------------------------------------------------------ */

/* Ends everything that came in there (IPIC.md 4.2: IMMCLOSE). */
static void
end_all(struct region *r, const struct listener *l)
{
	struct conn *next;

	for (struct conn *c = r->worker.conns; c != NULL; c = next) {
		next = c->next;
		if (c->entrance == &l->entrance && c->ipconn == NULL && c->stage != CONN_DRAINING)
			conn_close(c, CONN_AT_ONCE, "the tcpipservice was closed at once");
	}
	for (struct ipconn *i = registry_first(r->registry), *after; i != NULL; i = after) {
		after = i->next;
		if (i->socket[0] != NULL && i->socket[0]->entrance == &l->entrance)
			ipconn_finish(i, "the tcpipservice was closed at once");
	}
}

/* --- reload, and urm=, which is one ---------------------------------------------------------------------------------- */

static json_t *
text_of(const char *text)
{
	return factsjson_text(text, strlen(text)); /* may quote a script */
}

/* Every fault on a line of its own. */
static json_t *
error_of(const struct faults *faults)
{
	char all[4096], line[1024];
	size_t at = 0;

	all[0] = '\0';
	for (size_t i = 0; i < faults->n && at < sizeof all; i++)
		if (faults->entry[i].level == FAULT_ERROR)
			at += (size_t)snprintf(all + at, sizeof all - at, "%s%s", at > 0 ? "\n" : "", faults_print(faults, i, line, sizeof line));
	return json_pack("{s:i,s:o}", "status", 1, "error", text_of(at > 0 ? all : "no memory"));
}

static json_t *
change_of(const struct reload_change *c)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:o}", "kind", c->kind, "name", c->name, "change", c->what, "door", c->door, "code", c->code, "text",
		text_of(c->text));
}

static void
say_change(struct region *r, const char *what, const struct control_peer *peer, const char *refused)
{
	char uid[24], pid[24];

	log_say(r->log, MSG_SP0009, "command", what, "uid", log_number(uid, peer->uid), "pid", log_number(pid, peer->pid), "refused", refused, NULL);
}

struct duty { /* a reload somebody waits for */
	struct control_debt *debt;
	struct region *region;
	struct control_peer peer;
	char what[256];
};

static void
reloaded(void *arg, const struct reload_report *report)
{
	struct duty *duty = arg;
	json_t *answer, *changes;

	if (report->done) {
		changes = json_array();
		for (const struct reload_change *c = report->changes; c != NULL; c = c->next)
			json_array_append_new(changes, change_of(c));
		answer = json_pack("{s:i,s:[{s:I,s:o}]}", "status", 0, "rows", "generation", (json_int_t)report->generation, "changes", changes);
	} else {
		answer = error_of(report->faults);
	}
	say_change(duty->region, duty->what, &duty->peer, json_string_value(json_object_get(answer, "error")));
	control_pay(duty->debt, answer);
	free(duty);
}

/* The answer comes when the reload has ended; the asker may have left by then. */
static int
begin_reload(struct order *o, struct reload_order *reload)
{
	struct duty *duty = calloc(1, sizeof *duty);

	if (duty == NULL || (duty->debt = control_owe(o->asker)) == NULL) {
		free(duty);
		return fault_set(&o->fault, "no memory to answer later");
	}
	duty->region = o->region;
	duty->peer = *o->peer;
	print_order(o, duty->what, sizeof duty->what);
	reload->done = reloaded;
	reload->arg = duty;
	o->later = reload_begin(o->region, reload, &o->fault) == 0;
	if (o->later)
		return 0;
	log_say(o->region->log, MSG_SP0011, "fault", o->fault.text, NULL);
	control_forgive(duty->debt);
	free(duty);
	return -1;
}

static int
do_reload(struct order *o)
{
	struct reload_order reload = { .check = option(o, "check") != NULL, .force = option(o, "force") != NULL };

	if (o->nargs > 0)
		return fault_set(&o->fault, "reload takes no argument; there are --check and --force");
	return begin_reload(o, &reload);
}

static int
set_urm(struct order *o, const struct listener *l, const char *urm)
{
	struct reload_order reload = { .tcpipservice = l->entrance.tcpipservice, .urm = urm };

	return begin_reload(o, &reload);
}

static int
set_tcpipservice(struct order *o, struct listener *l, const char *what)
{
	if (strncasecmp(what, "urm=", 4) == 0)
		return set_urm(o, l, what + 4);
	if (strcasecmp(what, "open") == 0)
		return o->region->worker.draining ? fault_set(&o->fault, "the region is shutting down") : listener_open(l, &o->fault);
	if (strcasecmp(what, "closed") != 0 && strcasecmp(what, "immclose") != 0)
		return fault_set(&o->fault, "set tcpipservice %s: '%s' is not open, closed, immclose or urm=NAME", l->entrance.tcpipservice, what);
	listener_close(l);
	if (strcasecmp(what, "immclose") == 0)
		end_all(o->region, l);
	return 0;
}

/* --- set ipconn ------------------------------------------------------------------------------------------------------ */

static int
set_ipconn(struct order *o, struct ipconn *i, const char *what)
{
	if (strcasecmp(what, "inservice") == 0)
		i->inservice = true;
	else if (strcasecmp(what, "outservice") == 0)
		i->inservice = false;
	else if (strcasecmp(what, "released") == 0)
		ipconn_release(i, "released by the operator");
	else
		return fault_set(&o->fault, "set ipconn %s: '%s' is not inservice, outservice or released", i->def.ipconn, what);
	return 0;
}

static int
do_set(struct order *o)
{
	struct listener *l;
	struct ipconn *i;

	if (o->nargs != 3)
		return fault_set(&o->fault, "set tcpipservice NAME open|closed|immclose|urm=NAME, or set ipconn NAME inservice|outservice|released");
	if (strcasecmp(o->arg[0], "tcpipservice") == 0) {
		l = find_listener(o, o->arg[1]);
		return l != NULL ? set_tcpipservice(o, l, o->arg[2]) : -1;
	}
	if (strcasecmp(o->arg[0], "ipconn") == 0) {
		i = find_ipconn(o, o->arg[1]);
		return i != NULL ? set_ipconn(o, i, o->arg[2]) : -1;
	}
	return fault_set(&o->fault, "set what? '%s' is not tcpipservice or ipconn", o->arg[0]);
}

static int
do_release(struct order *o)
{
	struct ipconn *i = o->nargs > 0 ? find_ipconn(o, o->arg[o->nargs - 1]) : NULL;

	if (o->nargs == 0)
		return fault_set(&o->fault, "release which ipconn?");
	if (i == NULL)
		return -1;
	ipconn_release(i, "released by the operator");
	return 0;
}

static int
do_discard(struct order *o)
{
	struct ipconn *i;

	if (o->nargs != 2 || strcasecmp(o->arg[0], "ipconn") != 0)
		return fault_set(&o->fault, "discard ipconn NAME");
	i = find_ipconn(o, o->arg[1]);
	if (i == NULL)
		return -1;
	if (i->inservice || i->status != CONN_RELEASED)
		return fault_set(&o->fault, "ipconn %s is %s and %s; to be discarded it must be OUTSERVICE and RELEASED (set ipconn %s outservice, then released)",
			i->def.ipconn, i->inservice ? "INSERVICE" : "OUTSERVICE", connstatus_name(i->status), i->def.ipconn);
	ipconn_delete(i);
	return 0;
}

/* --- one request ----------------------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	order_fn run;
	bool changes;
} commands[] = {
	{ "inquire", do_inquire, false },
	{ "explain", do_explain, false },
	{ "set", do_set, true },
	{ "discard", do_discard, true },
	{ "release", do_release, true },
	{ "reload", do_reload, true },
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

	print_order(o, what, sizeof what);
	say_change(o->region, what, o->peer, status < 0 ? o->fault.text : NULL);
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
		if (commands[i].changes && !o->later)
			say_order(o, status);
		return status;
	}
	return fault_set(&o->fault, "unknown command '%s'", o->command);
}

json_t *
operator_answer(void *arg, const json_t *request, const struct control_peer *peer, struct control_asker *asker)
{
	struct order o = { .region = arg, .request = request, .peer = peer, .asker = asker };
	json_t *answer;

	o.command = json_string_value(json_object_get(request, "command"));
	if (run(&o) < 0) {
		json_decref(o.rows);
		return json_pack("{s:i,s:o}", "status", 1, "error", text_of(o.fault.text));
	}
	if (o.later)
		return NULL;
	answer = json_pack("{s:i,s:o}", "status", 0, "rows", o.rows != NULL ? o.rows : json_array());
	return answer;
}
