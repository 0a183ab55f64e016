/* SPDX-License-Identifier: Apache-2.0 */
#include "client/control_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "admin/control.h"
#include "base/path.h"
#include "client/command_line.h"
#include "config/definition_load.h"
#include "net/unixsock.h"

static int
wait_for(int fd, short events, const struct timespec *until)
{
	struct pollfd p = { .fd = fd, .events = events };
	struct timespec now;
	long left;

	clock_gettime(CLOCK_MONOTONIC, &now);
	left = (until->tv_sec - now.tv_sec) * 1000 + (until->tv_nsec - now.tv_nsec) / 1000000;
	return left > 0 ? poll(&p, 1, (int)left) : 0;
}

static int
call_send(int fd, const char *line, size_t n, const struct timespec *until, struct fault *f)
{
	while (n > 0) {
		ssize_t sent = send(fd, line, n, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent > 0) {
			line += sent;
			n -= (size_t)sent;
		} else if (errno == EPIPE || errno == ECONNRESET) {
			return 0; /* the region refused to read the request; its answer may be there */
		} else if ((errno != EAGAIN && errno != EINTR) || wait_for(fd, POLLOUT, until) == 0) {
			return fault_set(f, "the region does not take the request");
		}
	}
	return 0;
}

static struct timespec
from_now(unsigned seconds)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)seconds;
	return until;
}

/* Reads up to the end of the line or of the stream. seconds: of silence; a long answer is made while it is read. */
static int
call_receive(int fd, char **out, size_t *len, unsigned seconds, struct fault *f)
{
	struct timespec until = from_now(seconds);
	size_t cap = 0;

	for (;;) {
		ssize_t n;

		if (*len == cap) {
			char *grown = cap < CONTROL_ANSWER_MAX ? realloc(*out, cap = cap == 0 ? 65536 : cap * 2) : NULL;

			if (grown == NULL)
				return fault_set(f, "the region's answer is too long");
			*out = grown;
		}
		n = recv(fd, *out + *len, cap - *len, MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return 0;
		*len += n > 0 ? (size_t)n : 0;
		if (n > 0)
			until = from_now(seconds);
		if (n > 0 && (*out)[*len - 1] == '\n')
			return 0;
		if (n < 0 && ((errno != EAGAIN && errno != EINTR) || wait_for(fd, POLLIN, &until) == 0))
			return fault_set(f, "the region did not answer in time");
	}
}

static json_t *
call_over(int fd, const char *line, size_t n, unsigned seconds, struct fault *f)
{
	const struct timespec until = from_now(seconds);
	char *text = NULL;
	size_t len = 0;
	json_t *answer = NULL;

	if (call_send(fd, line, n, &until, f) == 0 && call_receive(fd, &text, &len, seconds, f) == 0) {
		answer = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
		if (!json_is_object(answer)) {
			fault_set(f, len == 0 ? "the region closed without an answer" : "the region's answer is not understood");
			json_decref(answer);
			answer = NULL;
		}
	}
	free(text);
	return answer;
}

static int
process_of(int fd)
{
	struct ucred process;
	socklen_t n = sizeof process;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &process, &n) == 0 ? process.pid : 0;
}

json_t *
control_client_call(const char *path, const json_t *request, unsigned seconds, struct fault *f)
{
	int pid;

	return control_client_call_process(path, request, seconds, &pid, f);
}

json_t *
control_client_call_process(const char *path, const json_t *request, unsigned seconds, int *pid, struct fault *f)
{
	char *line = json_dumps(request, JSON_COMPACT | JSON_ENSURE_ASCII), *grown;
	size_t n = line != NULL ? strlen(line) : 0;
	json_t *answer = NULL;
	int fd;

	*pid = 0;
	if (line == NULL || (grown = realloc(line, n + 2)) == NULL) {
		free(line);
		fault_set(f, "the request cannot be written as JSON");
		return NULL;
	}
	grown[n++] = '\n';
	fd = unixsock_connect(path, f);
	if (fd >= 0) {
		*pid = process_of(fd);
		answer = call_over(fd, grown, n, seconds, f);
		close(fd);
	}
	free(grown);
	return answer;
}

int
control_client_find(const char *command, const char *region, const char *control, bool silent, char *path)
{
	const char *file = region != NULL ? region : COMMAND_LINE_REGION_FILE;
	struct faults faults = { 0 };
	struct definition *d;
	char line[1024];
	int ok = -1;

	if (control != NULL)
		return snprintf(path, CONTROL_CLIENT_PATH, "%s", control) < CONTROL_CLIENT_PATH ? 0 : (fprintf(stderr, "%s: --control: too long\n", command), -1);
	d = definition_load_region(file, &faults);
	if (d != NULL && d->region.control[0] != '\0') {
		path_absolute(path, CONTROL_CLIENT_PATH, d->region.control);
		ok = 0;
	}
	for (size_t i = 0; (ok < 0 || !silent) && i < faults.n; i++) {
		bool unset = strcmp(faults.entry[i].rule, "env_unset") == 0; /* in this environment, not in that of the region */

		if (faults.entry[i].level == FAULT_ERROR && (ok < 0 || !unset))
			fprintf(stderr, "%s\n", faults_print(&faults, i, line, sizeof line));
	}
	if (ok < 0)
		fprintf(stderr, "%s: this file does not name the control socket; use --control PATH\n", file);
	definition_free(d);
	faults_free(&faults);
	return ok;
}

void
control_client_await_end(int pid)
{
	struct pollfd p = { .fd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1, .events = POLLIN };

	if (p.fd < 0)
		return;
	while (poll(&p, 1, -1) < 0 && errno == EINTR)
		continue;
	close(p.fd);
}
