/* SPDX-License-Identifier: Apache-2.0 */
/* inquire program and inquire transaction: the definitions of the current generation, and the tasks that run them. */
#include "admin/inquire_row.h"

#include <stdio.h>
#include <string.h>

#include "region/region.h"
#include "request/program.h"

static bool
inquire_program_of_program(const struct task *t, const char *name)
{
	return t->program != NULL && strcmp(t->program->program, name) == 0;
}

static bool
inquire_program_of_transaction(const struct task *t, const char *name)
{
	return strcmp(t->request.tran, name) == 0;
}

/* Counts the tasks of every generation: a task goes on running after a reload. */
static unsigned
count_tasks(const struct region *r, bool (*of)(const struct task *t, const char *name), const char *name)
{
	unsigned n = 0;

	for (const struct task *t = r->worker.tasks; t != NULL; t = t->next)
		n += of(t, name);
	return n;
}

static void
put_target(json_t *row, const struct program_def *p)
{
	char remote[2 * NAME_SIZE];

	snprintf(remote, sizeof remote, "%s %s", p->ipconn, p->remotename[0] != '\0' ? p->remotename : p->program);
	inquire_put(row, "kind", p->script[0] != '\0' ? "SCRIPT" : p->url[0] != '\0' ? "URL" : p->ipconn[0] != '\0' ? "IPCONN" : "BUILTIN");
	inquire_put(row, "target", p->script[0] != '\0' ? p->script : p->url[0] != '\0' ? p->url : p->ipconn[0] != '\0' ? remote : p->builtin);
}

bool
inquire_program_step(struct query *q)
{
	const struct generation *g = inquire_generation(q);
	const struct program_def *p;
	json_t *row;

	if (q->index == g->definition->nprograms)
		return false;
	p = &g->definition->program[q->index++];
	if (!inquire_wanted(q, p->program))
		return true;
	row = json_object();
	inquire_put(row, "program", p->program);
	inquire_put_attributes(row, resource_program, p);
	inquire_put_params(row, g->definition, "program", p->program, resource_program);
	put_target(row, p);
	inquire_put_number(row, "in_use", count_tasks(q->region, inquire_program_of_program, p->program));
	inquire_put_number(row, "usecount", (double)g->uses[p - g->definition->program]);
	json_array_append_new(q->rows, row);
	return true;
}

static void
transaction_row(struct query *q, const struct transaction_def *t, bool defined)
{
	json_t *row;

	if (!inquire_wanted(q, t->transaction))
		return;
	row = json_object();
	inquire_put(row, "transaction", t->transaction);
	inquire_put_attributes(row, resource_transaction, t);
	json_object_set_new(row, "defined", json_boolean(defined));
	inquire_put_number(row, "in_use", count_tasks(q->region, inquire_program_of_transaction, t->transaction));
	json_array_append_new(q->rows, row);
}

static void
mirror_rows(struct query *q, const struct definition *d)
{
	for (const char *const *name = program_mirrors(); *name != NULL; name++) {
		struct transaction_def mirror = { .status = PROGRAM_ENABLED };

		snprintf(mirror.transaction, sizeof mirror.transaction, "%s", *name);
		if (definition_transaction(d, *name) == NULL)
			transaction_row(q, &mirror, false);
	}
}

bool
inquire_program_transaction_step(struct query *q)
{
	const struct definition *d = inquire_generation(q)->definition;

	if (q->index < d->ntransactions) {
		transaction_row(q, &d->transaction[q->index++], true);
		return true;
	}
	mirror_rows(q, d);
	return false;
}
