/* SPDX-License-Identifier: Apache-2.0 */
#include "region/reask.h"

#include "base/clock.h"
#include "conn/release.h"
#include "conn/standby.h"
#include "records/recorder.h"
#include "region/region.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUSY_SECONDS 0.01

/* --- a refusal -------------------------------------------------------------------------------- */

/* Whether the scripts have waited as long as they may, all together. */
static bool
is_late(const struct reask *a)
{
	return a->until != 0 && clock_span() >= a->until;
}

static double
bound(const struct reask *a)
{
	return REASK_WAIT_TIMES * a->generation->definition->region.wait_milliseconds / 1e3;
}

static size_t
count_from(const struct ipconn *i)
{
	size_t n = 0;

	for (; i != NULL; i = i->engaged->next)
		n++;
	return n;
}

/* A policy of the generation failed for a connected ipconn: a fault. */
static void
blame(struct reask *a, const struct ipconn *i, const struct recheck_result *r)
{
	faults_add(a->faults, FAULT_ERROR, "recheck", r->verdict.file[0] != '\0' ? r->verdict.file : NULL, r->verdict.line,
		"ipconn %s, asked again at %s: %s: %s", i->def->ipconn, door_name(r->door), r->verdict.code, r->verdict.text);
	if (is_late(a))
		faults_add(a->faults, FAULT_ERROR, "recheck", NULL, 0,
			"a reload waits at most %g s (%d times wait_milliseconds) for the calls of its scripts, and %zu ipconns are there; give these calls a `down`, or "
			"the region a larger wait_milliseconds", bound(a), REASK_WAIT_TIMES, count_from(registry_engaged(a->region->registry)));
}

/*
 * Notes the refusal of an ipconn and takes r's entry. The release and its message follow after the last question: a
 * refused reload releases no ipconn.
 */
static void
doom(struct reask *a, struct ipconn *i, struct recheck_result *r)
{
	bool release = r->gone || a->generation->definition->region.recheck == RECHECK_RELEASE;

	a->marks = true;
	i->engaged->doomed = release;
	if (!release && !a->quiet)
		recheck_write(r, i);
	i->engaged->refusal = reload_changes_refusal(&a->changes, i->def->ipconn, release ? "released" : "reported", r);
}

/* Writes the refusal into the record of the refused socket, and an event into those of the ipconn's other sockets. */
static void
record_release(const struct ipconn *i, struct recheck_result *r, const char *by)
{
	char event[CONNECTION_SIZE + 80];

	snprintf(event, sizeof event, "released with connection %s, refused by %s", r->connection, by);
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++) {
		struct conn *c = ipconn_socket(i, n);

		if (c == NULL)
			continue;
		if (strcmp(c->facts->connection, r->connection) == 0) {
			recheck_record(r, c);
		} else {
			record_reasked(c->record, NULL);
			conn_event_copy(c, event);
		}
	}
}

void
reask_tell(struct reask *a, struct reload_change *c, enum message m, const char *by)
{
	const struct ipconn *i = registry_name(a->region->registry, c->name);
	bool released = strcmp(c->what, "released") == 0;

	if (i == NULL)
		return;
	if (released && c->refusal != NULL)
		record_release(i, c->refusal, by);
	log_say(a->region->log, m, "ipconn", c->name, "door", c->door, "policy", c->refusal != NULL ? c->refusal->script : NULL, "code", c->code,
		"text", c->text, "released", released ? "yes" : "no", NULL);
	reload_changes_tell(c);
}

/* --- the questions ---------------------------------------------------------------------------- */

/* False: another reask is under way. */
static bool
enter(struct reask *a)
{
	if (a->region->reask != NULL && a->region->reask != a)
		return false;
	a->region->reask = a;
	return true;
}

static bool
is_meant(const struct reask *a, const struct ipconn *i)
{
	return a->canary == 0 || i->engaged->canary == a->canary;
}

/* Whether a script waits about a socket of the ipconn. */
static bool
is_waited_for(const struct ipconn *i)
{
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++)
		if (ipconn_socket(i, n) != NULL && ipconn_socket(i, n)->recheck != NULL)
			return true;
	return false;
}

/*
 * True when a socket of the ipconn has not been asked by the doors of the generation. An ipconn that is being released
 * is not asked: its partner may keep conversations open for any time.
 */
static bool
due(const struct reask *a, const struct ipconn *i)
{
	if (i->engaged->doomed || i->status == CONN_RELEASED || !is_meant(a, i) || is_waited_for(i))
		return false;
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++)
		if (ipconn_socket(i, n) != NULL && ipconn_socket(i, n)->asked != a->generation->number)
			return true;
	return false;
}

/*
 * The engaged ipconn behind the last one. One that is engaged, or gets a socket, meanwhile comes to the end of the
 * list. NULL: there is none.
 */
static struct ipconn *
next_one(struct reask *a)
{
	struct registry *r = a->region->registry;
	struct ipconn *last;

	if (!a->walking)
		cursor_open(registry_engaged_walks(r), &a->last, NULL, true);
	a->walking = true;
	last = a->last.at;
	return last != NULL ? last->engaged->next : registry_engaged(r);
}

/*
 * True when no ipconn is due; else the walk begins again. A walk that has passed over no ipconn has asked all of them:
 * an ipconn that gets a socket during the walk is put at the end of the list.
 */
static bool
is_complete(struct reask *a)
{
	if (!a->skipped)
		return true;
	a->skipped = false;
	for (const struct ipconn *i = registry_engaged(a->region->registry); i != NULL; i = i->engaged->next)
		if (due(a, i)) {
			a->last.at = NULL;
			return false;
		}
	return true;
}

/* -1: a policy failed. */
static int
judge(struct reask *a, struct ipconn *i, struct recheck_result *result)
{
	if (!result->refused)
		return 0;
	if (result->failed && !a->force) {
		blame(a, i, result);
		recheck_forget(result);
		return -1;
	}
	doom(a, i, result);
	return 0;
}

/* --- scripts that wait ------------------------------------------------------------------------ */

static void
end_pass(struct reask *a)
{
	a->passed = true;
	if (a->holds)
		standby_open(&a->region->worker, a->until - clock_span() + a->generation->definition->region.capex_timeout);
}

/* A script waits for the first time. */
static void
begin_pass(struct reask *a)
{
	const struct ipconn *i = a->last.at;

	a->until = clock_span() + bound(a);
	a->left = i != NULL ? count_from(i->engaged->next) : 0;
	if (a->left == 0)
		end_pass(a);
}

struct reask_wait {
	struct recheck_walk recheck; /* first */
	struct ipconn *ipconn;       /* borrowed, as that of the walk */
	struct reask_wait *next, *prev; /* in reask->waiting */
};

static void
enlist(struct reask *a, struct reask_wait *one)
{
	one->next = a->waiting;
	if (one->next != NULL)
		one->next->prev = one;
	a->waiting = one;
	a->nwaiting++;
	if (a->until == 0)
		begin_pass(a);
}

static void
delist(struct reask *a, struct reask_wait *one)
{
	if (one->prev != NULL)
		one->prev->next = one->next;
	else
		a->waiting = one->next;
	if (one->next != NULL)
		one->next->prev = one->prev;
	a->nwaiting--;
}

static void
reask_waited(struct recheck_walk *r)
{
	struct reask *a = r->arg;
	struct reask_wait *one = (struct reask_wait *)r;

	delist(a, one);
	if (judge(a, one->ipconn, &r->out) < 0)
		a->failed = true;
	free(one);
}

/* How many scripts may wait at a time: half of the limits is left for the connections. */
static unsigned
waiting_max(const struct reask *a)
{
	const struct region_def *d = &a->generation->definition->region;
	int least = d->waiting < d->waiting_peer ? d->waiting : d->waiting_peer;

	return least / 2 < 1 ? 1 : least / 2 < REASK_WAITING ? (unsigned)least / 2 : REASK_WAITING;
}

/* -1: a policy failed. */
static int
ask_one(struct reask *a, struct ipconn *i)
{
	struct recheck_walk here = { .ipconn = i, .generation = a->generation, .quiet = a->quiet, .done = reask_waited, .arg = a };
	struct reask_wait *one = !is_late(a) ? calloc(1, sizeof *one) : NULL;
	int rc;

	if (one == NULL) {
		recheck_begin(&here);
		return judge(a, i, &here.out);
	}
	one->recheck = here;
	one->recheck.waits = true;
	one->ipconn = i;
	if (!recheck_begin(&one->recheck)) {
		enlist(a, one);
		return 0;
	}
	rc = judge(a, i, &one->recheck.out);
	free(one);
	return rc;
}

static int
ask_slice(struct reask *a)
{
	double until = clock_span() + REASK_SLICE_SECONDS;

	a->stalled = false;
	for (struct ipconn *i = next_one(a); i != NULL; i = next_one(a)) {
		if (a->nwaiting >= waiting_max(a) || (a->quiet && a->passed))
			break;
		a->last.at = i;
		if (a->left > 0 && --a->left == 0)
			end_pass(a);
		if (!due(a, i)) {
			a->skipped |= is_waited_for(i);
			continue;
		}
		if (ask_one(a, i) < 0)
			return -1;
		if (clock_span() > until)
			return 1;
	}
	a->stalled = a->nwaiting > 0;
	return a->stalled || !((a->quiet && a->passed) || is_complete(a));
}

int
reask_none(struct reask *a)
{
	struct recheck_result result;

	if (!enter(a))
		return 1;
	for (struct ipconn *i = registry_engaged(a->region->registry); i != NULL; i = i->engaged->next) {
		if (!is_meant(a, i))
			continue;
		recheck_gone(i, a->generation, &result);
		if (result.gone && !i->engaged->doomed)
			doom(a, i, &result);
		else
			recheck_forget(&result);
	}
	return 0;
}

/* The questions may have no room in the queue of the file of records, which is being written. */
static bool
must_wait(const struct reask *a)
{
	return recorder_busy(a->region->recorder);
}

int
reask_some(struct reask *a)
{
	if (a->generation->definition->region.recheck == RECHECK_OFF)
		return reask_none(a);
	if (a->failed)
		return -1;
	return must_wait(a) || !enter(a) ? 1 : ask_slice(a);
}

double
reask_pause(const struct reask *a)
{
	return must_wait(a) || a->region->reask != a || a->stalled ? BUSY_SECONDS : 0;
}

void
reask_rewind(struct reask *a)
{
	if (a->walking)
		a->last.at = NULL;
}

bool
reask_visit(struct reask *a, void (*visit)(struct ipconn *i), double until)
{
	struct ipconn *i;

	while ((i = next_one(a)) != NULL && clock_span() < until) {
		a->last.at = i;
		visit(i); /* may take it out of the list */
	}
	if (i == NULL)
		a->marks = false;
	return i == NULL;
}

/* --- the end ---------------------------------------------------------------------------------- */

static void
end_waiting(struct reask *a)
{
	while (a->waiting != NULL) {
		struct reask_wait *one = a->waiting;

		delist(a, one);
		recheck_cancel(&one->recheck, "the reload ended");
		free(one);
	}
}

void
reask_let_in(struct reask *a)
{
	if (a->holds && a->passed)
		standby_end(&a->region->worker);
}

void
reask_end(struct reask *a)
{
	struct region *r = a->region;

	end_waiting(a);
	reask_let_in(a);
	reload_changes_free(&a->changes);
	if (a->walking)
		cursor_close(registry_engaged_walks(r->registry), &a->last);
	a->walking = false;
	if (r->reask != a)
		return;
	for (struct ipconn *i = a->marks ? registry_engaged(r->registry) : NULL; i != NULL; i = i->engaged->next) {
		i->engaged->doomed = false;
		i->engaged->refusal = NULL;
	}
	r->reask = NULL;
}
