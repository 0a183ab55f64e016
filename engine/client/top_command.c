/* SPDX-License-Identifier: Apache-2.0 */
#include "client/top_command.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "client/command_line.h"
#include "client/control_client.h"
#include "client/terminal.h"
#include "client/top_frame.h"

#define INTERVAL 2.0
#define INTERVAL_MIN 0.1
#define INTERVAL_MAX 3600
#define ONCE_LINES 45 /* of a frame of --once */
#define ONCE_COLUMNS 120

enum { CTRL_C = 3 };

static const char usage[] =
	"usage: sallyport top [--region FILE] [--control PATH] [--interval SECONDS] [--once]\n"
	"Shows a running region, again and again: the doors, the busiest ipconns, the last refusals, the lag of the loop.\n"
	"  --interval S     seconds between two looks, 0.1 to 3600 (default 2)\n"
	"  --once           prints one frame as text; the rates are those of one interval\n"
	"Keys: q quit, s sort the ipconns, p pause, up and down (k, j) choose a refusal, Enter explains it, PgUp and PgDn (b, space) scroll.\n";

struct top { /* one run */
	const char *region, *control;
	double interval;
	bool once, help;
	char path[CONTROL_CLIENT_PATH];
	struct top_sample sample;
	struct top_view view;
	struct screen screen;
	struct screen_line line[SCREEN_LINES];
};

/* --- the command line ------------------------------------------------------------------------- */

static int
take_interval(struct top *t, const char *text)
{
	char *end;

	t->interval = strtod(text, &end);
	if (end != text && *end == '\0' && t->interval >= INTERVAL_MIN && t->interval <= INTERVAL_MAX)
		return 0;
	fprintf(stderr, "top: --interval %s: must be %.1f to %d seconds\n", text, INTERVAL_MIN, INTERVAL_MAX);
	return -1;
}

static int
read_options(struct top *t, int argc, char **argv)
{
	static const struct option options[] = { { "region", required_argument, NULL, 'r' }, { "control", required_argument, NULL, 'c' },
		{ "interval", required_argument, NULL, 'i' }, { "once", no_argument, NULL, 'o' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	int opt;

	t->interval = INTERVAL;
	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case 'r': t->region = optarg; break;
		case 'c': t->control = optarg; break;
		case 'o': t->once = true; break;
		case 'h': t->help = true; break;
		case 'i':
			if (take_interval(t, optarg) == 0)
				break;
			return -1;
		default: return -1;
		}
	}
	if (optind != argc)
		fprintf(stderr, "top: not understood: %s\n", argv[optind]);
	return optind == argc ? 0 : -1;
}

/* --- one frame -------------------------------------------------------------------------------- */

static int
print_frame(struct top *t)
{
	int columns = terminal_of(stdout).columns, n;

	t->view = (struct top_view){ .columns = columns > 0 ? columns : ONCE_COLUMNS, .lines = ONCE_LINES };
	n = top_frame_make(&t->view, &t->sample, t->line);
	for (int i = 0; i < n; i++)
		puts(t->line[i].text);
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

static int
run_once(struct top *t)
{
	struct timespec interval = { .tv_sec = (time_t)t->interval, .tv_nsec = (long)((t->interval - (double)(time_t)t->interval) * 1e9) };

	top_sample_take(&t->sample, t->path);
	if (t->sample.answered) {
		nanosleep(&interval, NULL);
		top_sample_take(&t->sample, t->path);
	}
	if (t->sample.answered)
		return print_frame(t);
	fprintf(stderr, "top: %s\n", t->sample.trouble);
	return EXIT_FAILED;
}

/* --- keys ------------------------------------------------------------------------------------- */

/* Chooses the refusal `by` rows below. */
static void
choose(struct top *t, int by)
{
	int at = top_frame_chosen(&t->view, &t->sample) + by;

	if (at < 0 || at >= (int)t->sample.nrefusals)
		return;
	snprintf(t->view.chosen, sizeof t->view.chosen, "%s", t->sample.refusal[at].connection);
	t->view.scroll = 0;
}

/* Opens or closes the explanation. The refusal stays chosen when newer ones come. */
static void
explain(struct top *t, bool open)
{
	choose(t, 0);
	t->view.explaining = open && t->sample.nrefusals > 0;
	t->view.scroll = 0;
}

/* False: the operator wants the end. */
static bool
press(struct top *t, int key)
{
	int page = t->screen.lines / 3;

	switch (key) {
	case 'q': case CTRL_C: case SCREEN_ENDED: return false;
	case 's': t->view.sort = (t->view.sort + 1) % TOP_SORT_COUNT; break;
	case 'p': t->view.paused = !t->view.paused; break;
	case 'k': case SCREEN_UP: choose(t, -1); break;
	case 'j': case SCREEN_DOWN: choose(t, 1); break;
	case SCREEN_ENTER: explain(t, !t->view.explaining); break;
	case SCREEN_ESCAPE: explain(t, false); break;
	case 'b': case SCREEN_PAGE_UP: t->view.scroll -= page; break;
	case ' ': case SCREEN_PAGE_DOWN: t->view.scroll += page; break;
	default: break;
	}
	return true;
}

/* --- the screen ------------------------------------------------------------------------------- */

static void
draw(struct top *t)
{
	int n;

	t->view.columns = t->screen.columns;
	t->view.lines = t->screen.lines;
	n = top_frame_make(&t->view, &t->sample, t->line);
	screen_draw(&t->screen, t->line, n);
}

static void
run_screen(struct top *t)
{
	double next = 0;
	int key = SCREEN_NONE;

	t->view.keys = true;
	do {
		if (!t->view.paused && clock_span() >= next) {
			top_sample_take(&t->sample, t->path);
			next = clock_span() + t->interval;
		}
		draw(t);
		key = screen_key(&t->screen, t->view.paused ? INTERVAL_MAX : next - clock_span());
	} while (press(t, key));
}

static int
run_interactive(struct top *t)
{
	struct fault f = { "" };

	if (screen_open(&t->screen, &f) < 0) {
		fprintf(stderr, "top: %s\n", f.text);
		return EXIT_FAILED;
	}
	run_screen(t);
	screen_close(&t->screen);
	return EXIT_DONE;
}

static int
run(struct top *t)
{
	int status;

	if (control_client_find("top", t->region, t->control, true, t->path) < 0)
		return EXIT_FAILED;
	status = t->once ? run_once(t) : run_interactive(t);
	top_sample_free(&t->sample);
	return status;
}

int
top_command_run(int argc, char **argv)
{
	struct top *t = calloc(1, sizeof *t);
	int status;

	if (t == NULL)
		return EXIT_FAILED;
	if (read_options(t, argc, argv) < 0)
		status = fputs(usage, stderr) < 0 ? EXIT_FAILED : EXIT_USAGE;
	else if (t->help)
		status = fputs(usage, stdout) < 0 ? EXIT_FAILED : EXIT_DONE;
	else
		status = run(t);
	free(t);
	return status;
}
