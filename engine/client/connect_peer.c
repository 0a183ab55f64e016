/* SPDX-License-Identifier: Apache-2.0 */
#include "client/connect_peer.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "client/connect_internal.h"
#include "net/connect_wait.h"

#define IN_MAX (160 * 1024) /* bytes: two elements of conversations with their heads */
#define GOODBYE_SECONDS 1.0 /* to wait for the answer to a release */
#define CUT_SECONDS 5.0     /* to wait for the end of the other socket after a cut */

/* --- the end */

static bool
any_open(const struct connect_peer *c)
{
	return c->link[0].open || c->link[1].open;
}

static void
connect_peer_on_end(void *arg)
{
	struct connect_peer *c = arg;

	c->o->over(c->o->arg);
}

/* Tells the owner of the end in the next turn of the loop: it may free the partner then. */
static void
tell_end(struct connect_peer *c)
{
	if (c->finished && !any_open(c))
		timer_set(&c->end, 0);
}

static void
finish(struct connect_peer *c)
{
	if (c->finished)
		return;
	c->finished = true;
	timer_stop(&c->timer);
	for (size_t n = 0; n < CONNECT_PEER_SOCKETS; n++)
		if (c->link[n].open)
			io_linger(&c->link[n].io);
	tell_end(c);
}

static void
close_link(struct connect_link *l)
{
	io_close(&l->io);
	l->open = false;
	tell_end(l->peer);
}

/* --- the stay of an accepted partner, and its release */

static void
released(struct connect_peer *c, const char *by)
{
	if (c->result->released == NULL)
		c->result->released = by;
	connect_requests_lost(c->requests, "the connection ended before all requests were answered");
	finish(c);
}

static int
say(struct connect_link *l, const struct buf *message)
{
	return io_write(&l->io, buf_bytes(message), buf_len(message));
}

static void
ask_release(struct connect_peer *c)
{
	struct buf b;

	buf_init(&b, IPIC_PUT_MAX);
	c->releasing = true;
	timer_set(&c->timer, GOODBYE_SECONDS);
	if (ipic_put_command(&b, c->host, IS_RELEASE) < 0 || say(&c->link[0], &b) < 0)
		released(c, "lost");
	buf_free(&b);
}

/* Resets a socket as a broken cable does, without a release. The region has to end the other socket. */
static void
cut(struct connect_peer *c, struct connect_link *l)
{
	struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(l->io.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	close_link(l);
	c->was_cut = true;
	if (c->link[0].open || c->link[1].open)
		timer_set(&c->timer, CUT_SECONDS);
	else
		released(c, "lost");
}

static void
hold_over(struct connect_peer *c)
{
	if (c->o->cut > 0 && c->o->cut <= CONNECT_PEER_SOCKETS && c->link[c->o->cut - 1].open)
		cut(c, &c->link[c->o->cut - 1]);
	else
		ask_release(c);
}

static void
connect_peer_on_hold(void *arg)
{
	struct connect_peer *c = arg;

	if (c->releasing)
		released(c, "partner"); /* the region did not answer the release in time */
	else if (c->was_cut)
		released(c, "lost"); /* the region did not end the other socket */
	else
		hold_over(c);
}

void
connect_peer_stay(struct connect_peer *c)
{
	if (c->releasing || c->was_cut) { /* a signal came while requests were under way */
		timer_set(&c->timer, GOODBYE_SECONDS);
		return;
	}
	if (c->o->in != NULL && c->o->hold > 0)
		c->o->in(c->o->arg);
	timer_init(&c->timer, c->loop, connect_peer_on_hold, c);
	if (c->o->hold > 0)
		timer_set(&c->timer, c->o->hold);
	else
		hold_over(c);
}

static void
interrupt_stay(struct connect_peer *c)
{
	if (c->releasing || c->was_cut) {
		released(c, "partner");
		return;
	}
	timer_stop(&c->timer);
	timer_init(&c->timer, c->loop, connect_peer_on_hold, c);
	hold_over(c);
}

static bool
all_asked(const struct connect_peer *c)
{
	for (size_t n = 0; n < CONNECT_PEER_SOCKETS; n++)
		if (c->link[n].open && !c->link[n].asked)
			return false;
	return true;
}

static void
take_command(struct connect_link *l, enum is_name name)
{
	struct connect_peer *c = l->peer;
	struct buf b;

	if (name == IS_HEARTBEAT && c->o->no_heartbeat)
		return;
	buf_init(&b, IPIC_PUT_MAX);
	if (ipic_put_command_answer(&b, name) == 0)
		say(l, &b);
	buf_free(&b);
	c->result->heartbeats += name == IS_HEARTBEAT;
	if (name != IS_RELEASE)
		return;
	l->asked = true;
	if (all_asked(c)) {
		released(c, "region");
	} else { /* the region sends a release on the other socket too */
		c->result->released = "region";
		c->releasing = true;
		timer_set(&c->timer, GOODBYE_SECONDS);
	}
}

static void
take_command_answer(struct connect_link *l)
{
	if (l->peer->releasing)
		released(l->peer, "partner");
}

static void
lost(struct connect_link *l)
{
	struct connect_peer *c = l->peer;

	close_link(l);
	released(c, l->asked ? "region" : c->releasing ? "partner" : "lost");
}

/* --- the outcome of a socket */

static void dial_link(struct connect_peer *c, unsigned n);

/* All sockets are accepted: begins the requests, or the hold. */
static void
all_in(struct connect_peer *c)
{
	for (size_t n = 0; n < CONNECT_PEER_SOCKETS; n++)
		c->result->sockets_open += c->link[n].accepted;
	c->requests = connect_requests_begin(c);
	if (c->requests == NULL)
		connect_peer_stay(c);
}

static bool
further_granted(const struct connect_peer *c)
{
	const struct capex_answer *a = &c->link[0].outcome->answer;

	return c->o->further && a->sockets == 2 && (a->token[0] != '\0' || c->o->socket[1].capex.token[0] != '\0');
}

/* Goes on after the outcome of a socket: opens the further one, begins the requests, or ends. */
static void
settled(struct connect_link *l)
{
	struct connect_peer *c = l->peer;

	timer_stop(&c->timer);
	if (l->n == 0 && c->o->told != NULL && !c->finished)
		c->o->told(c->o->arg);
	if (!l->outcome->accepted && l->open && l->n > 0)
		close_link(l);
	if (!c->link[0].accepted)
		finish(c);
	else if (l->n == 0 && further_granted(c))
		dial_link(c, 1);
	else
		all_in(c);
}

/* A failure that is no refusal by the region. */
static void
fail(struct connect_link *l, const char *what, const char *why)
{
	snprintf(l->outcome->trouble, sizeof l->outcome->trouble, "%s%s", what, why);
	settled(l);
}

static void
refuse(struct connect_link *l, enum stage stage, const char *trouble)
{
	l->outcome->refused = true;
	l->outcome->stage = stage;
	snprintf(l->outcome->trouble, sizeof l->outcome->trouble, "%s", trouble);
	settled(l);
}

/*
 * True when the peer has sent a byte. The count of segments is used: TLS does not show the bytes of a handshake, and
 * the kernel's count of bytes counts a FIN.
 */
static bool
received_any(const struct connect_link *l)
{
	struct tcp_info info = { 0 };
	socklen_t n = sizeof info;

	return getsockopt(l->io.fd, IPPROTO_TCP, TCP_INFO, &info, &n) == 0 && info.tcpi_data_segs_in > 0;
}

static void
alerted(struct connect_link *l, const struct tls_ending *e)
{
	char words[300];

	snprintf(words, sizeof words, "the region ended TLS with the alert %s%s%s", e->alert_name, e->unfit[0] != '\0' ? "; " : "", e->unfit);
	snprintf(l->outcome->alert, sizeof l->outcome->alert, "%s", e->alert_name);
	refuse(l, STAGE_TLS, words);
}

static void
tls_ended(struct connect_link *l, bool failed)
{
	static const struct tls_ending none = { .alert = -1 };
	const struct tls_ending *e = failed ? tls_ending(l->io.tls) : &none;

	if (e->alert > 0 && !e->alert_sent)
		alerted(l, e);
	else if (l->shaken)
		refuse(l, STAGE_TLS, failed ? l->io.error : "closed after the handshake, before the answer");
	else if (e->plain_text)
		refuse(l, STAGE_TLS, "the port does not use TLS: leave out --ring");
	else if (e->alert > 0)
		fail(l, "the region was not accepted: ", l->io.error);
	else
		refuse(l, received_any(l) ? STAGE_TLS : STAGE_TCP, failed ? l->io.error : "closed in the handshake");
}

/* The socket ended before the answer was complete. */
static void
ended_early(struct connect_link *l, bool failed)
{
	if (!l->connected)
		fail(l, "", l->io.error);
	else if (l->heard)
		fail(l, "the answer broke off: ", failed ? l->io.error : "end of stream");
	else if (l->io.tls != NULL)
		tls_ended(l, failed);
	else
		refuse(l, STAGE_TCP, failed ? l->io.error : "closed before the answer; if the port uses TLS, give --ring");
}

static void
ended(struct connect_link *l, bool failed)
{
	if (l->accepted) {
		lost(l);
		return;
	}
	ended_early(l, failed);
	if (l->open)
		close_link(l);
}

/* --- messages */

/* Writes the message as far as the options want it. */
static int
write_capex(struct connect_link *l, struct buf *b)
{
	enum connect_peer_capex form = l->peer->o->form;
	size_t n = buf_len(b);

	if (form == CONNECT_PEER_BAD)
		buf_bytes(b)[n - 1] = '!'; /* in place of the brace that ends the body */
	else if (form == CONNECT_PEER_HALF)
		n /= 2;
	return io_write(&l->io, buf_bytes(b), n);
}

static void
send_capex(struct connect_link *l)
{
	struct capex capex = l->peer->o->socket[l->n].capex;
	struct buf b;

	buf_init(&b, IPIC_PUT_MAX);
	capex.socket = capex.token[0] != '\0' ? 2 : 1;
	if (l->n > 0 && capex.token[0] == '\0') {
		capex.socket = 2;
		memcpy(capex.token, l->peer->link[0].outcome->answer.token, sizeof capex.token);
	}
	l->outcome->stage = STAGE_CAPEX;
	if (ipic_put_capex(&b, l->peer->host, &capex) < 0 || write_capex(l, &b) < 0)
		fail(l, "CAPEX: ", "no memory to send it");
	buf_free(&b);
}

static void
expect(struct connect_link *l)
{
	if (l->accepted)
		ipic_expect_any(&l->reader);
	else
		ipic_expect_answer(&l->reader);
}

static void
connect_peer_dial_again(void *arg)
{
	dial_link(arg, 0);
}

/*
 * Follows a redirection from a generic to a specific listener (IPIC.md 10). Only once: two listeners may name each
 * other. Only with --ha: a region redirects no other partner, and requests with their password go to the given address
 * only.
 */
static bool
redirected(struct connect_link *l, enum ipic_outcome outcome)
{
	struct connect_peer *c = l->peer;
	const struct capex_answer *a = &l->outcome->answer;

	if (!c->o->socket[0].capex.ha || outcome != IPIC_REDIRECTED || !l->outcome->has_answer || a->host[0] == '\0' || a->port == 0 ||
		c->result->port != 0 || l->n > 0)
		return false;
	snprintf(c->host, sizeof c->host, "%s", a->host);
	snprintf(c->result->host, sizeof c->result->host, "%s", a->host);
	c->port = c->result->port = a->port;
	close_link(l);
	memset(l->outcome, 0, sizeof *l->outcome);
	l->shaken = l->heard = false;
	timer_init(&c->timer, c->loop, connect_peer_dial_again, c);
	timer_set(&c->timer, 0);
	return true;
}

static void
take_answer(struct connect_link *l, const struct ipic_message *m)
{
	struct connect_peer_outcome *out = l->outcome;
	struct fault f;

	fault_set(&f, "%d, and its response is not OK", m->status);
	out->status = m->status;
	out->has_answer = ipic_capex_answer(m, &out->answer, &f) == 0;
	out->accepted = l->accepted = m->outcome == IPIC_OK && out->has_answer && strcmp(out->answer.response, "OK") == 0;
	buf_consume(&l->io.in, m->size);
	expect(l);
	if (redirected(l, m->outcome))
		return;
	if (l->accepted)
		settled(l);
	else if (m->outcome == IPIC_REDIRECTED)
		refuse(l, STAGE_CAPEX, l->peer->o->socket[0].capex.ha ? "redirected without an address, or a second time" : "redirected without --ha");
	else if (m->outcome == IPIC_OK)
		fail(l, "the answer is not understood: ", f.text);
	else
		refuse(l, STAGE_CAPEX, "");
}

static void
take_message(struct connect_link *l, const struct ipic_message *m)
{
	if (m->is.type != IS_CMD)
		connect_requests_take(l->peer->requests, l, m);
	else if (m->kind == IPIC_REQUEST)
		take_command(l, m->is.name);
	else
		take_command_answer(l);
}

/* Takes the answer to CAPEX, or a message on an accepted socket. An untyped message there is ignored. */
static void
take(struct connect_link *l, const struct ipic_message *m, bool typed)
{
	size_t size = m->size;

	if (!l->accepted) {
		take_answer(l, m);
		return;
	}
	if (typed)
		take_message(l, m);
	if (!l->open)
		return;
	buf_consume(&l->io.in, size);
	expect(l);
}

/* The bytes are no message. A TLS alert instead of an answer means that the port uses TLS. */
static void
not_ipic(struct connect_link *l, const char *why)
{
	unsigned char first = buf_bytes(&l->io.in)[0];

	if (l->accepted)
		lost(l);
	else if (l->io.tls == NULL && (first == 0x15 || first == 0x16))
		refuse(l, STAGE_TLS, "the port uses TLS: give --ring");
	else
		fail(l, "the answer is not understood: ", why);
}

static void
data(struct connect_link *l)
{
	struct ipic_message m;
	struct fault why;

	l->heard = true;
	while (!l->peer->finished && l->open && buf_len(&l->io.in) > 0) {
		enum ipic_result r = ipic_next(&l->reader, buf_bytes(&l->io.in), buf_len(&l->io.in), &m, &why);

		if (r == IPIC_MORE)
			break;
		if (r == IPIC_BAD) {
			not_ipic(l, why.text);
			return;
		}
		take(l, &m, r == IPIC_MESSAGE);
	}
	if (l->open)
		io_consumed(&l->io);
}

/* --- events */

static enum tls_judgement
accept_any(void *arg, struct certificate *c, const struct cert_fault *why)
{
	(void)arg;
	(void)c;
	(void)why;
	return TLS_ACCEPT;
}

static void
start_tls(struct connect_link *l)
{
	struct connect_peer *c = l->peer;
	struct tls *t = tls_new(c->o->socket[l->n].tls, WAY_OUT, l->io.fd, c->o->any_region ? accept_any : NULL, NULL);
	struct addr numeric;

	if (t == NULL) {
		fail(l, "TLS: ", "no memory");
		return;
	}
	if (addr_parse(&numeric, c->host, 0) < 0)
		tls_set_name(t, c->host);
	l->outcome->stage = STAGE_TLS;
	io_start_tls(&l->io, t);
}

static void
connected(struct connect_link *l)
{
	l->connected = true;
	if (l->peer->o->form == CONNECT_PEER_SILENT)
		return;
	if (l->peer->o->socket[l->n].tls != NULL)
		start_tls(l);
	else
		send_capex(l);
}

static void
shaken(struct connect_link *l)
{
	l->shaken = true;
	snprintf(l->outcome->version, sizeof l->outcome->version, "%s", tls_version(l->io.tls));
	snprintf(l->outcome->cipher, sizeof l->outcome->cipher, "%s", tls_cipher(l->io.tls));
	send_capex(l);
}

static void
connect_peer_on_link(void *owner, enum io_event e)
{
	struct connect_link *l = owner;

	switch (e) {
	case IO_CONNECTED:
		connected(l);
		break;
	case IO_HANDSHAKEN:
		shaken(l);
		break;
	case IO_DATA:
		data(l);
		break;
	case IO_EOF:
	case IO_FAILED:
		ended(l, e == IO_FAILED);
		break;
	case IO_BURIED:
		close_link(l);
		break;
	case IO_FLUSHED:
		connect_requests_flushed(l->peer->requests, l);
		break;
	case IO_FIRST:
		break;
	}
}

static void
connect_peer_on_deadline(void *arg)
{
	struct connect_peer *c = arg;
	struct connect_link *l = &c->link[c->link[0].accepted ? 1 : 0];

	fail(l, "no answer in time", "");
}

void
connect_peer_stop(struct connect_peer *c)
{
	if (c->finished)
		return;
	if (c->link[0].accepted)
		interrupt_stay(c);
	else
		fail(&c->link[0], "interrupted", "");
}

static void
dial_link(struct connect_peer *c, unsigned n)
{
	struct connect_link *l = &c->link[n];
	struct fault f;
	int fd;

	l->peer = c;
	l->n = n;
	l->outcome = &c->result->socket[n];
	l->outcome->dialled = true;
	timer_init(&c->timer, c->loop, connect_peer_on_deadline, c);
	fd = c->o->at != NULL ? connect_wait_not(c->o->at, &f) : connect_wait(c->host, c->port, c->o->timeout, &f);
	if (fd < 0) {
		fail(l, "", f.text);
		return;
	}
	expect(l);
	io_open(&l->io, c->loop, fd, true, IN_MAX, connect_peer_on_link, l);
	l->open = true;
	timer_set(&c->timer, c->o->timeout);
}

struct connect_peer *
connect_peer_begin(const struct connect_peer_options *o, struct ev_loop *loop, struct connect_peer_result *out)
{
	struct connect_peer *c = calloc(1, sizeof *c);

	memset(out, 0, sizeof *out);
	if (c == NULL)
		return NULL;
	c->o = o;
	c->result = out;
	c->loop = loop;
	c->port = o->port;
	snprintf(c->host, sizeof c->host, "%s", o->host);
	timer_init(&c->end, loop, connect_peer_on_end, c);
	dial_link(c, 0);
	return c;
}

void
connect_peer_free(struct connect_peer *c)
{
	if (c == NULL)
		return;
	timer_stop(&c->timer);
	timer_stop(&c->end);
	connect_requests_free(c->requests);
	free(c);
}
