/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/coverage.h"

#include "security/request_user.h"
#include "config/definition_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVERY_DOOR ((1u << DOOR_COUNT) - 1)

/* Finds or adds the script's entry; NULL without memory. */
static struct covered *
find_entry(struct coverage *c, const char *script)
{
	struct covered *more;

	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->script[i].script, script) == 0)
			return &c->script[i];
	more = realloc(c->script, (c->n + 1) * sizeof *more);
	if (more == NULL)
		return NULL;
	c->script = more;
	more[c->n] = (struct covered){ .doors = 0 };
	snprintf(more[c->n].script, sizeof more[c->n].script, "%s", script);
	return &more[c->n++];
}

void
coverage_row(struct coverage *c, const char *script, enum door door)
{
	struct covered *e = c != NULL ? find_entry(c, script) : NULL;

	if (e != NULL)
		e->doors |= 1u << door;
}

void
coverage_unread(struct coverage *c, const char *script)
{
	struct covered *e = c != NULL ? find_entry(c, script) : NULL;

	if (e != NULL)
		e->noted = EVERY_DOOR;
}

void
coverage_free(struct coverage *c)
{
	free(c->script);
	*c = (struct coverage){ .script = NULL };
}

/* --- scripts --- */

/*
 * Notes that the object at that line of region.lua names script for the door. Notices are left out: a script need not
 * have their functions.
 */
static void
note_script(struct coverage *c, const struct definition *d, int line, enum door door, const char *script, struct faults *faults)
{
	struct covered *e = script[0] != '\0' && door_row(door)->kind == DOOR_QUESTION ? find_entry(c, script) : NULL;

	if (e == NULL || ((e->doors | e->noted) >> door & 1) != 0)
		return;
	if (e->doors == 0)
		definition_fault(d, faults, FAULT_NOTE, "no_rows", line, "policy %s has no rows; write a decision table, %s/%s_spec.lua", script,
			d->region.policies, script);
	else
		definition_fault(d, faults, FAULT_NOTE, "no_rows", line, "policy %s has no row for its door %s", script, door_name(door));
	e->noted |= e->doors == 0 ? EVERY_DOOR : 1u << door;
}

static void
note_scripts(struct coverage *c, const struct definition *d, struct faults *faults)
{
	for (size_t i = 0; i < d->ntcpipservices; i++)
		for (enum door door = 0; door < DOOR_COUNT; door++)
			note_script(c, d, d->tcpipservice[i].line, door, door_script(door, resource_tcpipservice, &d->tcpipservice[i]), faults);
	for (size_t i = 0; i < d->nipconns; i++)
		for (enum door door = 0; door < DOOR_COUNT; door++)
			note_script(c, d, d->ipconn[i].line, door, door_script(door, resource_ipconn, &d->ipconn[i]), faults);
}

/* --- transactions --- */

/* Whether the saf decides on the requests of a tcpipservice. */
static bool
asks_saf(const struct definition *d)
{
	for (size_t i = 0; i < d->ntcpipservices && resource_sec(&d->region); i++)
		if (d->tcpipservice[i].attach[0] == '\0')
			return true;
	return false;
}

static void
note_transaction(const struct definition *d, const struct saf *s, const char *name, int line, struct faults *faults)
{
	struct saf_decision decision;

	saf_check(s, SAF_TRANSACTIONS, name, "", SAF_READ, &decision);
	if (!decision.defined)
		definition_fault(d, faults, FAULT_NOTE, "no_profile", line, "transaction %s: no profile of class %s covers it, so that no user may run it",
			name, SAF_TRANSACTIONS);
}

void
coverage_note(struct coverage *c, const struct definition *d, const struct saf *s, struct faults *faults)
{
	note_scripts(c, d, faults);
	if (!asks_saf(d) || !saf_has(s, SAF_TRANSACTIONS)) /* without the class, the load has added a warning */
		return;
	if (definition_transaction(d, "CPMI") == NULL)
		note_transaction(d, s, "CPMI", d->region.line, faults);
	for (size_t i = 0; i < d->ntransactions; i++)
		note_transaction(d, s, d->transaction[i].transaction, d->transaction[i].line, faults);
}
