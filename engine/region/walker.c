/* SPDX-License-Identifier: Apache-2.0 */
#include "region/walker.h"

#include "policy/generation.h"
#include "region/ask.h"
#include "region/draft.h"

#include <stdio.h>

/* Keeps the first fault of the load, and the number of the others. */
static void
keep_fault(struct walker *w, const struct faults *faults)
{
	char line[300];
	size_t i = 0;

	while (i < faults->n && faults->entry[i].level != FAULT_ERROR)
		i++;
	if (i < faults->n && faults->errors > 1)
		snprintf(w->fault, sizeof w->fault, "%s (and %zu more)", faults_print(faults, i, line, sizeof line), faults->errors - 1);
	else
		snprintf(w->fault, sizeof w->fault, "%s", i < faults->n ? faults_print(faults, i, line, sizeof line) : "out of memory");
}

static struct policy *
walker_begin(void *arg, struct fault *f)
{
	struct walker *w = arg;
	struct draft_options o = { .file = w->file, .policies = w->policies };
	struct faults faults = { 0 };

	if (w->draft == NULL && w->fault[0] == '\0') {
		w->draft = draft_load(&o, &faults);
		if (w->draft == NULL)
			keep_fault(w, &faults);
		faults_free(&faults);
	}
	if (w->draft != NULL)
		return draft_worker(w->draft)->generation->policy;
	fault_set(f, "%s", w->fault);
	return NULL;
}

static json_t *
walker_ask(void *arg, const json_t *question, struct fault *f)
{
	struct walker *w = arg;

	return ask_answer(draft_worker(w->draft), question, f);
}

struct policy_specs_walk
walker_walk(struct walker *w)
{
	return (struct policy_specs_walk){ .begin = walker_begin, .ask = walker_ask, .arg = w };
}

void
walker_free(struct walker *w)
{
	draft_free(w->draft);
	w->draft = NULL;
}
