/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/log_line.h"
#include "base/log_sink.h"
#include "base/thread.h"
#include "base/log_throttle.h"
#include "base/name.h"

#define QUEUE_LINES 16384
#define QUEUE_BYTES (8 * 1024 * 1024)
#define TURN_BYTES (64 * 1024)
#define RETRY_SECONDS 1
#define CLOSE_SECONDS 2 /* at its end a region waits no longer for a stalled reader */

struct log {
	struct log_sink sink; /* used by the writer only */
	bool ended;       /* the writer has ended; used only by the thread that ends the log */
	struct log_form form;
	char applid[NAME_SIZE];
	struct thread *thread;
	_Atomic bool collects;      /* the thread `owner` collects its lines until log_hand_over */
	_Atomic pthread_t owner;
	struct buf turn;     /* used by the owner only */
	size_t turn_lines;
	pthread_mutex_t lock; /* guards everything below */
	pthread_cond_t wake;
	struct buf pending;  /* whole lines, not yet taken by the writer */
	size_t lines;        /* lines in pending and in flight */
	size_t pending_lines;
	uint64_t lost;       /* since the last SP0040 */
	uint64_t lost_ever;
	int trouble;         /* errno of the last failed write; 0: none, or already reported */
	bool waiting, stop, reopen;
	int64_t stop_at;     /* the second after which the writer gives up on a stalled reader */
	struct log_throttle throttle;
	struct buf flight;   /* used by the writer only: the bytes being written */
};

static int64_t
second_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Under the lock. Wakes the writer, which sleeps without lines. False: no room. */
static bool
enqueue(struct log *l, const void *text, size_t n, size_t lines)
{
	if (l->lines + lines > QUEUE_LINES || buf_add(&l->pending, text, n) < 0)
		return false;
	l->lines += lines;
	l->pending_lines += lines;
	if (l->waiting)
		pthread_cond_signal(&l->wake);
	return true;
}

/* Under the lock. Reports lost lines as soon as there is room for the report. */
static void
own_up(struct log *l)
{
	struct log_line line;
	char number[24];

	if (l->lost == 0)
		return;
	log_line_begin(&line, l->form, l->applid, MSG_SP0040);
	log_line_insert(&line, "#count", log_number(number, (int64_t)l->lost));
	log_line_insert(&line, "error", l->trouble != 0 ? strerrordesc_np(l->trouble) : NULL);
	log_line_end(&line);
	if (!enqueue(l, line.text, line.n, 1))
		return;
	l->lost = 0;
	l->trouble = 0;
}

/* Under the lock. */
static void
push_text(struct log *l, const void *text, size_t n, size_t lines)
{
	own_up(l);
	if (l->lost == 0 && enqueue(l, text, n, lines))
		return;
	l->lost += lines;
	l->lost_ever += lines;
}

/* Under the lock. */
static void
push(struct log *l, const struct log_line *line)
{
	push_text(l, line->text, line->n, 1);
}

static void
log_push_sum(void *arg, const struct log_throttle_entry *e)
{
	struct log *l = arg;
	struct log_line line;
	char number[24];

	log_line_begin(&line, l->form, l->applid, MSG_SP0023);
	log_line_insert(&line, "door", e->door);
	log_line_insert(&line, "code", e->code);
	log_line_insert(&line, "prefix", e->prefix);
	log_line_insert(&line, "#count", log_number(number, e->held));
	log_line_end(&line);
	push(l, &line);
}

/* Called by the writer under the lock. Unlocks while it opens the file: a file system may be slow. */
static void
open_anew(struct log *l)
{
	struct log_line line;
	struct fault f;
	bool done;

	l->reopen = false;
	pthread_mutex_unlock(&l->lock);
	done = log_sink_reopen(&l->sink, &f) == 0;
	pthread_mutex_lock(&l->lock);
	log_line_begin(&line, l->form, l->applid, done ? MSG_SP0071 : MSG_SP0072);
	log_line_insert(&line, "file", l->sink.file);
	log_line_insert(&line, "error", done ? NULL : f.text);
	log_line_end(&line);
	push(l, &line);
}

static void
wait_seconds(struct log *l, double seconds)
{
	l->waiting = true;
	thread_cond_wait(&l->wake, &l->lock, seconds);
	l->waiting = false;
}

/* On a full disk or with a stalled reader the lines stay in flight; the writer tries again until the region ends. */
static bool
worth_retrying(struct log *l, ssize_t sent, int error)
{
	bool on;

	pthread_mutex_lock(&l->lock);
	if (sent < 0) {
		l->trouble = error;
		if (!l->stop && !l->reopen)
			wait_seconds(l, RETRY_SECONDS);
	}
	if (l->reopen)
		open_anew(l);
	on = !l->stop || (sent == 0 && second_now() < l->stop_at);
	pthread_mutex_unlock(&l->lock);
	return on;
}

static void
fly(struct log *l)
{
	while (buf_len(&l->flight) > 0) {
		ssize_t sent = log_sink_write(&l->sink, buf_bytes(&l->flight), buf_len(&l->flight), RETRY_SECONDS * 1000);

		if (sent > 0)
			buf_consume(&l->flight, (size_t)sent);
		else if (!worth_retrying(l, sent, errno))
			break;
	}
	buf_consume(&l->flight, buf_len(&l->flight));
}

/* Under the lock. Waits until there is something to write. False: nothing to write, and the log is closing. */
static bool
work(struct log *l)
{
	for (;;) {
		if (l->reopen)
			open_anew(l);
		log_throttle_flush(&l->throttle, second_now(), l->stop, log_push_sum, l);
		own_up(l);
		if (buf_len(&l->pending) > 0)
			return true;
		if (l->stop)
			return false;
		if (l->throttle.holding > 0) {
			wait_seconds(l, 1);
			continue;
		}
		l->waiting = true;
		pthread_cond_wait(&l->wake, &l->lock);
		l->waiting = false;
	}
}

static void
log_writer(void *arg)
{
	struct log *l = arg;

	pthread_mutex_lock(&l->lock);
	while (work(l)) {
		struct buf empty = l->flight;
		size_t lines = l->pending_lines;

		l->flight = l->pending;
		l->pending = empty;
		l->pending_lines = 0;
		pthread_mutex_unlock(&l->lock);
		fly(l);
		pthread_mutex_lock(&l->lock);
		l->lines -= lines;
	}
	pthread_mutex_unlock(&l->lock);
}

/* With SIGPIPE blocked, a write to a broken pipe fails with EPIPE only. */
static int
start_writer(struct log *l)
{
	pthread_mutex_init(&l->lock, NULL);
	thread_cond_init(&l->wake);
	return thread_start(&l->thread, log_writer, l);
}

static void
release(struct log *l)
{
	buf_free(&l->turn);
	buf_free(&l->pending);
	buf_free(&l->flight);
	log_sink_close(&l->sink);
	free(l);
}

static int
open_sink(struct log *l, const char *target, enum log_format format, struct fault *f)
{
	if (log_sink_open(&l->sink, target, f) < 0)
		return -1;
	l->form = (struct log_form){ .format = format, .frame = l->sink.frame };
	if (format == LOG_JSON && l->sink.frame == LOG_FRAME_JOURNAL)
		return fault_set(f, "the journal has fields in place of JSON; leave out --log-format json, or choose another --log");
	return 0;
}

struct log *
log_open(const char *target, enum log_format format, struct fault *f)
{
	struct log *l = calloc(1, sizeof *l);
	int rc;

	if (l == NULL) {
		fault_set(f, "no memory for the log");
		return NULL;
	}
	buf_init(&l->turn, TURN_BYTES);
	buf_init(&l->pending, QUEUE_BYTES);
	buf_init(&l->flight, QUEUE_BYTES);
	if (open_sink(l, target, format, f) < 0) {
		release(l);
		return NULL;
	}
	rc = start_writer(l);
	if (rc == 0)
		return l;
	fault_set(f, "log: no thread to write it: %s", strerrordesc_np(rc));
	release(l);
	return NULL;
}

void
log_reopen(struct log *l)
{
	if (l == NULL || l->sink.file == NULL)
		return;
	pthread_mutex_lock(&l->lock);
	l->reopen = true;
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->lock);
}

struct log_counts
log_counts(struct log *l)
{
	struct log_counts c = { 0 };

	if (l == NULL)
		return c;
	pthread_mutex_lock(&l->lock);
	c = (struct log_counts){ .waiting = l->lines, .lost = l->lost_ever };
	pthread_mutex_unlock(&l->lock);
	return c;
}

void
log_applid(struct log *l, const char *applid)
{
	if (l == NULL)
		return;
	pthread_mutex_lock(&l->lock);
	snprintf(l->applid, sizeof l->applid, "%s", applid);
	pthread_mutex_unlock(&l->lock);
}

void
log_end(struct log *l)
{
	if (l == NULL || l->ended)
		return;
	log_hand_over(l);
	pthread_mutex_lock(&l->lock);
	l->stop = true;
	l->stop_at = second_now() + CLOSE_SECONDS;
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->lock);
	thread_wait(l->thread);
	l->ended = true;
}

void
log_close(struct log *l)
{
	if (l == NULL)
		return;
	log_end(l);
	pthread_cond_destroy(&l->wake);
	pthread_mutex_destroy(&l->lock);
	release(l);
}

enum { OWN_DOOR = 1, OWN_CODE = 2 };

/* Returns the set of a refusal's own inserts (door, code) that are among the pairs. */
static unsigned
inserts(struct log_line *line, va_list ap)
{
	const char *key;
	unsigned own = 0;

	while ((key = va_arg(ap, const char *)) != NULL) {
		own |= strcmp(key, "door") == 0 ? OWN_DOOR : strcmp(key, "code") == 0 ? OWN_CODE : 0;
		log_line_insert(line, key, va_arg(ap, const char *));
	}
	return own;
}

/* True in the thread that called log_collect. */
static bool
collects(const struct log *l)
{
	return l->collects && pthread_equal(l->owner, pthread_self());
}

static void
begin(struct log *l, struct log_line *line, enum message m)
{
	char applid[NAME_SIZE];

	if (collects(l)) { /* no other thread sets the applid */
		log_line_begin(line, l->form, l->applid, m);
		return;
	}
	pthread_mutex_lock(&l->lock);
	memcpy(applid, l->applid, sizeof applid);
	pthread_mutex_unlock(&l->lock);
	log_line_begin(line, l->form, applid, m);
}

/* Keeps the line of a turn. False: the turn has no room for it. */
static bool
collect(struct log *l, const struct log_line *line)
{
	if (!collects(l) || buf_add(&l->turn, line->text, line->n) < 0)
		return false;
	l->turn_lines++;
	return true;
}

static void
end(struct log *l, struct log_line *line)
{
	log_line_end(line);
	if (collect(l, line))
		return;
	log_hand_over(l); /* the lines stay in their order */
	pthread_mutex_lock(&l->lock);
	push(l, line);
	pthread_mutex_unlock(&l->lock);
}

void
log_collect(struct log *l)
{
	if (l == NULL)
		return;
	l->owner = pthread_self();
	l->collects = true;
}

void
log_hand_over(struct log *l)
{
	if (l == NULL || !collects(l) || l->turn_lines == 0)
		return;
	pthread_mutex_lock(&l->lock);
	push_text(l, buf_bytes(&l->turn), buf_len(&l->turn), l->turn_lines);
	pthread_mutex_unlock(&l->lock);
	buf_consume(&l->turn, buf_len(&l->turn));
	l->turn_lines = 0;
}

void
log_say(struct log *l, enum message m, ...)
{
	struct log_line line;
	va_list ap;

	if (l == NULL)
		return;
	begin(l, &line, m);
	va_start(ap, m);
	inserts(&line, ap);
	va_end(ap);
	end(l, &line);
}

void
log_list(struct log *l, enum message m, const char *const *pairs)
{
	struct log_line line;

	if (l == NULL)
		return;
	begin(l, &line, m);
	for (; *pairs != NULL; pairs += 2)
		log_line_insert(&line, pairs[0], pairs[1]);
	end(l, &line);
}

void
log_warnings(struct log *l, const struct faults *faults)
{
	char line[24];

	for (size_t i = 0; i < faults->n; i++) {
		const struct fault_entry *e = &faults->entry[i];

		if (e->level == FAULT_WARNING)
			log_say(l, MSG_SP0012, "file", e->file, "#line", e->line > 0 ? log_number(line, e->line) : NULL, "warning", fault_entry_text(e),
				"rule", e->rule, NULL);
	}
}

static bool
passes(struct log *l, const char *door, const char *code, const char *prefix)
{
	bool pass;

	pthread_mutex_lock(&l->lock);
	pass = log_throttle_pass(&l->throttle, second_now(), door, code, prefix, log_push_sum, l);
	if (!pass && l->waiting && l->throttle.holding == 1)
		pthread_cond_signal(&l->wake); /* the writer looks at the clock */
	pthread_mutex_unlock(&l->lock);
	return pass;
}

void
log_refusal(struct log *l, enum message m, const char *door, const char *code, const char *prefix, ...)
{
	struct log_line line;
	va_list ap;
	unsigned own;

	if (l == NULL || !passes(l, door, code, prefix != NULL ? prefix : ""))
		return;
	begin(l, &line, m);
	va_start(ap, prefix);
	own = inserts(&line, ap);
	va_end(ap);
	if ((own & OWN_DOOR) == 0)
		log_line_insert(&line, "door", door);
	if ((own & OWN_CODE) == 0)
		log_line_insert(&line, "code", code);
	end(l, &line);
}

const char *
log_number(char out[24], int64_t n)
{
	snprintf(out, 24, "%lld", (long long)n);
	return out;
}
