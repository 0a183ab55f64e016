/* SPDX-License-Identifier: Apache-2.0 */
#include "net/io.h"

#include "net/loop.h"
#include "net/transport.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- Events. */

/* Raises an event. False: the owner closed io, which must not be used any more. */
static bool
raise_event(struct io *io, enum io_event e)
{
	bool *gone = io->gone;

	io->on(io->owner, e);
	return !*gone;
}

/* Stores a failure. io_tell_failure raises the event, so that it is raised once and from the loop. */
static void
fail(struct io *io, const struct transport_trouble *why)
{
	io->dead = true;
	io->severed = why->severed;
	snprintf(io->error, sizeof io->error, "%s", why->text);
}

static void
fail_errno(struct io *io, int error)
{
	struct transport_trouble why;

	transport_errno(&why, error);
	fail(io, &why);
}

/* --- Bytes. */

static bool
may_read(const struct io *io)
{
	return !io->paused && !io->eof && !io->dead && !io->first && buf_len(&io->in) < io->in.max;
}

static enum transport_result
take_bytes(struct io *io)
{
	struct transport_trouble why;
	enum transport_result r = transport_fill(io->fd, io->tls, &io->in, io->counts, &why);

	if (r == TRANSPORT_FAILED)
		fail(io, &why);
	io->want_write = r == TRANSPORT_WANT_WRITE;
	io->more = r == TRANSPORT_MOVED || r == TRANSPORT_EOF;
	return r;
}

static void
send_bytes(struct io *io)
{
	struct transport_trouble why;
	enum transport_result r;

	if (io->connecting || io->shaking || io->dead || buf_len(&io->out) == 0)
		return;
	r = transport_drain(io->fd, io->tls, &io->out, io->counts, &why);
	io->send_wants_read = r == TRANSPORT_WANT_READ;
	if (r != TRANSPORT_FAILED)
		return;
	if (!io->lingering && may_read(io))
		take_bytes(io); /* the peer may have sent a reason before the reset */
	if (!io->dead)
		fail(io, &why);
}

/* --- The stages of a step, in order. False ends the step: the owner closed io, or the next stage must wait. */

static bool
io_finish_connect(struct io *io, int revents)
{
	socklen_t size = sizeof(int);
	int error = 0;

	if (!io->connecting)
		return true;
	if (!(revents & EV_WRITE))
		return false;
	if (getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		error = errno;
	io->connecting = false;
	if (error == 0)
		return raise_event(io, IO_CONNECTED);
	fail_errno(io, error);
	return true;
}

static bool
io_see_first(struct io *io, int revents)
{
	unsigned char byte;
	ssize_t n;

	(void)revents;
	if (!io->first || io->paused || io->dead)
		return true;
	n = recv(io->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	if (n < 0 && transport_would_block(errno))
		return true;
	io->first = false;
	io->first_byte = n > 0 ? byte : -1;
	if (n > 0)
		return raise_event(io, IO_FIRST);
	if (n < 0)
		fail_errno(io, errno);
	return true; /* io_take_in reads the end of input again and raises the event */
}

/*
 * While a verdict is awaited, the bytes of the peer stay in the kernel: a descriptor that is watched for reading would
 * be ready all the time. Only the end of the peer matters.
 */
static bool
look_for_end(struct io *io)
{
	struct pollfd p = { .fd = io->fd, .events = POLLRDHUP };
	socklen_t size = sizeof(int);
	int error = 0;

	if (io->eof || poll(&p, 1, 0) <= 0)
		return false;
	if (p.revents & POLLERR && getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error != 0) {
		fail_errno(io, error);
		return true;
	}
	io->eof = true;
	return raise_event(io, IO_EOF);
}

static bool
io_shake(struct io *io, int revents)
{
	struct transport_trouble why;
	enum tls_result r;

	(void)revents;
	if (!io->shaking || io->dead || io->lingering)
		return true;
	if (io->paused)
		return false;
	if (io->judging)
		return look_for_end(io);
	r = tls_handshake(io->tls);
	io->want_write = r == TLS_WANT_WRITE;
	io->judging = r == TLS_WANT_VERDICT;
	if (r == TLS_WANT_READ || r == TLS_WANT_WRITE || r == TLS_WANT_VERDICT)
		return false;
	io->shaking = false;
	if (r == TLS_OK) {
		io->more = true; /* the first record may have arrived together with the end of the handshake */
		return raise_event(io, IO_HANDSHAKEN);
	}
	transport_ending(&why, io->tls);
	fail(io, &why);
	return true;
}

static bool
io_take_in(struct io *io, int revents)
{
	size_t before = buf_len(&io->in);
	enum transport_result r;

	(void)revents;
	if (io->left && !io->paused && !io->lingering) {
		io->left = false;
		return raise_event(io, IO_DATA);
	}
	if (io->lingering || !may_read(io))
		return true;
	r = take_bytes(io);
	if (buf_len(&io->in) > before && !raise_event(io, IO_DATA))
		return false;
	if (r != TRANSPORT_EOF || io->paused || io->lingering || io->left)
		return true; /* an end of input that must wait is read again later */
	io->eof = true;
	return raise_event(io, IO_EOF);
}

static bool
io_send_out(struct io *io, int revents)
{
	size_t before = buf_len(&io->in);

	(void)revents;
	if (io->lingering)
		return true;
	send_bytes(io);
	if (buf_len(&io->in) > before)
		return raise_event(io, IO_DATA); /* the data comes before the failure */
	if (!io->flushing || io->dead || buf_len(&io->out) > 0 || io->connecting || io->shaking)
		return true;
	io->flushing = false;
	if (!raise_event(io, IO_FLUSHED))
		return false;
	if (!io->lingering)
		send_bytes(io);
	return true;
}

static bool
io_tell_failure(struct io *io, int revents)
{
	(void)revents;
	if (!io->dead || io->told || io->lingering)
		return true;
	io->told = true;
	return raise_event(io, IO_FAILED);
}

/* --- The lingering close. */

/* Closes the descriptor and frees what depends on it. */
static void
let_go(struct io *io)
{
	ev_io_stop(io->loop, &io->watcher);
	backlog_leave(io->loop, &io->late);
	timer_stop(&io->linger);
	timer_stop(&io->again);
	tls_free(io->tls);
	io->tls = NULL;
	if (io->fd >= 0)
		close(io->fd);
	io->fd = -1;
	io->mask = 0;
	buf_free(&io->in);
	buf_free(&io->out);
}

/* Closes and raises the last event; io may be freed in it. */
static void
bury(struct io *io)
{
	let_go(io);
	if (io->gone)
		*io->gone = true;
	io->gone = NULL;
	io->on(io->owner, IO_BURIED);
}

/* True when the kernel has all bytes that were to be sent, or when they cannot be sent. */
static bool
sent_all(struct io *io)
{
	enum tls_result r;

	send_bytes(io);
	if (!io->dead && !io->shaking && buf_len(&io->out) > 0)
		return false;
	if (io->dead || io->tls == NULL)
		return true;
	r = tls_close_notify(io->tls);
	return r != TLS_WANT_WRITE;
}

static void
linger_on(struct io *io)
{
	io->begun = true;
	if (io->severed || io->connecting) {
		bury(io);
		return;
	}
	if (!io->said_bye && sent_all(io)) {
		io->said_bye = true;
		timer_set(&io->linger, IO_LINGER_SECONDS);
		if (io->severed || shutdown(io->fd, SHUT_WR) < 0) {
			bury(io);
			return;
		}
	}
	if (io->said_bye && transport_discard(io->fd, &io->discarded, IO_LINGER_BYTES))
		bury(io);
}

static void
io_on_linger(void *arg)
{
	bury(arg);
}

/* --- Steps. */

static int
wanted(const struct io *io)
{
	int mask = 0;

	if (io->connecting)
		return EV_WRITE;
	if (io->lingering)
		return io->said_bye || io->send_wants_read ? EV_READ : EV_WRITE;
	if (io->dead)
		return 0;
	if (io->shaking)
		return io->paused || io->judging ? 0 : io->want_write ? EV_WRITE : EV_READ;
	if (may_read(io))
		mask |= io->want_write ? EV_WRITE : EV_READ;
	if (io->first && !io->paused)
		mask |= EV_READ;
	if (buf_len(&io->out) > 0)
		mask |= io->send_wants_read ? EV_READ : EV_WRITE;
	return mask;
}

/* True when there is work or an event that the descriptor's readiness will not announce. */
static bool
owes(const struct io *io)
{
	if (io->lingering)
		return !io->begun;
	if (io->dead)
		return !io->told;
	if (io->connecting || io->shaking)
		return false;
	return (io->left && !io->paused) || (io->flushing && buf_len(&io->out) == 0) || (io->tls && io->more && may_read(io));
}

static void
mine(const struct io *io)
{
	owner_check(&io->thread, "socket");
}

/* Ends every step and every call: derives the event mask from the state alone. */
static void
settle(struct io *io)
{
	int mask;

	mine(io);
	if (io->gone || io->fd < 0)
		return; /* a running step calls settle() at its end */
	mask = wanted(io);
	if (mask != io->mask) {
		ev_io_stop(io->loop, &io->watcher);
		ev_io_set(&io->watcher, io->fd, mask);
		if (mask)
			ev_io_start(io->loop, &io->watcher);
		io->mask = mask;
	}
	if (owes(io) && (io->judging || !timer_running(&io->again)))
		timer_set(&io->again, 0.);
	else if (io->judging && !io->lingering && !timer_running(&io->again))
		timer_set(&io->again, IO_LOOK_SECONDS);
}

static void
walk(struct io *io, int revents)
{
	static bool (*const stages[])(struct io *, int) = { io_finish_connect, io_see_first, io_shake, io_take_in, io_send_out, io_tell_failure };
	size_t i;

	for (i = 0; i < sizeof stages / sizeof *stages && stages[i](io, revents); i++)
		;
}

/* Not inlined: gcc would warn that io->gone outlives the variable of step(). It does so only when io itself is gone. */
static __attribute__((noinline)) void
run(struct io *io, int revents, bool *gone)
{
	io->gone = gone;
	if (io->lingering)
		linger_on(io);
	else
		walk(io, revents);
}

static void
step(struct io *io, int revents)
{
	bool gone = false;

	mine(io);
	run(io, revents, &gone);
	if (gone)
		return;
	io->gone = NULL;
	if (io->tls != NULL && !io->shaking)
		tls_rest(io->tls);
	settle(io);
}

static void
io_on_ready(struct ev_loop *loop, ev_io *w, int revents)
{
	struct io *io = w->data;

	if (backlog_admit(loop, &io->late)) {
		step(io, revents);
		return;
	}
	io->late_events |= revents;
	ev_io_stop(loop, w); /* the next settle() starts it again */
	io->mask = 0;
}

static void
io_on_late(struct backlog_item *i)
{
	struct io *io = (struct io *)(void *)((char *)i - offsetof(struct io, late));
	int events = io->late_events;

	io->late_events = 0;
	step(io, events);
}

static void
io_on_again(void *arg)
{
	struct io *io = arg;

	if (backlog_admit(io->loop, &io->late))
		step(io, 0);
}

/* --- Calls. */

void
io_open(struct io *io, struct ev_loop *loop, int fd, bool connecting, size_t in_max,
	void (*on)(void *owner, enum io_event e), void *owner)
{
	*io = (struct io){ .loop = loop, .fd = fd, .on = on, .owner = owner, .connecting = connecting, .first = !connecting, .first_byte = -1 };
	owner_take(&io->thread);
	transport_prepare(fd);
	buf_init(&io->in, in_max);
	io->in.secret = true;
	buf_init(&io->out, 0);
	timer_init(&io->linger, loop, io_on_linger, io);
	timer_init(&io->again, loop, io_on_again, io);
	ev_io_init(&io->watcher, io_on_ready, fd, 0);
	io->watcher.data = io;
	io->late.run = io_on_late;
	settle(io);
}

int
io_first(const struct io *io)
{
	return io->first_byte;
}

void
io_start_tls(struct io *io, struct tls *t)
{
	io->tls = t;
	io->first = false;
	io->shaking = true;
	io->want_write = true; /* the first step must not wait for a byte, whichever side speaks first */
	settle(io);
}

static bool
may_write(const struct io *io)
{
	return io->fd >= 0 && !io->told && !io->lingering;
}

/* The loop sends the queued bytes: a refusal that has arrived is then read before the write that it makes fail. */
static int
queued(struct io *io, size_t n, int result)
{
	if (result < 0)
		return -1;
	if (n > 0)
		io->flushing = true;
	settle(io);
	return 0;
}

int
io_write(struct io *io, const void *bytes, size_t n)
{
	return may_write(io) ? queued(io, n, buf_add(&io->out, bytes, n)) : -1;
}

int
io_move(struct io *io, struct buf *b)
{
	size_t n = buf_len(b);

	if (may_write(io))
		return queued(io, n, buf_move(&io->out, b));
	buf_free(b);
	return -1;
}

void
io_judge(struct io *io, enum tls_judgement j)
{
	if (!io->judging || io->lingering)
		return;
	tls_verdict(io->tls, j);
	io->judging = false;
	io->want_write = true; /* the next step must not wait for a byte */
	settle(io);
}

void
io_pause(struct io *io, bool paused)
{
	io->paused = paused;
	settle(io);
}

void
io_put_off(struct io *io)
{
	io->first = true;
	io_pause(io, true);
}

void
io_consumed(struct io *io)
{
	settle(io);
}

void
io_hand_over(struct io *io)
{
	assert(io->gone == NULL); /* a step would go on in two threads */
	ev_io_stop(io->loop, &io->watcher);
	loop_forget(io->loop, io->fd);
	backlog_leave(io->loop, &io->late);
	io->late_events = 0;
	timer_stop(&io->linger);
	timer_stop(&io->again);
	io->mask = 0;
	owner_leave(&io->thread, "socket");
	tls_hand_over(io->tls);
}

void
io_take(struct io *io, struct ev_loop *loop)
{
	owner_take(&io->thread);
	tls_take(io->tls);
	io->loop = io->linger.loop = io->again.loop = loop;
	io->more = true; /* TLS may hold bytes that the descriptor will not announce */
	settle(io);
}

void
io_linger(struct io *io)
{
	if (io->fd < 0 || io->lingering)
		return;
	io->lingering = true;
	timer_set(&io->linger, IO_LINGER_SECONDS);
	settle(io);
}

void
io_close(struct io *io)
{
	if (io->loop == NULL)
		return; /* never opened */
	mine(io);
	if (io->gone)
		*io->gone = true;
	io->gone = NULL;
	let_go(io);
}
