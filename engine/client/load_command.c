/* SPDX-License-Identifier: Apache-2.0 */
#include "client/load_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command_line.h"
#include "client/connect_data.h"
#include "client/load_options.h"
#include "client/load_report.h"
#include "client/load_run.h"

static int
status_of(const struct load_tally *t)
{
	if (t->outcome[LOAD_ACCEPTED] == 0)
		return t->outcome[LOAD_REFUSED] > 0 ? EXIT_REFUSED : EXIT_FAILED;
	if (t->sent > 0 && t->answered == 0)
		return t->failed > 0 ? EXIT_REFUSED : EXIT_FAILED;
	return EXIT_DONE;
}

static int
report(const struct load_options *o, struct load_tally *t)
{
	load_tally_sort(t);
	(o->json ? load_report_json : load_report_text)(t, o->peer.requests.wanted);
	return fflush(stdout) == 0 ? status_of(t) : EXIT_FAILED;
}

/* Runs the load. t is zeroed. */
static int
run(const struct load_options *o, struct load_tls *tls, struct load_tally *t)
{
	struct fault f;
	int done = load_tls_open(tls, o, &f);

	if (done == 1)
		return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
	if (done == 0)
		done = load_run(o, tls, t, &f);
	if (done == 0)
		return report(o, t);
	fprintf(stderr, "load: %s\n", f.text);
	return EXIT_FAILED;
}

static int
perform(struct load_options *o)
{
	struct load_tally *t = calloc(1, sizeof *t);
	struct load_tls tls = { .o = NULL };
	int status = EXIT_FAILED;

	if (t != NULL && load_options_find(o) == 0)
		status = run(o, &tls, t);
	load_tls_close(&tls);
	free(t);
	return status;
}

int
load_command_run(int argc, char **argv)
{
	struct load_options o = { .to = NULL };
	int status = EXIT_USAGE;

	if (load_options_read(&o, argc, argv) < 0 || (!o.help && load_options_fill(&o) < 0))
		fprintf(stderr, "%.*s\nsallyport load --help has all options\n", (int)strcspn(load_options_usage, "\n"), load_options_usage);
	else if (o.help)
		status = fputs(load_options_usage, stdout) < 0 ? EXIT_FAILED : EXIT_DONE;
	else
		status = perform(&o);
	connect_data_free(&o.peer.requests);
	return status;
}
