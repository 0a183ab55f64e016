/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recorder_internal: the parts of a recorder. recorder.c has the queue and the thread, recorder_follow.c the loops'
 * side: the records that have changed, and the things that are made of them.
 */
#ifndef SALLYPORT_RECORDER_INTERNAL_H
#define SALLYPORT_RECORDER_INTERNAL_H

#include <pthread.h>

#include "config/resource.h"
#include "net/mailbox.h"
#include "net/timer.h"
#include "policy/record_mask.h"
#include "records/recorder.h"

#define QUEUE 8192 /* things that wait; a power of 2 */
#define KNOWN 1024 /* certificates that are remembered; a power of 2 */

struct known { /* a certificate that was put into the queue */
	char sha256[65];
	double at; /* clock_span */
};

struct recorder {
	struct recorder_options options;
	struct record_mask mask;
	char path[2 * PATH_SIZE], words[VALUE_SIZE];
	struct record_file *file; /* owned; the thread's, after the start */
	/* the loop's alone */
	struct records *records;  /* borrowed; NULL: none is followed */
	struct timer flush;       /* runs while there are changed records */
	struct mailbox *mailbox;  /* owned: of the loop; NULL without a loop */
	/* of all loops */
	_Atomic uint64_t last;    /* the id of the last record */
	_Atomic size_t changed;   /* the number of changed records that are not written yet */
	pthread_mutex_t following; /* of the members below, and of their record_filed but id and ticket */
	struct record *oldest, *newest; /* borrowed: the changed records, linked by record_filed */
	struct post gather;       /* sent to the loop when there is the first of them */
	bool gathering;           /* it was sent, and they are not all written since */
	struct known known[KNOWN]; /* by the first digits of the hash */
	/* of both */
	struct thread *thread;
	pthread_mutex_t lock;     /* of the members below */
	pthread_cond_t wake;      /* wakes the thread: something is queued, or the region ends */
	struct recorded *queue[QUEUE]; /* owned; the thing of ticket t is at (t - 1) % QUEUE */
	uint64_t put, taken, done; /* the last ticket given, taken by the thread, written */
	size_t bytes;
	uint64_t written, lost, told; /* told: of the lost, those that a message has counted */
	bool failing, stop, abandoned;
	struct log *log;          /* borrowed; NULL after the region has ended without the thread */
};

/* Counts a thing that could not be made. */
void recorder_lose(struct recorder *r);
/*
 * Begins and ends the loops' side. -1: no memory. The end writes the changed records; no other thread uses the recorder
 * then.
 */
int recorder_follow_begin(struct recorder *r);
void recorder_follow_end(struct recorder *r);

#endif
