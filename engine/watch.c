/* SPDX-License-Identifier: Apache-2.0 */
#include "watch.h"

#include "log.h"
#include "region.h"
#include "reload.h"
#include "timer.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LOOK_SECONDS 0.5

struct watch {
	struct region *region;
	struct timer look;
	uint64_t taken; /* what the running generation was made of, or what was refused */
	uint64_t seen;  /* at the last look */
};

void
watch_reload(struct region *r)
{
	struct reload_order o = { .check = false };
	struct fault f;

	if (reload_begin(r, &o, &f) < 0)
		log_say(r->log, MSG_SP0011, "fault", f.text, NULL);
}

static uint64_t
mix(uint64_t h, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 1099511628211u;
	return h;
}

/* A file's identity, size and times; links are followed. */
static uint64_t
file_state(const char *path)
{
	struct stat st;
	uint64_t h = mix(14695981039346656037u, path, strlen(path));

	if (stat(path, &st) < 0)
		return h;
	h = mix(h, &st.st_ino, sizeof st.st_ino);
	h = mix(h, &st.st_size, sizeof st.st_size);
	h = mix(h, &st.st_mode, sizeof st.st_mode);
	h = mix(h, &st.st_mtim, sizeof st.st_mtim);
	return mix(h, &st.st_ctim, sizeof st.st_ctim);
}

/* The files of a directory and of its directories, in whatever order: their states are added up. */
static uint64_t
directory_state(const char *path, int depth)
{
	DIR *dir = path[0] != '\0' ? opendir(path) : NULL;
	struct dirent *e;
	uint64_t sum = 0;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		char name[2 * PATH_SIZE + 8];

		if (e->d_name[0] == '.' || snprintf(name, sizeof name, "%s/%s", path, e->d_name) >= (int)sizeof name)
			continue;
		sum += file_state(name);
		if (depth > 0)
			sum += directory_state(name, depth - 1);
	}
	if (dir != NULL)
		closedir(dir);
	return sum;
}

static uint64_t
state(const struct region *r)
{
	const struct region_def *d = &region_generation(r)->definition->region;

	return file_state(r->file) + 3 * directory_state(d->policies, 1) + 5 * directory_state(d->ring, 1) + 7 * file_state(d->saf);
}

static void
look(void *arg)
{
	struct watch *w = arg;
	uint64_t now = state(w->region);

	if (now == w->seen && now != w->taken && w->region->reload == NULL) {
		w->taken = now;
		watch_reload(w->region);
	}
	w->seen = now;
	timer_set(&w->look, LOOK_SECONDS);
}

struct watch *
watch_start(struct region *r)
{
	struct watch *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	w->region = r;
	w->taken = w->seen = state(r);
	timer_init(&w->look, r->worker.loop, look, w);
	timer_set(&w->look, LOOK_SECONDS);
	return w;
}

void
watch_stop(struct watch *w)
{
	if (w == NULL)
		return;
	timer_stop(&w->look);
	free(w);
}
