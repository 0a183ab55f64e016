/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/recovery_internal.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/thread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_SECONDS 1
#define CLOSE_SECONDS 2 /* a disk that stalls does not keep a region from ending */

/* --- the text ------------------------------------------------------------------------------------------------------- */

struct snapshot {
	char logname[LOGNAME_SIZE];
	struct recovery_partner *partner; /* owned */
	size_t n;
};

/* Under the lock. */
static int
take(const struct recovery *r, struct snapshot *s)
{
	s->n = r->n;
	s->partner = malloc(r->n > 0 ? r->n * sizeof *s->partner : 1);
	if (s->partner == NULL)
		return -1;
	if (r->n > 0)
		memcpy(s->partner, r->partner, r->n * sizeof *s->partner);
	memcpy(s->logname, r->logname, sizeof s->logname);
	return 0;
}

static const char *
or_dash(const char *text)
{
	return text[0] != '\0' ? text : "-";
}

static int
print(const struct snapshot *s, struct buf *to)
{
	char line[256];
	int rc;

	snprintf(line, sizeof line, RECOVERY_HEADING "\nlog %s\n", s->logname);
	rc = buf_add(to, line, strlen(line));
	for (size_t i = 0; rc == 0 && i < s->n; i++) {
		const struct recovery_partner *p = &s->partner[i];

		snprintf(line, sizeof line, "partner %s %s %s %s %u\n", p->networkid, p->applid, or_dash(p->logname), or_dash(p->token), p->indoubt);
		rc = buf_add(to, line, strlen(line));
	}
	return rc;
}

/* Frees the snapshot. */
static int
save(const char *file, struct snapshot *s, struct fault *f)
{
	struct buf text;
	int rc;

	buf_init(&text, 0);
	rc = s->partner != NULL && print(s, &text) == 0 ? file_replace(file, buf_bytes(&text), buf_len(&text), f) : fault_set(f, "no memory");
	buf_free(&text);
	free(s->partner);
	return rc < 0 ? fault_wrap(f, "recovery file %s cannot be written", file) : 0;
}

/* --- the thread ----------------------------------------------------------------------------------------------------- */

/* Under the lock. A file that cannot be written is said once, until it can be. */
static void
conclude(struct recovery_writer *w, int rc, const struct fault *f)
{
	if (rc < 0 && !w->failed)
		log_say(w->log, MSG_SP0056, "why", f->text, NULL);
	w->writing = false;
	w->failed = rc < 0;
	w->unwritten |= w->failed;
	w->why = *f;
	w->tries++;
	pthread_cond_broadcast(&w->rested);
}

/* Under the lock, which is not held while the disk works. */
static void
attempt(struct recovery *r)
{
	struct recovery_writer *w = &r->writer;
	struct snapshot s;
	struct fault f = { "" };
	int rc;

	w->unwritten = false;
	w->writing = true;
	take(r, &s);
	pthread_mutex_unlock(&w->lock);
	rc = save(r->file, &s, &f);
	pthread_mutex_lock(&w->lock);
	conclude(w, rc, &f);
}

/* Whatever changes during one try is in the next: however many partners come and go, the disk is asked once at a time. */
static void *
recovery_write_work(void *arg)
{
	struct recovery *r = arg;
	struct recovery_writer *w = &r->writer;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (!w->unwritten && !w->stop)
			pthread_cond_wait(&w->wake, &w->lock);
		if (w->unwritten)
			attempt(r);
		if (w->stop && (w->failed || !w->unwritten))
			break;
		if (w->failed)
			thread_cond_wait(&w->wake, &w->lock, RETRY_SECONDS);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* --- the loop's side ------------------------------------------------------------------------------------------------- */

void
recovery_writer_init(struct recovery *r, struct log *log)
{
	r->writer.log = log;
	pthread_mutex_init(&r->writer.lock, NULL);
	thread_cond_init(&r->writer.wake);
	thread_cond_init(&r->writer.rested);
}

void
recovery_changed(struct recovery *r)
{
	struct recovery_writer *w = &r->writer;

	if (r->file[0] == '\0')
		return;
	pthread_mutex_lock(&w->lock);
	w->unwritten = true;
	if (!w->running)
		w->running = thread_start(&w->thread, recovery_write_work, r) == 0;
	if (!w->running && !w->failed)
		conclude(w, -1, &(struct fault){ "no thread to write it" });
	if (!w->failed)
		pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

int
recovery_flush(struct recovery *r, double seconds, struct fault *f)
{
	struct recovery_writer *w = &r->writer;
	unsigned before;
	int rc = 0;

	pthread_mutex_lock(&w->lock);
	before = w->tries;
	pthread_cond_signal(&w->wake);
	while ((w->unwritten || w->writing) && rc == 0) {
		rc = w->running ? thread_cond_wait(&w->rested, &w->lock, seconds) : -1;
		if (w->tries != before && w->failed)
			rc = -1;
	}
	if (rc < 0)
		fault_set(f, "%s", w->failed ? w->why.text : "the disk did not answer in time");
	pthread_mutex_unlock(&w->lock);
	return rc;
}

/* False: the disk does not answer, and the thread keeps what it looks at. */
static bool
end_thread(struct recovery *r)
{
	struct recovery_writer *w = &r->writer;
	struct log *log = w->log;

	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	if (!w->running || thread_join(w->thread, CLOSE_SECONDS))
		return true;
	pthread_mutex_lock(&w->lock);
	w->log = NULL;
	pthread_mutex_unlock(&w->lock);
	log_say(log, MSG_SP0056, "why", "the region ends, and the disk did not answer within 2 seconds", NULL);
	return false;
}

void
recovery_close(struct recovery *r)
{
	if (r == NULL || !end_thread(r))
		return;
	pthread_cond_destroy(&r->writer.rested);
	pthread_cond_destroy(&r->writer.wake);
	pthread_mutex_destroy(&r->writer.lock);
	free(r->partner);
	free(r);
}
