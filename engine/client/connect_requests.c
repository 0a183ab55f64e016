/* SPDX-License-Identifier: Apache-2.0 */
#include "client/connect_requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/connect_internal.h"
#include "base/clock.h"
#include "ipic/flow.h"

#define OUT_FULL (1024 * 1024) /* unsent bytes of a socket above which its conversations wait */

struct slot { /* a place for one conversation after another */
	struct connect_requests *all;
	struct connect_link *link;
	struct flow flow;
	int left;     /* with --open: the requests that this slot has to send */
	bool waits;   /* until the socket has room */
	bool at_work; /* a request was sent and has no answer yet */
	double asked; /* when it was sent */
};

struct connect_requests {
	struct connect_peer *peer;
	const struct connect_requests_options *o;
	struct connect_requests_result *result;
	struct slot *slot;
	int slots;
	int left;      /* without --open: the requests that any free slot sends */
	uint32_t conv; /* the last number of a conversation */
	double began;
	bool over;
};

/* ---- the end ---- */

static void
finish(struct connect_requests *e)
{
	e->over = true;
	e->result->seconds = clock_span() - e->began;
	timer_stop(&e->peer->timer);
}

void
connect_requests_lost(struct connect_requests *e, const char *why)
{
	if (e == NULL || e->over)
		return;
	finish(e);
	snprintf(e->result->trouble, sizeof e->result->trouble, "%s", why);
}

static void
check_over(struct connect_requests *e)
{
	if (e->over || e->result->answered + e->result->failed < e->o->count)
		return;
	finish(e);
	connect_peer_stay(e->peer);
}

/* Ends all requests with a reason; the partner goes on to hold and release. */
static void
give_up(struct connect_requests *e, const char *why)
{
	if (e->over)
		return;
	connect_requests_lost(e, why);
	connect_peer_stay(e->peer);
}

static void
connect_requests_on_silence(void *arg)
{
	struct connect_peer *c = arg;

	give_up(c->requests, "no answer in time");
}

/* ---- one conversation ---- */

static int
connect_requests_emit(void *arg, enum ipic_kind kind, const struct is_header *is, const void *body, size_t len)
{
	struct connect_link *l = ((struct slot *)arg)->link;
	struct buf b;
	int r;

	buf_init(&b, IPIC_PUT_AROUND + FLOW_ELEMENT_MAX);
	r = ipic_put_element(&b, kind, l->peer->host, is, body, len);
	if (r == 0)
		r = l->open ? io_write(&l->io, buf_bytes(&b), buf_len(&b)) : -1;
	buf_free(&b);
	return r;
}

static bool
full(const struct slot *x)
{
	return buf_len(&x->link->io.out) >= OUT_FULL;
}

/*
 * The counter of requests left for a slot. An open conversation must know its last exchange, so with --open each slot
 * has its share from the beginning.
 */
static int *
left(struct slot *x)
{
	return x->all->o->open ? &x->left : &x->all->left;
}

/* Sends the next request, in the open conversation or in a new one. */
static int
ask(struct slot *x)
{
	struct connect_requests *e = x->all;
	const struct buf *data = &e->o->data;

	if (x->flow.state != FLOW_IDLE) {
		flow_free(&x->flow);
		flow_init(&x->flow, ++e->conv, true, connect_requests_emit, x);
		flow_hold(&x->flow, e->o->hold_pacing);
	}
	--*left(x);
	x->at_work = true;
	x->asked = clock_span();
	e->result->sent++;
	e->result->bytes += (double)buf_len(data);
	return flow_request(&x->flow, &e->o->head, buf_bytes(data), buf_len(data), e->o->ccsid, e->o->open && *left(x) > 0);
}

static void
go_on(struct slot *x)
{
	int r = 0;

	do {
		x->waits = full(x);
		if (x->waits || (!x->at_work && *left(x) == 0))
			return;
		if (x->all->o->no_pacing)
			x->flow.paced_out = false;
		r = x->at_work ? flow_pump(&x->flow) : ask(x);
	} while (r == 0 && x->all->o->no_pacing && x->flow.state == FLOW_SEND);
	if (r < 0)
		give_up(x->all, "a request could not be sent");
}

/* The request of the slot has ended. */
static void
ended(struct slot *x, bool answered)
{
	const struct connect_peer_options *o = x->all->peer->o;

	x->at_work = false;
	if (o->asked != NULL)
		o->asked(o->arg, clock_span() - x->asked, answered);
}

static void
answered(struct slot *x)
{
	struct connect_requests_result *r = x->all->result;

	ended(x, true);
	r->answered++;
	r->bytes += (double)buf_len(&x->flow.in);
	r->last = CONNECT_REQUESTS_ANSWERED;
	r->ccsid = x->flow.ccsid;
	buf_free(&r->answer);
	r->answer = x->flow.in; /* moved: it may be large */
	buf_init(&x->flow.in, PAYLOAD_MAX);
	go_on(x);
}

static void
failed(struct slot *x, const struct flow_error *why)
{
	struct connect_requests_result *r = x->all->result;

	if (!x->at_work)
		return; /* between two exchanges of an open conversation: the next request opens another */
	ended(x, false);
	r->failed++;
	r->last = CONNECT_REQUESTS_FAILED;
	r->sense = why->sense;
	memcpy(r->message, why->message, sizeof r->message);
	go_on(x);
}

static void
broken(struct slot *x, const struct flow_error *why)
{
	char words[120];

	snprintf(words, sizeof words, "the region broke a rule of conversations (%04X): %s", (unsigned)why->code, why->text);
	flow_purge(&x->flow, "cancel");
	give_up(x->all, words);
}

/* ---- all conversations ---- */

static struct slot *
find(const struct connect_requests *e, const struct connect_link *l, uint32_t conv)
{
	for (int i = 0; i < e->slots; i++)
		if (e->slot[i].flow.conv == conv && e->slot[i].link == l)
			return &e->slot[i];
	return NULL;
}

static void
take(struct slot *x, const struct ipic_message *m)
{
	struct flow_error why;

	switch (flow_take(&x->flow, m->kind, &m->is, m->body, m->len, &why)) {
	case FLOW_WHOLE:
		answered(x);
		break;
	case FLOW_PACED:
		go_on(x);
		break;
	case FLOW_IS7:
		failed(x, &why);
		break;
	case FLOW_BROKEN:
		broken(x, &why);
		break;
	case FLOW_FAILED:
		give_up(x->all, "an element could not be sent");
		break;
	case FLOW_MORE:
		break;
	}
}

void
connect_requests_take(struct connect_requests *e, struct connect_link *l, const struct ipic_message *m)
{
	struct slot *x = e != NULL && !e->over ? find(e, l, m->is.conv) : NULL;

	if (x == NULL || x->flow.state == FLOW_ENDED || (m->is.pacing && e->o->no_pacing))
		return;
	timer_set(&e->peer->timer, e->peer->o->timeout);
	take(x, m);
	check_over(e);
}

void
connect_requests_flushed(struct connect_requests *e, struct connect_link *l)
{
	if (e == NULL)
		return;
	for (int i = 0; i < e->slots && !e->over; i++)
		if (e->slot[i].link == l && e->slot[i].waits)
			go_on(&e->slot[i]);
}

/* The number of conversations: at most --parallel, --count and the agreed sessions. */
static int
slots(const struct connect_peer *c)
{
	const struct connect_requests_options *o = &c->o->requests;
	int agreed = c->link[0].outcome->answer.receivecount, n = o->parallel < o->count ? o->parallel : o->count;

	return agreed < n && !o->over_count ? agreed : n;
}

static struct connect_requests *
make(struct connect_peer *c, int n)
{
	struct connect_requests *e = calloc(1, sizeof *e);

	if (e == NULL)
		return NULL;
	e->slot = calloc((size_t)n, sizeof *e->slot);
	if (e->slot == NULL) {
		free(e);
		return NULL;
	}
	e->peer = c;
	e->o = &c->o->requests;
	e->result = &c->result->requests;
	e->slots = e->result->conversations = n;
	e->left = e->o->count;
	e->began = clock_span();
	for (int i = 0; i < n; i++) {
		struct slot *x = &e->slot[i];

		*x = (struct slot){ .all = e, .link = &c->link[c->link[1].accepted ? i % CONNECT_PEER_SOCKETS : 0] };
		x->flow.state = FLOW_ENDED;
		x->left = e->o->count / n + (i < e->o->count % n);
	}
	return e;
}

static void
connect_requests_start(void *arg)
{
	struct connect_peer *c = arg;
	struct connect_requests *e = c->requests;

	timer_init(&c->timer, c->loop, connect_requests_on_silence, c);
	timer_set(&c->timer, c->o->timeout);
	for (int i = 0; i < e->slots && !e->over; i++)
		go_on(&e->slot[i]);
}

struct connect_requests *
connect_requests_begin(struct connect_peer *c)
{
	struct connect_requests_result *r = &c->result->requests;
	int n = c->o->requests.wanted ? slots(c) : 0;
	struct connect_requests *e = n > 0 ? make(c, n) : NULL;

	if (e == NULL && c->o->requests.wanted)
		snprintf(r->trouble, sizeof r->trouble, "%s", n > 0 ? "no memory" : "the region agreed on no session to send on");
	if (e != NULL) { /* in the next turn of the loop: c->requests must be set before */
		timer_init(&c->timer, c->loop, connect_requests_start, c);
		timer_set(&c->timer, 0);
	}
	return e;
}

void
connect_requests_free(struct connect_requests *e)
{
	if (e == NULL)
		return;
	for (int i = 0; i < e->slots; i++)
		flow_free(&e->slot[i].flow);
	free(e->slot);
	free(e);
}
