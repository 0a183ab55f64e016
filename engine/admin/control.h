/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control: the Unix socket operators talk to. One JSON object and a newline in, one out, closed. Socket 0600 in a directory 0700 of the
 * region's user; peers must be the same uid or root; 8 KiB a request, 10 s, 16 clients.
 *
 *   {"command":"inquire","args":["tcpipservice","IPICSEC"],"options":{"last":"5","refused":"yes"}}
 *   {"status":0,"rows":[…]}   {"status":1,"error":"no tcpipservice named NOPE"}
 */
#ifndef SALLYPORT_CONTROL_H
#define SALLYPORT_CONTROL_H

#include <jansson.h>
#include <stdbool.h>

#include "base/fault.h"

struct control;
struct ev_loop;

#define CONTROL_ANSWER_MAX (256u * 1024 * 1024) /* bytes */

struct control_peer {
	unsigned uid;
	int pid;
};

struct control_asker; /* who asked; lives until control_answer returns */
struct control_deferred;  /* an answer that will come later */

/* Answers one request: a new object with "status" and "rows" or "error"; or NULL after control_defer or control_stream. */
typedef json_t *(*control_answer)(void *arg, const json_t *request, const struct control_peer *peer, struct control_asker *asker);

/* Promises an answer later. NULL without memory: the answer must come now. The 10 seconds of the asker end. */
struct control_deferred *control_defer(struct control_asker *asker);
/* Sends the promised answer, from the loop, exactly once; takes `answer`. Sends nothing when the asker has left or the control socket is closed. */
void control_complete(struct control_deferred *d, json_t *answer);
/* Takes the promise back, before control_answer returns: the answer comes now. */
void control_cancel_defer(struct control_deferred *d);

struct control_source { /* rows that are made in slices of 2 ms, one client a turn, as far as the client reads */
	bool (*more)(void *arg, json_t *rows); /* one step: appends rows, or none; false: that was the last. A step takes some ten microseconds */
	json_t *(*none)(void *arg);            /* the whole answer in place of rows, when there was not one; called after the last step. New object */
	void (*end)(void *arg);                /* once: after the last step, or when the client is gone */
	void *arg;
};
/* The answer will be these rows. Copied; before control_answer returns NULL. The 10 seconds begin anew with each slice. */
void control_stream(struct control_asker *asker, const struct control_source *source);

/* Opens PATH (a dead socket is replaced, a live one is a fault; a name of more than UNIXSOCK_NAME_MAX bytes is a fault). NULL with a sentence. */
struct control *control_open(struct ev_loop *loop, const char *path, control_answer answer, void *arg, struct fault *f);
/* Makes the socket again when its file was removed: 1. 0: it is there. -1 with a sentence: something else is in its place, or it cannot be made; operators
 * that are connected stay. */
int control_restore(struct control *c, struct fault *f);
void control_close(struct control *c); /* unlinks the path; NULL is fine; not from inside `answer` */

#endif
