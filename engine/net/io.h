/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io: one socket on one loop: a descriptor, perhaps a TLS stream, bytes in, bytes out. It says what happened; its owner
 * decides. The event mask is derived once, at the end of every step.
 *
 * Any callback may call io_close and return: io touches nothing of itself after a callback that closed it (it may be freed
 * there and then). Events are raised from the loop only, never from inside one of the calls below.
 */
#ifndef SALLYPORT_IO_H
#define SALLYPORT_IO_H

#include <ev.h>
#include <stdbool.h>

#include "base/buf.h"
#include "net/io_counts.h"
#include "net/timer.h"
#include "tls/tls.h"

enum io_event {
	IO_FIRST,      /* the first byte is there, not yet taken: io_first() peeks it. Once. Start TLS now or never */
	IO_CONNECTED,  /* way out: the TCP connection stands */
	IO_HANDSHAKEN, /* TLS handshake done */
	IO_DATA,       /* `in` has grown, or holds what was left (io_leave) */
	IO_FLUSHED,    /* `out` and the kernel's queue towards TLS are empty after having held something */
	IO_EOF,        /* the peer closed its sending side (orderly); bytes before it stay in `in` */
	IO_FAILED,     /* reset, TLS failure, write error: `error` says; tls_ending() for TLS */
	IO_BURIED,     /* after io_linger: the descriptor is closed now. The last event */
};

#define IO_EVENTS (IO_BURIED + 1) /* how many there are */

struct io {
	struct ev_loop *loop; /* borrowed */
	ev_io watcher;
	int fd;           /* owned; -1 when closed */
	struct tls *tls;  /* owned */
	struct buf in;    /* at most in_max bytes; reading stops while it is full or paused */
	struct buf out;
	struct io_counts *counts; /* borrowed; NULL: nothing is counted */
	void (*on)(void *owner, enum io_event e);
	void *owner;
	char error[160];
	struct timer linger; /* the 1 s of a lingering close */
	struct timer again;  /* a step is owed although the kernel has nothing to tell */
	size_t discarded;
	bool *gone;          /* while a step runs: its note that the owner closed; NULL between steps */
	int mask;            /* what the watcher waits for */
	bool first, shaking, connecting, paused, eof, lingering, flushing, dead, want_write;
	bool told;           /* IO_FAILED was raised */
	bool left;           /* the owner did not take all of `in` */
	bool severed;        /* nothing can be sent any more */
	bool more;           /* reading stopped before there was nothing left to read */
	bool send_wants_read; /* TLS must read before it can write */
	bool begun;           /* lingering: its first step was taken */
	bool said_bye;        /* lingering: shutdown(SHUT_WR) is done */
};

#define IO_LINGER_SECONDS 1.0
#define IO_LINGER_BYTES (256 * 1024)

/* Takes fd (made non-blocking, close-on-exec, TCP_NODELAY). Starts to wait for the first byte (way in) or, when connecting, for
 * the connection. in_max bounds `in`. */
void io_open(struct io *io, struct ev_loop *loop, int fd, bool connecting, size_t in_max,
	void (*on)(void *owner, enum io_event e), void *owner);

/* Another bound for `in`, at least what it holds now; io_consumed makes it count. */
static inline void io_bound(struct io *io, size_t in_max) { io->in.max = in_max; }

/* The first byte waiting in the kernel (peeked), -1 none. Valid in IO_FIRST. */
int io_first(const struct io *io);

/* Puts TLS on the socket (takes t, which was made over io->fd) and starts the handshake. */
void io_start_tls(struct io *io, struct tls *t);

/* Queues bytes and starts to send. -1: more than 16 MiB wait already, no memory, or the socket is failed, lingering or closed; the
 * owner closes. */
int io_write(struct io *io, const void *bytes, size_t n);

/* While paused nothing is read (a policy is being asked), so neither IO_FIRST, IO_DATA nor IO_EOF comes; IO_FAILED may. */
void io_pause(struct io *io, bool paused);

/* Says that bytes of `in` were consumed by the owner (buf_consume(&io->in, …) was called): reading may go on. */
void io_consumed(struct io *io);

/* The owner took what its turn allows and left the rest in `in`: IO_DATA comes again in the next turn of the loop, before more is read and before
 * IO_EOF. io_consumed makes it count. */
static inline void io_leave(struct io *io) { io->left = true; }

/* The polite end: flush `out` (at most 1 s), send close_notify, shutdown(SHUT_WR), discard at most 256 KiB or 1 s of input, close; then
 * IO_BURIED and no other event, in a later turn. May be called once; safe after IO_EOF and after IO_FAILED. After a TLS failure
 * nothing more is sent but it still shuts down and discards, or the peer might never read the alert; after a reset, or before
 * the connection stands, it closes at once (IO_BURIED comes all the same). */
void io_linger(struct io *io);

/* Closes at once; no event follows. Safe to call twice and from any callback. */
void io_close(struct io *io);

#endif
