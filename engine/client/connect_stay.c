/* SPDX-License-Identifier: Apache-2.0 */
#include "client/connect_internal.h"

#include <string.h>
#include <sys/socket.h>

#include "net/loop.h"

#define GOODBYE_SECONDS 1.0
#define CUT_SECONDS 5.0

static void
released(struct caller *c, const char *by)
{
	if (c->result->released == NULL)
		c->result->released = by;
	connect_requests_lost(c->errands, "the connection ended before all requests were answered");
	connect_peer_finish(c);
}

static int
say(struct link *l, const struct buf *message)
{
	return io_write(&l->io, buf_bytes(message), buf_len(message));
}

static void
ask_release(struct caller *c)
{
	struct buf b;

	buf_init(&b, IPIC_PUT_MAX);
	c->releasing = true;
	timer_set(&c->timer, GOODBYE_SECONDS);
	if (ipic_put_command(&b, c->host, IS_RELEASE) < 0 || say(&c->link[0], &b) < 0)
		released(c, "lost");
	buf_free(&b);
}

/* As a cable does: no goodbye on that socket. The region has to end the other one. */
static void
cut(struct caller *c, struct link *l)
{
	struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(l->io.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	connect_peer_close(l);
	c->was_cut = true;
	if (c->link[0].open || c->link[1].open)
		timer_set(&c->timer, CUT_SECONDS);
	else
		released(c, "lost");
}

static void
hold_over(struct caller *c)
{
	if (c->o->cut > 0 && c->o->cut <= CONNECT_PEER_SOCKETS && c->link[c->o->cut - 1].open)
		cut(c, &c->link[c->o->cut - 1]);
	else
		ask_release(c);
}

static void
on_hold(void *arg)
{
	struct caller *c = arg;

	if (c->releasing)
		released(c, "partner"); /* it did not answer in a second; it is over all the same */
	else if (c->was_cut)
		released(c, "lost"); /* and the region left the other socket standing */
	else
		hold_over(c);
}

void
connect_stay_begin(struct caller *c)
{
	if (c->releasing || c->was_cut) { /* interrupted while requests were under way */
		timer_set(&c->timer, GOODBYE_SECONDS);
		return;
	}
	if (c->o->in != NULL && c->o->hold > 0)
		c->o->in(c->result);
	timer_init(&c->timer, c->loop, on_hold, c);
	if (c->o->hold > 0)
		timer_set(&c->timer, c->o->hold);
	else
		hold_over(c);
}

void
connect_stay_interrupt(struct caller *c)
{
	if (c->releasing || c->was_cut) {
		released(c, "partner");
		return;
	}
	timer_stop(&c->timer);
	timer_init(&c->timer, c->loop, on_hold, c);
	hold_over(c);
}

static bool
all_asked(const struct caller *c)
{
	for (size_t n = 0; n < CONNECT_PEER_SOCKETS; n++)
		if (c->link[n].open && !c->link[n].asked)
			return false;
	return true;
}

void
connect_stay_request(struct link *l, enum is_name name)
{
	struct caller *c = l->caller;
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
	} else { /* it asks on the other socket too */
		c->result->released = "region";
		c->releasing = true;
		timer_set(&c->timer, GOODBYE_SECONDS);
	}
}

void
connect_stay_answer(struct link *l)
{
	if (l->caller->releasing)
		released(l->caller, "partner");
}

void
connect_stay_lost(struct link *l)
{
	struct caller *c = l->caller;

	connect_peer_close(l);
	released(c, l->asked ? "region" : c->releasing ? "partner" : "lost");
}
