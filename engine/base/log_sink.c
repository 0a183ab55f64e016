/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_sink.h"

#include "base/file.h"

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

int
log_sink_open(struct log_sink *s, const char *file, struct fault *f)
{
	*s = (struct log_sink){ .fd = STDERR_FILENO };
	if (file != NULL && (s->file = strdup(file)) == NULL)
		return fault_set(f, "no memory for the log");
	if (file != NULL)
		s->fd = file_open_log(file, f);
	if (s->fd < 0)
		return fault_wrap(f, "log file %s", file);
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
	if (s->file != NULL && s->fd >= 0)
		close(s->fd);
	free(s->file);
}
