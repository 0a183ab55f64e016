/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/control_internal.h"

#include <errno.h>
#include <ev.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipic/json_body.h"
#include "config/resource.h"
#include "net/unixsock.h"

#define SECONDS 10.0
#define BACKOFF_SECONDS 1.0

void
control_client_close(struct client *k)
{
	struct control *c = k->owner;
	struct client **p = &c->clients;

	while (*p != k)
		p = &(*p)->next;
	*p = k->next;
	c->nclients--;
	ev_io_stop(c->loop, &k->watcher);
	ev_timer_stop(c->loop, &k->deadline);
	close(k->fd);
	if (k->deferred != NULL)
		k->deferred->client = NULL;
	control_stream_end(k);
	buf_free(&k->out);
	free(k);
}

static void
control_on_deadline(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	control_client_close(w->data);
}

int
control_add_line(struct client *k, json_t *o)
{
	char *text = o != NULL ? json_dumps(o, CONTROL_FORMAT) : NULL;
	const char *line = text != NULL ? text : "{\"status\":1,\"error\":\"the region has no memory for the answer\"}";
	int rc = buf_add(&k->out, line, strlen(line));

	json_decref(o);
	free(text);
	return rc == 0 ? buf_add(&k->out, "\n", 1) : -1;
}

static json_t *
refusal(const char *sentence)
{
	return json_pack("{s:i, s:s}", "status", 1, "error", sentence);
}

static json_t *
judge(struct client *k, size_t n)
{
	json_error_t e;
	json_t *request = json_body_load(k->in, n, &e), *answer;
	struct control_asker asker = { k };

	if (!json_is_object(request))
		answer = refusal("a request is one JSON object in one line");
	else
		answer = k->owner->answer(k->owner->arg, request, &k->peer, &asker);
	json_decref(request);
	return answer;
}

void
control_send(struct client *k)
{
	struct ev_loop *loop = k->owner->loop;
	ssize_t n = buf_len(&k->out) > 0 ? send(k->fd, buf_bytes(&k->out), buf_len(&k->out), MSG_NOSIGNAL | MSG_DONTWAIT) : 0;

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		control_client_close(k);
		return;
	}
	buf_consume(&k->out, n > 0 ? (size_t)n : 0);
	if (buf_len(&k->out) == 0 && !k->streaming) {
		control_client_close(k);
		return;
	}
	if (buf_len(&k->out) > 0)
		ev_io_start(loop, &k->watcher);
	else
		ev_io_stop(loop, &k->watcher);
	control_stream_wake(k->owner);
}

static void
reply(struct client *k, json_t *answer)
{
	struct ev_loop *loop = k->owner->loop;

	ev_io_stop(loop, &k->watcher);
	if (k->deferred != NULL) { /* it comes later, and the answerer has no more to say now */
		ev_timer_stop(loop, &k->deadline);
		json_decref(answer);
		return;
	}
	ev_io_set(&k->watcher, k->fd, EV_WRITE);
	if (k->streaming)
		json_decref(answer);
	else if (control_add_line(k, answer) < 0) {
		control_client_close(k);
		return;
	}
	control_send(k);
}

struct control_deferred *
control_defer(struct control_asker *asker)
{
	struct control_deferred *d = calloc(1, sizeof *d);

	if (d != NULL)
		d->client = asker->client;
	asker->client->deferred = d;
	return d;
}

void
control_complete(struct control_deferred *d, json_t *answer)
{
	struct client *k = d->client;

	free(d);
	if (k == NULL) {
		json_decref(answer);
		return;
	}
	k->deferred = NULL;
	ev_timer_again(k->owner->loop, &k->deadline); /* again, for the sending */
	reply(k, answer);
}

void
control_cancel_defer(struct control_deferred *d)
{
	d->client->deferred = NULL;
	free(d);
}

/* A line, or what stands before the end of input. */
static void
receive_more(struct client *k)
{
	ssize_t n = recv(k->fd, k->in + k->got, sizeof k->in - k->got, MSG_DONTWAIT);
	char *newline;

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			control_client_close(k);
		return;
	}
	k->got += (size_t)n;
	newline = memchr(k->in, '\n', k->got);
	if (newline != NULL)
		reply(k, judge(k, (size_t)(newline - k->in)));
	else if (n == 0 && k->got == 0)
		control_client_close(k);
	else if (n == 0)
		reply(k, judge(k, k->got));
	else if (k->got == sizeof k->in)
		reply(k, refusal("a request has at most 8192 bytes"));
}

static void
control_on_client(struct ev_loop *loop, ev_io *w, int events)
{
	struct client *k = w->data;

	(void)loop;
	if (events & EV_WRITE)
		control_send(k);
	else
		receive_more(k);
}

static bool
may_talk(int fd, struct control_peer *peer)
{
	struct ucred who;
	socklen_t n = sizeof who;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) < 0)
		return false;
	peer->uid = who.uid;
	peer->pid = who.pid;
	return who.uid == geteuid() || who.uid == 0;
}

static void
turn_away(int fd)
{
	static const char line[] = "{\"status\":1,\"error\":\"too many operators at once; try again\"}\n";

	if (send(fd, line, sizeof line - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		errno = 0; /* who cannot even be told learns it by the close */
	close(fd);
}

static void
client_open(struct control *c, int fd, const struct control_peer *peer)
{
	struct client *k = calloc(1, sizeof *k);

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
	buf_init(&k->out, CONTROL_ANSWER_MAX);
	ev_io_init(&k->watcher, control_on_client, fd, EV_READ);
	k->watcher.data = k;
	ev_io_start(c->loop, &k->watcher);
	ev_timer_init(&k->deadline, control_on_deadline, SECONDS, SECONDS);
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

/* Makes the socket and accepts on it. */
static int
listen_at_path(struct control *c, struct fault *f)
{
	struct stat st;
	int fd = unixsock_listen(c->path, f);

	if (fd < 0)
		return -1;
	c->fd = fd;
	if (lstat(c->path, &st) == 0) {
		c->dev = st.st_dev;
		c->ino = st.st_ino;
	}
	ev_io_set(&c->watcher, fd, EV_READ);
	ev_io_start(c->loop, &c->watcher);
	return 0;
}

static bool
is_there(const struct control *c)
{
	struct stat st;

	return lstat(c->path, &st) == 0 && st.st_dev == c->dev && st.st_ino == c->ino;
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
	timer_init(&c->slice, loop, control_stream_slice, c);
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

	if (is_there(c))
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
		control_client_close(c->clients);
	ev_io_stop(c->loop, &c->watcher);
	ev_timer_stop(c->loop, &c->backoff);
	timer_stop(&c->slice);
	if (is_there(c))
		unlink(c->path);
	close(c->fd);
	free(c);
}
