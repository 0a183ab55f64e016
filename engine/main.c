/* SPDX-License-Identifier: Apache-2.0 */
/* main: the command line: which command, its options, its exit status, and what holds for the whole process. */
#include "config/attribute.h"
#include "ipic/json_body.h"
#include "client/check.h"
#include "client/command.h"
#include "client/connect.h"
#include "client/passwd.h"
#include "region/region.h"
#include "admin/operator.h"
#include "admin/signals.h"
#include "base/thread.h"
#include "region/reload.h"
#include "region/watch.h"

#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define REGION_FILE "policies/region.lua"
#define VERSION "0.8"
#define LOOK_SECONDS 0.1   /* between two looks whether a start is still wanted */
#define START_GOODBYE 2    /* seconds a start has to end by itself */
#define LARGE (4 * 1024 * 1024) /* bytes of one piece of memory that is given back as soon as it is free */
#define KEPT (8 * 1024 * 1024)  /* bytes of smaller ones that are kept for the next */

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* --- run ------------------------------------------------------------------------------------------------------------- */

/* As many descriptors as the machine allows: maxsockets is the limit that is meant. */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/*
 * Large payloads go back to the system when they are done with. Left alone, the C library would learn from the first large one to keep the next. What
 * one of a megabyte takes is kept: fetched anew each time it would cost four times the CPU (spec/bench/requests.lua).
 */
static void
return_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, LARGE);
	mallopt(M_TRIM_THRESHOLD, KEPT);
}

struct start {
	const struct region_options *options;
	struct faults *faults;
	struct region *region;   /* owned; NULL: the start failed, or was ended by a signal */
	struct control *control; /* owned, with the region */
};

static void *
start(void *arg)
{
	struct start *s = arg;

	s->region = region_new(s->options, s->faults);
	if (s->region == NULL)
		return NULL;
	s->control = operator_open(s->region, s->faults);
	if (s->control != NULL && region_open(s->region, s->faults) == 0)
		return NULL;
	control_close(s->control);
	region_free(s->region);
	s->region = NULL;
	return NULL;
}

/* In a thread: a start that hangs in a call of a file system is ended by a signal all the same. */
static void
start_region(struct start *s)
{
	pthread_t thread;

	if (thread_start(&thread, start, s) != 0) {
		start(s);
		return;
	}
	while (!thread_ended(thread, LOOK_SECONDS)) {
		if (!signals_ending())
			continue;
		if (!thread_ended(thread, START_GOODBYE))
			_exit(EXIT_DONE);
		break;
	}
}

static int
run_until_end(struct start *s, bool watched)
{
	struct watch *watch = watched ? watch_start(s->region) : NULL;
	struct signals *signals = signals_watch(s->region, s->control);
	int status = signals != NULL ? region_run(s->region) : EXIT_FAILED;

	signals_free(signals);
	watch_stop(watch);
	reload_cancel(s->region); /* while its operator can be answered */
	control_close(s->control);
	if (!region_free(s->region))
		_exit(status);
	return status;
}

static int
run_region(const struct region_options *o, bool watched)
{
	struct faults faults = { 0 };
	struct start s = { .options = o, .faults = &faults };
	int status;

	raise_descriptors();
	return_memory();
	start_region(&s);
	if (s.region == NULL)
		check_print(&faults);
	status = faults.errors == 0 && signals_ending() ? EXIT_DONE : EXIT_FAILED;
	faults_free(&faults);
	return s.region != NULL ? run_until_end(&s, watched) : status;
}

static const char run_usage[] =
	"usage: sallyport run [--region FILE] [--control PATH] [--log FILE] [--log-format text|json] [--watch]\n"
	"Starts a region in the foreground (default " REGION_FILE "). SIGTERM drains, a second one ends at once. SIGHUP reloads\n"
	"and opens the log anew, SIGUSR1 only does the latter;\n"
	"--watch reloads whenever the definition, a script, the saf or the ring has changed.\n";

/* What was not understood comes before how it is said. */
static int
misused(const char *what, const char *given)
{
	if (what != NULL)
		fprintf(stderr, "run: %s '%s'\n", what, given);
	return fputs(run_usage, stderr) < 0 ? EXIT_FAILED : EXIT_USAGE;
}

static int
run_main(int argc, char **argv)
{
	static const struct option options[] = { { "region", required_argument, NULL, 'r' }, { "control", required_argument, NULL, 'c' },
		{ "log", required_argument, NULL, 'l' }, { "log-format", required_argument, NULL, 'f' }, { "watch", no_argument, NULL, 'w' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 } };
	struct region_options o = { .file = REGION_FILE, .log_format = LOG_TEXT, .unwanted = signals_ending };
	bool watched = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (opt == 'r')
			o.file = optarg;
		else if (opt == 'c')
			o.control = optarg;
		else if (opt == 'l')
			o.log_file = optarg;
		else if (opt == 'w')
			watched = true;
		else if (opt == 'f' && strcmp(optarg, "json") == 0)
			o.log_format = LOG_JSON;
		else if (opt == 'h')
			return fputs(run_usage, stdout) < 0 ? EXIT_FAILED : EXIT_DONE;
		else if (opt != 'f')
			return misused(NULL, NULL);
		else if (strcmp(optarg, "text") != 0)
			return misused("--log-format is text or json, not", optarg);
	}
	if (optind != argc)
		return misused("a definition is named by --region FILE; not understood:", argv[optind]);
	return run_region(&o, watched);
}

/* --- which command --------------------------------------------------------------------------------------------------- */

static const char usage[] =
	"usage: sallyport COMMAND ...        sallyport COMMAND --help says more\n"
	"       sallyport --version\n"
	"  run       start a region in the foreground\n"
	"  check     load definitions and policies, report every fault\n"
	"  connect   be a partner: dial, do TLS, send CAPEX, print the outcome\n"
	"  passwd    hash a password for the saf's file\n"
	"  inquire   region | tcpipservice | ipconn | session | conversation | program | transaction | socket | policy | counter | user | statistics [NAME]\n"
	"  set       tcpipservice NAME ... | ipconn NAME ... | user NAME unrevoke\n"
	"  discard   ipconn NAME\n"
	"  release   ipconn NAME\n"
	"  reload    take on changed definitions, rings and policies, while partners are connected\n"
	"  explain   ID | --peer IP | --last N [--refused] | --code CODE: why was a connection let in or refused?\n"
	"  shutdown  end the region in an orderly way, or at once [--now]\n"
	"Documents: README.md has the map; policies/README.md for policies, engine/config/README.md for region.lua,\n"
	"engine/admin/README.md for commands and messages. make install puts them into share/doc/sallyport.\n";

static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
} commands[] = {
	{ "run", run_main },
	{ "check", check_run },
	{ "connect", connect_run },
	{ "passwd", passwd_run },
	{ "inquire", command_run },
	{ "set", command_run },
	{ "discard", command_run },
	{ "release", command_run },
	{ "reload", command_run },
	{ "explain", command_run },
	{ "shutdown", command_run },
};

#define COMMANDS (sizeof commands / sizeof commands[0])

/* A socket that became descriptor 2 would be sent whatever is printed there. */
static int
fill_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return -1;
	return 0;
}

static void
say_unknown(const char *given)
{
	const char *names[COMMANDS + 1] = { NULL }, *near;

	for (size_t i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	near = near_word(names, given);
	fprintf(stderr, "sallyport: unknown command '%s'", given);
	fprintf(stderr, near != NULL ? "; did you mean '%s'?\n" : "\n", near);
}

int
main(int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "run") == 0)
		signals_hold();
	if (fill_descriptors() < 0)
		return EXIT_FAILED;
	signals_ignore_pipe(); /* SSL_write has no flag for it */
	json_object_seed(0);
	json_body_keep_secrets();
	if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0))
		return fputs(usage, stdout) < 0 ? EXIT_FAILED : EXIT_DONE;
	if (argc >= 2 && strcmp(argv[1], "--version") == 0)
		return puts("sallyport " VERSION) < 0 ? EXIT_FAILED : EXIT_DONE;
	for (size_t i = 0; argc >= 2 && i < COMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].main(argc - 1, argv + 1);
	if (argc >= 2)
		say_unknown(argv[1]);
	fputs(usage, stderr);
	return EXIT_USAGE;
}
