/* SPDX-License-Identifier: Apache-2.0 */
#include "net/connect_wait.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Waits for the connection. 0, or errno. */
static int
connect_within(int fd, const struct addrinfo *a, double seconds)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int error = 0;
	socklen_t n = sizeof error;

	if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return errno;
	if (poll(&p, 1, (int)(seconds * 1000)) <= 0)
		return ETIMEDOUT;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 ? error : errno;
}

/* A connected descriptor, or -1 with errno's value in *error. */
static int
try(const struct addrinfo *a, double seconds, int *error)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	*error = fd < 0 ? errno : connect_within(fd, a, seconds);
	if (*error == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* NULL with a sentence; freed by freeaddrinfo. */
static struct addrinfo *
look_up(const char *host, int port, struct fault *f)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV }, *list = NULL;
	char service[16];
	int rc;

	snprintf(service, sizeof service, "%d", port);
	rc = getaddrinfo(host, service, &hints, &list);
	if (rc != 0)
		fault_set(f, "%s: %s", host, gai_strerror(rc));
	return rc == 0 ? list : NULL;
}

int
connect_wait_find(const char *host, int port, struct addr *out, struct fault *f)
{
	struct addrinfo *list = look_up(host, port, f), *a = list;

	while (a != NULL && addr_from_sockaddr(out, a->ai_addr) < 0)
		a = a->ai_next;
	if (list != NULL)
		freeaddrinfo(list);
	if (a == NULL && list != NULL)
		fault_set(f, "%s: has no IPv4 or IPv6 address", host);
	return a != NULL ? 0 : -1;
}

int
connect_wait_not(const struct addr *to, struct fault *f)
{
	struct sockaddr_storage sa;
	socklen_t n = addr_to_sockaddr(to, &sa);
	int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	char text[ADDR_TEXT];

	if (fd >= 0 && (connect(fd, (const struct sockaddr *)&sa, n) == 0 || errno == EINPROGRESS))
		return fd;
	fault_set(f, "%s: %s", addr_print(to, text, sizeof text), strerrordesc_np(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

int
connect_wait(const char *host, int port, double seconds, struct fault *f)
{
	struct addrinfo *list = look_up(host, port, f);
	int fd = -1, error = EHOSTUNREACH;

	if (list == NULL)
		return -1;
	for (const struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next)
		fd = try(a, seconds, &error);
	freeaddrinfo(list);
	return fd >= 0 ? fd : fault_set(f, "%s port %d: %s", host, port, strerrordesc_np(error));
}
