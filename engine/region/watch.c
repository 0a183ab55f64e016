/* SPDX-License-Identifier: Apache-2.0 */
#include "region/watch.h"

#include "config/definition_load.h"
#include "net/threadpool.h"
#include "base/log.h"
#include "region/region.h"
#include "region/reload.h"
#include "base/sum.h"
#include "net/timer.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LOOK_SECONDS 0.5

struct watch {
	struct region *region;
	struct timer look;
	struct sight *out; /* the look under way, borrowed from the threadpool; NULL: none */
	struct definition_files includes; /* owned: the included files; while a look is under way its sight has them */
	uint64_t taken;    /* the state of the files at the last reload, taken or refused */
	uint64_t seen;     /* the state at the last look */
};

/* One look, made by a thread. */
struct sight {
	struct threadpool_job job; /* first */
	struct watch *watch;
	char file[PATH_SIZE], policies[PATH_SIZE], ring[PATH_SIZE], saf[PATH_SIZE];
	struct definition_files includes; /* owned */
	uint64_t seen;      /* the state at the look before; when it differs, the included files are listed anew */
	uint64_t state;
};

void
watch_reload(struct region *r, const char *by)
{
	struct reload_order o = { .by = by };
	char number[24];
	struct fault f;

	if (versions_pinned(r->versions))
		log_say(r->log, MSG_SP0091, "by", by, "#generation", log_number(number, (int64_t)region_generation(r)->number), NULL);
	else if (r->reload != NULL)
		r->reload_again = true;
	else if (reload_begin(r, &o, &f) < 0)
		log_say(r->log, MSG_SP0011, "fault", f.text, NULL);
}

/* A sum of a file's path, inode, size, mode and times. Links are followed. */
static uint64_t
file_state(const char *path)
{
	struct stat st;
	uint64_t h = sum_add(SUM_BEGIN, path, strlen(path));

	if (stat(path, &st) < 0)
		return h;
	h = sum_add(h, &st.st_ino, sizeof st.st_ino);
	h = sum_add(h, &st.st_size, sizeof st.st_size);
	h = sum_add(h, &st.st_mode, sizeof st.st_mode);
	h = sum_add(h, &st.st_mtim, sizeof st.st_mtim);
	return sum_add(h, &st.st_ctim, sizeof st.st_ctim);
}

static bool
ends_with(const char *name, const char *ending)
{
	size_t n = strlen(name), m = strlen(ending);

	return n >= m && strcmp(name + n - m, ending) == 0;
}

/* The sum of the states of the files with that ending in a directory, and in its directories down to that depth. */
static uint64_t
directory_state(const char *path, const char *ending, int depth)
{
	DIR *dir = path[0] != '\0' ? opendir(path) : NULL;
	struct dirent *e;
	uint64_t sum = 0;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		char name[2 * PATH_SIZE + 8];

		if (e->d_name[0] == '.' || snprintf(name, sizeof name, "%s/%s", path, e->d_name) >= (int)sizeof name)
			continue;
		if (ends_with(name, ending))
			sum += file_state(name);
		if (depth > 0)
			sum += directory_state(name, ending, depth - 1);
	}
	if (dir != NULL)
		closedir(dir);
	return sum;
}

static uint64_t
state_of(const struct sight *s)
{
	uint64_t includes = 0;

	for (size_t i = 0; i < s->includes.n; i++)
		includes += file_state(s->includes.path[i]);
	/* Only scripts and data count: the log, which a reload writes, may lie in the script directory. */
	return file_state(s->file) + 17 * includes + 3 * directory_state(s->policies, ".lua", 1) + 11 * directory_state(s->policies, ".csv", 1) +
		13 * directory_state(s->policies, ".json", 1) + 5 * directory_state(s->ring, "", 1) + 7 * file_state(s->saf);
}

static void
watch_see(struct threadpool_job *job)
{
	struct sight *s = (struct sight *)job;

	s->state = state_of(s);
	if (s->state == s->seen)
		return;
	definition_files_free(&s->includes);
	definition_load_files(s->file, &s->includes);
	s->state = state_of(s);
}

static void
watch_forget(struct threadpool_job *job)
{
	struct sight *s = (struct sight *)job;

	definition_files_free(&s->includes);
	free(s);
}

/* Frees the sight and keeps its list of included files. */
static void
take_back(struct watch *w, struct sight *s)
{
	w->includes = s->includes;
	free(s);
}

static void
watch_seen(struct threadpool_job *job)
{
	struct sight *s = (struct sight *)job;
	struct watch *w = s->watch;
	uint64_t now = s->state;

	take_back(w, s);
	w->out = NULL;
	if (now == w->seen && now != w->taken && w->region->reload == NULL) {
		w->taken = now;
		watch_reload(w->region, "watch");
	}
	w->seen = now;
	timer_set(&w->look, LOOK_SECONDS);
}

static struct sight *
new_sight(struct watch *w)
{
	const struct region_def *d = &region_generation(w->region)->definition->region;
	struct sight *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	*s = (struct sight){ .job = { .work = watch_see, .done = watch_seen, .drop = watch_forget }, .watch = w };
	memcpy(s->file, w->region->file, sizeof s->file);
	memcpy(s->policies, d->policies, sizeof s->policies);
	memcpy(s->ring, d->ring, sizeof s->ring);
	memcpy(s->saf, d->saf, sizeof s->saf);
	s->includes = w->includes;
	s->seen = w->seen;
	w->includes = (struct definition_files){ .n = 0 };
	return s;
}

static void
watch_look(void *arg)
{
	struct watch *w = arg;
	struct sight *s = new_sight(w);

	if (s != NULL && threadpool_submit(w->region->worker.threadpool, &s->job) == 0) {
		w->out = s;
		return;
	}
	if (s != NULL)
		take_back(w, s);
	timer_set(&w->look, LOOK_SECONDS);
}

/* Makes the first look at once: the running generation was loaded from the files in that state. */
struct watch *
watch_start(struct region *r)
{
	struct watch *w = calloc(1, sizeof *w);
	struct sight *s;

	if (w == NULL)
		return NULL;
	w->region = r;
	s = new_sight(w);
	if (s == NULL) {
		free(w);
		return NULL;
	}
	watch_see(&s->job);
	w->taken = w->seen = s->state;
	take_back(w, s);
	timer_init(&w->look, r->worker.loop, watch_look, w);
	timer_set(&w->look, LOOK_SECONDS);
	return w;
}

void
watch_stop(struct watch *w)
{
	if (w == NULL)
		return;
	timer_stop(&w->look);
	if (w->out != NULL)
		threadpool_cancel(w->region->worker.threadpool, &w->out->job);
	definition_files_free(&w->includes);
	free(w);
}
