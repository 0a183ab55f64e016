/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_sink.h"

#include "base/file.h"
#include "base/log_socket.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
is_regular(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* The targets that are a socket for datagrams. */
static const struct datagram {
	const char *word;   /* of the target: "journal" or "journal:/path" */
	const char *socket; /* where the system has it */
	enum log_frame frame;
	const char *end;    /* of one line in the queue; its last byte is not sent */
} datagrams[] = {
	{ "journal", "/run/systemd/journal/socket", LOG_FRAME_JOURNAL, "\n\n" }, /* journald(8), the native protocol */
	{ "syslog", "/dev/log", LOG_FRAME_SYSLOG, "\n" }, /* syslog(3) */
};

#define DATAGRAMS (sizeof datagrams / sizeof datagrams[0])

/* The row of such a target, and the path of its socket in *path. NULL: the target is a file. */
static const struct datagram *
datagram_of(const char *target, const char **path)
{
	for (size_t i = 0; i < DATAGRAMS; i++) {
		size_t n = strlen(datagrams[i].word);

		if (strncmp(target, datagrams[i].word, n) != 0 || (target[n] != '\0' && target[n] != ':'))
			continue;
		*path = target[n] == ':' ? target + n + 1 : datagrams[i].socket;
		return &datagrams[i];
	}
	return NULL;
}

static int
open_socket(struct log_sink *s, const struct datagram *d, const char *path, struct fault *f)
{
	s->frame = d->frame;
	s->end = d->end;
	if ((s->socket = strdup(path)) == NULL)
		return fault_set(f, "no memory for the log");
	s->fd = log_socket_open(s->socket, f);
	return s->fd >= 0 ? 0 : fault_wrap(f, "log to %s", d->word);
}

static int
open_file(struct log_sink *s, const char *file, struct fault *f)
{
	if ((s->file = strdup(file)) == NULL)
		return fault_set(f, "no memory for the log");
	s->fd = file_open_log(file, f);
	return s->fd >= 0 ? 0 : fault_wrap(f, "log file %s", file);
}

int
log_sink_open(struct log_sink *s, const char *target, struct fault *f)
{
	const char *path;
	const struct datagram *d;

	*s = (struct log_sink){ .fd = STDERR_FILENO };
	if (target != NULL && strcmp(target, "stderr") != 0) {
		d = datagram_of(target, &path);
		if ((d != NULL ? open_socket(s, d, path, f) : open_file(s, target, f)) < 0)
			return -1;
	}
	s->regular = is_regular(s->fd);
	return 0;
}

int
log_sink_reopen(struct log_sink *s, struct fault *f)
{
	int fd = file_open_log(s->file, f);

	if (fd < 0)
		return -1;
	close(s->fd);
	s->fd = fd;
	s->regular = is_regular(fd);
	return 0;
}

ssize_t
log_sink_write(struct log_sink *s, const void *bytes, size_t n, int ms)
{
	struct pollfd p = { .fd = s->fd, .events = POLLOUT };
	ssize_t sent;

	if (s->socket != NULL)
		return log_socket_write(&s->fd, s->socket, bytes, n, s->end, ms);
	if (!s->regular) {
		if (poll(&p, 1, ms) == 0)
			return 0;
		n = n < PIPE_BUF ? n : PIPE_BUF; /* a pipe that is ready takes so much without blocking */
	}
	sent = write(s->fd, bytes, n);
	return sent < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : sent;
}

void
log_sink_close(struct log_sink *s)
{
	if ((s->file != NULL || s->socket != NULL) && s->fd >= 0)
		close(s->fd);
	free(s->file);
	free(s->socket);
}
