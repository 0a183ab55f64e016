/* SPDX-License-Identifier: Apache-2.0 */
/* operator_candidate: the commands shadow and canary. */
#include "admin/operator_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "candidate/canary_run.h"
#include "candidate/shadow.h"
#include "region/region.h"

struct candidate_wait { /* a client that waits until the candidate is loaded, or until a canary has ended */
	struct control_deferred *answer;
	struct region *region;
	struct control_peer peer;
	char what[256];
};

/* --- waiting ---------------------------------------------------------------------------------- */

static void
operator_candidate_done(void *arg, const char *why)
{
	struct candidate_wait *wait = arg;

	operator_say_change(wait->region, wait->what, &wait->peer, why);
	control_complete(wait->answer, why != NULL ? operator_refusal(operator_text(why)) : json_pack("{s:i,s:[]}", "status", 0, "rows"));
	free(wait);
}

/* Defers the answer until operator_candidate_done. NULL with o->fault. */
static struct candidate_wait *
defer(struct order *o)
{
	struct candidate_wait *wait = calloc(1, sizeof *wait);

	if (wait == NULL || (wait->answer = control_defer(o->client)) == NULL) {
		free(wait);
		fault_set(&o->fault, "no memory for the answer");
		return NULL;
	}
	wait->region = o->region;
	wait->peer = *o->peer;
	operator_print(o, wait->what, sizeof wait->what);
	return wait;
}

/* begun: 0: operator_candidate_done will be called, and frees wait. Returns begun. */
static int
deferred(struct order *o, struct candidate_wait *wait, int begun)
{
	o->later = begun == 0;
	if (begun == 0)
		return 0;
	control_cancel_defer(wait->answer);
	free(wait);
	return -1;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* A percentage above 0 and at most 100, and a listener. */
static int
read_share(struct order *o, struct share *s)
{
	const char *text = operator_option(o, "share"), *service = operator_option(o, "tcpipservice");
	char *end = "";

	s->percent = text != NULL ? strtod(text, &end) : 100;
	if (text != NULL && (end == text || (*end != '\0' && strcmp(end, "%") != 0) || !(s->percent > 0 && s->percent <= 100)))
		return fault_set(&o->fault, "%s: --share must be above 0%% and at most 100%%", o->command);
	if (service != NULL && !text_upper(s->tcpipservice, sizeof s->tcpipservice, service, strlen(service)))
		return fault_set(&o->fault, "--tcpipservice %.40s: there is no tcpipservice of that name", service);
	return 0;
}

/* The candidate: files by their paths, or the number of a generation. */
static int
read_candidate(struct order *o, struct candidate *c)
{
	char *end;

	c->file = operator_option(o, "file");
	c->policies = operator_option(o, "policies");
	if (c->file != NULL || c->policies != NULL) {
		const char *path = c->file != NULL ? c->file : c->policies;

		return path[0] == '/' && strlen(path) < PATH_SIZE ? 0 : fault_set(&o->fault, "the path of the candidate is too long, or not absolute");
	}
	c->number = strtoull(o->arg[0], &end, 10);
	if (o->arg[0][0] >= '1' && o->arg[0][0] <= '9' && *end == '\0')
		return 0;
	return fault_set(&o->fault, "'%s' is neither a generation of policy list nor a file or directory that is there", o->arg[0]);
}

/* --- shadow ----------------------------------------------------------------------------------- */

static int
begin_shadow(struct order *o, struct shadow_order *s)
{
	struct candidate_wait *wait = defer(o);

	if (wait == NULL)
		return -1;
	s->done = operator_candidate_done;
	s->arg = wait;
	return deferred(o, wait, shadow_begin(o->region, s, &o->fault));
}

int
operator_do_shadow(struct order *o)
{
	struct shadow_order s = { .done = NULL };

	if (o->nargs != 1)
		return fault_set(&o->fault, "shadow needs a generation, a directory, or stop");
	if (strcmp(o->arg[0], "stop") == 0)
		return shadow_stop(o->region, "stopped by the operator", &o->fault);
	return read_share(o, &s.share) < 0 || read_candidate(o, &s.candidate) < 0 ? -1 : begin_shadow(o, &s);
}

/* --- canary ----------------------------------------------------------------------------------- */

static int
stop_canary(struct order *o)
{
	struct candidate_wait *wait = defer(o);
	const struct canary_waiter waiter = { operator_candidate_done, wait };

	if (wait == NULL)
		return -1;
	return deferred(o, wait, canary_run_stop(o->region, "stopped by the operator", &waiter, &o->fault));
}

static int
begin_canary(struct order *o, struct canary_order *c)
{
	struct candidate_wait *wait = defer(o);

	if (wait == NULL)
		return -1;
	c->waiter = (struct canary_waiter){ operator_candidate_done, wait };
	return deferred(o, wait, canary_run_begin(o->region, c, &o->fault));
}

static int
read_peer(struct order *o, struct share *s)
{
	const char *peer = operator_option(o, "peer");
	struct fault f;

	s->by_peer = peer != NULL;
	if (peer == NULL || addr_prefix_parse(&s->peer, peer, strlen(peer), &f) == 0)
		return 0;
	return fault_set(&o->fault, "canary: --peer: %s", f.text);
}

int
operator_do_canary(struct order *o)
{
	struct canary_order c = { .rules = operator_option(o, "rules") };

	if (o->nargs != 1)
		return fault_set(&o->fault, "canary needs a generation, a directory, or stop");
	if (strcmp(o->arg[0], "stop") == 0)
		return stop_canary(o);
	if (operator_option(o, "share") == NULL && operator_option(o, "peer") == NULL && operator_option(o, "tcpipservice") == NULL)
		return fault_set(&o->fault, "canary needs the connections that it decides about: --share P%%, --peer CIDR or --tcpipservice T");
	if (read_share(o, &c.share) < 0 || read_peer(o, &c.share) < 0 || read_candidate(o, &c.candidate) < 0)
		return -1;
	return begin_canary(o, &c);
}
