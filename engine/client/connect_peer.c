/* SPDX-License-Identifier: Apache-2.0 */
#include "client/connect_peer.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "client/connect_internal.h"
#include "net/loop.h"
#include "net/connect_wait.h"

#define IN_MAX (160 * 1024) /* two elements of conversations, their heads counted */

/* --- the end of it all */

static bool
any_open(const struct caller *c)
{
	return c->link[0].open || c->link[1].open;
}

void
connect_peer_finish(struct caller *c)
{
	if (c->finished)
		return;
	c->finished = true;
	timer_stop(&c->timer);
	for (size_t n = 0; n < CONNECT_PEER_SOCKETS; n++)
		if (c->link[n].open)
			io_linger(&c->link[n].io);
	if (!any_open(c))
		loop_break(c->loop);
}

void
connect_peer_close(struct link *l)
{
	io_close(&l->io);
	l->open = false;
	if (l->caller->finished && !any_open(l->caller))
		loop_break(l->caller->loop);
}

/* --- what comes of a socket's way to its answer */

static void dial_link(struct caller *c, unsigned n);

/* Every socket that was wanted and granted stands. */
static void
all_in(struct caller *c)
{
	for (size_t n = 0; n < CONNECT_PEER_SOCKETS; n++)
		c->result->sockets_open += c->link[n].through;
	c->errands = connect_requests_begin(c);
	if (c->errands == NULL)
		connect_stay_begin(c);
}

static bool
further_granted(const struct caller *c)
{
	const struct capex_answer *a = &c->link[0].outcome->answer;

	return c->o->further && a->sockets == 2 && (a->token[0] != '\0' || c->o->socket[1].capex.token[0] != '\0');
}

/* A socket has its outcome: the next one is opened, or the hold begins, or it is over. */
static void
settled(struct link *l)
{
	struct caller *c = l->caller;

	timer_stop(&c->timer);
	if (!l->outcome->accepted && l->open && l->n > 0)
		connect_peer_close(l);
	if (!c->link[0].through)
		connect_peer_finish(c);
	else if (l->n == 0 && further_granted(c))
		dial_link(c, 1);
	else
		all_in(c);
}

/* We could not go on, through no refusal of the partner's. */
static void
fail(struct link *l, const char *what, const char *why)
{
	snprintf(l->outcome->trouble, sizeof l->outcome->trouble, "%s%s", what, why);
	settled(l);
}

static void
refuse(struct link *l, enum stage stage, const char *trouble)
{
	l->outcome->refused = true;
	l->outcome->stage = stage;
	snprintf(l->outcome->trouble, sizeof l->outcome->trouble, "%s", trouble);
	settled(l);
}

/* Whether the peer ever sent us a byte: TLS hides it, the kernel knows. (Its count of bytes counts a FIN as one.) */
static bool
received_any(const struct link *l)
{
	struct tcp_info info = { 0 };
	socklen_t n = sizeof info;

	return getsockopt(l->io.fd, IPPROTO_TCP, TCP_INFO, &info, &n) == 0 && info.tcpi_data_segs_in > 0;
}

static void
alerted(struct link *l, const struct tls_ending *e)
{
	char words[300];

	snprintf(words, sizeof words, "the region ended TLS with the alert %s%s%s", e->alert_name, e->unfit[0] != '\0' ? "; " : "", e->unfit);
	snprintf(l->outcome->alert, sizeof l->outcome->alert, "%s", e->alert_name);
	refuse(l, STAGE_TLS, words);
}

static void
tls_ended(struct link *l, bool failed)
{
	static const struct tls_ending none = { .alert = -1 };
	const struct tls_ending *e = failed ? tls_ending(l->io.tls) : &none;

	if (e->alert > 0 && !e->alert_sent)
		alerted(l, e);
	else if (l->shaken)
		refuse(l, STAGE_TLS, failed ? l->io.error : "closed after the handshake, before the answer");
	else if (e->plain_text)
		refuse(l, STAGE_TLS, "the port does not speak TLS: leave --ring out");
	else if (e->alert > 0)
		fail(l, "the region was not accepted: ", l->io.error);
	else
		refuse(l, received_any(l) ? STAGE_TLS : STAGE_TCP, failed ? l->io.error : "closed in the handshake");
}

/* The socket ended before its answer was whole. */
static void
ended_early(struct link *l, bool failed)
{
	if (l->heard)
		fail(l, "the answer broke off: ", failed ? l->io.error : "end of stream");
	else if (l->io.tls != NULL)
		tls_ended(l, failed);
	else
		refuse(l, STAGE_TCP, failed ? l->io.error : "closed before the answer; if the port speaks TLS: give --ring");
}

static void
ended(struct link *l, bool failed)
{
	if (l->through) {
		connect_stay_lost(l);
		return;
	}
	ended_early(l, failed);
	if (l->open)
		connect_peer_close(l);
}

/* --- messages */

static void
send_capex(struct link *l)
{
	struct capex capex = l->caller->o->socket[l->n].capex;
	struct buf b;

	buf_init(&b, IPIC_PUT_MAX);
	capex.socket = capex.token[0] != '\0' ? 2 : 1;
	if (l->n > 0 && capex.token[0] == '\0') {
		capex.socket = 2;
		memcpy(capex.token, l->caller->link[0].outcome->answer.token, sizeof capex.token);
	}
	l->outcome->stage = STAGE_CAPEX;
	if (ipic_put_capex(&b, l->caller->host, &capex) < 0 || io_write(&l->io, buf_bytes(&b), buf_len(&b)) < 0)
		fail(l, "CAPEX: ", "no memory to send it");
	buf_free(&b);
}

static void
expect(struct link *l)
{
	if (l->through)
		ipic_expect_any(&l->reader);
	else
		ipic_expect_answer(&l->reader);
}

static void
dial_again(void *arg)
{
	dial_link(arg, 0);
}

/* A generic listener names the specific one (IPIC.md 10). Followed once: two that name each other would keep us going round. Who did not say it is HA is
 * sent on by nobody in good faith, and goes with its password where it was told to, and nowhere else. */
static bool
redirected(struct link *l, enum ipic_outcome outcome)
{
	struct caller *c = l->caller;
	const struct capex_answer *a = &l->outcome->answer;

	if (!c->o->socket[0].capex.ha || outcome != IPIC_REDIRECTED || !l->outcome->has_answer || a->host[0] == '\0' || a->port == 0 ||
		c->result->port != 0 || l->n > 0)
		return false;
	snprintf(c->host, sizeof c->host, "%s", a->host);
	snprintf(c->result->host, sizeof c->result->host, "%s", a->host);
	c->port = c->result->port = a->port;
	connect_peer_close(l);
	memset(l->outcome, 0, sizeof *l->outcome);
	l->shaken = l->heard = false;
	timer_init(&c->timer, c->loop, dial_again, c);
	timer_set(&c->timer, 0);
	return true;
}

static void
take_answer(struct link *l, const struct ipic_message *m)
{
	struct connect_peer_outcome *out = l->outcome;
	struct fault f;

	fault_set(&f, "%d, and its response is not OK", m->status);
	out->status = m->status;
	out->has_answer = ipic_capex_answer(m, &out->answer, &f) == 0;
	out->accepted = l->through = m->outcome == IPIC_OK && out->has_answer && strcmp(out->answer.response, "OK") == 0;
	buf_consume(&l->io.in, m->size);
	expect(l);
	if (redirected(l, m->outcome))
		return;
	if (l->through)
		settled(l);
	else if (m->outcome == IPIC_REDIRECTED)
		refuse(l, STAGE_CAPEX, l->caller->o->socket[0].capex.ha ? "redirected, to nowhere or a second time" : "redirected without --ha");
	else if (m->outcome == IPIC_OK)
		fail(l, "the answer is not one of ours: ", f.text);
	else
		refuse(l, STAGE_CAPEX, "");
}

static void
take_message(struct link *l, const struct ipic_message *m)
{
	if (m->is.type != IS_CMD)
		connect_requests_take(l->caller->errands, l, m);
	else if (m->kind == IPIC_REQUEST)
		connect_stay_request(l, m->is.name);
	else
		connect_stay_answer(l);
}

/* An untyped message on an accepted socket gets no answer: the region is the side that keeps the rules. */
static void
take(struct link *l, const struct ipic_message *m, bool typed)
{
	size_t size = m->size;

	if (!l->through) {
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

/* An alert record in place of an answer: the port wants TLS. */
static void
not_ipic(struct link *l, const char *why)
{
	unsigned char first = buf_bytes(&l->io.in)[0];

	if (l->through)
		connect_stay_lost(l);
	else if (l->io.tls == NULL && (first == 0x15 || first == 0x16))
		refuse(l, STAGE_TLS, "the port speaks TLS: give --ring");
	else
		fail(l, "the answer is not one of ours: ", why);
}

static void
data(struct link *l)
{
	struct ipic_message m;
	struct fault why;

	l->heard = true;
	while (!l->caller->finished && l->open && buf_len(&l->io.in) > 0) {
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

static void
start_tls(struct link *l)
{
	struct caller *c = l->caller;
	struct tls *t = tls_new(c->o->socket[l->n].tls, WAY_OUT, l->io.fd, NULL, NULL);
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
shaken(struct link *l)
{
	l->shaken = true;
	snprintf(l->outcome->version, sizeof l->outcome->version, "%s", tls_version(l->io.tls));
	snprintf(l->outcome->cipher, sizeof l->outcome->cipher, "%s", tls_cipher(l->io.tls));
	send_capex(l);
}

static void
on_link(void *owner, enum io_event e)
{
	struct link *l = owner;

	switch (e) {
	case IO_CONNECTED:
		if (l->caller->o->socket[l->n].tls != NULL)
			start_tls(l);
		else
			send_capex(l);
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
		connect_peer_close(l);
		break;
	case IO_FLUSHED:
		connect_requests_flushed(l->caller->errands, l);
		break;
	case IO_FIRST:
		break;
	}
}

static void
on_deadline(void *arg)
{
	struct caller *c = arg;
	struct link *l = &c->link[c->link[0].through ? 1 : 0];

	fail(l, "no answer in time", "");
}

static void
on_interrupt(void *arg)
{
	struct caller *c = arg;

	if (c->link[0].through)
		connect_stay_interrupt(c);
	else
		fail(&c->link[0], "interrupted", "");
}

static void
dial_link(struct caller *c, unsigned n)
{
	struct link *l = &c->link[n];
	struct fault f;
	int fd;

	l->caller = c;
	l->n = n;
	l->outcome = &c->result->socket[n];
	l->outcome->dialled = true;
	timer_init(&c->timer, c->loop, on_deadline, c);
	fd = connect_wait(c->host, c->port, c->o->timeout, &f);
	if (fd < 0) {
		fail(l, "", f.text);
		return;
	}
	expect(l);
	io_open(&l->io, c->loop, fd, true, IN_MAX, on_link, l);
	l->open = true;
	timer_set(&c->timer, c->o->timeout);
	interrupt_start(&c->interrupt, c->loop, on_interrupt, c); /* not while a name was looked up, which has no loop */
}

int
connect_peer_run(const struct connect_peer_options *o, struct connect_peer_result *out, struct fault *f)
{
	struct caller c = { .o = o, .result = out };

	memset(out, 0, sizeof *out);
	snprintf(c.host, sizeof c.host, "%s", o->host);
	c.port = o->port;
	c.loop = loop_new();
	if (c.loop == NULL)
		return fault_set(f, "no event loop: %s", strerrordesc_np(errno));
	timer_init(&c.timer, c.loop, on_deadline, &c);
	dial_link(&c, 0);
	if (any_open(&c) || !c.finished)
		loop_run(c.loop);
	interrupt_stop(&c.interrupt);
	connect_requests_free(c.errands);
	loop_free(c.loop);
	return 0;
}
