/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/operator_internal.h"

#include "base/buf.h"
#include "policy/facts_json.h"
#include "admin/inquire.h"
#include "policy/record_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPLAIN_MAX 2000 /* records in one answer */

/* Each does one command; -1 with order->fault. */
typedef int (*order_fn)(struct order *o);

static const char *
option(const struct order *o, const char *name)
{
	return json_string_value(json_object_get(json_object_get(o->request, "options"), name));
}

/* The command as it was typed. */
static void
print_order(const struct order *o, char *out, size_t size)
{
	size_t at = (size_t)snprintf(out, size, "%s", o->command);

	for (size_t i = 0; i < o->nargs && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, " %s", o->arg[i]);
	if (option(o, "reset") != NULL && at < size)
		at += (size_t)snprintf(out + at, size - at, " --reset");
	if (option(o, "now") != NULL && at < size)
		snprintf(out + at, size - at, " --now");
}

const char *
operator_folded(const char *name, char out[NAME_SIZE])
{
	return text_upper(out, NAME_SIZE, name, strlen(name)) ? out : name; /* too long: as it is, and not found */
}

static void
say_change(struct region *r, const char *what, const struct control_peer *peer, const char *refused)
{
	char uid[24], pid[24];

	log_say(r->log, MSG_SP0009, "command", what, "#uid", log_number(uid, peer->uid), "#pid", log_number(pid, peer->pid), "refused", refused, NULL);
}

/* --- answers of many rows --------------------------------------------------------------------------------------------- */

struct tour { /* an inquiry or an account that is being told */
	struct region *region;
	struct inquiry *inquiry;    /* owned; NULL: it is a walk */
	struct record_walk *records; /* owned */
	struct control_peer peer;
	struct fault fault; /* why there is not one row; "" that may be */
	char what[256];     /* the command, when it changes something */
	bool over;
};

static json_t *
refused(const struct fault *f)
{
	return json_pack("{s:i,s:o}", "status", 1, "error", facts_json_text(f->text, strlen(f->text)));
}

static bool
tour_more(void *arg, json_t *rows)
{
	struct tour *t = arg;
	bool more = t->inquiry != NULL ? inquire_more(t->inquiry, rows) : record_walk_more(t->records, rows);

	t->over = !more;
	return more;
}

static json_t *
tour_none(void *arg)
{
	struct tour *t = arg;

	if (t->inquiry != NULL)
		inquire_found(t->inquiry, &t->fault);
	return t->fault.text[0] != '\0' ? refused(&t->fault) : json_pack("{s:i,s:[]}", "status", 0, "rows");
}

static void
tour_end(void *arg)
{
	struct tour *t = arg;
	const char *why = !t->over ? "the operator left before the end" : t->fault.text[0] != '\0' ? t->fault.text : NULL;

	if (t->what[0] != '\0')
		say_change(t->region, t->what, &t->peer, why);
	inquire_end(t->inquiry);
	record_walk_end(t->records);
	free(t);
}

static struct tour *
begin_tour(const struct order *o)
{
	struct tour *t = calloc(1, sizeof *t);

	if (t == NULL)
		return NULL;
	t->region = o->region;
	t->peer = *o->peer;
	return t;
}

static int
tell(struct order *o, struct tour *t)
{
	struct control_source source = { .more = tour_more, .none = tour_none, .end = tour_end, .arg = t };

	control_stream(o->asker, &source);
	o->later = true;
	return 0;
}

/* Names that are upper case in the region; the others are as their makers wrote them. */
static bool
folds(const char *what)
{
	return strcmp(what, "socket") != 0 && strcmp(what, "policy") != 0 && strcmp(what, "counter") != 0;
}

static int
do_inquire(struct order *o)
{
	char name[NAME_SIZE];
	const char *typed = o->nargs > 1 ? o->arg[1] : NULL;
	bool reset = option(o, "reset") != NULL;
	struct tour *t;

	if (o->nargs < 1)
		return fault_set(&o->fault, "inquire what? " INQUIRE_KINDS);
	if (reset && strcmp(o->arg[0], "statistics") != 0)
		return fault_set(&o->fault, "inquire %s has nothing to reset; statistics have", o->arg[0]);
	t = begin_tour(o);
	if (t == NULL)
		return fault_set(&o->fault, "no memory for the answer");
	t->inquiry = inquire_begin(o->region, o->arg[0], typed != NULL && folds(o->arg[0]) ? operator_folded(typed, name) : typed, reset, &o->fault);
	if (t->inquiry == NULL) {
		free(t);
		return -1;
	}
	if (reset)
		print_order(o, t->what, sizeof t->what);
	return tell(o, t);
}

static int
do_explain(struct order *o)
{
	const char *last = option(o, "last");
	size_t most = last != NULL ? (size_t)strtoul(last, NULL, 10) : EXPLAIN_MAX;
	struct record_query q = {
		.connection = o->nargs > 0 ? o->arg[0] : NULL,
		.peer = option(o, "peer"),
		.last = most > 0 && most < EXPLAIN_MAX ? most : EXPLAIN_MAX,
		.refused = option(o, "refused") != NULL,
	};
	struct tour *t = begin_tour(o);

	if (t == NULL || (t->records = record_walk_begin(o->region->records, &q)) == NULL) {
		free(t);
		return fault_set(&o->fault, "no memory to explain");
	}
	if (q.connection != NULL)
		fault_set(&t->fault, "no connection %s is remembered (the region keeps the last %d)", q.connection,
			region_generation(o->region)->definition->region.records);
	return tell(o, t);
}

/* --- reload, and urm=, which is one ---------------------------------------------------------------------------------- */

static json_t *
text_of(const char *text)
{
	return facts_json_text(text, strlen(text)); /* may quote a script */
}

/* Every fault on a line of its own. */
static json_t *
error_of(const struct faults *faults)
{
	struct buf all;
	char line[1024];
	json_t *error, *one;

	buf_init(&all, 0);
	for (size_t i = 0; i < faults->n; i++) {
		if (faults->entry[i].level != FAULT_ERROR)
			continue;
		one = text_of(faults_print(faults, i, line, sizeof line)); /* escaped one by one: the ends of lines are ours */
		buf_printf(&all, "%s%s", buf_len(&all) > 0 ? "\n" : "", one != NULL ? json_string_value(one) : "no memory");
		json_decref(one);
	}
	error = json_stringn(buf_len(&all) > 0 ? (const char *)buf_bytes(&all) : "no memory", buf_len(&all) > 0 ? buf_len(&all) : 9);
	buf_free(&all);
	return json_pack("{s:i,s:o}", "status", 1, "error", error);
}

/* One line of the log holds one fault; several have lines of their own (SP0011). */
static const char *
refusal_of(const struct faults *faults, char *out, size_t size)
{
	if (faults->errors != 1)
		snprintf(out, size, "%zu faults", faults->errors);
	for (size_t i = 0; faults->errors == 1 && i < faults->n; i++)
		if (faults->entry[i].level == FAULT_ERROR)
			faults_print(faults, i, out, size);
	return out;
}

static json_t *
change_of(const struct reload_change *c)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:o}", "kind", c->kind, "name", c->name, "change", c->what, "door", c->door, "code", c->code, "text",
		text_of(c->text));
}

/* The rows of decision tables that do not hold, a line each. */
static json_t *
failed_rows(const struct faults *faults)
{
	json_t *list = json_array();
	char line[1024];

	for (size_t i = 0; i < faults->n; i++)
		if (strcmp(faults->entry[i].rule, "row") == 0)
			json_array_append_new(list, text_of(faults_print(faults, i, line, sizeof line)));
	return list;
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
	char refused[1024] = "";

	if (report->done) {
		changes = json_array();
		for (const struct reload_change *c = report->changes; c != NULL; c = c->next)
			json_array_append_new(changes, change_of(c));
		answer = json_pack("{s:i,s:[{s:I,s:o,s:o}]}", "status", 0, "rows", "generation", (json_int_t)report->generation, "changes", changes,
			"failed_rows", failed_rows(report->faults));
	} else {
		answer = error_of(report->faults);
		refusal_of(report->faults, refused, sizeof refused);
	}
	say_change(duty->region, duty->what, &duty->peer, refused);
	control_pay(duty->debt, answer);
	free(duty);
}

/* The answer comes when the reload has ended; the asker may have left by then. */
int
operator_begin_reload(struct order *o, struct reload_order *reload)
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
	return operator_begin_reload(o, &reload);
}

/* The answer is sent before the loop ends; who asked waits for the process. */
static int
do_shutdown(struct order *o)
{
	if (o->nargs > 0)
		return fault_set(&o->fault, "shutdown takes no argument; there is --now");
	region_stop(o->region, option(o, "now") != NULL);
	o->rows = json_pack("[{s:i}]", "pid", (int)getpid());
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
	{ "set", operator_set, true },
	{ "discard", operator_discard, true },
	{ "release", operator_release, true },
	{ "reload", do_reload, true },
	{ "shutdown", do_shutdown, true },
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
		if ((commands[i].changes || option(o, "reset") != NULL) && !o->later)
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

struct control *
operator_open(struct region *r, struct faults *faults)
{
	struct fault f;
	struct control *c = control_open(r->worker.loop, r->control, operator_answer, r, &f);

	if (c == NULL)
		faults_add(faults, FAULT_ERROR, "control", NULL, 0, "%s", f.text);
	return c;
}
