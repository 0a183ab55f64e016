/* SPDX-License-Identifier: Apache-2.0 */
/* transport: bytes between a descriptor and buffers, through TLS where there is a stream, with one answer for both. Keeps nothing. */
#ifndef SALLYPORT_TRANSPORT_H
#define SALLYPORT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "net/io_counts.h"
#include "tls/tls.h"

enum transport_result {
	TRANSPORT_MOVED,
	TRANSPORT_WANT_READ,  /* nothing moved; try again when the descriptor is readable */
	TRANSPORT_WANT_WRITE, /* ... writable */
	TRANSPORT_EOF,        /* reading: the peer's orderly end; may be read again */
	TRANSPORT_FAILED,
};

struct transport_trouble { /* after TRANSPORT_FAILED */
	bool severed; /* the connection is gone: nothing can be sent any more */
	char text[160];
};

/* Makes fd non-blocking, close-on-exec, and TCP_NODELAY where it is TCP. */
void transport_prepare(int fd);

/*
 * Both move at most 256 KiB, so that others have their turn; `tls` may be NULL: plain. TRANSPORT_MOVED means that a bound was met
 * (fill: `in` is full, or the 256 KiB; drain: `out` is empty, or the 256 KiB): there may be more to read that no readiness of
 * the descriptor will announce, for TLS may hold it. What was moved before another result stays moved. `counts` may be NULL: what moved
 * is counted there.
 */
enum transport_result transport_fill(int fd, struct tls *tls, struct buf *in, struct io_counts *counts, struct transport_trouble *why);
enum transport_result transport_drain(int fd, struct tls *tls, struct buf *out, struct io_counts *counts, struct transport_trouble *why);

/* Throws away what has arrived, beneath TLS, and counts it. True when there is nothing more to wait for: `most` is reached, or the end. */
bool transport_discard(int fd, size_t *discarded, size_t most);

/* TRANSPORT_FAILED with the words for errno `error`, and for what ended a stream. */
enum transport_result transport_errno(struct transport_trouble *why, int error);
enum transport_result transport_ending(struct transport_trouble *why, const struct tls *tls);

/* True when errno says "not now" rather than "never". */
bool transport_would_block(int error);

#endif
