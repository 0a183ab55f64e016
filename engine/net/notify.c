/* SPDX-License-Identifier: Apache-2.0 */
#include "net/notify.h"

#include "base/fault.h"
#include "base/log.h"
#include "net/timer.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define AGAIN_SECONDS 0.1 /* the pause before a message is sent again that had no room */
#define MESSAGE 512       /* bytes */
#define MICROSECONDS 1e6

struct notify {
	struct sockaddr_un to;
	socklen_t to_len;
	int fd;            /* owned; -1: the address is not usable, and `wrong` says why */
	struct fault wrong;
	bool told;         /* the failure is in the log */
	bool stopping;
	double watchdog;   /* seconds between two signs of life; 0: none is wanted */
	struct log *log;   /* borrowed; NULL before notify_begin */
	struct timer again, alive;
	void (*due)(void *arg);
	void *arg;
	char state[MESSAGE]; /* the newest state that was not sent; "": none */
};

/* --- the environment -------------------------------------------------------------------------- */

/* "@NAME" is an abstract socket: its address begins with a NUL and has no NUL at the end. */
static int
take_address(struct notify *n, const char *path)
{
	size_t len = strlen(path);

	if (path[0] != '/' && path[0] != '@')
		return fault_set(&n->wrong, "NOTIFY_SOCKET is '%s', neither an absolute path nor '@' and a name", path);
	if (path[1] == '\0' || len >= sizeof n->to.sun_path)
		return fault_set(&n->wrong, "NOTIFY_SOCKET is '%s'; a socket has 1 to %zu bytes after its first one", path, sizeof n->to.sun_path - 2);
	n->to.sun_family = AF_UNIX;
	memcpy(n->to.sun_path, path, len + 1);
	if (path[0] == '@')
		n->to.sun_path[0] = '\0';
	n->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (path[0] == '/'));
	return 0;
}

static int
open_socket(struct notify *n)
{
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return n->fd >= 0 ? 0 : fault_set(&n->wrong, "no socket: %s", strerrordesc_np(errno));
}

/* The seconds of WATCHDOG_USEC; 0: it is not given, it is no number, or WATCHDOG_PID names another process. */
static double
watchdog_interval(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	char *end;
	unsigned long long n;

	if (usec == NULL || *usec < '0' || *usec > '9' || (pid != NULL && strtol(pid, NULL, 10) != (long)getpid()))
		return 0;
	n = strtoull(usec, &end, 10);
	return *end == '\0' ? (double)n / MICROSECONDS : 0;
}

struct notify *
notify_new(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct notify *n = path != NULL && *path != '\0' ? calloc(1, sizeof *n) : NULL;

	if (n != NULL) {
		n->fd = -1;
		n->watchdog = watchdog_interval();
		if (take_address(n, path) == 0)
			open_socket(n);
	}
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return n;
}

/* --- messages --------------------------------------------------------------------------------- */

static void
say_failed(struct notify *n)
{
	if (n->log == NULL || n->told)
		return;
	n->told = true;
	log_say(n->log, MSG_SP0113, "why", n->wrong.text, NULL);
}

/* False: the socket has no room, and the message is to be sent again. A message that fails otherwise is dropped. */
static bool
sent(struct notify *n, const char *message)
{
	if (n->fd < 0) {
		say_failed(n);
		return true;
	}
	if (sendto(n->fd, message, strlen(message), MSG_NOSIGNAL, (const struct sockaddr *)&n->to, n->to_len) >= 0) {
		n->told = false;
		return true;
	}
	if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)
		return false;
	fault_set(&n->wrong, "NOTIFY_SOCKET does not take messages: %s", strerrordesc_np(errno));
	say_failed(n);
	return true;
}

static void
notify_send(void *arg)
{
	struct notify *n = arg;

	if (n->state[0] == '\0')
		return;
	if (sent(n, n->state))
		n->state[0] = '\0';
	else if (n->log != NULL)
		timer_set(&n->again, AGAIN_SECONDS);
}

/* A newer state takes the place of one that was not sent. */
static void
put_state(struct notify *n, const char *state, const char *status)
{
	snprintf(n->state, sizeof n->state, "%s\nSTATUS=%s\n", state, status);
	notify_send(n);
}

static void
notify_live(void *arg)
{
	struct notify *n = arg;

	n->due(n->arg);
	timer_set(&n->alive, n->watchdog / 2);
}

void
notify_alive(struct notify *n)
{
	if (n != NULL)
		sent(n, "WATCHDOG=1\n"); /* without room the next one follows in time */
}

void
notify_begin(struct notify *n, struct ev_loop *loop, struct log *log, void (*due)(void *arg), void *arg)
{
	if (n == NULL)
		return;
	n->log = log;
	n->due = due;
	n->arg = arg;
	timer_init(&n->again, loop, notify_send, n);
	timer_init(&n->alive, loop, notify_live, n);
	if (n->watchdog > 0)
		timer_set(&n->alive, n->watchdog / 2);
}

void
notify_ready(struct notify *n, const char *status)
{
	if (n != NULL && !n->stopping)
		put_state(n, "READY=1", status);
}

/* The moment, by the monotonic clock, lets the manager tell this reload from one that has ended. */
void
notify_reloading(struct notify *n, const char *status)
{
	char state[80];
	struct timespec t;

	if (n == NULL || n->stopping)
		return;
	clock_gettime(CLOCK_MONOTONIC, &t);
	snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000);
	put_state(n, state, status);
}

void
notify_stopping(struct notify *n, const char *status)
{
	if (n == NULL || n->stopping)
		return;
	n->stopping = true;
	put_state(n, "STOPPING=1", status);
}

void
notify_free(struct notify *n)
{
	if (n == NULL)
		return;
	if (n->log != NULL) {
		timer_stop(&n->again);
		timer_stop(&n->alive);
	}
	if (n->fd >= 0)
		close(n->fd);
	free(n);
}
