/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service_manager OPTION... -- COMMAND...: becomes COMMAND, as a service manager starts it: with descriptors and the environment of them.
 *   --listen NAME=ADDRESS:PORT   a listening TCP socket of that name (ADDRESS in digits; IPv6 without brackets)
 *   --bound NAME=ADDRESS:PORT    the same without listen
 *   --datagram NAME=ADDRESS:PORT a UDP socket
 *   --file NAME=PATH             a file
 *   --pid PID                    in place of its own, as LISTEN_PID
 *   --names TEXT                 in place of the names, as LISTEN_FDNAMES; "" leaves the variable out
 *   --watchdog USEC              WATCHDOG_USEC, with WATCHDOG_PID
 *   --notify ADDRESS FILE        a socket for messages at the path, or with the abstract name "@NAME"; a process beside COMMAND writes each
 *                                message to FILE, with the microseconds of the monotonic clock before it, until COMMAND ends. Then it adds
 *                                QUEUED=N, the number of callers that wait at the listening sockets
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define FIRST 3
#define NAMES 1024

struct handing {
	int n;
	char names[NAMES];
	const char *pid, *given_names, *watchdog, *notify, *file;
};

static void
fail(const char *what)
{
	fprintf(stderr, "service_manager: %s: %s\n", what, strerror(errno));
	exit(99);
}

static void
name(struct handing *h, const char *text, size_t n)
{
	size_t at = strlen(h->names);

	snprintf(h->names + at, sizeof h->names - at, "%s%.*s", h->n > 1 ? ":" : "", (int)n, text);
}

/* Puts fd behind those that are there. */
static void
hand(struct handing *h, int fd, const char *text)
{
	if (fd < 0)
		fail(text);
	if (fd != FIRST + h->n && (dup2(fd, FIRST + h->n) < 0 || close(fd) < 0))
		fail(text);
	h->n++;
	name(h, text, strcspn(text, "="));
}

/* Reads ADDRESS:PORT. */
static socklen_t
address(const char *text, struct sockaddr_storage *out)
{
	struct sockaddr_in *four = (struct sockaddr_in *)out;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
	const char *colon = strrchr(text, ':');
	char host[64];

	memset(out, 0, sizeof *out);
	if (colon == NULL)
		fail(text);
	snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
	if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons((unsigned short)atoi(colon + 1));
		return sizeof *four;
	}
	if (inet_pton(AF_INET6, host, &six->sin6_addr) != 1)
		fail(text);
	six->sin6_family = AF_INET6;
	six->sin6_port = htons((unsigned short)atoi(colon + 1));
	return sizeof *six;
}

static int
bound(const char *text, int type, int backlog)
{
	struct sockaddr_storage a = { .ss_family = AF_INET };
	const char *at = strchr(text, '=');
	socklen_t len = at != NULL ? address(at + 1, &a) : 0;
	int fd = socket(a.ss_family, type, 0), on = 1;

	if (at == NULL || fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 || bind(fd, (struct sockaddr *)&a, len) < 0 ||
		(backlog > 0 && listen(fd, backlog) < 0))
		fail(text);
	return fd;
}

/* The socket of NOTIFY_SOCKET. */
static int
notified(const char *where)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	size_t len = strlen(where);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (len >= sizeof a.sun_path)
		fail(where);
	memcpy(a.sun_path, where, len);
	if (where[0] == '@')
		a.sun_path[0] = '\0';
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
		fail(where);
	return fd;
}

static int
queued(int sockets)
{
	int n = 0;

	for (int fd = FIRST; fd < FIRST + sockets; fd++) {
		fcntl(fd, F_SETFL, O_NONBLOCK); /* a region that ended with a fault has not done so */
		while (accept4(fd, NULL, NULL, SOCK_CLOEXEC) >= 0)
			n++;
	}
	return n;
}

/* Writes each message to the file until the process of pidfd has ended. */
static void
take_messages(int fd, int pidfd, const char *file, int sockets)
{
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN }, { .fd = pidfd, .events = POLLIN } };
	FILE *out = fopen(file, "a");
	char message[4096];
	struct timespec t;
	ssize_t n;

	if (out == NULL)
		fail(file);
	while (poll(p, 2, -1) > 0) {
		while ((n = recv(fd, message, sizeof message, MSG_DONTWAIT)) > 0) {
			clock_gettime(CLOCK_MONOTONIC, &t);
			fprintf(out, "%lld\n%.*s", (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000, (int)n, message);
			fflush(out);
		}
		if (p[1].revents != 0) {
			fprintf(out, "0\nQUEUED=%d\n", queued(sockets));
			exit(fclose(out));
		}
	}
	exit(1);
}

/* The process that takes the messages is no child of COMMAND. */
static void
begin_taking(const char *where, const char *file, int sockets)
{
	int fd = notified(where), pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	pid_t between = pidfd < 0 ? -1 : fork();

	if (between < 0)
		fail("fork");
	if (between == 0) {
		if (fork() == 0)
			take_messages(fd, pidfd, file, sockets);
		_exit(0);
	}
	close(fd);
	close(pidfd);
}

static void
set_environment(const struct handing *h)
{
	char own[24], count[24];

	snprintf(own, sizeof own, "%d", (int)getpid());
	snprintf(count, sizeof count, "%d", h->n);
	if (h->n > 0) {
		setenv("LISTEN_PID", h->pid != NULL ? h->pid : own, 1);
		setenv("LISTEN_FDS", count, 1);
	}
	if (h->n > 0 && (h->given_names == NULL || *h->given_names != '\0'))
		setenv("LISTEN_FDNAMES", h->given_names != NULL ? h->given_names : h->names, 1);
	if (h->watchdog != NULL) {
		setenv("WATCHDOG_USEC", h->watchdog, 1);
		setenv("WATCHDOG_PID", own, 1);
	}
	if (h->notify != NULL)
		setenv("NOTIFY_SOCKET", h->notify, 1);
}

int
main(int argc, char **argv)
{
	struct handing h = { .n = 0 };
	int i = 1;

	for (; i + 1 < argc && strcmp(argv[i], "--") != 0; i += 2) {
		const char *option = argv[i], *value = argv[i + 1];

		if (strcmp(option, "--listen") == 0)
			hand(&h, bound(value, SOCK_STREAM, 16), value);
		else if (strcmp(option, "--bound") == 0)
			hand(&h, bound(value, SOCK_STREAM, 0), value);
		else if (strcmp(option, "--datagram") == 0)
			hand(&h, bound(value, SOCK_DGRAM, 0), value);
		else if (strcmp(option, "--file") == 0)
			hand(&h, open(strchr(value, '=') + 1, O_RDONLY), value);
		else if (strcmp(option, "--pid") == 0)
			h.pid = value;
		else if (strcmp(option, "--names") == 0)
			h.given_names = value;
		else if (strcmp(option, "--watchdog") == 0)
			h.watchdog = value;
		else if (strcmp(option, "--notify") == 0 && i + 2 < argc) {
			h.notify = value;
			h.file = argv[++i + 1];
		} else
			fail(option);
	}
	if (i + 1 >= argc)
		fail("no command");
	if (h.notify != NULL)
		begin_taking(h.notify, h.file, h.n);
	set_environment(&h);
	execvp(argv[i + 1], argv + i + 1);
	fail(argv[i + 1]);
}
