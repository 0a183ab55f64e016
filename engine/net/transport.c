/* SPDX-License-Identifier: Apache-2.0 */
#include "net/transport.h"

#include "base/tally.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define CHUNK (16 * 1024) /* one TLS record */
#define CHUNKS 16         /* the limit of one call, so that other sockets have their turn */

void
transport_prepare(int fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* fails on a socket that is not TCP, which does not need it */
}

bool
transport_would_block(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

enum transport_result
transport_errno(struct transport_trouble *why, int error)
{
	const char *words = strerrordesc_np(error);

	if (error == ECONNRESET || error == EPIPE)
		words = "connection reset by peer";
	why->severed = true;
	snprintf(why->text, sizeof why->text, "%s", words ? words : "connection lost");
	return TRANSPORT_FAILED;
}

enum transport_result
transport_ending(struct transport_trouble *why, const struct tls *tls)
{
	const struct tls_ending *e = tls_ending(tls);

	why->severed = e->severed;
	snprintf(why->text, sizeof why->text, "%s", e->reason);
	return TRANSPORT_FAILED;
}

static enum transport_result
through_tls(struct tls *tls, enum tls_result r, struct transport_trouble *why)
{
	switch (r) {
	case TLS_OK:
		return TRANSPORT_MOVED;
	case TLS_WANT_READ:
		return TRANSPORT_WANT_READ;
	case TLS_WANT_WRITE:
		return TRANSPORT_WANT_WRITE;
	case TLS_CLOSED:
		return TRANSPORT_EOF;
	case TLS_WANT_VERDICT: /* of a handshake only */
	case TLS_FAILED:
		break;
	}
	return transport_ending(why, tls);
}

static enum transport_result
read_once(int fd, struct tls *tls, void *to, size_t size, size_t *got, struct transport_trouble *why)
{
	ssize_t n;

	if (tls)
		return through_tls(tls, tls_read(tls, to, size, got), why);
	n = recv(fd, to, size, 0);
	*got = n > 0 ? (size_t)n : 0;
	if (n > 0)
		return TRANSPORT_MOVED;
	if (n == 0)
		return TRANSPORT_EOF;
	return transport_would_block(errno) ? TRANSPORT_WANT_READ : transport_errno(why, errno);
}

static enum transport_result
write_once(int fd, struct tls *tls, const void *from, size_t n, size_t *sent, struct transport_trouble *why)
{
	enum transport_result r;
	ssize_t rc;

	if (tls) {
		r = through_tls(tls, tls_write(tls, from, n, sent), why);
		return r == TRANSPORT_EOF ? transport_errno(why, EPIPE) : r;
	}
	rc = send(fd, from, n, MSG_NOSIGNAL);
	*sent = rc > 0 ? (size_t)rc : 0;
	if (rc >= 0)
		return TRANSPORT_MOVED;
	return transport_would_block(errno) ? TRANSPORT_WANT_WRITE : transport_errno(why, errno);
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void
count(_Atomic uint64_t *times, _Atomic uint64_t *bytes, size_t n)
{
	if (n == 0)
		return;
	tally_add(times, 1);
	tally_add(bytes, n);
}

/*
 * True when fewer bytes came than there was room for, and TLS holds no more: a further read would say that it has to
 * wait. Bytes that arrive from now on make the descriptor readable.
 */
static bool
is_last(const struct tls *tls, size_t got, size_t room)
{
	return got < room && (tls == NULL || tls_pending(tls) == 0);
}

enum transport_result
transport_fill(int fd, struct tls *tls, struct buf *in, struct io_counts *counts, struct transport_trouble *why)
{
	enum transport_result r = TRANSPORT_MOVED;
	unsigned char chunk[CHUNK]; /* on the stack, so that an idle socket needs no buffer */
	size_t before = buf_len(in), got = 0;
	int i;

	for (i = 0; i < CHUNKS && r == TRANSPORT_MOVED && buf_len(in) < in->max; i++) {
		size_t room = least(sizeof chunk, in->max - buf_len(in));

		r = read_once(fd, tls, chunk, room, &got, why);
		if (r == TRANSPORT_MOVED && buf_add(in, chunk, got) < 0)
			r = transport_errno(why, ENOMEM);
		explicit_bzero(chunk, got);
		if (r == TRANSPORT_MOVED && is_last(tls, got, room))
			r = TRANSPORT_WANT_READ;
	}
	if (counts != NULL)
		count(&counts->receives, &counts->received, buf_len(in) - before);
	return r;
}

enum transport_result
transport_drain(int fd, struct tls *tls, struct buf *out, struct io_counts *counts, struct transport_trouble *why)
{
	enum transport_result r = TRANSPORT_MOVED;
	size_t before = buf_len(out), sent;
	int i;

	for (i = 0; i < CHUNKS && r == TRANSPORT_MOVED && buf_len(out) > 0; i++) {
		r = write_once(fd, tls, buf_bytes(out), least(CHUNK, buf_len(out)), &sent, why);
		if (r == TRANSPORT_MOVED)
			buf_consume(out, sent);
	}
	if (counts != NULL)
		count(&counts->sends, &counts->sent, before - buf_len(out));
	return r;
}

bool
transport_discard(int fd, size_t *discarded, size_t most)
{
	char chunk[CHUNK];
	ssize_t n = 1;
	int i;

	for (i = 0; i < CHUNKS && n > 0 && *discarded < most; i++) {
		n = recv(fd, chunk, sizeof chunk, 0);
		*discarded += n > 0 ? (size_t)n : 0;
		explicit_bzero(chunk, n > 0 ? (size_t)n : 0);
	}
	return *discarded >= most || n == 0 || (n < 0 && !transport_would_block(errno));
}
