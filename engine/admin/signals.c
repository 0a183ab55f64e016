/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/signals.h"

#include "admin/control.h"
#include "base/log.h"
#include "region/region.h"
#include "region/watch.h"

#include <errno.h>
#include <ev.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

/* The actions of the signals that a region handles. */
static void signals_drain_or_end(struct signals *s);
static void signals_drain(struct signals *s);
static void signals_end(struct signals *s);
static void signals_reload(struct signals *s);
static void signals_reopen(struct signals *s);

static const struct rule {
	int number;
	const char *name;
	void (*act)(struct signals *s);
	bool ends; /* it also ends a start that is under way */
} rules[] = {
	{ SIGTERM, "TERM", signals_drain_or_end, true },
	{ SIGINT, "INT", signals_drain_or_end, true },
	{ SIGQUIT, "QUIT", signals_end, true },
	{ SIGXCPU, "XCPU", signals_drain, true },
	{ SIGHUP, "HUP", signals_reload, false },
	{ SIGUSR1, "USR1", signals_reopen, false },
};

#define RULES (sizeof rules / sizeof rules[0])

/*
 * A region has no use for these signals, which would end or stop it. XFSZ: the write fails instead, and the log counts
 * the lines. TTOU: the region may log to a terminal while it is a background job.
 */
static const int ignored[] = { SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGSTKFLT, SIGXFSZ, SIGTTIN, SIGTTOU };

struct signals {
	struct region *region;   /* borrowed */
	struct control *control; /* borrowed */
	bool hup_was_ignored; /* nohup: the region goes on without its terminal */
	ev_signal watcher[RULES];
};

static void
signals_drain(struct signals *s)
{
	region_stop(s->region, false);
}

static void
signals_end(struct signals *s)
{
	region_stop(s->region, true);
}

static void
signals_drain_or_end(struct signals *s)
{
	region_stop(s->region, s->region->worker.draining);
}

static void
signals_reopen(struct signals *s)
{
	log_reopen(s->region->log);
}

/* True when one of the descriptors 0 to 2 is a terminal that was hung up (EIO). */
static bool
terminal_gone(void)
{
	struct termios unused;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (tcgetattr(fd, &unused) < 0 && errno == EIO)
			return true;
	return false;
}

static void
restore_control(struct signals *s)
{
	struct fault f;
	int made = control_restore(s->control, &f);

	if (made != 0)
		log_say(s->region->log, MSG_SP0073, "anew", made > 0 ? "yes" : "no", "fault", made < 0 ? f.text : NULL, NULL);
}

/* Does all three: a failure of one does not stop the others. */
static void
signals_reload(struct signals *s)
{
	if (!s->hup_was_ignored && terminal_gone()) {
		signals_drain(s);
		return;
	}
	log_reopen(s->region->log);
	restore_control(s);
	watch_reload(s->region, "signal");
}

static void
signals_on_signal(struct ev_loop *loop, ev_signal *watcher, int events)
{
	struct signals *s = watcher->data;
	const struct rule *rule = &rules[watcher - s->watcher];

	(void)loop;
	(void)events;
	log_say(s->region->log, MSG_SP0070, "signal", rule->name, NULL);
	rule->act(s);
}

static void
ignore(int number)
{
	struct sigaction now;

	if (sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
		signal(number, SIG_IGN);
}

static sigset_t
ours(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < RULES; i++)
		sigaddset(&set, rules[i].number);
	return set;
}

void
signals_ignore_pipe(void)
{
	signal(SIGPIPE, SIG_IGN);
}

void
signals_hold(void)
{
	sigset_t set = ours();

	sigprocmask(SIG_BLOCK, &set, NULL);
	for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
		ignore(ignored[i]);
	for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
		ignore(number);
}

bool
signals_ending(void)
{
	sigset_t pending;

	if (sigpending(&pending) < 0)
		return false;
	for (size_t i = 0; i < RULES; i++)
		if (rules[i].ends && sigismember(&pending, rules[i].number) == 1)
			return true;
	return false;
}

struct signals *
signals_watch(struct region *r, struct control *control)
{
	struct signals *s = calloc(1, sizeof *s);
	struct sigaction hup;
	sigset_t set = ours();

	if (s == NULL)
		return NULL;
	s->region = r;
	s->control = control;
	s->hup_was_ignored = sigaction(SIGHUP, NULL, &hup) == 0 && hup.sa_handler == SIG_IGN;
	for (size_t i = 0; i < RULES; i++) {
		ev_signal_init(&s->watcher[i], signals_on_signal, rules[i].number);
		s->watcher[i].data = s;
		ev_signal_start(r->worker.loop, &s->watcher[i]);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	return s;
}

void
signals_free(struct signals *s)
{
	sigset_t set = ours();

	if (s == NULL)
		return;
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (size_t i = 0; i < RULES; i++)
		ev_signal_stop(s->region->worker.loop, &s->watcher[i]);
	free(s);
}
