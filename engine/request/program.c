/* SPDX-License-Identifier: Apache-2.0 */
/* program: finds the program of a request and begins it. Only defined programs exist. */
#include "request/program.h"

#include <string.h>

/* The mirror transactions of CICS. They exist in every region; a definition of one replaces it. */
const char *const *
program_mirrors(void)
{
	static const char *const names[] = { "CPMI", "CSMI", "CVMI", NULL };

	return names;
}

static bool
is_mirror(const char *tran)
{
	const char *const *name = program_mirrors();

	while (*name != NULL && strcmp(*name, tran) != 0)
		name++;
	return *name != NULL;
}

static unsigned
refuse(const char **why, unsigned sense, const char *words)
{
	*why = words;
	return sense;
}

unsigned
program_find(struct task *t, const char **why)
{
	const struct definition *d = t->generation->definition;
	const struct transaction_def *tran;
	const char *name = t->request.program;

	if (t->worker->draining)
		return refuse(why, SENSE_QUIESCING, "the region is draining");
	tran = definition_transaction(d, t->request.tran);
	if (tran == NULL && !is_mirror(t->request.tran))
		return refuse(why, SENSE_UNKNOWN, "the transaction is not defined");
	if (tran != NULL && tran->status == PROGRAM_DISABLED)
		return refuse(why, SENSE_DISABLED, "the transaction is disabled");
	if (name[0] == '\0' && tran != NULL)
		name = tran->program;
	if (name[0] == '\0')
		return refuse(why, SENSE_UNKNOWN, "the request names no program, and its transaction has none");
	t->program = definition_program(d, name);
	if (t->program == NULL)
		return refuse(why, SENSE_UNKNOWN, "the program is not defined");
	if (t->program->status == PROGRAM_DISABLED)
		return refuse(why, SENSE_DISABLED, "the program is disabled");
	memmove(t->request.program, name, strlen(name) + 1);
	return SENSE_NONE;
}

static void
run(struct task *t)
{
	const struct program_def *p = t->program;

	if (p->script[0] != '\0')
		program_script_begin(t);
	else if (p->url[0] != '\0')
		program_url_begin(t);
	else if (p->ipconn[0] != '\0')
		program_ship_begin(t);
	else
		program_builtin_begin(t);
}

static void
program_data_converted(struct task *t, const char *why)
{
	int from = t->ccsid, to = t->program->ccsid;

	if (why != NULL) {
		program_failed(t, SENSE_SYSTEM_ERROR, "the data cannot be converted from ccsid %d to %d: %s", from, to, why);
		return;
	}
	t->data = buf_bytes(&t->converted);
	t->len = buf_len(&t->converted);
	t->ccsid = to;
	t->ccsid_back = from;
	run(t);
}

/* Converts the data first when its code page is not the one of the program. */
void
program_begin(struct task *t)
{
	const struct program_def *p = t->program;

	t->begun = true;
	t->generation->uses[p - t->generation->definition->program]++;
	if (program_convert_needed(t->ccsid, p->ccsid))
		program_convert_begin(t, t->ccsid, p->ccsid, t->data, t->len, program_data_converted);
	else
		run(t);
}
