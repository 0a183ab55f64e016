/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_link.h"

#include "base/clock.h"
#include "net/io.h"
#include "tls/certificate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TURN_SECONDS 0.002 /* that the replies of one turn of the loop may take */
#define IN_MAX (64 * 1024) /* bytes that the reader gets at a time */

struct store_link {
	struct io io;
	struct store_reader *reader; /* owned */
	struct tls_config *tls;      /* counted; NULL: plain */
	char host[HOST_SIZE];
	struct store_link_owner owner;
	struct store_turn *first, **last;
	size_t n;
	double heard;   /* clock_span() of the last bytes */
	bool misnamed;  /* the certificate verifies and does not name the host */
	struct timer more; /* hands out the replies that a turn has left */
	bool *closed;   /* while replies are handed out: set when the owner closes */
};

/* --- replies ---------------------------------------------------------------------------------- */

static void
lose(struct store_link *l, const char *why)
{
	l->owner.lost(l->owner.arg, why);
}

/* Hands one reply to the first turn. False: the link is gone. */
static bool
hand_out(struct store_link *l, struct store_reply *r)
{
	struct store_turn *t = l->first;
	bool closed = false;

	if (t == NULL) {
		store_reply_free(r);
		lose(l, "a reply came that nothing had asked for");
		return false;
	}
	l->first = t->next;
	if (l->first == NULL)
		l->last = &l->first;
	l->n--;
	l->closed = &closed;
	t->answered(t, r);
	store_reply_free(r);
	if (!closed)
		l->closed = NULL;
	return !closed;
}

/* Each reply lets a script run; the rest of many replies waits for the next turn, and no more is read meanwhile. */
static void
store_link_hand_out(void *arg)
{
	struct store_link *l = arg;
	double end = clock_span() + TURN_SECONDS;
	struct store_reply *r = NULL;
	struct fault f;

	l->heard = clock_span();
	io_pause(&l->io, false);
	for (;;) {
		if (store_reader_next(l->reader, &r, &f) < 0) {
			lose(l, f.text);
			return;
		}
		if (r == NULL || !hand_out(l, r))
			return;
		if (clock_span() > end) {
			io_pause(&l->io, true);
			timer_set(&l->more, 0);
			return;
		}
	}
}

static void
read_replies(struct store_link *l)
{
	struct fault f;

	if (store_reader_feed(l->reader, buf_bytes(&l->io.in), buf_len(&l->io.in), &f) < 0) {
		lose(l, f.text);
		return;
	}
	buf_consume(&l->io.in, buf_len(&l->io.in));
	io_consumed(&l->io);
	store_link_hand_out(l);
}

/* --- the connection --------------------------------------------------------------------------- */

static enum tls_judgement
store_link_judge(void *arg, struct certificate *c, const struct cert_fault *why)
{
	struct store_link *l = arg;

	(void)why;
	if (c == NULL)
		return TLS_REFUSE_POLICY;
	if (!c->chain.ok)
		return TLS_REFUSE_CHAIN;
	l->misnamed = !certificate_names(c, l->host);
	return l->misnamed ? TLS_REFUSE_POLICY : TLS_ACCEPT;
}

static void
start(struct store_link *l)
{
	struct tls *t;

	if (l->tls == NULL) {
		l->owner.up(l->owner.arg);
		return;
	}
	t = tls_new(l->tls, WAY_OUT, l->io.fd, store_link_judge, l);
	if (t == NULL) {
		lose(l, "no memory for TLS");
		return;
	}
	tls_set_name(t, l->host);
	io_start_tls(&l->io, t);
}

static void
store_link_on(void *owner, enum io_event e)
{
	struct store_link *l = owner;
	char why[HOST_SIZE + 64];

	switch (e) {
	case IO_CONNECTED:
		start(l);
		break;
	case IO_HANDSHAKEN:
		l->owner.up(l->owner.arg);
		break;
	case IO_DATA:
		read_replies(l);
		break;
	case IO_EOF:
		lose(l, "the server closed the connection");
		break;
	case IO_FAILED:
		snprintf(why, sizeof why, "its certificate does not name %s", l->host);
		lose(l, l->misnamed ? why : l->io.error);
		break;
	default:
		break;
	}
}

/* A socket that connects. -1 with errno. */
static int
begin_connect(const struct store_end *to)
{
	struct sockaddr_storage sa = { 0 };
	struct sockaddr_un *un = (struct sockaddr_un *)&sa;
	socklen_t n = sizeof *un;
	int fd, error;

	if (to->addr.family != 0) {
		n = addr_to_sockaddr(&to->addr, &sa);
	} else {
		un->sun_family = AF_UNIX;
		snprintf(un->sun_path, sizeof un->sun_path, "%s", to->path);
	}
	fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, n) == 0 || errno == EINPROGRESS)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

struct store_link *
store_link_open(struct ev_loop *loop, const struct store_end *to, const struct store_link_owner *owner, struct fault *f)
{
	struct store_link *l = calloc(1, sizeof *l);
	int fd;

	if (l == NULL || (l->reader = store_reader_new()) == NULL) {
		free(l);
		fault_set(f, "no memory");
		return NULL;
	}
	fd = begin_connect(to);
	if (fd < 0) {
		fault_set(f, "%s", strerrordesc_np(errno));
		store_reader_free(l->reader);
		free(l);
		return NULL;
	}
	l->last = &l->first;
	l->owner = *owner;
	l->tls = to->tls != NULL ? tls_config_ref(to->tls) : NULL;
	snprintf(l->host, sizeof l->host, "%s", to->host);
	l->heard = clock_span();
	timer_init(&l->more, loop, store_link_hand_out, l);
	io_open(&l->io, loop, fd, true, IN_MAX, store_link_on, l);
	return l;
}

void
store_link_hand(struct store_link *l, const struct store_link_owner *owner)
{
	l->owner = *owner;
}

struct store_turn *
store_link_close(struct store_link *l)
{
	struct store_turn *left;

	if (l == NULL)
		return NULL;
	left = l->first;
	if (l->closed != NULL)
		*l->closed = true;
	timer_stop(&l->more);
	io_close(&l->io);
	store_reader_free(l->reader);
	tls_config_unref(l->tls);
	free(l);
	return left;
}

/* --- commands --------------------------------------------------------------------------------- */

int
store_link_send_bytes(struct store_link *l, const void *bytes, size_t n, struct store_turn *t)
{
	if (io_write(&l->io, bytes, n) < 0)
		return -1;
	t->next = NULL;
	t->sent = clock_span();
	*l->last = t;
	l->last = &t->next;
	l->n++;
	return 0;
}

int
store_link_send(struct store_link *l, const struct store_words *head, const struct store_words *words, struct store_turn *t)
{
	struct buf b;
	int rc;

	buf_init(&b, 0);
	b.secret = true; /* it may be a login */
	rc = store_words_write(words, head, &b);
	if (rc == 0)
		rc = store_link_send_bytes(l, buf_bytes(&b), buf_len(&b), t);
	buf_free(&b);
	return rc;
}

double
store_link_silence(const struct store_link *l)
{
	double now = clock_span(), since = l->first != NULL ? l->first->sent : now;

	return now - (since > l->heard ? since : l->heard);
}

size_t
store_link_waiting(const struct store_link *l)
{
	return l->n;
}
