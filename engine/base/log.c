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
#include "base/log_crash.h"
#include "base/log_line.h"
#include "base/log_sink.h"
#include "base/thread.h"
#include "base/log_throttle.h"
#include "base/name.h"

#define QUEUE_LINES 16384
#define QUEUE_BYTES (8 * 1024 * 1024)
#define TURN_BYTES (64 * 1024)
#define RETRY_SECONDS 1
#define REST_SECONDS 0.002 /* between two writes */
#define CLOSE_SECONDS 2 /* at its end a region waits no longer for a stalled reader */

struct log_queue { /* the lines of all handles, and the thread that writes them */
	struct log_sink sink; /* used by the writer only */
	bool ended;       /* the writer has ended; used only by the thread that ends the log */
	struct log_form form;
	struct thread *thread;
	_Atomic unsigned applids; /* how often the applid was set */
	_Atomic size_t lines; /* in pending and in flight; changed under the lock */
	pthread_mutex_t lock; /* guards everything below */
	pthread_cond_t wake;
	char applid[NAME_SIZE];
	struct buf pending;  /* whole lines, not yet taken by the writer */
	size_t pending_lines;
	uint64_t lost;       /* since the last SP0040 */
	uint64_t lost_ever;
	int trouble;         /* errno of the last failed write; 0: none, or already reported */
	bool waiting, stop, reopen;
	bool sleeping;       /* the writer waits until it is woken: it has no held refusals to look at */
	int64_t stop_at;     /* the second after which the writer gives up on a stalled reader */
	struct log_throttle throttle;
	struct buf flight;   /* used by the writer only: the bytes being written */
};

struct log { /* a handle: the lines of one thread; other threads may use it too, with the lock for each line */
	struct log_queue *queue;
	bool first;            /* from log_open: it owns the queue */
	_Atomic bool collects; /* the thread `owner` collects its lines until log_hand_over */
	_Atomic pthread_t owner;
	struct log_crash *crash; /* of the owner */
	/* used by the owner only */
	struct buf turn;
	size_t turn_lines;
	char applid[NAME_SIZE]; /* a copy of the queue's, when it was set `applids` times */
	unsigned applids;
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
enqueue(struct log_queue *q, const void *text, size_t n, size_t lines)
{
	if (q->lines + lines > QUEUE_LINES || buf_add(&q->pending, text, n) < 0)
		return false;
	q->lines += lines;
	q->pending_lines += lines;
	if (q->waiting)
		pthread_cond_signal(&q->wake);
	return true;
}

/* Under the lock. Reports lost lines as soon as there is room for the report. */
static void
own_up(struct log_queue *q)
{
	struct log_line line;
	char number[24];

	if (q->lost == 0)
		return;
	log_line_begin(&line, q->form, q->applid, MSG_SP0040);
	log_line_insert(&line, "#count", log_number(number, (int64_t)q->lost));
	log_line_insert(&line, "error", q->trouble != 0 ? strerrordesc_np(q->trouble) : NULL);
	log_line_end(&line);
	if (!enqueue(q, line.text, line.n, 1))
		return;
	q->lost = 0;
	q->trouble = 0;
}

/* Under the lock. */
static void
push_text(struct log_queue *q, const void *text, size_t n, size_t lines)
{
	own_up(q);
	if (q->lost == 0 && enqueue(q, text, n, lines))
		return;
	q->lost += lines;
	q->lost_ever += lines;
}

/* Under the lock. */
static void
push(struct log_queue *q, const struct log_line *line)
{
	push_text(q, line->text, line->n, 1);
}

static void
log_push_sum(void *arg, const struct log_throttle_entry *e)
{
	struct log_queue *q = arg;
	struct log_line line;
	char number[24];

	log_line_begin(&line, q->form, q->applid, MSG_SP0023);
	log_line_insert(&line, "door", e->door);
	log_line_insert(&line, "code", e->code);
	log_line_insert(&line, "prefix", e->prefix);
	log_line_insert(&line, "#count", log_number(number, e->held));
	log_line_end(&line);
	push(q, &line);
}

/* Called by the writer under the lock. Unlocks while it opens the file: a file system may be slow. */
static void
open_anew(struct log_queue *q)
{
	struct log_line line;
	struct fault f;
	bool done;

	q->reopen = false;
	pthread_mutex_unlock(&q->lock);
	done = log_sink_reopen(&q->sink, &f) == 0;
	pthread_mutex_lock(&q->lock);
	log_line_begin(&line, q->form, q->applid, done ? MSG_SP0071 : MSG_SP0072);
	log_line_insert(&line, "file", q->sink.file);
	log_line_insert(&line, "error", done ? NULL : f.text);
	log_line_end(&line);
	push(q, &line);
}

static void
wait_seconds(struct log_queue *q, double seconds)
{
	q->waiting = true;
	thread_cond_wait(&q->wake, &q->lock, seconds);
	q->waiting = false;
}

/* On a full disk or with a stalled reader the lines stay in flight; the writer tries again until the region ends. */
static bool
worth_retrying(struct log_queue *q, ssize_t sent, int error)
{
	bool on;

	pthread_mutex_lock(&q->lock);
	if (sent < 0) {
		q->trouble = error;
		if (!q->stop && !q->reopen)
			wait_seconds(q, RETRY_SECONDS);
	}
	if (q->reopen)
		open_anew(q);
	on = !q->stop || (sent == 0 && second_now() < q->stop_at);
	pthread_mutex_unlock(&q->lock);
	return on;
}

static void
fly(struct log_queue *q)
{
	while (buf_len(&q->flight) > 0) {
		ssize_t sent = log_sink_write(&q->sink, buf_bytes(&q->flight), buf_len(&q->flight), RETRY_SECONDS * 1000);

		if (sent > 0)
			buf_consume(&q->flight, (size_t)sent);
		else if (!worth_retrying(q, sent, errno))
			break;
	}
	buf_consume(&q->flight, buf_len(&q->flight));
}

/* Under the lock. Waits until there is something to write. False: nothing to write, and the log is closing. */
static bool
work(struct log_queue *q)
{
	for (;;) {
		if (q->reopen)
			open_anew(q);
		log_throttle_flush(&q->throttle, second_now(), q->stop, log_push_sum, q);
		own_up(q);
		if (buf_len(&q->pending) > 0)
			return true;
		if (q->stop)
			return false;
		if (q->throttle.holding > 0) {
			wait_seconds(q, 1);
			continue;
		}
		q->waiting = q->sleeping = true;
		pthread_cond_wait(&q->wake, &q->lock);
		q->waiting = q->sleeping = false;
	}
}

/*
 * Under the lock. The lines of several turns collect meanwhile: a wake-up of the writer costs a loop more than the
 * lines of a turn.
 */
static void
rest(struct log_queue *q)
{
	if (!q->stop && !q->reopen)
		thread_cond_wait(&q->wake, &q->lock, REST_SECONDS);
}

static void
log_writer(void *arg)
{
	struct log_queue *q = arg;

	pthread_mutex_lock(&q->lock);
	while (work(q)) {
		struct buf empty = q->flight;
		size_t lines = q->pending_lines;

		q->flight = q->pending;
		q->pending = empty;
		q->pending_lines = 0;
		pthread_mutex_unlock(&q->lock);
		fly(q);
		pthread_mutex_lock(&q->lock);
		q->lines -= lines;
		rest(q);
	}
	pthread_mutex_unlock(&q->lock);
}

/* With SIGPIPE blocked, a write to a broken pipe fails with EPIPE only. */
static int
start_writer(struct log_queue *q)
{
	pthread_mutex_init(&q->lock, NULL);
	thread_cond_init(&q->wake);
	return thread_start(&q->thread, log_writer, q);
}

static void
release(struct log_queue *q)
{
	buf_free(&q->pending);
	buf_free(&q->flight);
	log_sink_close(&q->sink);
	free(q);
}

static int
open_sink(struct log_queue *q, const char *target, enum log_format format, struct fault *f)
{
	if (log_sink_open(&q->sink, target, f) < 0)
		return -1;
	q->form = (struct log_form){ .format = format, .frame = q->sink.frame };
	if (format == LOG_JSON && q->sink.frame == LOG_FRAME_JOURNAL)
		return fault_set(f, "the journal has fields in place of JSON; leave out --log-format json, or choose another --log");
	return 0;
}

struct log *
log_handle(struct log *l)
{
	struct log *one = l != NULL ? calloc(1, sizeof *one) : NULL;

	if (one == NULL)
		return NULL;
	one->queue = l->queue;
	buf_init(&one->turn, TURN_BYTES);
	return one;
}

static struct log_queue *
queue_open(const char *target, enum log_format format, struct fault *f)
{
	struct log_queue *q = calloc(1, sizeof *q);
	int rc;

	if (q == NULL) {
		fault_set(f, "no memory for the log");
		return NULL;
	}
	buf_init(&q->pending, QUEUE_BYTES);
	buf_init(&q->flight, QUEUE_BYTES);
	if (open_sink(q, target, format, f) < 0) {
		release(q);
		return NULL;
	}
	rc = start_writer(q);
	if (rc == 0)
		return q;
	fault_set(f, "log: no thread to write it: %s", strerrordesc_np(rc));
	release(q);
	return NULL;
}

struct log *
log_open(const char *target, enum log_format format, struct fault *f)
{
	struct log *l = calloc(1, sizeof *l);

	if (l == NULL) {
		fault_set(f, "no memory for the log");
		return NULL;
	}
	buf_init(&l->turn, TURN_BYTES);
	l->first = true;
	l->queue = queue_open(target, format, f);
	if (l->queue != NULL)
		return l;
	free(l);
	return NULL;
}

void
log_reopen(struct log *l)
{
	struct log_queue *q = l != NULL ? l->queue : NULL;

	if (q == NULL || q->sink.file == NULL)
		return;
	pthread_mutex_lock(&q->lock);
	q->reopen = true;
	pthread_cond_signal(&q->wake);
	pthread_mutex_unlock(&q->lock);
}

struct log_counts
log_counts(struct log *l)
{
	struct log_counts c = { 0 };

	if (l == NULL)
		return c;
	pthread_mutex_lock(&l->queue->lock);
	c = (struct log_counts){ .waiting = l->queue->lines, .lost = l->queue->lost_ever };
	pthread_mutex_unlock(&l->queue->lock);
	return c;
}

void
log_applid(struct log *l, const char *applid)
{
	if (l == NULL)
		return;
	pthread_mutex_lock(&l->queue->lock);
	snprintf(l->queue->applid, sizeof l->queue->applid, "%s", applid);
	l->queue->applids++;
	pthread_mutex_unlock(&l->queue->lock);
}

void
log_end(struct log *l)
{
	struct log_queue *q = l != NULL ? l->queue : NULL;

	if (q == NULL || q->ended)
		return;
	log_hand_over(l);
	pthread_mutex_lock(&q->lock);
	q->stop = true;
	q->stop_at = second_now() + CLOSE_SECONDS;
	pthread_cond_signal(&q->wake);
	pthread_mutex_unlock(&q->lock);
	thread_wait(q->thread);
	q->ended = true;
}

/* Ends the queue if it was not ended, then frees it. */
static void
queue_close(struct log *l)
{
	log_end(l);
	pthread_cond_destroy(&l->queue->wake);
	pthread_mutex_destroy(&l->queue->lock);
	release(l->queue);
}

enum { OWN_DOOR = 1, OWN_CODE = 2 };

/* Returns the set of a refusal's own inserts (door, code) that are among the pairs. */
static unsigned
inserts(struct log_line *line, va_list ap)
{
	const char *key;
	unsigned own = 0;

	while ((key = va_arg(ap, const char *)) != NULL) {
		if (key[0] == 'd' || key[0] == 'c')
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

/* Copies the applid into the handle, when it was set again. */
static void
renew_applid(struct log *l)
{
	struct log_queue *q = l->queue;

	if (l->applids == q->applids)
		return;
	pthread_mutex_lock(&q->lock);
	memcpy(l->applid, q->applid, sizeof l->applid);
	l->applids = q->applids;
	pthread_mutex_unlock(&q->lock);
}

static void
begin(struct log *l, struct log_line *line, enum message m)
{
	struct log_queue *q = l->queue;
	char applid[NAME_SIZE];

	if (collects(l)) {
		renew_applid(l);
		log_line_begin(line, q->form, l->applid, m);
		return;
	}
	pthread_mutex_lock(&q->lock);
	memcpy(applid, q->applid, sizeof applid);
	pthread_mutex_unlock(&q->lock);
	log_line_begin(line, q->form, applid, m);
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
	pthread_mutex_lock(&l->queue->lock);
	push(l->queue, line);
	pthread_mutex_unlock(&l->queue->lock);
}

/* Only the owner, or when it has ended. */
static void
hand_over(struct log *l)
{
	if (l->turn_lines == 0)
		return;
	pthread_mutex_lock(&l->queue->lock);
	push_text(l->queue, buf_bytes(&l->turn), buf_len(&l->turn), l->turn_lines);
	pthread_mutex_unlock(&l->queue->lock);
	buf_consume(&l->turn, buf_len(&l->turn));
	l->turn_lines = 0;
}

void
log_collect(struct log *l)
{
	if (l == NULL)
		return;
	l->owner = pthread_self();
	l->collects = true;
	if (l->crash == NULL)
		l->crash = log_crash_begin(&l->queue->lines);
}

void
log_hand_over(struct log *l)
{
	if (l != NULL && collects(l))
		hand_over(l);
}

void
log_close(struct log *l)
{
	if (l == NULL)
		return;
	log_crash_end(l->crash);
	hand_over(l); /* of a thread that has ended */
	if (l->first)
		queue_close(l);
	buf_free(&l->turn);
	free(l);
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

		if (e->level != FAULT_ERROR)
			log_say(l, e->level == FAULT_WARNING ? MSG_SP0012 : MSG_SP0165, "file", e->file, "#line", e->line > 0 ? log_number(line, e->line) : NULL,
				fault_level_name(e->level), fault_entry_text(e), "rule", e->rule, NULL);
	}
}

static bool
passes(struct log_queue *q, const char *door, const char *code, const char *prefix)
{
	bool pass;

	pthread_mutex_lock(&q->lock);
	pass = log_throttle_pass(&q->throttle, second_now(), door, code, prefix, log_push_sum, q);
	if (!pass && q->sleeping)
		pthread_cond_signal(&q->wake); /* from now on the writer looks each second */
	pthread_mutex_unlock(&q->lock);
	return pass;
}

void
log_refusal(struct log *l, enum message m, const char *door, const char *code, const char *prefix, ...)
{
	struct log_line line;
	va_list ap;
	unsigned own;

	if (l == NULL || !passes(l->queue, door, code, prefix != NULL ? prefix : ""))
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
