/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/candidate.h"

#include <stdio.h>
#include <string.h>

#include "config/resource.h"
#include "region/follow.h"
#include "region/reload_changes.h"
#include "security/certmap.h"
#include "security/saf.h"
#include "tls/ring.h"

/* The attribute that the text of a change names first; NULL: none. */
static const struct attribute *
attribute_of(const struct attribute *table, const char *text)
{
	for (const struct attribute *a = table; a->name != NULL; a++) {
		size_t len = strlen(a->name);

		if (strncmp(a->name, text, len) == 0 && text[len] == ' ')
			return a;
	}
	return NULL;
}

static const struct attribute *
table_of(const char *kind)
{
	if (strcmp(kind, "region") == 0)
		return resource_region;
	if (strcmp(kind, "tcpipservice") == 0)
		return resource_tcpipservice;
	return strcmp(kind, "ipconn") == 0 ? resource_ipconn : NULL;
}

/* Programs and transactions are not asked, paths differ between directories, and scripts may be other ones. */
static bool
counts(const struct reload_change *c)
{
	const struct attribute *table = table_of(c->kind), *a = table != NULL ? attribute_of(table, c->text) : NULL;

	if (table == NULL || a == NULL)
		return table != NULL;
	return a->kind != ATTR_SCRIPT && !(table == resource_region && a->kind == ATTR_PATH);
}

static int
refuse(const struct reload_change *c, const char *use, struct fault *f)
{
	return fault_set(f, "the candidate has another definition: %s %s %s%s%s; a %s takes other scripts, parameters and data only: use reload", c->kind,
		c->name, c->what, c->text[0] != '\0' ? ": " : "", c->text, use);
}

static int
equal_definitions(const struct definition *live, const struct definition *candidate, const char *use, struct fault *f)
{
	struct reload_changes changes = { .first = NULL };
	int rc = 0;

	reload_changes_definitions(NULL, live, candidate, &changes);
	for (const struct reload_change *c = changes.first; c != NULL && rc == 0; c = c->next)
		if (counts(c))
			rc = refuse(c, use, f);
	reload_changes_free(&changes);
	return rc;
}

static uint64_t
saf_of(struct saf *s)
{
	return s != NULL ? *saf_sum(s) : 0;
}

int
candidate_fits(const struct generation *live, const struct generation *candidate, const char *use, struct fault *f)
{
	if (equal_definitions(live->definition, candidate->definition, use, f) < 0)
		return -1;
	if (ring_sum(live->ring) != ring_sum(candidate->ring) || certmap_sum(live->certmap) != certmap_sum(candidate->certmap))
		return fault_set(f, "the candidate has another key ring; a %s takes other scripts, parameters and data only: use reload", use);
	if (saf_of(live->saf) != saf_of(candidate->saf))
		return fault_set(f, "the candidate has another saf; a %s takes other scripts, parameters and data only: use reload", use);
	return 0;
}

/* --- loading ---------------------------------------------------------------------------------- */

void
candidate_print(const struct candidate *c, char *out, size_t size)
{
	if (c->number > 0)
		snprintf(out, size, "%llu", (unsigned long long)c->number);
	else
		snprintf(out, size, "%s", c->policies != NULL ? c->policies : c->file);
}

int
candidate_share(const struct region *r, const struct share *s, struct fault *f)
{
	if (s->tcpipservice[0] == '\0' || definition_tcpipservice(r->worker.generation->definition, s->tcpipservice) != NULL)
		return 0;
	return fault_set(f, "--tcpipservice %s: there is no tcpipservice of that name", s->tcpipservice);
}

void
candidate_blame(const struct faults *faults, struct fault *f)
{
	char line[900] = "no memory";
	size_t i = 0;

	while (i < faults->n && faults->entry[i].level != FAULT_ERROR)
		i++;
	if (i < faults->n)
		faults_print(faults, i, line, sizeof line);
	fault_set(f, "%s", line);
	if (faults->errors > 1)
		fault_set(f, "%s (and %zu more; sallyport check lists them)", line, faults->errors - 1);
}

/* The definition of the live generation with another directory of scripts. NULL: no memory. */
static struct definition *
with_scripts(const struct region *r, const char *policies)
{
	struct definition *d = definition_copy(r->worker.generation->definition);

	if (d != NULL)
		snprintf(d->region.policies, sizeof d->region.policies, "%s", policies);
	return d;
}

struct loader *
candidate_load(struct region *r, const struct candidate *c, const struct generation_options *o,
	void (*done)(void *arg, struct generation *g, struct version *v, struct faults *faults), void *arg, struct fault *f)
{
	struct loader_order l = { .file = c->file != NULL ? c->file : r->file, .from = c->number > 0 ? versions_find(r->versions, c->number) : NULL,
		.rules = follow_taken(r), .options = *o };

	if (c->number > 0 && l.from == NULL) {
		fault_set(f, "generation %llu is not kept; policy list shows the kept ones", (unsigned long long)c->number);
		return NULL;
	}
	fault_set(f, "no memory or no thread to load the candidate");
	if (c->policies != NULL && (l.definition = with_scripts(r, c->policies)) == NULL)
		return NULL;
	return loader_start(r->worker.loop, &l, done, arg);
}
