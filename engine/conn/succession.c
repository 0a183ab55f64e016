/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/succession.h"

#include "base/clock.h"
#include "config/definition.h"
#include "conn/ipconn.h"
#include "conn/published.h"
#include "conn/release.h"
#include "conn/worker.h"

int
succession_make(struct succession *s, const struct definition *now)
{
	*s = (struct succession){ .worker = NULL };
	if (dues_make(&s->dues, now) == 0 && dues_make(&s->seen, now) == 0)
		return 0;
	succession_free(s);
	return -1;
}

void
succession_free(struct succession *s)
{
	dues_free(&s->dues);
	dues_free(&s->seen);
}

void
succession_mark(struct succession *s, const struct ipconn_def *d)
{
	dues_put(&s->dues, d);
}

bool
succession_changes(const struct succession *s)
{
	size_t at = 0;

	return dues_next(&s->dues, &at) != NULL;
}

int
succession_keep(struct succession *s, struct worker *w, const struct ipconn **out)
{
	for (struct ipconn *i = registry_engaged(w->registry); i != NULL; i = i->engaged->next) {
		const struct ipconn_def *d = i->owns ? NULL : definition_ipconn(s->dues.now, i->def->ipconn);

		*out = i;
		if (!i->owns && (d == NULL || dues_has(&s->dues, d)) && ipconn_keep(i) < 0)
			return -1;
		if (!i->autoinstalled)
			dues_take(&s->dues, definition_ipconn(s->dues.now, i->def->ipconn));
	}
	return 0;
}

void
succession_begin(struct succession *s, struct worker *w, const struct definition *was)
{
	dues_begin(&s->dues, was);
	dues_begin(&s->seen, was);
	dues_copy(&s->seen, &s->dues);
	s->worker = w;
	cursor_open(registry_walks(w->registry), &s->at, registry_first(w->registry), false);
	registry_succeed(w->registry, s);
	if (w->published != NULL)
		published_succeed(w->published, &s->seen);
}

static void
end(struct succession *s)
{
	struct worker *w = s->worker;

	if (w->published != NULL)
		published_succeed(w->published, NULL);
	registry_succeed(w->registry, NULL);
	cursor_close(registry_walks(w->registry), &s->at);
	s->worker = NULL;
}

/* --- one ipconn ------------------------------------------------------------------------------- */

/* Whether i was defined by the generation before, and has its definition. */
static bool
is_behind(const struct succession *s, const struct ipconn *i)
{
	return i != NULL && !i->owns && dues_are_behind(&s->dues, i->def);
}

static void
install(struct worker *w, const struct ipconn_def *d)
{
	struct ipconn *i;

	if (ipconn_install(w, w->generation, d, "", false, &i) != CLAIM_OK)
		log_say(w->log, MSG_SP0018, "ipconn", d->ipconn, NULL);
}

void
succession_name(struct succession *s, const char *name)
{
	const struct ipconn_def *d = s != NULL ? definition_ipconn(s->dues.now, name) : NULL;
	struct ipconn *i = s != NULL ? registry_present_name(s->worker->registry, name) : NULL;
	bool due = d != NULL && dues_has(&s->dues, d);

	if (due)
		dues_take(&s->dues, d); /* first: the claim of its name looks it up */
	if (is_behind(s, i))
		release_settle(i);
	else if (due && i == NULL)
		install(s->worker, d);
}

void
succession_pair(struct succession *s, const char *networkid, const char *applid)
{
	struct ipconn *i = s != NULL ? registry_present_pair(s->worker->registry, networkid, applid) : NULL;
	const struct ipconn_def *d = s != NULL ? definition_pair(s->dues.now, networkid, applid) : NULL;

	if (is_behind(s, i) && succession_hides(s, i))
		registry_cede(s->worker->registry, i); /* the pair alone: settling i here may need the pair of another ipconn */
	else if (is_behind(s, i))
		succession_name(s, i->def->ipconn);
	if (d != NULL && dues_has(&s->dues, d))
		succession_name(s, d->ipconn);
}

bool
succession_hides(const struct succession *s, const struct ipconn *i)
{
	return s != NULL && is_behind(s, i) && dues_hide(&s->dues, i->def);
}

const struct ipconn_def *
succession_next(const struct succession *s, size_t *at)
{
	return s != NULL ? dues_next(&s->dues, at) : NULL;
}

/* --- all of them ------------------------------------------------------------------------------ */

/* Settles the ipconns of the time of the swap. False: some are left. */
static bool
settle_until(struct succession *s, double until)
{
	struct ipconn *i;

	while ((i = s->at.at) != NULL && clock_span() < until) {
		s->at.at = i->next;
		if (is_behind(s, i))
			succession_name(s, i->def->ipconn);
	}
	return i == NULL;
}

/* Installs the others. False: some are left. */
static bool
install_until(struct succession *s, double until)
{
	const struct ipconn_def *d = NULL;

	while (clock_span() < until && (d = dues_next(&s->dues, &s->next)) != NULL)
		succession_name(s, d->ipconn);
	return d == NULL && clock_span() < until;
}

bool
succession_some(struct succession *s, double until)
{
	if (s->worker == NULL)
		return true;
	if (!settle_until(s, until) || !install_until(s, until))
		return false;
	end(s);
	return true;
}
