/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io: one socket on one loop: a descriptor, perhaps a TLS stream, a buffer for each direction. io raises events; its
 * owner decides. The event mask is derived once, at the end of every step.
 *
 * Any callback may call io_close and return: io does not use its own memory after a callback that closed it (the owner
 * may free io there). Events are raised from the loop only, never inside one of the functions below.
 */
#ifndef SALLYPORT_IO_H
#define SALLYPORT_IO_H

#include <ev.h>
#include <stdbool.h>

#include "base/owner.h"
#include "base/buf.h"
#include "net/backlog.h"
#include "net/io_counts.h"
#include "net/timer.h"
#include "tls/tls.h"

enum io_event {
	IO_FIRST,      /* the first byte has arrived and was not taken: io_first() peeks at it. Raised once; TLS must be started now or never */
	IO_CONNECTED,  /* way out: the TCP connection stands */
	IO_HANDSHAKEN, /* TLS handshake done */
	IO_DATA,       /* `in` has grown, or still holds bytes after io_leave */
	IO_FLUSHED,    /* `out` and the TLS stream's queue have become empty */
	IO_EOF,        /* the peer closed its sending side (orderly); bytes before it stay in `in` */
	IO_FAILED,     /* reset, TLS failure or write error: `error` has the sentence; tls_ending() for TLS */
	IO_BURIED,     /* after io_linger: the descriptor is closed now. The last event */
};

#define IO_EVENTS (IO_BURIED + 1) /* the number of events */

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
	struct timer again;  /* a step must run although the kernel reports nothing */
	struct backlog_item late; /* a step that waits for a later turn */
	int late_events;     /* of that step */
	size_t discarded;
	struct owner thread; /* each call and each event is in this thread */
	bool *gone;          /* while a step runs: set to true when the owner closes io; NULL between steps */
	int mask;            /* the event mask of the watcher */
	int first_byte; /* -1: none has come */
	bool first, shaking, connecting, paused, eof, lingering, flushing, dead, want_write;
	bool judging;        /* the handshake waits for its verdict */
	bool told;           /* IO_FAILED was raised */
	bool left;           /* the owner did not take all of `in` */
	bool severed;        /* nothing can be sent any more */
	bool more;           /* reading stopped while there may be more to read */
	bool send_wants_read; /* TLS must read before it can write */
	bool begun;           /* lingering: its first step was taken */
	bool said_bye;        /* lingering: shutdown(SHUT_WR) is done */
};

#define IO_LINGER_SECONDS 1.0
#define IO_LOOK_SECONDS 0.2
#define IO_LINGER_BYTES (256 * 1024)

/*
 * Takes fd, which is non-blocking and close-on-exec, and sets TCP_NODELAY. Waits for the first byte (way in) or, when
 * `connecting`, for the connection. in_max limits `in`, in bytes. The owner is told of events by on(owner, event).
 */
void io_open(struct io *io, struct ev_loop *loop, int fd, bool connecting, size_t in_max,
	void (*on)(void *owner, enum io_event e), void *owner);

/* Changes the limit of `in`; it must be at least the present length. Takes effect with io_consumed. */
static inline void io_bound(struct io *io, size_t in_max) { io->in.max = in_max; }

/* The first byte, which is not taken yet. -1: none has come. */
int io_first(const struct io *io);

/* Starts the TLS handshake on the socket. Takes t, which must have been made over io->fd. */
void io_start_tls(struct io *io, struct tls *t);

/*
 * Queues bytes; the loop sends them. -1: more than 16 MiB are queued, no memory, or the socket has failed, lingers or
 * is closed; the owner must close then.
 */
int io_write(struct io *io, const void *bytes, size_t n);
/* As io_write, with the bytes of b, which is empty afterwards, also after a failure. Takes its memory when it can. */
int io_move(struct io *io, struct buf *b);

/*
 * Goes on with a TLS handshake whose judge answered TLS_LATER; j: the judgement. While it waits nothing is read: io
 * looks every IO_LOOK_SECONDS for the end of the peer, and raises IO_EOF or IO_FAILED. No effect in another handshake.
 */
void io_judge(struct io *io, enum tls_judgement j);

/*
 * While paused, nothing is read (for example while a policy decides), so IO_FIRST, IO_DATA and IO_EOF are not raised;
 * IO_FAILED may be.
 */
void io_pause(struct io *io, bool paused);

/* In IO_FIRST: the owner is not ready. Pauses io; IO_FIRST is raised again when it is paused no more. */
void io_put_off(struct io *io);

/* To be called after the owner consumed bytes of `in` (buf_consume(&io->in, ...)): reading may continue. */
void io_consumed(struct io *io);

/*
 * The owner leaves bytes in `in` for its next turn: IO_DATA is raised again in the next turn of the loop, before more
 * is read and before IO_EOF. Takes effect with io_consumed.
 */
static inline void io_leave(struct io *io) { io->left = true; }

/*
 * Give io to the thread of another loop: io_hand_over in the thread that has it, outside its callbacks; then io_take in
 * the other thread, with its loop (borrowed). No event is raised between the two. Bytes that came before, also those
 * that TLS holds and has not decrypted, are raised as IO_DATA there, unless io is paused. Not while io lingers.
 */
void io_hand_over(struct io *io);
void io_take(struct io *io, struct ev_loop *loop);

/*
 * Closes in an orderly way: flushes `out` (at most 1 s), sends close_notify, shutdown(SHUT_WR), discards at most 256
 * KiB or 1 s of input, closes. Then raises IO_BURIED, in a later turn, and no other event. May be called once, also
 * after IO_EOF and after IO_FAILED. After a TLS failure nothing more is sent, but io still shuts down and discards:
 * otherwise the peer might never read the alert. After a reset, or before the connection stands, it closes at once and
 * raises IO_BURIED.
 */
void io_linger(struct io *io);

/* Closes at once; no event follows. May be called twice and from any callback. */
void io_close(struct io *io);

#endif
