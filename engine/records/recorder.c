/* SPDX-License-Identifier: Apache-2.0 */
#include "records/recorder_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "records/record_key.h"

#define QUEUE_BYTES (32u * 1024 * 1024)
#define BATCH 512                      /* things in one transaction */
#define PAUSE_SECONDS 0.1              /* things gather for so long, unless answers wait for them */
#define IDLE_SECONDS 60.0              /* without things, the limits of the file are looked at so often */
#define RETRY_SECONDS 1.0
#define TRIM_SECONDS 1.0
#define TRIM_SLICES 4                  /* slices that are deleted behind a batch, at most: of more things than it has */
#define CLOSE_SECONDS 2.0

/* --- the queue -------------------------------------------------------------------------------- */

static size_t
cost(const struct recorded *e)
{
	return sizeof *e + e->len;
}

static struct recorded **
slot(struct recorder *r, uint64_t ticket)
{
	return &r->queue[(ticket - 1) % QUEUE];
}

/* Replaces the thing of a ticket that the thread has not taken. */
static uint64_t
replace(struct recorder *r, struct recorded *e, uint64_t ticket)
{
	struct recorded **old = slot(r, ticket);

	r->bytes += cost(e) - cost(*old);
	recorded_free(*old);
	*old = e;
	return ticket;
}

static uint64_t
add(struct recorder *r, struct recorded *e)
{
	if (r->put - r->taken == QUEUE || r->bytes + cost(e) > QUEUE_BYTES) {
		r->lost++;
		recorded_free(e);
		return 0;
	}
	*slot(r, ++r->put) = e;
	r->bytes += cost(e);
	return r->put;
}

uint64_t
recorder_put(struct recorder *r, struct recorded *e, uint64_t before)
{
	uint64_t ticket;
	bool idle;

	pthread_mutex_lock(&r->lock);
	idle = r->put == r->taken;
	ticket = before > r->taken ? replace(r, e, before) : add(r, e);
	if (idle)
		pthread_cond_signal(&r->wake);
	pthread_mutex_unlock(&r->lock);
	return ticket;
}

static bool
half_full(const struct recorder *r)
{
	return r->put - r->taken > QUEUE / 2 || r->bytes > QUEUE_BYTES / 2;
}

bool
recorder_offer(struct recorder *r, struct recorded *e)
{
	bool room;

	pthread_mutex_lock(&r->lock);
	room = !half_full(r) && r->bytes + cost(e) <= QUEUE_BYTES;
	if (room) {
		add(r, e);
		pthread_cond_signal(&r->wake);
	}
	pthread_mutex_unlock(&r->lock);
	if (!room)
		recorded_free(e);
	return room;
}

const struct record_mask *
recorder_mask(const struct recorder *r)
{
	return &r->mask;
}

void
recorder_lose(struct recorder *r)
{
	pthread_mutex_lock(&r->lock);
	r->lost++;
	pthread_mutex_unlock(&r->lock);
}

/* --- the thread ------------------------------------------------------------------------------- */

/* Waits for things, at most until `idle`; false: the region ends, and nothing is queued. With the lock. */
static bool
await(struct recorder *r, double idle)
{
	if (r->put == r->taken && !r->stop && idle > 0)
		thread_cond_wait(&r->wake, &r->lock, idle);
	if (r->put != r->taken && !r->stop && !r->options.file.full) { /* let things gather: a transaction costs as much as many of them */
		double until = clock_span() + PAUSE_SECONDS, left;

		while (!r->stop && r->put - r->taken < BATCH && (left = until - clock_span()) > 0)
			thread_cond_wait(&r->wake, &r->lock, left);
	}
	return !r->stop || r->put != r->taken;
}

/* Takes the oldest things. With the lock. */
static size_t
take(struct recorder *r, struct recorded *batch[BATCH])
{
	size_t n = 0;

	for (; n < BATCH && r->taken < r->put; n++) {
		batch[n] = *slot(r, ++r->taken);
		r->bytes -= cost(batch[n]);
	}
	return n;
}

/* Logs the state of the writing when it changes, and the number of things lost since the last message. */
static void
tell(struct recorder *r, bool failed, const char *why)
{
	uint64_t lost;
	bool changed;
	char count[24];
	struct log *log;

	pthread_mutex_lock(&r->lock);
	changed = failed != r->failing;
	r->failing = failed;
	lost = r->lost - r->told;
	r->told = r->lost;
	log = r->log;
	if (changed)
		log_say(log, failed ? MSG_SP0080 : MSG_SP0081, "file", r->path, "why", failed ? why : NULL, NULL);
	if (lost > 0)
		log_say(log, MSG_SP0082, "file", r->path, "#lost", log_number(count, (int64_t)lost), NULL);
	pthread_mutex_unlock(&r->lock);
}

/* Pauses after a failure; the end of the region ends the pause. True: the region ends. */
static bool
pause_writing(struct recorder *r)
{
	double until = clock_span() + RETRY_SECONDS, left;
	bool stop;

	pthread_mutex_lock(&r->lock);
	while (!r->stop && (left = until - clock_span()) > 0)
		thread_cond_wait(&r->wake, &r->lock, left);
	stop = r->stop;
	pthread_mutex_unlock(&r->lock);
	return stop;
}

/* Writes a batch, with as many tries as it takes; after the region's end, with one. */
static bool
write_batch(struct recorder *r, struct recorded *const *batch, size_t n)
{
	struct fault f;
	bool last = false;

	while (record_file_write(r->file, batch, n, &f) < 0) {
		tell(r, true, f.text);
		if (last)
			return false;
		last = pause_writing(r);
	}
	tell(r, false, NULL);
	return true;
}

static void
finish_batch(struct recorder *r, struct recorded **batch, size_t n, bool written)
{
	for (size_t i = 0; i < n; i++)
		recorded_free(batch[i]);
	pthread_mutex_lock(&r->lock);
	if (written) {
		r->done = r->taken;
		r->written += n;
	} else {
		r->lost += n;
	}
	if (r->options.written != NULL && !r->abandoned)
		r->options.written(r->options.arg);
	pthread_mutex_unlock(&r->lock);
}

/*
 * Trims the file when it is due: more than a batch adds, so that the file stays within its limits under any load.
 * Returns how long the next trim may wait for things to write.
 */
static double
trim(struct recorder *r, double *next)
{
	double now = clock_span();
	int more = now >= *next;
	struct fault f;

	if (!more)
		return IDLE_SECONDS;
	for (int i = 0; more > 0 && i < TRIM_SLICES; i++)
		more = record_file_trim(r->file, clock_wall(), &f);
	*next = more > 0 ? now : now + TRIM_SECONDS;
	return more > 0 ? 0 : IDLE_SECONDS;
}

static void
recorder_work(void *arg)
{
	struct recorder *r = arg;
	struct recorded *batch[BATCH];
	double next = 0, idle = IDLE_SECONDS;
	bool more;

	do {
		size_t n;

		pthread_mutex_lock(&r->lock);
		more = await(r, idle);
		n = take(r, batch);
		pthread_mutex_unlock(&r->lock);
		if (n > 0)
			finish_batch(r, batch, n, write_batch(r, batch, n));
		idle = trim(r, &next);
	} while (more);
	tell(r, r->failing, NULL);
	record_file_close(r->file);
}

/* --- beginning and end ------------------------------------------------------------------------ */

static int
start(struct recorder *r, struct fault *f)
{
	pthread_mutex_init(&r->lock, NULL);
	thread_cond_init(&r->wake);
	return thread_start(&r->thread, recorder_work, r) == 0 ? 0 : fault_set(f, "%s: no thread to write it", r->path);
}

struct recorder *
recorder_open(const struct recorder_options *o, struct fault *f)
{
	struct recorder *r = calloc(1, sizeof *r);

	if (r == NULL) {
		fault_set(f, "no memory");
		return NULL;
	}
	r->options = *o;
	r->log = o->log;
	snprintf(r->path, sizeof r->path, "%s", o->path);
	snprintf(r->words, sizeof r->words, "%s", o->mask);
	record_mask_read(&r->mask, r->words);
	r->options.file.masked = r->mask.subject;
	r->file = record_file_open(o->path, &r->options.file, f);
	if (r->file != NULL && (o->mask[0] == '\0' || record_key_read(o->path, r->mask.key, f) == 0)) {
		r->last = record_file_last(r->file);
		if (recorder_follow_begin(r) == 0) {
			if (start(r, f) == 0)
				return r;
			recorder_follow_end(r);
		} else {
			fault_set(f, "no memory");
		}
	}
	record_file_close(r->file);
	free(r);
	return NULL;
}

void
recorder_close(struct recorder *r)
{
	struct log *log;

	if (r == NULL)
		return;
	recorder_follow_end(r);
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	pthread_cond_signal(&r->wake);
	pthread_mutex_unlock(&r->lock);
	if (thread_join(r->thread, CLOSE_SECONDS)) {
		pthread_cond_destroy(&r->wake);
		pthread_mutex_destroy(&r->lock);
		pthread_mutex_destroy(&r->following);
		free(r);
		return;
	}
	pthread_mutex_lock(&r->lock);
	log = r->log;
	r->log = NULL;
	r->abandoned = true;
	pthread_mutex_unlock(&r->lock);
	log_say(log, MSG_SP0080, "why", "the region ends, and the disk did not answer within 2 seconds", NULL);
}

/* --- for the loops ---------------------------------------------------------------------------- */

uint64_t
recorder_done(struct recorder *r)
{
	uint64_t done;

	pthread_mutex_lock(&r->lock);
	done = r->done;
	pthread_mutex_unlock(&r->lock);
	return done;
}

bool
recorder_busy(struct recorder *r)
{
	bool busy;

	if (r == NULL)
		return false;
	pthread_mutex_lock(&r->lock);
	busy = !r->failing && half_full(r);
	pthread_mutex_unlock(&r->lock);
	return busy;
}

bool
recorder_holds(const struct recorder *r)
{
	return r != NULL && r->options.file.full;
}

struct recorder_counts
recorder_counts(struct recorder *r)
{
	struct recorder_counts c;

	pthread_mutex_lock(&r->lock);
	c = (struct recorder_counts){ .written = r->written, .lost = r->lost, .waiting = (size_t)(r->put - r->done) + r->changed, .failing = r->failing };
	pthread_mutex_unlock(&r->lock);
	return c;
}
