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

/* -1: the text is no percentage above 0 and at most 100. */
static int
read_share(const char *text, double *share)
{
	char *end;

	*share = 100;
	if (text == NULL)
		return 0;
	*share = strtod(text, &end);
	return end != text && (*end == '\0' || strcmp(end, "%") == 0) && *share > 0 && *share <= 100 ? 0 : -1;
}

/* The candidate: files by their paths, or the number of a generation. */
static int
read_candidate(struct order *o, struct shadow_order *s)
{
	char *end;

	s->file = operator_option(o, "file");
	s->policies = operator_option(o, "policies");
	if (s->file != NULL || s->policies != NULL) {
		const char *path = s->file != NULL ? s->file : s->policies;

		return path[0] == '/' && strlen(path) < PATH_SIZE ? 0 : fault_set(&o->fault, "shadow: the path is too long, or not absolute");
	}
	s->number = strtoull(o->arg[0], &end, 10);
	if (o->arg[0][0] >= '1' && o->arg[0][0] <= '9' && *end == '\0')
		return 0;
	return fault_set(&o->fault, "shadow: '%s' is neither a generation of policy list nor a file or directory that is there", o->arg[0]);
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
	const char *typed = operator_option(o, "tcpipservice");
	char folded[NAME_SIZE];
	struct shadow_order s = { .tcpipservice = typed };

	if (typed != NULL && text_upper(folded, sizeof folded, typed, strlen(typed)))
		s.tcpipservice = folded;

	if (o->nargs != 1)
		return fault_set(&o->fault, "shadow needs a generation, a directory, or stop");
	if (strcmp(o->arg[0], "stop") == 0)
		return shadow_stop(o->region, "stopped by the operator", &o->fault);
	if (read_share(operator_option(o, "share"), &s.share) < 0)
		return fault_set(&o->fault, "shadow: --share must be above 0%% and at most 100%%");
	return read_candidate(o, &s) < 0 ? -1 : begin(o, &s);
}
