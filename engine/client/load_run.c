/* SPDX-License-Identifier: Apache-2.0 */
#include "client/load_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "client/connect_peer.h"
#include "net/interrupt.h"
#include "net/loop.h"
#include "net/timer.h"

#define BATCH 32      /* partners begun in one turn of the loop */
#define TICK 0.005    /* seconds between two looks at the clock with --rate */
#define BEHIND 0.1    /* seconds after its time at which a connection counts as behind */
#define PROGRESS 1.0  /* seconds */

struct load;

struct partner { /* a place for one partner after another */
	struct load *load;
	struct connect_peer_options o;
	struct connect_peer_result result;
	struct connect_peer *peer; /* owned; NULL: the place is free */
	enum load_kind kind;
	double began;
	bool heard;   /* its outcome is known */
	bool stopped; /* by a signal, before that */
	struct partner *next; /* of the free ones */
};

struct load {
	const struct load_options *o;
	struct load_tls *tls;
	struct load_tally *t;
	struct load_mix mix;
	struct ev_loop *loop;
	struct partner *place, *free; /* owned: all places, and the first free one */
	int active;
	bool stopping;
	struct timer pump, progress;
	struct interrupt interrupt;
};

/* --- one partner */

static void
load_on_told(void *arg)
{
	struct partner *p = arg;
	struct load_tally *t = p->load->t;
	double now = clock_span();

	p->heard = !p->stopped;
	t->told = now;
	if (p->kind == LOAD_GOOD && p->result.socket[0].status != 0)
		latency_add(&t->connect, now - p->began);
}

static void
load_on_asked(void *arg, double seconds, bool answered)
{
	load_tally_request(((struct partner *)arg)->load->t, seconds, answered);
}

/* The place becomes free. */
static void
leave(struct partner *p)
{
	struct load *l = p->load;

	connect_peer_free(p->peer);
	tls_config_unref(p->o.socket[0].tls);
	buf_free(&p->result.requests.answer);
	p->peer = NULL;
	p->next = l->free;
	l->free = p;
	l->active--;
}

static bool
is_over(const struct load *l)
{
	return l->active == 0 && (l->stopping || l->t->begun == l->o->count);
}

static void
load_on_over(void *arg)
{
	struct partner *p = arg;
	struct load *l = p->load;

	load_tally_end(l->t, p->kind, p->stopped && !p->heard, &p->result);
	leave(p);
	if (is_over(l))
		loop_break(l->loop);
	else if (l->o->rate == 0)
		timer_set(&l->pump, 0);
}

static enum connect_peer_capex
form_of(enum load_kind k)
{
	switch (k) {
	case LOAD_BAD_CAPEX: return CONNECT_PEER_BAD;
	case LOAD_HALF_CAPEX: return CONNECT_PEER_HALF;
	case LOAD_SILENT: return CONNECT_PEER_SILENT;
	default: return CONNECT_PEER_WHOLE;
	}
}

/* Fills the options of connection i. */
static int
dress(struct partner *p, int i, struct fault *f)
{
	const struct load_options *o = p->load->o;
	const struct load_target *to = &o->target[i % o->targets];
	struct connect_peer_options *x = &p->o;

	*x = o->peer; /* the data of the requests is borrowed */
	memcpy(x->host, to->host, sizeof x->host);
	x->port = to->port;
	x->at = &to->at;
	x->form = form_of(p->kind);
	x->any_region = o->made != NULL;
	x->told = load_on_told;
	x->asked = load_on_asked;
	x->over = load_on_over;
	x->arg = p;
	load_options_applid(o, i, x->socket[0].capex.applid);
	return load_tls_for(p->load->tls, p->kind, &x->socket[0].capex, &x->socket[0].tls, f);
}

static void
begin(struct load *l)
{
	struct partner *p = l->free;
	struct fault f = { "no memory" };

	l->free = p->next;
	l->active++;
	p->kind = load_mix_next(&l->mix);
	p->heard = p->stopped = false;
	p->began = clock_span();
	p->o.socket[0].tls = NULL;
	if (dress(p, (int)l->t->begun++, &f) == 0)
		p->peer = connect_peer_begin(&p->o, l->loop, &p->result);
	if (p->peer != NULL)
		return;
	load_tally_unable(l->t, p->kind, f.text);
	memset(&p->result, 0, sizeof p->result);
	leave(p);
}

/* --- all partners */

/* The number of connections that should have begun by now. */
static long
due(const struct load *l, double now)
{
	double n = l->o->rate > 0 ? (now - l->t->first) * l->o->rate + 1 : l->o->count;

	return n < l->o->count ? (long)n : l->o->count;
}

static void
load_on_pump(void *arg)
{
	struct load *l = arg;
	double now = clock_span();
	long until = l->stopping ? 0 : due(l, now);
	int n = 0;

	for (; n < BATCH && l->t->begun < until && l->free != NULL; n++) {
		l->t->behind += l->o->rate > 0 && now - l->t->first - (double)l->t->begun / l->o->rate > BEHIND;
		begin(l);
	}
	if (is_over(l))
		loop_break(l->loop);
	else if (!l->stopping && l->t->begun < l->o->count && (l->o->rate > 0 || l->free != NULL))
		timer_set(&l->pump, n == BATCH || l->o->rate == 0 ? 0 : TICK);
}

static void
load_on_interrupt(void *arg)
{
	struct load *l = arg;

	l->stopping = true;
	for (int i = 0; i < l->o->places; i++) {
		struct partner *p = &l->place[i];

		if (p->peer == NULL)
			continue;
		p->stopped |= !p->heard;
		connect_peer_stop(p->peer);
	}
	timer_set(&l->pump, 0);
}

static void
load_on_progress(void *arg)
{
	const struct load *l = arg;
	const struct load_tally *t = l->t;

	fprintf(stderr, "\r\033[Kload: %ld of %d begun, %d open; ended: %ld accepted, %ld refused, %ld failed; %ld requests answered", t->begun, l->o->count,
		l->active, t->outcome[LOAD_ACCEPTED], t->outcome[LOAD_REFUSED], t->outcome[LOAD_FAILED], t->answered);
	fflush(stderr);
	timer_set(&((struct load *)arg)->progress, PROGRESS);
}

static void
turn(struct load *l)
{
	bool shown = isatty(STDERR_FILENO);

	timer_init(&l->pump, l->loop, load_on_pump, l);
	timer_init(&l->progress, l->loop, load_on_progress, l);
	interrupt_start(&l->interrupt, l->loop, load_on_interrupt, l);
	l->t->first = l->t->told = clock_span();
	timer_set(&l->pump, 0);
	if (shown)
		timer_set(&l->progress, PROGRESS);
	loop_run(l->loop);
	timer_stop(&l->pump);
	timer_stop(&l->progress);
	interrupt_stop(&l->interrupt);
	l->t->over = clock_span();
	if (shown)
		fputs("\r\033[K", stderr);
}

int
load_run(const struct load_options *o, struct load_tls *tls, struct load_tally *t, struct fault *f)
{
	struct load l = { .o = o, .tls = tls, .t = t, .mix = o->mix, .loop = loop_new() };
	int rc = 0;

	l.place = calloc((size_t)o->places, sizeof *l.place);
	for (int i = o->places - 1; l.place != NULL && i >= 0; i--) {
		l.place[i].load = &l;
		l.place[i].next = l.free;
		l.free = &l.place[i];
	}
	if (l.loop != NULL && l.place != NULL)
		turn(&l);
	else
		rc = fault_set(f, "no event loop, or no memory");
	free(l.place);
	loop_free(l.loop);
	return rc;
}
