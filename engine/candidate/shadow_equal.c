/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/shadow_equal.h"

#include <string.h>

#include "config/resource.h"
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
refuse(const struct reload_change *c, struct fault *f)
{
	return fault_set(f, "the candidate has another definition: %s %s %s%s%s; a shadow takes other scripts, parameters and data only: use reload", c->kind,
		c->name, c->what, c->text[0] != '\0' ? ": " : "", c->text);
}

static int
equal_definitions(const struct definition *live, const struct definition *candidate, struct fault *f)
{
	struct reload_changes changes = { .first = NULL };
	int rc = 0;

	reload_changes_definitions(NULL, live, candidate, &changes);
	for (const struct reload_change *c = changes.first; c != NULL && rc == 0; c = c->next)
		if (counts(c))
			rc = refuse(c, f);
	reload_changes_free(&changes);
	return rc;
}

static uint64_t
saf_of(struct saf *s)
{
	return s != NULL ? *saf_sum(s) : 0;
}

int
shadow_equal(const struct generation *live, const struct generation *candidate, struct fault *f)
{
	if (equal_definitions(live->definition, candidate->definition, f) < 0)
		return -1;
	if (ring_sum(live->ring) != ring_sum(candidate->ring) || certmap_sum(live->certmap) != certmap_sum(candidate->certmap))
		return fault_set(f, "the candidate has another key ring; a shadow takes other scripts, parameters and data only: use reload");
	if (saf_of(live->saf) != saf_of(candidate->saf))
		return fault_set(f, "the candidate has another saf; a shadow takes other scripts, parameters and data only: use reload");
	return 0;
}
