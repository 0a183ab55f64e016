/* SPDX-License-Identifier: Apache-2.0 */
#include "client/replay_reload.h"

#include <stdio.h>

#include "base/clock.h"
#include "candidate/expectations.h"
#include "client/candidate_draft.h"
#include "client/command_line.h"
#include "client/command_words.h"
#include "client/moment.h"
#include "client/record_place.h"
#include "client/replay_report.h"
#include "client/replay_run.h"
#include "policy/generation.h"
#include "region/version.h"

#define FOREVER 1e11

/* Notes the digest of the files that the candidate was loaded from. -1: no memory. */
static int
note_content(struct command *c, struct draft *d, struct fault *f)
{
	struct version *v = version_of(draft_worker(d)->generation, NULL);

	if (v == NULL)
		return fault_set(f, "no memory");
	version_seal(v);
	snprintf(c->content, sizeof c->content, "%s", v->content);
	version_unref(v);
	return 0;
}

/* Loads the candidate and walks the records. NULL with a sentence. */
static struct replay_result *
walk(struct command *c, struct fault *f)
{
	const char *region = c->region != NULL ? c->region : COMMAND_LINE_REGION_FILE;
	struct record_reader_range range = { .since = c->since, .until = FOREVER };
	char path[RECORD_PLACE_SIZE];
	struct replay_result *r = NULL;
	struct draft *d;

	if (c->control != NULL && c->region == NULL)
		fault_set(f, "--replay loads the definition of the region itself; name it by --region FILE");
	else if (!record_place_find(c->region, NULL, path))
		fault_set(f, "--replay: %s names no file of records (region { record = FILE })", region);
	else if ((d = candidate_draft_load(region, region, f)) != NULL) {
		r = note_content(c, d, f) == 0 ? replay_run(d, path, &range, f) : NULL;
		draft_free(d);
	}
	return r;
}

/* True when the result has expected differences only. */
static bool
judge(const struct replay_result *result, struct expectations *e, double seconds)
{
	size_t unexpected = replay_report_unexpected(result, e);

	replay_report_print(stderr, result, seconds);
	if (unexpected > 0)
		fprintf(stderr, "reload: refused: %zu newly accepted or unknown and not expected (--expect FILE); nothing was loaded\n", unexpected);
	return unexpected == 0;
}

bool
replay_reload_reads(struct command *c)
{
	if (moment_read(c->replay, clock_wall(), &c->since) == 0)
		return true;
	fprintf(stderr, "reload: --replay %s is no time; give 90s, 30m, 1h or 7d before now, or 2026-11-25T17:40:10\n", c->replay);
	return false;
}

bool
replay_reload_allows(struct command *c)
{
	struct fault f = { "" };
	struct expectations *e = c->expect != NULL ? expectations_read(c->expect, &f) : NULL;
	double start = clock_span();
	struct replay_result *r = c->expect == NULL || e != NULL ? walk(c, &f) : NULL;
	bool allows = r != NULL && judge(r, e, clock_span() - start);

	if (r == NULL)
		fprintf(stderr, "reload: %s\n", f.text);
	replay_result_free(r);
	expectations_free(e);
	return allows;
}
