/* SPDX-License-Identifier: Apache-2.0 */
/* operator_shadow: the command shadow. */
#include "admin/operator_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/text.h"
#include "candidate/shadow.h"
#include "region/region.h"

struct shadow_wait { /* a client that waits until the candidate is loaded */
	struct control_deferred *answer;
	struct region *region;
	struct control_peer peer;
	char what[256];
};

static void
operator_shadowed(void *arg, const char *why)
{
	struct shadow_wait *wait = arg;

	operator_say_change(wait->region, wait->what, &wait->peer, why);
	control_complete(wait->answer, why != NULL ? operator_refusal(operator_text(why)) : json_pack("{s:i,s:[]}", "status", 0, "rows"));
	free(wait);
}

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

		return path[0] == '/' && strlen(path) < PATH_SIZE ? 0 : fault_set(&o->fault, "%s: the path is too long, or not absolute", o->command);
	}
	c->number = strtoull(o->arg[0], &end, 10);
	if (o->arg[0][0] >= '1' && o->arg[0][0] <= '9' && *end == '\0')
		return 0;
	return fault_set(&o->fault, "%s: '%s' is neither a generation of policy list nor a file or directory that is there", o->command, o->arg[0]);
}

static int
begin(struct order *o, struct shadow_order *s)
{
	struct shadow_wait *wait = calloc(1, sizeof *wait);

	if (wait == NULL || (wait->answer = control_defer(o->client)) == NULL) {
		free(wait);
		return fault_set(&o->fault, "no memory for the shadow");
	}
	wait->region = o->region;
	wait->peer = *o->peer;
	operator_print(o, wait->what, sizeof wait->what);
	s->done = operator_shadowed;
	s->arg = wait;
	o->later = shadow_begin(o->region, s, &o->fault) == 0;
	if (o->later)
		return 0;
	control_cancel_defer(wait->answer);
	free(wait);
	return -1;
}

int
operator_do_shadow(struct order *o)
{
	struct shadow_order s = { .done = NULL };

	if (o->nargs != 1)
		return fault_set(&o->fault, "shadow needs a generation, a directory, or stop");
	if (strcmp(o->arg[0], "stop") == 0)
		return shadow_stop(o->region, "stopped by the operator", &o->fault);
	return read_share(o, &s.share) < 0 || read_candidate(o, &s.candidate) < 0 ? -1 : begin(o, &s);
}
