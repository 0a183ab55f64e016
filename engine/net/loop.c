/* SPDX-License-Identifier: Apache-2.0 */
#include "net/loop.h"

#include "net/backlog.h"

#include <dirent.h>
#include <ev.h>
#include <malloc.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/*
 * libev ends the process when it gets no memory for a table that grows by a timer or a descriptor. This reserve
 * prevents that; its pages use no memory until they are used. Pieces are never returned: a table in the reserve that
 * has doubled is soon large enough. libev has one allocator for the process and passes it nothing but sizes; that is
 * why this struct is the only state at file scope.
 */
#define RESERVE ((size_t)4 * 1024 * 1024)

struct piece { /* the header in front of a piece's bytes */
	alignas(max_align_t) size_t size;
};

static struct {
	alignas(max_align_t) char bytes[RESERVE];
	atomic_size_t used;
} reserve;

static bool
is_piece(const void *p)
{
	uintptr_t at = (uintptr_t)p, first = (uintptr_t)reserve.bytes;

	return at > first && at < first + RESERVE;
}

static size_t
size_of(void *p)
{
	return is_piece(p) ? ((struct piece *)p)[-1].size : p != NULL ? malloc_usable_size(p) : 0;
}

/* NULL: the reserve is used up, and libev ends the process. */
static void *
cut(size_t size)
{
	size_t whole = (sizeof(struct piece) + size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
	size_t at = whole <= RESERVE ? atomic_fetch_add(&reserve.used, whole) : RESERVE;
	struct piece *fresh;

	if (at > RESERVE - whole || whole > RESERVE)
		return NULL;
	fresh = (struct piece *)(reserve.bytes + at);
	fresh->size = size;
	return fresh + 1;
}

/* Copies p's bytes into a block of the wanted size. Does not free p. */
static void *
move(void *p, size_t had, size_t want)
{
	void *fresh = malloc(want);

	if (fresh == NULL)
		fresh = cut(want);
	if (fresh != NULL && had > 0)
		memcpy(fresh, p, had < want ? had : want);
	return fresh;
}

/* libev's allocator: works like realloc. */
static void *
loop_allocate(void *p, long size)
{
	void *fresh = size > 0 ? move(p, size_of(p), (size_t)size) : NULL;

	if ((fresh != NULL || size == 0) && !is_piece(p))
		free(p);
	return fresh;
}

struct own { /* the user data of a loop */
	struct backlog backlog;
	int set; /* its epoll descriptor; -1: not known */
};

struct ev_loop *
loop_new(void)
{
	struct own *own = calloc(1, sizeof *own);
	struct ev_loop *loop;

	ev_set_allocator(loop_allocate);
	loop = own != NULL ? ev_loop_new(EVFLAG_NOENV | EVBACKEND_EPOLL) : NULL;
	if (loop == NULL) {
		free(own);
		return NULL;
	}
	own->set = -1;
	ev_set_userdata(loop, own);
	return loop;
}

struct backlog *
loop_backlog(struct ev_loop *loop)
{
	struct own *own = ev_userdata(loop);

	return own != NULL ? &own->backlog : NULL;
}

void
loop_run(struct ev_loop *loop)
{
	ev_run(loop, 0);
}

void
loop_break(struct ev_loop *loop)
{
	ev_break(loop, EVBREAK_ALL);
}

void
loop_free(struct ev_loop *loop)
{
	struct own *own = loop != NULL ? ev_userdata(loop) : NULL;

	if (loop != NULL)
		ev_loop_destroy(loop);
	free(own);
}

/* --- the epoll descriptor --------------------------------------------------------------------- */

/* Whether the descriptor named `name` is an epoll set that has fd. */
static bool
holds(const char *name, int fd)
{
	char path[64], line[256];
	int target;
	bool found = false;
	FILE *f;

	snprintf(path, sizeof path, "/proc/self/fdinfo/%.20s", name);
	f = fopen(path, "re");
	while (f != NULL && !found && fgets(line, sizeof line, f) != NULL)
		found = sscanf(line, "tfd: %d", &target) == 1 && target == fd;
	if (f != NULL)
		fclose(f);
	return found;
}

/* The epoll set that has fd; -1: none is found. */
static int
find_set(int fd)
{
	DIR *dir = opendir("/proc/self/fdinfo");
	struct dirent *e;
	int set = -1;

	while (dir != NULL && set < 0 && (e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.' && holds(e->d_name, fd))
			set = atoi(e->d_name);
	if (dir != NULL)
		closedir(dir);
	return set;
}

static void
loop_on_mark(struct ev_loop *loop, ev_io *watcher, int events)
{
	(void)loop;
	(void)watcher;
	(void)events;
}

/* A descriptor that only this loop watches marks its epoll set. */
void
loop_learn(struct ev_loop *loop)
{
	int mark = eventfd(0, EFD_CLOEXEC);
	ev_io watcher;
	int set;

	if (mark < 0)
		return;
	ev_io_init(&watcher, loop_on_mark, mark, EV_READ);
	ev_io_start(loop, &watcher);
	ev_run(loop, EVRUN_NOWAIT);
	set = find_set(mark);
	ev_io_stop(loop, &watcher);
	if (set >= 0)
		epoll_ctl(set, EPOLL_CTL_DEL, mark, NULL);
	close(mark);
	((struct own *)ev_userdata(loop))->set = set;
}

void
loop_forget(struct ev_loop *loop, int fd)
{
	const struct own *own = ev_userdata(loop);

	if (own != NULL && own->set >= 0 && fd >= 0)
		epoll_ctl(own->set, EPOLL_CTL_DEL, fd, NULL);
}

void
loop_library(char out[LOOP_LIBRARY_SIZE])
{
	snprintf(out, LOOP_LIBRARY_SIZE, "%d.%d", ev_version_major(), ev_version_minor());
}
