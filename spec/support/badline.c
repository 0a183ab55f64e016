/* SPDX-License-Identifier: Apache-2.0 */
/*
 * badline LEFT RIGHT: a line between two network namespaces that loses, delays, doubles and reorders packets. LEFT and RIGHT are files such
 * as /proc/PID/ns/net. Each namespace gets a device `line0`; what one of them sends comes out of the other. A row "DELAY JITTER LOSS DOUBLE" on standard input (two in milliseconds, two in
 * percent) says what the line does from now on; jitter is what reorders. It ends with its standard input, and the devices with it.
 */
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define PACKET 2048
#define WAITING 4096 /* packets on the line; more are lost */

struct packet {
	struct packet *next;
	double due;
	int to; /* descriptor of the device it comes out of */
	size_t n;
	char bytes[PACKET];
};

struct log_line {
	int device[2];
	struct packet *first; /* by due */
	unsigned waiting;
	double delay, jitter, loss, twice;
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
chance(void)
{
	return (double)random() / ((double)RAND_MAX + 1);
}

/* A device in the namespace that a file names, or the end of the program. */
static int
device(const char *path)
{
	struct ifreq wish = { .ifr_name = "line0", .ifr_flags = IFF_TUN | IFF_NO_PI };
	int space, fd;

	space = open(path, O_RDONLY | O_CLOEXEC);
	if (space < 0 || setns(space, CLONE_NEWNET) < 0) {
		perror(path);
		exit(1);
	}
	close(space);
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &wish) < 0) {
		perror("/dev/net/tun");
		exit(1);
	}
	return fd;
}

static void
post(struct log_line *l, int to, const char *bytes, size_t n)
{
	struct packet **at = &l->first, *p = malloc(sizeof *p);

	if (p == NULL)
		return;
	p->due = now() + (l->delay + l->jitter * (2 * chance() - 1)) / 1000;
	p->to = to;
	p->n = n;
	memcpy(p->bytes, bytes, n);
	while (*at != NULL && (*at)->due <= p->due)
		at = &(*at)->next;
	p->next = *at;
	*at = p;
	l->waiting++;
}

static void
take(struct log_line *l, int side)
{
	char bytes[PACKET];
	ssize_t n;

	while ((n = read(l->device[side], bytes, sizeof bytes)) > 0) {
		if (l->waiting >= WAITING || 100 * chance() < l->loss)
			continue;
		post(l, l->device[!side], bytes, (size_t)n);
		if (100 * chance() < l->twice)
			post(l, l->device[!side], bytes, (size_t)n);
	}
}

/* Milliseconds until the next packet is due, -1: none waits. */
static int
deliver(struct log_line *l)
{
	struct packet *p;

	while ((p = l->first) != NULL && p->due <= now()) {
		if (write(p->to, p->bytes, p->n) < 0)
			(void)0; /* a device without address yet: lost, as on any line */
		l->first = p->next;
		l->waiting--;
		free(p);
	}
	return p != NULL ? (int)((p->due - now()) * 1000) + 1 : -1;
}

/* False at the end of standard input. */
static bool
obey(struct log_line *l)
{
	char row[128];

	return fgets(row, sizeof row, stdin) != NULL && sscanf(row, "%lf %lf %lf %lf", &l->delay, &l->jitter, &l->loss, &l->twice) == 4;
}

int
main(int argc, char **argv)
{
	struct log_line l = { .delay = 0 };
	struct pollfd p[3] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .events = POLLIN }, { .events = POLLIN } };

	if (argc != 3)
		return 2;
	setvbuf(stdin, NULL, _IONBF, 0); /* or poll would not know of a second row */
	l.device[0] = p[1].fd = device(argv[1]);
	l.device[1] = p[2].fd = device(argv[2]);
	while (poll(p, 3, deliver(&l)) >= 0) {
		if (p[0].revents != 0 && !obey(&l))
			break;
		take(&l, 0);
		take(&l, 1);
	}
	return 0;
}
