/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/tap.h"

#include "base/addr.h"
#include "config/resource.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 64

static int
bind_port(int fd, const struct addr *a)
{
	struct sockaddr_storage to;
	socklen_t len = addr_to_sockaddr(a, &to);
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 || bind(fd, (struct sockaddr *)&to, len) < 0)
		return -1;
	return listen(fd, BACKLOG);
}

/* Prints the address that the socket got, with the port that the system chose. */
static void
print_own(struct tap *t)
{
	struct sockaddr_storage own;
	socklen_t len = sizeof own;
	struct addr a;

	if (getsockname(t->fd, (struct sockaddr *)&own, &len) == 0 && addr_from_sockaddr(&a, (struct sockaddr *)&own) == 0)
		addr_print(&a, t->address, sizeof t->address);
}

static int
open_port(struct tap *t, const struct addr *a, struct fault *f)
{
	int fd = socket(a->family == 4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && bind_port(fd, a) == 0) {
		t->fd = fd;
		print_own(t);
		return 0;
	}
	fault_set(f, "metrics %s: %s; give another address or port", t->address, strerrordesc_np(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

int
tap_open(struct tap *t, const char *address, struct fault *f)
{
	struct addr a;

	*t = (struct tap){ .fd = -1 };
	snprintf(t->address, sizeof t->address, "%s", address);
	if (strchr(address, '/') == NULL)
		return resource_metrics_address(address, &a) ? open_port(t, &a, f) : fault_set(f, "metrics %s: it is no address", address);
	t->fd = unixsock_listen(address, "metrics socket", f);
	if (t->fd >= 0)
		unixsock_note(address, &t->mark);
	return t->fd >= 0 ? 0 : -1;
}

void
tap_close(struct tap *t)
{
	if (t->fd < 0)
		return;
	unixsock_remove(t->address, &t->mark);
	close(t->fd);
	t->fd = -1;
}
