/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/service_socket.h"

#include "base/addr.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *
host_of(const struct tcpipservice_def *d)
{
	return d->host[0] != '\0' ? d->host : d->ipaddress;
}

static int
resolve(const struct tcpipservice_def *d, struct sockaddr_storage *to, socklen_t *len, struct fault *f)
{
	const char *host = host_of(d);
	bool any = resource_host_is_any(host);
	struct addrinfo hints = { .ai_family = any ? AF_INET6 : AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
	struct addrinfo *found;
	char port[8];
	int error;

	snprintf(port, sizeof port, "%d", d->portnumber);
	error = getaddrinfo(any ? NULL : host, port, &hints, &found);
	if (error != 0)
		return fault_set(f, "host %s: %s", host, gai_strerror(error));
	memcpy(to, found->ai_addr, found->ai_addrlen);
	*len = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

/* Without SO_REUSEPORT: with it, bind would succeed on a port that is already in use. */
static int
prepare(int fd, const struct sockaddr_storage *to)
{
	int on = 1, off = 0;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
		return -1;
	if (to->ss_family == AF_INET6)
		return setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	return 0;
}

/* Binds an IPv6 wildcard as the IPv4 wildcard on a machine without IPv6. */
static int
make_socket(struct sockaddr_storage *to, socklen_t *len)
{
	int fd = socket(to->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)to;

	if (fd >= 0 || errno != EAFNOSUPPORT || to->ss_family != AF_INET6 || !IN6_IS_ADDR_UNSPECIFIED(&six->sin6_addr))
		return fd;
	*(struct sockaddr_in *)to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = six->sin6_port };
	*len = sizeof(struct sockaddr_in);
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* The sentence for a failed bind: names the port, or a host that has no address on this machine. */
static void
say_unbound(const struct tcpipservice_def *d, int error, struct fault *f)
{
	bool host = error == EADDRNOTAVAIL || error == EAFNOSUPPORT || error == EINVAL;

	if (error == EACCES)
		fault_set(f, "port %d: %s; the process has no right to open it: hand over its socket by a socket unit, or start as root with user and "
			"keep_caps = \"bind\"", d->portnumber, strerror(error));
	else if (host)
		fault_set(f, "host %s: %s; it is not an address of this machine", host_of(d), strerror(error));
	else
		fault_set(f, "port %d: %s", d->portnumber, strerror(error));
}

int
service_socket_listen(const struct tcpipservice_def *d, int fd)
{
	return listen(fd, d->backlog > 0 ? d->backlog : SOMAXCONN);
}

int
service_socket_open(const struct tcpipservice_def *d, struct fault *f)
{
	struct sockaddr_storage to = { 0 };
	socklen_t len = 0;
	int fd, error;

	if (resolve(d, &to, &len, f) < 0)
		return -1;
	fd = make_socket(&to, &len);
	if (fd >= 0 && prepare(fd, &to) == 0 && bind(fd, (struct sockaddr *)&to, len) == 0 &&
		service_socket_listen(d, fd) == 0)
		return fd;
	error = errno;
	say_unbound(d, error, f);
	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
}

bool
service_socket_fits(const struct tcpipservice_def *d, int fd)
{
	struct sockaddr_storage to = { 0 }, at;
	socklen_t len = sizeof at, unused;
	struct addr want, have;

	if (getsockname(fd, (struct sockaddr *)&at, &len) < 0 || addr_from_sockaddr(&have, (struct sockaddr *)&at) < 0)
		return false;
	if (d->portnumber != 0 && d->portnumber != have.port)
		return false;
	if (resource_host_is_any(host_of(d)))
		return addr_is_any(&have);
	return resolve(d, &to, &unused, NULL) == 0 && addr_from_sockaddr(&want, (struct sockaddr *)&to) == 0 && addr_same_ip(&want, &have);
}

bool
service_socket_moves(const struct tcpipservice_def *was, const struct tcpipservice_def *d)
{
	return was->portnumber != d->portnumber || strcmp(was->host, d->host) != 0 || strcmp(was->ipaddress, d->ipaddress) != 0;
}

const char *
service_socket_print(const struct tcpipservice_def *d, char *out, size_t size)
{
	snprintf(out, size, "host %s, portnumber %d", host_of(d), d->portnumber);
	return out;
}
