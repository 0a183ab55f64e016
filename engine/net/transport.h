/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport: moves bytes between a descriptor and buffers, through TLS or plain, with the same results for both. Holds
 * no state.
 */
#ifndef SALLYPORT_TRANSPORT_H
#define SALLYPORT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "net/io_counts.h"
#include "tls/tls.h"

enum transport_result {
	TRANSPORT_MOVED,
	TRANSPORT_WANT_READ,  /* nothing more to move; try again when the descriptor is readable */
	TRANSPORT_WANT_WRITE, /* ... writable */
	TRANSPORT_EOF,        /* reading: the peer's orderly end of input; may be read again */
	TRANSPORT_FAILED,
};

struct transport_trouble { /* after TRANSPORT_FAILED */
	bool severed; /* the connection is gone: nothing can be sent any more */
	char text[160];
};

/*
 * Sets TCP_NODELAY where fd is TCP. The caller has made it non-blocking and close-on-exec, as it made the descriptor.
 */
void transport_prepare(int fd);

/*
 * Both move at most 256 KiB, so that other sockets have their turn. `tls` NULL: plain. TRANSPORT_MOVED means that a
 * limit was reached (fill: `in` is full, or 256 KiB; drain: `out` is empty, or 256 KiB). More input may then be ready
 * without a readiness of the descriptor, because TLS may hold it. Bytes moved before another result stay moved.
 * `counts`, which may be NULL, counts calls and bytes.
 */
enum transport_result transport_fill(int fd, struct tls *tls, struct buf *in, struct io_counts *counts, struct transport_trouble *why);
enum transport_result transport_drain(int fd, struct tls *tls, struct buf *out, struct io_counts *counts, struct transport_trouble *why);

/*
 * Discards the input that has arrived (encrypted or not) and adds its length to *discarded. True when nothing is left
 * to wait for: `most` bytes are reached, or the end of input.
 */
bool transport_discard(int fd, size_t *discarded, size_t most);

/*
 * Both fill *why and return TRANSPORT_FAILED: with the words for errno's value `error`, and with the reason why a TLS
 * stream ended.
 */
enum transport_result transport_errno(struct transport_trouble *why, int error);
enum transport_result transport_ending(struct transport_trouble *why, const struct tls *tls);

/* True when errno's value `error` means "try again later". */
bool transport_would_block(int error);

#endif
