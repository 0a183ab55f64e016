/* SPDX-License-Identifier: Apache-2.0 */
#include "net/handed.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST 3 /* the first descriptor of LISTEN_FDS */
#define MOST 1024

/* Reads a decimal number from 1 to most. 0: the text is no such number. */
static unsigned long
number(const char *text, unsigned long most)
{
	char *end;
	unsigned long n;

	if (text == NULL || *text < '0' || *text > '9')
		return 0;
	errno = 0;
	n = strtoul(text, &end, 10);
	return errno == 0 && *end == '\0' && n <= most ? n : 0;
}

static int
option(int fd, int name)
{
	int value = 0;
	socklen_t len = sizeof value;

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) == 0 ? value : -1;
}

/* The fault of a descriptor; NULL: it has none. */
static const char *
flaw(int fd)
{
	int type = option(fd, SO_TYPE), domain = option(fd, SO_DOMAIN);

	if (type < 0)
		return errno == EBADF ? "is not open" : "is no socket";
	if (domain != AF_INET && domain != AF_INET6)
		return "is no socket of IPv4 or IPv6";
	if (type != SOCK_STREAM)
		return "is no stream socket; the unit needs ListenStream=";
	return option(fd, SO_ACCEPTCONN) == 1 ? NULL : "does not listen; the unit needs ListenStream= and Accept=no";
}

int
handed_add(struct handed *h, const char *name, int fd, enum handed_kind kind)
{
	struct handed_socket *grown = reallocarray(h->socket, h->n + 1, sizeof *grown);

	if (grown == NULL) {
		close(fd);
		return -1;
	}
	h->socket = grown;
	grown[h->n] = (struct handed_socket){ .fd = fd, .kind = kind };
	snprintf(grown[h->n].name, sizeof grown->name, "%s", name);
	h->n++;
	return 0;
}

/* Adds descriptor fd with its name, or a fault. */
static void
take_one(struct handed *h, int fd, const char *given, size_t len, struct faults *faults)
{
	char name[NAME_SIZE], shown[80];
	const char *wrong = flaw(fd);

	text_printable(shown, sizeof shown, given, len);
	if (wrong != NULL)
		faults_add(faults, FAULT_ERROR, "handed", NULL, 0, "descriptor %d of the service manager, named %s, %s", fd, shown, wrong);
	else if (!text_upper(name, sizeof name, given, len) || !name_ok(name, strlen(name)))
		faults_add(faults, FAULT_ERROR, "handed", NULL, 0, "descriptor %d of the service manager is named %s, which no tcpipservice can be; the socket unit "
			"needs FileDescriptorName=TCPIPSERVICE", fd, shown);
	else if (handed_find(h, name) != NULL)
		faults_add(faults, FAULT_ERROR, "handed", NULL, 0, "descriptors %d and %d of the service manager are both named %s; a tcpipservice has one socket, "
			"and its unit one ListenStream=", handed_find(h, name)->fd, fd, name);
	else if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0 || handed_add(h, name, fd, HANDED_SHARED) < 0)
		faults_add(faults, FAULT_ERROR, "handed", NULL, 0, "descriptor %d of the service manager: %s", fd, strerrordesc_np(errno));
}

/* Adds the descriptors from FIRST on. Each has a name in the list, with a colon between two. */
static void
take_named(struct handed *h, unsigned long n, const char *names, struct faults *faults)
{
	for (unsigned long i = 0; i < n; i++) {
		size_t len = strcspn(names, ":");
		bool last = names[len] == '\0';

		if (last != (i + 1 == n)) {
			faults_add(faults, FAULT_ERROR, "handed", NULL, 0, "LISTEN_FDS is %lu, and LISTEN_FDNAMES has %s names", n, last ? "fewer" : "more");
			return;
		}
		take_one(h, FIRST + (int)i, names, len, faults);
		names += len + 1;
	}
}

void
handed_take(struct handed *h, struct faults *faults)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS"), *names = getenv("LISTEN_FDNAMES");
	unsigned long n = number(count, MOST);

	if (pid != NULL && count != NULL && number(pid, (unsigned long)getpid()) == (unsigned long)getpid()) {
		if (n == 0 && strcmp(count, "0") != 0)
			faults_add(faults, FAULT_ERROR, "handed", NULL, 0, "LISTEN_FDS is '%s', which is no number from 0 to %d", count, MOST);
		else if (n > 0 && names == NULL)
			faults_add(faults, FAULT_ERROR, "handed", NULL, 0, "LISTEN_FDNAMES is missing; each descriptor of the service manager needs the name of a "
				"tcpipservice");
		else if (n > 0)
			take_named(h, n, names, faults);
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}

const struct handed_socket *
handed_find(const struct handed *h, const char *name)
{
	for (size_t i = 0; i < h->n; i++)
		if (strcmp(h->socket[i].name, name) == 0)
			return &h->socket[i];
	return NULL;
}

int
handed_give(struct handed *h, const char *name, enum handed_kind *kind)
{
	const struct handed_socket *found = handed_find(h, name);
	int fd;

	if (found == NULL)
		return -1;
	fd = found->fd;
	*kind = found->kind;
	h->socket[found - h->socket] = h->socket[--h->n];
	return fd;
}

void
handed_free(struct handed *h)
{
	for (size_t i = 0; i < h->n; i++)
		close(h->socket[i].fd);
	free(h->socket);
	*h = (struct handed){ .n = 0 };
}
