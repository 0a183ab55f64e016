/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/script_wait.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

static void
enlist(struct script_wait *s)
{
	struct policy *p = s->call.p;

	s->prev = NULL;
	s->next = p->suspended;
	if (s->next != NULL)
		s->next->prev = s;
	p->suspended = s;
}

static void
delist(struct script_wait *s)
{
	if (s->prev != NULL)
		s->prev->next = s->next;
	else
		s->call.p->suspended = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	s->wait = NULL;
}

/* Notes the call under way, which ends without an answer. */
static void
note_unanswered(const struct script_wait *s)
{
	char text[48];

	snprintf(text, sizeof text, "no answer (%.3f ms)", (clock_span() - s->since) * 1e3);
	record_check(lhost_noted(&s->call.asking), s->call.wait->text, false, text, strlen(text));
}

static void go_on(struct script_wait *s, enum script_end end);

/* The answer of a call that waited; NULL: the script has waited as long as it may. */
static void
script_wait_continue(void *arg, struct waited *answer)
{
	struct script_wait *s = arg;
	const struct wait_call *call = s->call.wait;

	s->waited += clock_span() - s->since;
	delist(s);
	if (answer != NULL) {
		go_on(s, script_call_resume(&s->call, answer));
		waited_unref(answer);
		return;
	}
	note_unanswered(s);
	if (s->call.p->renewing)
		script_call_abandon(&s->call, "policy_limit", "waited in policy.%s when the scripts' state had to be thrown away", call->text);
	else
		script_call_abandon(&s->call, "policy_limit", "waited longer than wait_milliseconds, in policy.%s", call->text);
	go_on(s, SCRIPT_FAILED);
}

/* Waits for the call that suspended the script. False: it may not, and code and text are set. */
static bool
suspend(struct script_wait *s)
{
	struct policy *p = s->call.p;
	struct wait_request r = { .call = s->call.wait, .peer = s->peer, .limits = p->waits, .waited = s->waited,
		.done = script_wait_continue, .arg = s };
	struct fault f;

	s->wait = waits_begin(p->host.world->waits, &r, &f);
	if (s->wait == NULL) {
		script_call_abandon(&s->call, "policy_limit", "policy.%s: %s", s->call.wait->text, f.text);
		return false;
	}
	s->since = clock_span();
	enlist(s);
	record_entry_watch(s->call.asking.entry, &s->call.asking.entry);
	if (s->waits != NULL)
		s->waits(s);
	if (p->renewing)
		waits_hurry(s->wait);
	return true;
}

/* A part of the script has run. */
static void
go_on(struct script_wait *s, enum script_end end)
{
	if (end == SCRIPT_WAITS && suspend(s))
		return;
	record_entry_watch(s->call.asking.entry, NULL);
	s->ended(s, end == SCRIPT_ANSWERED ? SCRIPT_ANSWERED : SCRIPT_FAILED);
}

void
script_wait_run(struct script_wait *s)
{
	go_on(s, script_call_run(&s->call));
}

void
script_wait_cancel(struct script_wait *s)
{
	note_unanswered(s);
	waits_cancel(s->wait);
	delist(s);
	s->waited += clock_span() - s->since;
	record_entry_watch(s->call.asking.entry, NULL);
	script_call_settle(&s->call);
}

void
script_wait_hurry(struct policy *p)
{
	for (struct script_wait *s = p->suspended; s != NULL; s = s->next)
		waits_hurry(s->wait);
}
