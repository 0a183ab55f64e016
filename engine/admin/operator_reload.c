/* SPDX-License-Identifier: Apache-2.0 */
/* operator_reload: the command reload, and the reloads that set urm= and policy use begin. */
#include "admin/operator_internal.h"

#include "base/buf.h"
#include "policy/facts_json.h"
#include "region/region.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The answer to a refused reload: each fault on a line of its own, and the consequence. Escapes each fault by itself:
 * the newlines between them stay.
 */
static json_t *
error_of(const struct faults *faults, uint64_t generation)
{
	bool rows = faults->errors > 0; /* only rows refused it */
	struct buf all;
	char line[1024];
	json_t *error, *one;

	buf_init(&all, 0);
	for (size_t i = 0; i < faults->n; i++) {
		if (faults->entry[i].level != FAULT_ERROR)
			continue;
		rows = rows && strcmp(faults->entry[i].rule, "row") == 0;
		one = operator_text(faults_print(faults, i, line, sizeof line));
		buf_printf(&all, "%s\n", one != NULL ? json_string_value(one) : "no memory");
		json_decref(one);
	}
	buf_printf(&all, "refused: generation %llu stays in use%s", (unsigned long long)generation,
		rows ? "; mend the rows or the script, or load it all the same with --force" : "");
	error = json_stringn(buf_len(&all) > 0 ? (const char *)buf_bytes(&all) : "no memory", buf_len(&all) > 0 ? buf_len(&all) : 9);
	buf_free(&all);
	return operator_refusal(error);
}

/* The fault, or the number of faults: each has a line of its own in the log (SP0011). */
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
		operator_text(c->text));
}

/* The failed rows of decision tables, a string for each. */
static json_t *
failed_rows(const struct faults *faults)
{
	json_t *list = json_array();
	char line[1024];

	for (size_t i = 0; i < faults->n; i++)
		if (strcmp(faults->entry[i].rule, "row") == 0)
			json_array_append_new(list, operator_text(faults_print(faults, i, line, sizeof line)));
	return list;
}

/* The first changes as rows. */
static json_t *
changes_of(const struct reload_change *first)
{
	json_t *list = json_array();

	for (const struct reload_change *c = first; c != NULL && json_array_size(list) < RELOAD_SHOWN; c = c->next)
		json_array_append_new(list, change_of(c));
	return list;
}

struct reload_wait { /* a client that waits for the end of a reload */
	struct control_deferred *answer;
	struct region *region;
	struct control_peer peer;
	char what[256];
};

static void
operator_reloaded(void *arg, const struct reload_report *report)
{
	struct reload_wait *wait = arg;
	json_t *answer, *changes;
	char refused[1024] = "";

	if (report->done) {
		changes = changes_of(report->changes);
		answer = json_pack("{s:i,s:[{s:I,s:o,s:I,s:o,s:o*}]}", "status", 0, "rows", "generation", (json_int_t)report->generation, "changes", changes,
			"further", (json_int_t)report->further, "failed_rows", failed_rows(report->faults), "unstored", report->unstored != NULL ? operator_text(report->unstored) : NULL);
	} else {
		answer = error_of(report->faults, wait->region->worker.generation->number);
		refusal_of(report->faults, refused, sizeof refused);
	}
	operator_say_change(wait->region, wait->what, &wait->peer, refused);
	control_complete(wait->answer, answer);
	free(wait);
}

/* Begins a reload and defers the answer until its end. */
int
operator_begin_reload(struct order *o, struct reload_order *reload)
{
	struct reload_wait *wait = calloc(1, sizeof *wait);
	char by[VERSION_BY];

	if (wait == NULL || (wait->answer = control_defer(o->client)) == NULL) {
		free(wait);
		return fault_set(&o->fault, "no memory for the reload");
	}
	wait->region = o->region;
	wait->peer = *o->peer;
	snprintf(by, sizeof by, "uid %u pid %d", o->peer->uid, o->peer->pid);
	reload->by = by;
	operator_print(o, wait->what, sizeof wait->what);
	reload->done = operator_reloaded;
	reload->arg = wait;
	o->later = reload_begin(o->region, reload, &o->fault) == 0;
	if (o->later)
		return 0;
	log_say(o->region->log, MSG_SP0011, "fault", o->fault.text, NULL);
	control_cancel_defer(wait->answer);
	free(wait);
	return -1;
}

int
operator_do_reload(struct order *o)
{
	struct reload_order reload = { .check = operator_option(o, "check") != NULL, .force = operator_option(o, "force") != NULL,
		.note = operator_option(o, "note"), .content = operator_option(o, "content") };

	if (o->nargs > 0)
		return fault_set(&o->fault, "reload takes no argument; there are --check, --force and --note TEXT");
	if (version_judge_note(reload.note, &o->fault) < 0)
		return -1;
	return operator_begin_reload(o, &reload);
}
