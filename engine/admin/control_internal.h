/* SPDX-License-Identifier: Apache-2.0 */
/* control_internal: what control.c (clients, requests) and control_stream.c (answers made in slices) share. */
#ifndef SALLYPORT_CONTROL_INTERNAL_H
#define SALLYPORT_CONTROL_INTERNAL_H

#include "admin/control.h"

#include <ev.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "config/resource.h"
#include "net/timer.h"

#define REQUEST_MAX 8192
#define CLIENTS_MAX 16
#define CONTROL_FORMAT (JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(16))

struct client;

struct control_deferred {
	struct client *client; /* NULL: has left */
};

struct control_asker {
	struct client *client;
};

struct client {
	struct control_deferred *deferred; /* borrowed; NULL: nothing is owed */
	struct client *next;
	struct control *owner;
	int fd; /* owned */
	ev_io watcher;
	ev_timer deadline; /* of reading, of each slice that is made for it, and of sending */
	struct control_peer peer;
	char in[REQUEST_MAX];
	size_t got;
	struct buf out; /* not yet sent */
	struct control_source source; /* while streaming */
	bool streaming, begun;        /* begun: a row was written */
};

struct control {
	struct ev_loop *loop; /* borrowed */
	int fd;               /* owned */
	ev_io watcher;
	ev_timer backoff; /* no descriptors: accepting pauses */
	struct timer slice; /* runs while an answer is being made */
	struct client *clients; /* the next to be served is the first */
	unsigned nclients;
	control_answer answer;
	void *arg;
	char path[PATH_SIZE];
	dev_t dev; /* of the bound socket: only this one is unlinked */
	ino_t ino;
};

void control_client_close(struct client *k);
/* Adds an object as a line; takes it. NULL: the region has no memory. -1: not even for that. */
int control_add_line(struct client *k, json_t *o);
/* Sends what the socket takes. Closes a client whose answer is sent, or who has closed. */
void control_send(struct client *k);

void control_stream_slice(void *control);
/* Continues answers whose client has room. */
void control_stream_wake(struct control *c);
void control_stream_end(struct client *k);

#endif
