/* SPDX-License-Identifier: Apache-2.0 */
/* main: the command line of sallyport, the start and the end of a region, and the settings of the whole process. */
#include "config/attribute.h"
#include "ipic/json_body.h"
#include "client/about.h"
#include "client/ask_command.h"
#include "client/check.h"
#include "client/command.h"
#include "client/command_line.h"
#include "client/config_command.h"
#include "client/connect.h"
#include "client/decisions.h"
#include "client/import_command.h"
#include "client/init.h"
#include "client/load_command.h"
#include "client/passwd.h"
#include "client/replay_command.h"
#include "client/test.h"
#include "client/top_command.h"
#include "region/region.h"
#include "admin/operator.h"
#include "admin/signals.h"
#include "candidate/canary_run.h"
#include "candidate/shadow.h"
#include "net/handed.h"
#include "net/notify.h"
#include "net/reserve.h"
#include "base/thread.h"
#include "tls/free_lists.h"
#include "tls/slim.h"
#include "region/identity.h"
#include "region/publish.h"
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

#define LOOK_SECONDS 0.1   /* the interval in which a start looks for a signal that ends it */
#define START_GOODBYE 2    /* seconds that a start has to end after such a signal */
#define LARGE (4 * 1024 * 1024) /* bytes; a larger block of memory goes back to the system when it is freed */
#define KEPT (8 * 1024 * 1024)  /* bytes of free smaller blocks that the process keeps */

/* --- run -------------------------------------------------------------------------------------- */

/* Raises the limit of descriptors to the maximum: maxsockets limits the sockets. */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	reserve_widen();
}

/*
 * Gives the memory of large payloads back to the system. By default the C library keeps it after the first large block.
 * The memory of a payload of a megabyte is kept: to fetch it each time would cost four times the CPU
 * (spec/bench/requests.lua). Without its fast bins the C library joins free blocks at once; each handshake would make
 * it join them all several times.
 */
static void
return_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, LARGE);
	mallopt(M_TRIM_THRESHOLD, KEPT);
	mallopt(M_MXFAST, 0);
}

struct start {
	const struct region_options *options;
	struct identity identity;
	bool watched; /* --watch */
	struct faults *faults;
	struct region *region;   /* owned; NULL: the start failed, or a signal ended it */
	struct control *control; /* owned, with the region */
	struct watch *watch;     /* owned, with the region; NULL: not watched */
};

static void
main_prepare(void *arg)
{
	struct start *s = arg;

	identity_prepare(s->options->file, &s->identity, s->options->handed, s->faults);
}

static void
main_start(void *arg)
{
	struct start *s = arg;

	s->region = region_new(s->options, s->faults);
	if (s->region == NULL)
		return;
	if (s->watched) /* before the region is up: a change after that is seen */
		s->watch = watch_start(s->region);
	s->control = operator_open(s->region, s->faults);
	if (s->control != NULL && region_open(s->region, s->faults) == 0)
		return;
	watch_stop(s->watch);
	control_close(s->control);
	region_free(s->region);
	s->region = NULL;
}

/* Does a part of the start in a thread, so that a signal also ends a start that hangs in a call of a file system. */
static void
in_thread(void (*work)(void *arg), struct start *s)
{
	struct thread *thread;

	if (thread_start(&thread, work, s) != 0) {
		work(s);
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

/*
 * The process becomes the user of the region between two threads: capabilities belong to a thread, and new threads
 * inherit them.
 */
static void
start_region(struct start *s)
{
	in_thread(main_prepare, s);
	if (s->faults->errors == 0 && !signals_ending() && identity_assume(&s->identity, s->faults) == 0)
		in_thread(main_start, s);
}

static int
run_until_end(struct start *s)
{
	struct signals *signals = signals_watch(s->region, s->control);
	int status = EXIT_FAILED;

	if (signals != NULL) {
		notify_begin(s->options->notify, s->region->worker.loop, s->region->log, gates_live, s->region);
		region_tell_ready(s->region, "");
		status = region_run(s->region);
	}
	signals_free(signals);
	watch_stop(s->watch);
	shadow_close(s->region);
	canary_run_close(s->region);
	publish_cancel(s->region);
	reload_cancel(s->region); /* before the control socket closes, which carries the answer */
	control_close(s->control);
	notify_free(s->options->notify);
	if (!region_free(s->region))
		_exit(status);
	return status;
}

static int
run_region(struct region_options *o, bool watched)
{
	struct faults faults = { 0 };
	struct start s = { .options = o, .watched = watched, .faults = &faults };
	struct handed handed = { .n = 0 };
	int status;

	raise_descriptors();
	return_memory();
	o->notify = notify_new();
	o->handed = &handed;
	handed_take(&handed, &faults);
	if (faults.errors == 0)
		start_region(&s);
	handed_free(&handed);
	if (s.region == NULL) {
		notify_free(o->notify);
		check_print(&faults);
	}
	status = faults.errors == 0 && signals_ending() ? EXIT_DONE : EXIT_FAILED;
	faults_free(&faults);
	return s.region != NULL ? run_until_end(&s) : status;
}

struct savings {
	bool slim_provider, no_free_lists;
};

/* Runs the region in a process that saves CPU in OpenSSL, which is used nowhere before. */
static int
run_saving(struct region_options *o, bool watched, const struct savings *savings)
{
	struct fault f;
	struct slim *slim = NULL;
	int status;

	if (!savings->no_free_lists)
		free_lists_begin();
	if (savings->slim_provider && (slim = slim_begin(&f)) == NULL) {
		fprintf(stderr, "run: --slim-provider: %s; start without it\n", f.text);
		return EXIT_FAILED;
	}
	status = run_region(o, watched);
	slim_end(slim);
	return status;
}

static const char run_usage[] =
	"usage: sallyport run [--region FILE] [--control PATH] [--log FILE|stderr|journal|syslog] [--log-format text|json] [--watch]\n"
	"                     [--slim-provider] [--no-free-lists]\n"
	"Starts a region in the foreground (default " COMMAND_LINE_REGION_FILE "). SIGTERM drains the region; a second SIGTERM ends it\n"
	"at once. SIGHUP reloads and opens the log again; SIGUSR1 opens the log again.\n"
	"--log journal writes to the journal of systemd, --log syslog to /dev/log; journal:PATH and syslog:PATH name another socket.\n"
	"--watch reloads when the definition, a script, a data file, the saf or the ring has changed.\n"
	"--slim-provider saves CPU in each handshake: OpenSSL reads keys of RSA, RSA-PSS, EC, Ed25519 and Ed448 only.\n"
	"--no-free-lists: OpenSSL's freed memory goes back to the C library; without the option a thread keeps 4 MiB of it.\n";

/* Prints what is wrong (NULL: getopt has done so) and the usage. */
static int
misused(const char *wrong, const char *given)
{
	if (wrong != NULL)
		fprintf(stderr, "run: %s '%s'\n", wrong, given);
	return fputs(run_usage, stderr) < 0 ? EXIT_FAILED : EXIT_USAGE;
}

static int
main_run(int argc, char **argv)
{
	static const struct option options[] = { { "region", required_argument, NULL, 'r' }, { "control", required_argument, NULL, 'c' },
		{ "log", required_argument, NULL, 'l' }, { "log-format", required_argument, NULL, 'f' }, { "watch", no_argument, NULL, 'w' }, { "slim-provider", no_argument, NULL, 's' },
		{ "no-free-lists", no_argument, NULL, 'm' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 } };
	struct region_options o = { .file = COMMAND_LINE_REGION_FILE, .log_format = LOG_TEXT, .unwanted = signals_ending,
		.version = about_version(), .commit = about_commit() };
	bool watched = false;
	struct savings savings = { false, false };
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
		else if (opt == 's')
			savings.slim_provider = true;
		else if (opt == 'm')
			savings.no_free_lists = true;
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
		return misused("--region FILE names the definition; not understood:", argv[optind]);
	return run_saving(&o, watched, &savings);
}

/* --- which command ---------------------------------------------------------------------------- */

static const char usage[] =
	"usage: sallyport COMMAND ...        sallyport COMMAND --help says more\n"
	"       sallyport --version\n"
	"  run       start a region in the foreground\n"
	"  check     load definitions and policies, report every fault\n"
	"  config    print the definition as the region understands it, with its defaults\n"
	"  connect   be a partner: dial a region, send CAPEX and requests, print the outcome\n"
	"  load      be many partners: dial a region, send CAPEX and requests, print rates, percentiles and refusals\n"
	"  init      write a region with a policy, its rows and key rings, ready to run\n"
	"  import    FILE: write a region.lua from a listing of a CSD (DFHCSDUP LIST, or DEFINE statements)\n"
	"  passwd    hash a password for the saf's file\n"
	"  inquire   region | tcpipservice | ipconn | session | conversation | program | transaction | socket | worker | policy | door | counter | rate | user | shadow | canary | store | sysplex | statistics [NAME]\n"
	"  set       tcpipservice NAME ... | ipconn NAME ... | user NAME unrevoke\n"
	"  discard   ipconn NAME\n"
	"  release   ipconn NAME\n"
	"  reload    load changed definitions, rings and policies, while partners are connected\n"
	"  policy    list | show N FILE | diff N [M] | use N | rollback: the generations that the region keeps; export N, sign BUNDLE, publish BUNDLE: rules for all regions of a sysplex\n"
	"  shadow    N|DIR [--share 10%] [--tcpipservice T] | stop: other scripts are asked beside the live ones, and decide nothing\n"
	"  canary    N|DIR --share 5% | --peer CIDR | --tcpipservice T [--rollback-on RULE]... | stop: other scripts decide about a share\n"
	"  explain   ID | --peer IP | --last N [--refused] | --code CODE: why a connection was accepted or refused\n"
	"  decisions what the doors decided, from the file of records: --since 1h, --refused, --code CODE, --follow and others\n"
	"  replay    --with DIR: the recorded connections meet other scripts and definitions; which decisions change?\n"
	"  ask       would a connection be accepted? asks a definition on disk, or the running region, without a socket\n"
	"  top       watch a region: doors, ipconns, refusals and their explanation [--interval S] [--once]\n"
	"  test      run the rows of decision tables: sallyport test [DIR] [--filter PATTERN]; or look for holes: test --invariants\n"
	"  shutdown  drain the region and end it, or end it at once [--now]\n"
	"Documents: README.md has the map; policies/README.md for policies, engine/config/README.md for region.lua,\n"
	"engine/admin/README.md for commands and messages. make install puts them into share/doc/sallyport.\n";

static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
} commands[] = {
	{ "run", main_run },
	{ "check", check_run },
	{ "config", config_command_run },
	{ "connect", connect_run },
	{ "load", load_command_run },
	{ "init", init_run },
	{ "import", import_command_run },
	{ "passwd", passwd_run },
	{ "inquire", command_run },
	{ "set", command_run },
	{ "discard", command_run },
	{ "release", command_run },
	{ "reload", command_run },
	{ "policy", command_run },
	{ "shadow", command_run },
	{ "canary", command_run },
	{ "explain", command_run },
	{ "decisions", decisions_run },
	{ "replay", replay_command_run },
	{ "ask", ask_command_run },
	{ "top", top_command_run },
	{ "test", test_run },
	{ "shutdown", command_run },
};

#define COMMANDS (sizeof commands / sizeof commands[0])

/* Opens /dev/null on closed descriptors from 0 to 2: a socket with descriptor 2 would get the messages of stderr. */
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
	signals_ignore_pipe(); /* SSL_write cannot suppress the signal */
	json_object_seed(0);
	json_body_keep_secrets();
	if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0))
		return fputs(usage, stdout) < 0 ? EXIT_FAILED : EXIT_DONE;
	if (argc >= 2 && strcmp(argv[1], "--version") == 0)
		return about_print(stdout) < 0 ? EXIT_FAILED : EXIT_DONE;
	for (size_t i = 0; argc >= 2 && i < COMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].main(argc - 1, argv + 1);
	if (argc >= 2)
		say_unknown(argv[1]);
	fputs(usage, stderr);
	return EXIT_USAGE;
}
