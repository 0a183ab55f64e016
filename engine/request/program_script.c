/* SPDX-License-Identifier: Apache-2.0 */
/* program_script: a program that is a script: its function `run`, which may wait. */
#include "request/program.h"

#include "base/clock.h"
#include "request/authority.h"

#include "policy/policy_run.h"

#include <stdio.h>
#include <stdlib.h>

static int
or_regions(int own, int regions)
{
	return own != 0 ? own : regions;
}

/* The partner learns only that the program abended. The place and the reason go into the log. */
static void
say_abended(const struct task *t, const struct policy_run *r)
{
	char at[VERDICT_PLACE_SIZE], prefix[ADDR_TEXT];

	log_refusal(t->worker->log, MSG_DFHIS0998, "program", r->verdict.code, conn_around(t->conn, prefix), "tran", t->request.tran,
		"program", t->program->program, "ipconn", t->ipconn->def->ipconn, "connection", t->conn->facts->connection, "userid", t->users.task,
		"code", r->verdict.code, "at", verdict_place(&r->verdict, at), "text", r->verdict.text, "traceback", r->trace, NULL);
}

/* t may be freed by its end; the run is freed here. */
static void
program_script_ended(struct policy_run *r)
{
	struct task *t = r->arg;

	t->running = NULL;
	t->stop = NULL;
	if (r->verdict.kind == VERDICT_ACCEPT) {
		t->answer_ccsid = t->ccsid;
		program_end(t);
	} else if (r->failed) {
		say_abended(t, r);
		task_fail(t, SENSE_ABENDED, "DFHIS0998", "%s", r->verdict.text);
	} else {
		program_failed(t, SENSE_ABENDED, "%s: %s", r->verdict.code, r->verdict.text);
	}
	free(r);
}

static void
program_script_stop(struct task *t)
{
	policy_run_cancel(t->running);
	free(t->running);
	t->running = NULL;
}

/* A request that nobody has decided about has no entry: it gets one for the calls that `explain` shows. */
static void
program_script_waits(struct policy_run *r)
{
	struct task *t = r->arg;
	struct verdict v = { .kind = VERDICT_ACCEPT };

	if (t->entry != NULL)
		return;
	t->entry = authority_note(t, clock_wall());
	record_verdict(t->entry, &v, 0);
	record_entry_watch(t->entry, &t->entry);
}

static struct policy_run
make_run(struct task *t)
{
	const struct region_def *region = &t->generation->definition->region;
	const struct program_def *p = t->program;

	return (struct policy_run){
		.policy = t->generation->policy,
		.script = p->script,
		.limits = { or_regions(p->instructions, region->instructions), or_regions(p->milliseconds, region->milliseconds),
			(size_t)or_regions(p->kilobytes, region->kilobytes) },
		.request = &t->request,
		.users = &t->users,
		.ipconn = t->ipconn->def->ipconn,
		.applid = t->ipconn->def->applid,
		.networkid = t->ipconn->def->networkid,
		.connection = t->conn->facts->connection,
		.generation = t->generation->number,
		.data = t->data,
		.len = t->len,
		.ccsid = t->ccsid,
		.waits = true,
		.peer = t->conn->facts->peer.addr,
		.entry = &t->entry,
		.waiting = program_script_waits,
		.done = program_script_ended,
		.arg = t,
		.answer = &t->answer,
	};
}

void
program_script_begin(struct task *t)
{
	struct policy_run *r = malloc(sizeof *r);

	if (r == NULL) {
		program_failed(t, SENSE_SYSTEM_ERROR, "no memory to run the script");
		return;
	}
	*r = make_run(t);
	t->running = r;
	t->stop = program_script_stop;
	policy_run(r);
}
