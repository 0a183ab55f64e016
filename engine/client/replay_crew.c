/* SPDX-License-Identifier: Apache-2.0 */
#include "client/replay_crew.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/thread.h"
#include "candidate/account.h"
#include "records/record_reader.h"

#define BATCH_CONNECTIONS 64
#define BATCH_BYTES (1 << 20) /* a batch with more takes no further connection */
#define BYTES_MAX (1u << 30)  /* of one connection with its requests */
#define BATCHES (2 * DRAFT_HANDS)

enum batch_state { BATCH_EMPTY, BATCH_FULL, BATCH_TAKEN, BATCH_WALKED };

struct batch { /* accounts of connections, each followed by those of its requests */
	enum batch_state state;
	struct buf bytes;             /* owned: a struct piece before each account */
	unsigned connections;
	struct replay_result *result; /* owned */
};

struct piece {
	size_t len;
	bool request;
};

struct crew_hand { /* one thread */
	struct replay_crew *crew;
	struct thread *thread;        /* owned; NULL: it has not begun */
	struct record_reader *reader; /* owned */
	struct replay *replay;        /* owned */
	struct account connection;
	struct account *request;      /* owned: those of the connection; their memory is used again */
	size_t requests, cap;
};

struct replay_crew {
	struct replay_result *total; /* owned; NULL: the caller has it */
	struct crew_hand hand[DRAFT_HANDS];
	unsigned hands;
	pthread_mutex_t lock;        /* guards the members below and the states of the batches */
	pthread_cond_t full, walked; /* a batch has that state; full: also the end */
	struct batch batch[BATCHES]; /* filled and taken one after the other, round and round */
	unsigned filling, taking;    /* numbers of batches */
	bool ending, short_of_memory;
};

/* --- in a thread of the crew ------------------------------------------------------------------ */

/* The account of one more request; NULL: no memory. */
static struct account *
add_request(struct crew_hand *h)
{
	size_t cap = h->cap > 0 ? 2 * h->cap : 16;
	struct account *larger = h->requests < h->cap ? h->request : realloc(h->request, cap * sizeof *larger);

	if (larger == NULL)
		return NULL;
	if (h->requests == h->cap) {
		memset(larger + h->cap, 0, (cap - h->cap) * sizeof *larger);
		h->cap = cap;
	}
	h->request = larger;
	return &h->request[h->requests++];
}

/* The file gives the last request first. */
static void
order_requests(struct crew_hand *h)
{
	for (size_t i = 0; i < h->requests / 2; i++) {
		struct account one = h->request[i];

		h->request[i] = h->request[h->requests - 1 - i];
		h->request[h->requests - 1 - i] = one;
	}
}

/*
 * Takes the next account of the batch. False: the batch has no further one. *one: where it was read to; NULL: no
 * memory.
 */
static bool
next_piece(struct crew_hand *h, struct batch *b, bool request, struct account **one)
{
	struct piece p;

	if (buf_len(&b->bytes) == 0)
		return false;
	memcpy(&p, buf_bytes(&b->bytes), sizeof p);
	if (p.request != request)
		return false;
	*one = request ? add_request(h) : &h->connection;
	if (*one != NULL)
		account_read(*one, (const char *)buf_bytes(&b->bytes) + sizeof p, p.len); /* one that is no JSON is unknown */
	buf_consume(&b->bytes, sizeof p + p.len);
	return true;
}

/* Walks the connections of a batch. -1: no memory. */
static int
walk(struct crew_hand *h, struct batch *b)
{
	struct account *one;

	while (next_piece(h, b, false, &one)) {
		h->requests = 0;
		while (next_piece(h, b, true, &one))
			if (one == NULL)
				return -1;
		order_requests(h);
		replay_put(h->replay, b->result, &h->connection, &(struct replay_requests){ h->request, h->requests });
	}
	return 0;
}

/* The next full batch, with the lock held. NULL: the end. */
static struct batch *
take(struct replay_crew *c)
{
	struct batch *b;

	while ((b = &c->batch[c->taking % BATCHES])->state != BATCH_FULL && !c->ending)
		pthread_cond_wait(&c->full, &c->lock);
	if (b->state != BATCH_FULL)
		return NULL;
	c->taking++;
	b->state = BATCH_TAKEN;
	return b;
}

static void
replay_crew_work(void *arg)
{
	struct crew_hand *h = arg;
	struct replay_crew *c = h->crew;
	struct batch *b;

	pthread_mutex_lock(&c->lock);
	while ((b = take(c)) != NULL) {
		int status;

		pthread_mutex_unlock(&c->lock);
		status = walk(h, b);
		pthread_mutex_lock(&c->lock);
		c->short_of_memory |= status < 0;
		b->state = BATCH_WALKED;
		pthread_cond_signal(&c->walked);
	}
	pthread_mutex_unlock(&c->lock);
}

/* --- in the thread of the caller -------------------------------------------------------------- */

/* Waits until the batch is walked, if it was given away, and takes its result. With the lock held. */
static void
empty(struct replay_crew *c, struct batch *b)
{
	while (b->state == BATCH_FULL || b->state == BATCH_TAKEN)
		pthread_cond_wait(&c->walked, &c->lock);
	if (b->state == BATCH_WALKED && replay_result_add(c->total, b->result) < 0)
		c->short_of_memory = true;
	buf_free(&b->bytes);
	b->connections = 0;
	b->state = BATCH_EMPTY;
}

/* Gives the batch away, and makes the next one ready. */
static void
hand_on(struct replay_crew *c)
{
	pthread_mutex_lock(&c->lock);
	c->batch[c->filling++ % BATCHES].state = BATCH_FULL;
	pthread_cond_signal(&c->full);
	empty(c, &c->batch[c->filling % BATCHES]);
	pthread_mutex_unlock(&c->lock);
}

static int
add(struct replay_crew *c, bool request, const char *account, size_t len, struct fault *f)
{
	struct buf *bytes = &c->batch[c->filling % BATCHES].bytes;
	struct piece p = { .len = len, .request = request };

	if (buf_add(bytes, &p, sizeof p) < 0 || buf_add(bytes, account, len) < 0)
		return fault_set(f, "no memory");
	return 0;
}

int
replay_crew_connection(struct replay_crew *c, const char *account, size_t len, struct fault *f)
{
	struct batch *b = &c->batch[c->filling % BATCHES];

	if (b->connections == BATCH_CONNECTIONS || buf_len(&b->bytes) > BATCH_BYTES) {
		hand_on(c);
		b = &c->batch[c->filling % BATCHES];
	}
	b->connections++;
	return add(c, false, account, len, f);
}

int
replay_crew_request(struct replay_crew *c, const char *account, size_t len, struct fault *f)
{
	return add(c, true, account, len, f);
}

struct replay_result *
replay_crew_end(struct replay_crew *c, struct fault *f)
{
	struct replay_result *total = c->total;

	hand_on(c);
	pthread_mutex_lock(&c->lock);
	for (unsigned i = 0; i < BATCHES; i++)
		empty(c, &c->batch[(c->filling + i) % BATCHES]); /* the oldest first */
	pthread_mutex_unlock(&c->lock);
	if (c->short_of_memory) {
		fault_set(f, "no memory");
		return NULL;
	}
	c->total = NULL;
	return total;
}

/* --- the crew --------------------------------------------------------------------------------- */

static int
start(struct replay_crew *c, unsigned n, struct draft *candidate, const char *records, struct fault *f)
{
	struct crew_hand *h = &c->hand[n];
	int error;

	h->crew = c;
	h->reader = record_reader_open(records, f);
	if (h->reader == NULL)
		return -1;
	h->replay = replay_new(draft_hand(candidate, n), h->reader);
	if (h->replay == NULL)
		return fault_set(f, "no memory");
	error = thread_start(&h->thread, replay_crew_work, h);
	return error == 0 ? 0 : fault_set(f, "no thread for the replay: %s; raise the limit of processes", strerror(error));
}

struct replay_crew *
replay_crew_new(struct draft *candidate, const char *records, struct fault *f)
{
	struct replay_crew *c = calloc(1, sizeof *c);
	bool whole = c != NULL && (c->total = replay_result_new()) != NULL;

	if (c == NULL) {
		fault_set(f, "no memory");
		return NULL;
	}
	pthread_mutex_init(&c->lock, NULL); /* cannot fail on Linux */
	pthread_cond_init(&c->full, NULL);
	pthread_cond_init(&c->walked, NULL);
	for (unsigned i = 0; whole && i < BATCHES; i++) {
		buf_init(&c->batch[i].bytes, BYTES_MAX);
		whole = (c->batch[i].result = replay_result_new()) != NULL;
	}
	if (!whole)
		fault_set(f, "no memory");
	while (whole && c->hands < draft_hands(candidate))
		whole = start(c, c->hands++, candidate, records, f) == 0;
	if (whole)
		return c;
	replay_crew_free(c);
	return NULL;
}

static void
free_hand(struct crew_hand *h)
{
	if (h->thread != NULL)
		thread_wait(h->thread);
	replay_free(h->replay);
	record_reader_close(h->reader);
	account_free(&h->connection);
	for (size_t i = 0; i < h->cap; i++)
		account_free(&h->request[i]);
	free(h->request);
}

void
replay_crew_free(struct replay_crew *c)
{
	if (c == NULL)
		return;
	pthread_mutex_lock(&c->lock);
	c->ending = true;
	pthread_cond_broadcast(&c->full);
	pthread_mutex_unlock(&c->lock);
	for (unsigned i = 0; i < c->hands; i++)
		free_hand(&c->hand[i]);
	for (unsigned i = 0; i < BATCHES; i++) {
		buf_free(&c->batch[i].bytes);
		replay_result_free(c->batch[i].result);
	}
	replay_result_free(c->total);
	pthread_cond_destroy(&c->walked);
	pthread_cond_destroy(&c->full);
	pthread_mutex_destroy(&c->lock);
	free(c);
}
