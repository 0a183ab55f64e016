/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control: the Unix socket for operators. A client sends one request, a JSON object and a newline; it gets one answer
 * in the same form, and the region closes the connection. The socket has mode 0600 in a directory of mode 0700; a
 * client must have the region's uid or be root. A request has at most 8 KiB, one with the member `question` or `piece`
 * at most 64 KiB, and takes at most 10 seconds; there are at most 16 clients.
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

struct control_peer { /* the process of a client */
	unsigned uid;
	int pid;
};

struct control_conn;     /* the connection of a client; to be used until control_answer returns */
struct control_deferred; /* the right and the duty to complete one answer later */

/*
 * Answers one request, on the loop: returns a new object with "status" and "rows" or "error", or NULL after
 * control_defer or control_stream. The arguments are borrowed.
 */
typedef json_t *(*control_answer)(void *arg, const json_t *request, const struct control_peer *peer, struct control_conn *client);

/*
 * Defers the answer; control_answer returns NULL then. The client waits without a limit. The caller ends the result by
 * control_complete or control_cancel_defer. NULL without memory.
 */
struct control_deferred *control_defer(struct control_conn *client);
/*
 * Sends a deferred answer (taken), on the loop, and frees d. Sends nothing when the client has left or the socket is
 * closed.
 */
void control_complete(struct control_deferred *d, json_t *answer);
/* Frees d before control_answer returns, which returns the answer itself then. */
void control_cancel_defer(struct control_deferred *d);

/* The rows of a long answer. They are made in slices of 2 ms, for one client in a turn, while the client reads them. */
struct control_source {
	/* One step, of some ten microseconds: appends rows, or none. False: it was the last step. */
	bool (*more)(void *arg, json_t *rows);
	/* Whether no step can be made before control_go_on; NULL: one always can. */
	bool (*waits)(const void *arg);
	/* After the last step, when there was no row: the whole answer, a new object. */
	json_t *(*none)(void *arg);
	/* Called once: after the last step, or when the client has left. Frees arg. */
	void (*end)(void *arg);
	void *arg;
};
/*
 * Answers with the rows of source, which is copied; control_answer returns NULL then. Each slice gives the client 10
 * seconds.
 */
void control_stream(struct control_conn *client, const struct control_source *source);
/* Goes on with the rows of a source that waited. */
void control_go_on(struct control_conn *client);

/*
 * Opens the socket at path; loop and arg are borrowed. A socket that no process listens to is replaced. NULL with a
 * sentence: a process listens to it, the path is too long (UNIXSOCK_NAME_MAX), or the socket cannot be made.
 */
struct control *control_open(struct ev_loop *loop, const char *path, control_answer answer, void *arg, struct fault *f);
/*
 * Makes the socket again when its file is missing. 1: made. 0: the file was there. -1 with a sentence: another file has
 * its place, or it cannot be made. Connected clients stay connected.
 */
int control_restore(struct control *c, struct fault *f);
/* Closes every connection, unlinks the path and frees c. Not to be called inside `answer`. NULL is fine. */
void control_close(struct control *c);

#endif
