/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_socket.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Returns a connected socket; -1 with errno. */
static int
connected(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error;

	if (fd < 0)
		return -1;
	memcpy(to.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int
log_socket_open(const char *path, struct fault *f)
{
	size_t most = sizeof((struct sockaddr_un *)0)->sun_path - 1;
	int fd;

	if (*path == '\0' || strlen(path) > most)
		return fault_set(f, "the path of a socket has 1 to %zu bytes", most);
	fd = connected(path);
	if (fd < 0)
		fault_set(f, "%s: %s; the process that reads it must run before this one", path, strerrordesc_np(errno));
	return fd;
}

/* Whether the error says that the reader has ended, or that no reader is there at the moment. */
static bool
reader_gone(int error)
{
	return error == ECONNREFUSED || error == ENOTCONN || error == ECONNRESET || error == EPIPE || error == EBADF;
}

static ssize_t
send_once(int *fd, const char *path, const void *bytes, size_t n)
{
	ssize_t sent = *fd >= 0 ? send(*fd, bytes, n, MSG_NOSIGNAL) : -1;

	if (sent >= 0 || (*fd >= 0 && !reader_gone(errno)))
		return sent;
	if (*fd >= 0)
		close(*fd);
	*fd = connected(path);
	return *fd >= 0 ? send(*fd, bytes, n, MSG_NOSIGNAL) : -1;
}

ssize_t
log_socket_write(int *fd, const char *path, const void *bytes, size_t n, const char *end, int ms)
{
	const char *stop = memmem(bytes, n, end, strlen(end));
	size_t line = stop != NULL ? (size_t)(stop - (const char *)bytes) + strlen(end) : n;
	struct pollfd p = { .events = POLLOUT };

	if (send_once(fd, path, bytes, line - 1) >= 0)
		return (ssize_t)line;
	if (errno != EAGAIN && errno != EINTR)
		return -1;
	p.fd = *fd;
	poll(&p, 1, ms);
	return 0;
}
