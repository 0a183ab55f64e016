/* SPDX-License-Identifier: Apache-2.0 */
/* recovery_internal: what recovery.c (the memory and its text) and recovery_write.c (the thread that writes the file) share. */
#ifndef SALLYPORT_RECOVERY_INTERNAL_H
#define SALLYPORT_RECOVERY_INTERNAL_H

#include "conn/recovery.h"
#include "config/resource.h"

#include <pthread.h>
#include <stdbool.h>

#define RECOVERY_HEADING "sallyport recovery 1"

struct recovery_writer {
	pthread_t thread;
	pthread_mutex_t lock;  /* of all below, and of the partners: only the loop changes those, so only its changes and the thread's reading need it */
	pthread_cond_t wake;   /* the thread's: something changed, or the end */
	pthread_cond_t rested; /* of recovery_flush: a try is over */
	struct log *log;       /* borrowed; NULL: none, or the region has gone on without the thread */
	struct fault why;      /* of the last try, when it failed */
	unsigned tries;
	bool running, unwritten, writing, failed, stop;
};

struct recovery {
	char file[PATH_SIZE]; /* "" none */
	char logname[LOGNAME_SIZE];
	struct recovery_partner *partner; /* owned */
	size_t n, cap;
	struct recovery_writer writer;
};

void recovery_writer_init(struct recovery *r, struct log *log);
/* Wakes the thread, which is started with the first change. */
void recovery_changed(struct recovery *r);

#endif
