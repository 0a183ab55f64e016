/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/control.h"

#include <errno.h>
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "config/resource.h"
#include "ipic/json_body.h"
#include "net/timer.h"
#include "net/unixsock.h"

#define REQUEST_MAX 8192      /* bytes */
#define REQUEST_LONG (64 * 1024) /* bytes of a request with the member `question` or `piece` */
#define RECEIVED_AT_ONCE 8192
#define CLIENTS_MAX 16
#define CLIENT_SECONDS 10.0   /* to send the request, to read a slice of rows, to read the answer */
#define BACKOFF_SECONDS 1.0   /* without descriptors: the pause of accepting */
#define SLICE_SECONDS 0.002
#define AHEAD (256 * 1024)    /* bytes of rows that are made before the client has to read */
#define FORMAT (JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(16))
#define ROWS_HEAD "{\"status\":0,\"rows\":["
#define ROWS_TAIL "]}\n"

struct control_deferred {
	struct control_conn *client; /* NULL: the client has left */
};

struct control_conn {
	struct control_deferred *deferred; /* borrowed; NULL: no answer is deferred */
	struct control_conn *next;
	struct control *owner;
	int fd; /* owned */
	ev_io watcher;
	ev_timer deadline; /* of reading the request, of each slice of rows, and of sending */
	struct control_peer peer;
	struct buf in; /* the request, as far as it has come */
	struct buf out; /* not yet sent */
	struct control_source source; /* valid while streaming */
	bool streaming;
	bool begun; /* a row has been written */
};

struct control {
	struct ev_loop *loop; /* borrowed */
	int fd;               /* owned */
	ev_io watcher;
	ev_timer backoff;
	struct timer slice;     /* runs while a client has room for rows */
	struct control_conn *clients; /* the first is served next */
	unsigned nclients;
	control_answer answer;
	void *arg;
	char path[PATH_SIZE];
	struct unixsock_mark mark; /* of the bound socket: only this file is removed */
};

/* --- clients ---------------------------------------------------------------------------------- */

static void
stream_end(struct control_conn *k)
{
	if (!k->streaming)
		return;
	k->streaming = false;
	k->source.end(k->source.arg);
}

static void
client_close(struct control_conn *k)
{
	struct control *c = k->owner;
	struct control_conn **p = &c->clients;

	while (*p != k)
		p = &(*p)->next;
	*p = k->next;
	c->nclients--;
	ev_io_stop(c->loop, &k->watcher);
	ev_timer_stop(c->loop, &k->deadline);
	close(k->fd);
	if (k->deferred != NULL)
		k->deferred->client = NULL;
	stream_end(k);
	buf_free(&k->in);
	buf_free(&k->out);
	free(k);
}

static void
control_on_deadline(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	client_close(w->data);
}

/* --- answers ---------------------------------------------------------------------------------- */

/* Adds o (taken) as a line; NULL: a sentence that the region has no memory. -1: no memory for the line. */
static int
add_line(struct control_conn *k, json_t *o)
{
	char *text = o != NULL ? json_dumps(o, FORMAT) : NULL;
	const char *line = text != NULL ? text : "{\"status\":1,\"error\":\"the region has no memory for the answer\"}";
	int rc = buf_add(&k->out, line, strlen(line));

	json_decref(o);
	free(text);
	return rc == 0 ? buf_add(&k->out, "\n", 1) : -1;
}

static bool
ready(const struct control_conn *k)
{
	const struct control_source *s = &k->source;

	return k->streaming && buf_len(&k->out) < AHEAD && (s->waits == NULL || !s->waits(s->arg));
}

/* Continues the answers whose client has room. */
static void
stream_wake(struct control *c)
{
	for (const struct control_conn *k = c->clients; k != NULL; k = k->next)
		if (ready(k)) {
			timer_set(&c->slice, 0);
			return;
		}
}

/* Sends what the socket takes. Closes a client that has the whole answer, or has left. */
static void
send_pending(struct control_conn *k)
{
	struct ev_loop *loop = k->owner->loop;
	ssize_t n = buf_len(&k->out) > 0 ? send(k->fd, buf_bytes(&k->out), buf_len(&k->out), MSG_NOSIGNAL | MSG_DONTWAIT) : 0;

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		client_close(k);
		return;
	}
	buf_consume(&k->out, n > 0 ? (size_t)n : 0);
	if (buf_len(&k->out) == 0 && !k->streaming) {
		client_close(k);
		return;
	}
	if (buf_len(&k->out) > 0)
		ev_io_start(loop, &k->watcher);
	else
		ev_io_stop(loop, &k->watcher);
	stream_wake(k->owner);
}

static void
reply(struct control_conn *k, json_t *answer)
{
	struct ev_loop *loop = k->owner->loop;

	ev_io_stop(loop, &k->watcher);
	if (k->deferred != NULL) { /* control_complete sends it */
		ev_timer_stop(loop, &k->deadline);
		json_decref(answer);
		return;
	}
	ev_io_set(&k->watcher, k->fd, EV_WRITE);
	if (k->streaming)
		json_decref(answer);
	else if (add_line(k, answer) < 0) {
		client_close(k);
		return;
	}
	send_pending(k);
}

/* --- answers that are made in slices ---------------------------------------------------------- */

static int
add(struct control_conn *k, const char *text)
{
	return buf_add(&k->out, text, strlen(text));
}

static int
add_row(struct control_conn *k, const json_t *row)
{
	char *text = json_dumps(row, FORMAT);
	int rc = text != NULL ? add(k, k->begun ? "," : ROWS_HEAD) : -1;

	if (rc == 0)
		rc = add(k, text);
	free(text);
	k->begun = true;
	return rc;
}

/* Ends the answer: the end of the list, or source.none() when there was no row. */
static int
conclude(struct control_conn *k)
{
	int rc = k->begun ? add(k, ROWS_TAIL) : add_line(k, k->source.none(k->source.arg));

	stream_end(k);
	return rc;
}

/* Adds the rows of one step. -1: no memory; the answer breaks off, which the client sees: it is no valid JSON. */
static int
step(struct control_conn *k)
{
	json_t *rows = json_array(), *row;
	bool more = rows != NULL && k->source.more(k->source.arg, rows);
	int rc = rows != NULL ? 0 : -1;
	size_t i;

	json_array_foreach(rows, i, row)
		if (rc == 0)
			rc = add_row(k, row);
	json_decref(rows);
	return rc == 0 && !more ? conclude(k) : rc;
}

/* The first client that has room for rows; it moves to the end of the list. NULL: none has. */
static struct control_conn *
next_ready(struct control *c)
{
	struct control_conn **p = &c->clients, **last, *k;

	while (*p != NULL && !ready(*p))
		p = &(*p)->next;
	k = *p;
	if (k == NULL)
		return NULL;
	*p = k->next;
	for (last = p; *last != NULL; last = &(*last)->next)
		;
	*last = k;
	k->next = NULL;
	return k;
}

static void
control_make_slice(void *arg)
{
	struct control *c = arg;
	struct control_conn *k = next_ready(c);
	double until = clock_span() + SLICE_SECONDS;
	int rc = 0;

	if (k == NULL)
		return;
	ev_timer_again(c->loop, &k->deadline);
	do
		rc = step(k);
	while (rc == 0 && ready(k) && clock_span() < until);
	if (rc < 0)
		client_close(k);
	else
		send_pending(k);
	stream_wake(c);
}

void
control_stream(struct control_conn *client, const struct control_source *source)
{
	client->source = *source;
	client->streaming = true;
	client->begun = false;
}

void
control_go_on(struct control_conn *client)
{
	stream_wake(client->owner);
}

/* --- answers that come later ------------------------------------------------------------------ */

struct control_deferred *
control_defer(struct control_conn *client)
{
	struct control_deferred *d = calloc(1, sizeof *d);

	if (d != NULL)
		d->client = client;
	client->deferred = d;
	return d;
}

void
control_complete(struct control_deferred *d, json_t *answer)
{
	struct control_conn *k = d->client;

	free(d);
	if (k == NULL) {
		json_decref(answer);
		return;
	}
	k->deferred = NULL;
	ev_timer_again(k->owner->loop, &k->deadline); /* the client gets the time for reading the answer */
	reply(k, answer);
}

void
control_cancel_defer(struct control_deferred *d)
{
	d->client->deferred = NULL;
	free(d);
}

/* --- requests --------------------------------------------------------------------------------- */

static json_t *
refusal(const char *sentence)
{
	return json_pack("{s:i, s:s}", "status", 1, "error", sentence);
}

static json_t *
judge(struct control_conn *k, size_t n)
{
	json_error_t e;
	json_t *request = json_body_load(buf_bytes(&k->in), n, &e), *answer;

	if (!json_is_object(request))
		answer = refusal("a request is one JSON object in one line");
	else if (n >= REQUEST_MAX && json_object_get(request, "question") == NULL && json_object_get(request, "piece") == NULL)
		answer = refusal("a request has at most 8192 bytes; one with a question or a piece has at most 65536");
	else
		answer = k->owner->answer(k->owner->arg, request, &k->peer, k);
	json_decref(request);
	return answer;
}

/* Reads the request: up to the first newline, or up to the end of input. */
static void
receive_more(struct control_conn *k)
{
	size_t room = REQUEST_LONG - buf_len(&k->in) < RECEIVED_AT_ONCE ? REQUEST_LONG - buf_len(&k->in) : RECEIVED_AT_ONCE;
	unsigned char *to = buf_room(&k->in, room), *newline;
	ssize_t n = to != NULL ? recv(k->fd, to, room, MSG_DONTWAIT) : -1;

	if (n < 0) {
		if (to == NULL || (errno != EAGAIN && errno != EINTR))
			client_close(k);
		return;
	}
	buf_wrote(&k->in, (size_t)n);
	newline = buf_len(&k->in) > 0 ? memchr(buf_bytes(&k->in), '\n', buf_len(&k->in)) : NULL;
	if (newline != NULL)
		reply(k, judge(k, (size_t)(newline - buf_bytes(&k->in))));
	else if (n == 0 && buf_len(&k->in) == 0)
		client_close(k);
	else if (n == 0)
		reply(k, judge(k, buf_len(&k->in)));
	else if (buf_len(&k->in) == REQUEST_LONG)
		reply(k, refusal("a request has at most 65536 bytes"));
}

static void
control_on_client(struct ev_loop *loop, ev_io *w, int events)
{
	struct control_conn *k = w->data;

	(void)loop;
	if (events & EV_WRITE)
		send_pending(k);
	else
		receive_more(k);
}

/* --- accepting -------------------------------------------------------------------------------- */

static bool
may_talk(int fd, struct control_peer *peer)
{
	struct ucred process;
	socklen_t n = sizeof process;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &process, &n) < 0)
		return false;
	peer->uid = process.uid;
	peer->pid = process.pid;
	return process.uid == geteuid() || process.uid == 0;
}

static void
turn_away(int fd)
{
	static const char line[] = "{\"status\":1,\"error\":\"too many operators at once; try again\"}\n";

	if (send(fd, line, sizeof line - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		errno = 0; /* the close tells the client */
	close(fd);
}

static void
client_open(struct control *c, int fd, const struct control_peer *peer)
{
	struct control_conn *k = calloc(1, sizeof *k);

	if (k == NULL) {
		close(fd);
		return;
	}
	k->owner = c;
	k->fd = fd;
	k->peer = *peer;
	k->next = c->clients;
	c->clients = k;
	c->nclients++;
	buf_init(&k->in, REQUEST_LONG);
	buf_init(&k->out, CONTROL_ANSWER_MAX);
	ev_io_init(&k->watcher, control_on_client, fd, EV_READ);
	k->watcher.data = k;
	ev_io_start(c->loop, &k->watcher);
	ev_timer_init(&k->deadline, control_on_deadline, CLIENT_SECONDS, CLIENT_SECONDS);
	k->deadline.data = k;
	ev_timer_start(c->loop, &k->deadline);
}

static void
control_on_backoff(struct ev_loop *loop, ev_timer *w, int events)
{
	struct control *c = w->data;

	(void)events;
	ev_io_start(loop, &c->watcher);
}

static void
accept_failed(struct control *c)
{
	if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
		return;
	ev_io_stop(c->loop, &c->watcher);
	ev_timer_stop(c->loop, &c->backoff);
	ev_timer_set(&c->backoff, BACKOFF_SECONDS, 0.);
	ev_timer_start(c->loop, &c->backoff);
}

static void
control_on_accept(struct ev_loop *loop, ev_io *w, int events)
{
	struct control *c = w->data;
	struct control_peer peer;
	int fd = accept4(c->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)loop;
	(void)events;
	if (fd < 0)
		accept_failed(c);
	else if (!may_talk(fd, &peer))
		close(fd);
	else if (c->nclients >= CLIENTS_MAX)
		turn_away(fd);
	else
		client_open(c, fd, &peer);
}

/* --- the socket ------------------------------------------------------------------------------- */

/* Makes the socket and begins to accept. */
static int
listen_at_path(struct control *c, struct fault *f)
{
	int fd = unixsock_listen(c->path, "control socket", f);

	if (fd < 0)
		return -1;
	c->fd = fd;
	unixsock_note(c->path, &c->mark);
	ev_io_set(&c->watcher, fd, EV_READ);
	ev_io_start(c->loop, &c->watcher);
	return 0;
}

struct control *
control_open(struct ev_loop *loop, const char *path, control_answer answer, void *arg, struct fault *f)
{
	struct control *c = calloc(1, sizeof *c);

	if (c == NULL) {
		fault_set(f, "no memory for the control socket");
		return NULL;
	}
	*c = (struct control){ .loop = loop, .answer = answer, .arg = arg };
	ev_init(&c->watcher, control_on_accept);
	ev_timer_init(&c->backoff, control_on_backoff, 0., 0.);
	timer_init(&c->slice, loop, control_make_slice, c);
	c->watcher.data = c->backoff.data = c;
	if (snprintf(c->path, sizeof c->path, "%s", path) >= (int)sizeof c->path)
		fault_set(f, "control socket %.40s...: the path has %zu bytes, 1 to %d are possible; choose a shorter one", path, strlen(path),
			PATH_SIZE - 1);
	else if (listen_at_path(c, f) == 0)
		return c;
	free(c);
	return NULL;
}

int
control_restore(struct control *c, struct fault *f)
{
	int before = c->fd;

	if (unixsock_is_there(c->path, &c->mark))
		return 0;
	ev_io_stop(c->loop, &c->watcher);
	if (listen_at_path(c, f) < 0) {
		ev_io_start(c->loop, &c->watcher);
		return -1;
	}
	ev_timer_stop(c->loop, &c->backoff);
	close(before);
	return 1;
}

void
control_close(struct control *c)
{
	if (c == NULL)
		return;
	while (c->clients != NULL)
		client_close(c->clients);
	ev_io_stop(c->loop, &c->watcher);
	ev_timer_stop(c->loop, &c->backoff);
	timer_stop(&c->slice);
	unixsock_remove(c->path, &c->mark);
	close(c->fd);
	free(c);
}
