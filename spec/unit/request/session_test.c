/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The send side of sessions: which request gets one, waits or is refused, and that each is told once.
 * spec/request/conversation_spec.lua tests the receive side.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn/steps.h"
#include "net/loop.h"
#include "request/session.h"

struct bench;

struct sent { /* one shipment and its result */
	struct shipment shipment;
	unsigned done;
	char answer[32];
	struct bench *again; /* done() ships this one */
	struct sent *next;
};

struct bench { /* an ACQUIRED ipconn that sends on two sockets */
	struct worker worker;
	struct generation generation;
	struct definition definition;
	struct service service;
	struct ipconn ipconn;
	struct ipconn_def def;
	struct engagement engagement;
	struct ipconn_history history;
	struct facts facts;
	struct conn conn[WAY_SOCKETS];
	int peer[WAY_SOCKETS];
	struct sent sent[8]; /* of the bench: done() of a shipment may come at the end of the test */
};

static void
silent(void *owner, enum io_event e)
{
	(void)owner;
	(void)e;
}

static void
connect_one(struct bench *b, unsigned n)
{
	struct conn *c = &b->conn[n];
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	b->peer[n] = fd[1];
	c->worker = &b->worker;
	c->generation = &b->generation;
	c->service = &b->service;
	b->facts.way = WAY_OUT;
	c->facts = &b->facts;
	c->place = SOCKET_OUT + n;
	c->ipconn = &b->ipconn;
	c->stage = CONN_INSTALLED;
	c->io_opened = true;
	io_open(&c->io, b->worker.loop, fd[0], false, 4096, silent, c);
	timer_init(&c->timer, b->worker.loop, NULL, c);
	b->engagement.socket[SOCKET_OUT + n] = c;
}

static int
set_up(void **state)
{
	struct bench *b = calloc(1, sizeof *b);

	b->worker.loop = loop_new();
	b->worker.generation = &b->generation;
	b->worker.riders = &session_riders;
	b->generation.definition = &b->definition;
	b->generation.part = &b->generation;
	memcpy(b->definition.region.applid, "CICSA", 6);
	b->definition.region.conversation_kilobytes = 1024;
	b->definition.region.heartbeat = 60;
	b->definition.region.heartbeat_timeout = 10;
	b->service.heartbeat = b->service.heartbeat_timeout = -1;
	b->ipconn = (struct ipconn){ .def = &b->def, .engaged = &b->engagement, .history = &b->history };
	b->ipconn.worker = &b->worker;
	b->ipconn.inservice = true;
	b->ipconn.status = CONN_ACQUIRED;
	b->engagement.sendcount = 2;
	b->def = (struct ipconn_def){ .ipconn = "CICSB", .queuelimit = -1, .maxqtime = -1, .port = -1 };
	connect_one(b, 0);
	connect_one(b, 1);
	*state = b;
	return 0;
}

static int
tear_down(void **state)
{
	struct bench *b = *state;

	b->ipconn.status = CONN_RELEASED;
	for (unsigned n = 0; n < WAY_SOCKETS; n++) {
		session_riders.lost(&b->conn[n]);
		timer_stop(&b->conn[n].timer);
		io_close(&b->conn[n].io);
		close(b->peer[n]);
	}
	session_work_queue(&b->ipconn);
	session_riders.bury(&b->worker);
	assert_int_equal(b->worker.held, 0);
	assert_int_equal(session_busy(&b->ipconn), 0);
	loop_free(b->worker.loop);
	free(b);
	return 0;
}

static void ship(struct bench *b, struct sent *s);

static void
on_done(struct shipment *shipment)
{
	struct sent *s = shipment->arg;

	s->done++;
	if (shipment->sense == SENSE_NONE)
		memcpy(s->answer, shipment->answer, shipment->answer_len);
	if (s->again != NULL)
		ship(s->again, s->next);
}

static void
ship(struct bench *b, struct sent *s)
{
	s->shipment.data = "question";
	s->shipment.len = 8;
	memcpy(s->shipment.head.program, "ECHO", 5);
	s->shipment.done = on_done;
	s->shipment.arg = s;
	session_ship(&b->ipconn, &s->shipment);
}

/* Gives an element of the partner to that conversation of the socket. */
static int
tell(struct conn *c, uint32_t conv, unsigned is7, const char *body)
{
	struct ipic_message m = { .kind = IPIC_ANSWER, .is = { .type = IS_DATA, .conv = conv, .msg = 1, .chain = 1, .last = true, .is7 = is7 },
		.body = body, .len = strlen(body) };
	const char *why;

	return session_riders.message(c, &m, &why);
}

static size_t
queued_bytes(const struct bench *b, unsigned n)
{
	return buf_len(&b->conn[n].io.out);
}

static bool
says(const struct conn *c, const char *text)
{
	return memmem(buf_bytes(&c->io.out), buf_len(&c->io.out), text, strlen(text)) != NULL;
}

static void
an_answer_comes_to_who_asked(void **state)
{
	struct bench *b = *state;
	struct sent *s = b->sent;

	ship(b, s);
	assert_int_equal(s->done, 0);
	assert_int_equal(session_busy(&b->ipconn), 1);
	assert_true(says(&b->conn[0], "POST /ipic HTTP/1.1\r\n"));
	assert_true(says(&b->conn[0], "conv=00000001; msg=1; chain=1; last=yes; state=end"));
	assert_true(says(&b->conn[0], "}question"));
	assert_int_equal(tell(&b->conn[0], 1, 0, "answer"), 0);
	assert_int_equal(s->done, 1);
	assert_string_equal(s->answer, "answer");
	assert_null(s->shipment.session);
	assert_int_equal(session_busy(&b->ipconn), 0);
	assert_int_equal(b->history.statistics.requests_sent, 1);
	assert_int_equal(b->history.statistics.sent, 8);
	assert_int_equal(b->history.statistics.received, 6);
	assert_int_equal(b->history.statistics.allocates, 1);
}

static void
sessions_are_spread_over_both_sockets(void **state)
{
	struct bench *b = *state;
	struct sent *s = b->sent;

	b->engagement.sendcount = 4;
	for (unsigned n = 0; n < 4; n++)
		ship(b, &s[n]);
	assert_int_equal(b->conn[0].nsessions, 2);
	assert_int_equal(b->conn[1].nsessions, 2);
	assert_int_equal(queued_bytes(b, 0), queued_bytes(b, 1));
	assert_int_equal(b->history.statistics.peak_send, 4);
}

static void
who_waits_is_served_in_order(void **state)
{
	struct bench *b = *state;
	struct sent *s = b->sent;

	for (unsigned n = 0; n < 4; n++)
		ship(b, &s[n]);
	assert_int_equal(b->history.statistics.queued, 2);
	assert_null(s[2].shipment.session);
	tell(&b->conn[1], 1, 0, "b");
	assert_string_equal(s[1].answer, "b");
	assert_non_null(s[2].shipment.session);
	assert_null(s[3].shipment.session);
	tell(&b->conn[1], 2, 0, "c");
	assert_string_equal(s[2].answer, "c");
	assert_non_null(s[3].shipment.session);
	assert_int_equal(b->history.statistics.queued, 0);
	assert_int_equal(b->history.statistics.peak_queued, 2);
}

static void
queuelimit_refuses_the_next(void **state)
{
	struct bench *b = *state;
	struct sent *s = b->sent;

	b->def.queuelimit = 1;
	for (unsigned n = 0; n < 4; n++)
		ship(b, &s[n]);
	assert_int_equal(s[2].done, 0);
	assert_int_equal(s[3].done, 1);
	assert_int_equal(s[3].shipment.sense, SENSE_SYSTEM_ERROR);
	assert_int_equal(b->history.statistics.rejected, 1);
	assert_int_equal(b->history.statistics.purges, 0);
	b->def.queuelimit = 0;
	tell(&b->conn[0], 1, 0, "a");
	tell(&b->conn[0], 2, 0, "c");
	assert_int_equal(s[2].done, 1);
	ship(b, &s[0]);
	assert_non_null(s[0].shipment.session); /* a free session needs no queue */
	ship(b, &s[3]);
	assert_int_equal(s[3].done, 2);
}

static void
maxqtime_purges_a_full_queue_that_is_too_slow(void **state)
{
	struct bench *b = *state;
	struct sent *s = b->sent;

	b->def.queuelimit = 3;
	b->def.maxqtime = 30;
	for (unsigned n = 0; n < 5; n++)
		ship(b, &s[n]);
	ship(b, &s[5]); /* the queue is full, but its requests have not waited long */
	assert_int_equal(s[5].done, 1);
	assert_int_equal(s[2].done + s[3].done + s[4].done, 0);
	b->engagement.waiting_since -= 15; /* three would take 45 s */
	ship(b, &s[6]);
	assert_int_equal(s[6].done, 1);
	for (unsigned n = 2; n < 5; n++) {
		assert_int_equal(s[n].done, 1);
		assert_int_equal(s[n].shipment.sense, SENSE_SYSTEM_ERROR);
	}
	assert_int_equal(s[0].done + s[1].done, 0); /* these have sessions */
	assert_int_equal(b->history.statistics.purges, 1);
	assert_int_equal(b->history.statistics.purged, 3);
	assert_int_equal(b->history.statistics.rejected, 2);
	assert_int_equal(b->history.statistics.queued, 0);
}

static void
maxqtime_spares_a_queue_that_moves(void **state)
{
	struct bench *b = *state;
	struct sent *s = b->sent;

	b->def.queuelimit = 3;
	b->def.maxqtime = 30;
	for (unsigned n = 0; n < 5; n++)
		ship(b, &s[n]);
	tell(&b->conn[0], 1, 0, "a");
	ship(b, &s[0]);
	b->engagement.waiting_since -= 15; /* one was served meanwhile: three would take about 22 s */
	ship(b, &s[6]);
	assert_int_equal(s[6].done, 1);
	assert_int_equal(b->history.statistics.purges, 0);
	assert_int_equal(b->history.statistics.queued, 3);
}

static void
maxqtime_alone_does_nothing(void **state)
{
	struct bench *b = *state;
	struct sent *s = b->sent;

	b->def.maxqtime = 0;
	for (unsigned n = 0; n < 3; n++)
		ship(b, &s[n]);
	b->engagement.waiting_since -= 1000;
	ship(b, &s[3]);
	assert_int_equal(b->history.statistics.queued, 2);
}

static void
refused(struct bench *b, uint64_t link, uint64_t other)
{
	struct sent s = { .done = 0 };

	ship(b, &s);
	assert_int_equal(s.done, 1);
	assert_int_equal(s.shipment.sense, SENSE_SYSTEM_ERROR);
	assert_true(strlen(s.shipment.why) > 0);
	assert_int_equal(b->history.statistics.failed_link, link);
	assert_int_equal(b->history.statistics.failed_other, other);
}

static void
what_cannot_be_reached_is_refused_at_once(void **state)
{
	struct bench *b = *state;

	b->ipconn.inservice = false;
	refused(b, 1, 0);
	b->ipconn.inservice = true;
	b->ipconn.status = CONN_FREEING;
	refused(b, 2, 0);
	b->ipconn.status = CONN_RELEASED; /* and no host to dial */
	refused(b, 3, 0);
	b->ipconn.status = CONN_ACQUIRED;
	b->worker.draining = true;
	refused(b, 4, 0);
	b->worker.draining = false;
	b->engagement.sendcount = 0;
	refused(b, 4, 1);
}

static void
who_waits_fails_when_the_ipconn_is_released(void **state)
{
	struct bench *b = *state;
	struct sent *s = b->sent;

	b->ipconn.status = CONN_OBTAINING;
	ship(b, &s[0]);
	session_work_queue(&b->ipconn);
	assert_int_equal(s[0].done, 0);
	b->ipconn.status = CONN_ACQUIRED;
	session_work_queue(&b->ipconn);
	assert_non_null(s[0].shipment.session);
	for (unsigned n = 1; n < 4; n++)
		ship(b, &s[n]);
	b->ipconn.status = CONN_RELEASED;
	session_work_queue(&b->ipconn);
	assert_int_equal(s[0].done + s[1].done, 0); /* the end of their sockets tells them */
	assert_int_equal(s[2].done + s[3].done, 2);
	assert_int_equal(b->history.statistics.failed_link, 2);
}

static void
a_lost_socket_fails_its_requests_only(void **state)
{
	struct bench *b = *state;
	struct sent *s = b->sent;

	ship(b, &s[0]);
	ship(b, &s[1]);
	session_riders.lost(&b->conn[0]);
	assert_int_equal(s[0].done, 1);
	assert_int_equal(s[0].shipment.sense, SENSE_SYSTEM_ERROR);
	assert_int_equal(s[1].done, 0);
	assert_int_equal(session_busy(&b->ipconn), 1);
}

static void
a_cancelled_one_is_told_to_the_partner_alone(void **state)
{
	struct bench *b = *state;
	struct sent *s = b->sent;

	for (unsigned n = 0; n < 4; n++)
		ship(b, &s[n]);
	session_ship_cancel(&s[3].shipment); /* while it waits, at the end and then in front */
	session_ship_cancel(&s[2].shipment);
	assert_int_equal(b->history.statistics.queued, 0);
	ship(b, &s[2]);
	session_ship_cancel(&s[0].shipment);
	assert_true(says(&b->conn[0], "IS: 1 expd; conv=00000001; state=end; name=cancel"));
	assert_non_null(s[2].shipment.session); /* it has the session now */
	assert_int_equal(tell(&b->conn[0], 1, 0, "late"), 0); /* the answer crossed the cancel */
	assert_int_equal(s[0].done + s[2].done + s[3].done, 0);
	assert_int_equal(b->history.statistics.conversation_errors, 0);
}

static void
an_is7_is_an_answer_too(void **state)
{
	struct bench *b = *state;
	struct sent *s = b->sent;

	ship(b, s);
	tell(&b->conn[0], 1, SENSE_UNKNOWN, "{\"sense\":\"10086021\",\"message\":\"DFHIS1025\"}");
	assert_int_equal(s->done, 1);
	assert_int_equal(s->shipment.sense, SENSE_UNKNOWN);
	assert_string_equal(s->shipment.message, "DFHIS1025");
	assert_int_equal(session_busy(&b->ipconn), 0);
}

static void
an_answer_that_breaks_the_rules_ends_its_conversation(void **state)
{
	struct bench *b = *state;
	struct sent *s = b->sent;
	struct is_header is = { .type = IS_DATA, .conv = 1, .msg = 2, .chain = 1, .last = true };
	const char *why;

	ship(b, &s[0]);
	ship(b, &s[1]);
	assert_int_equal(session_riders.message(&b->conn[0], &(struct ipic_message){ .kind = IPIC_ANSWER, .is = is, .body = "", .len = 0 }, &why), 0);
	assert_int_equal(s[0].done, 1);
	assert_int_equal(s[0].shipment.sense, SENSE_BACKED_OUT);
	assert_true(says(&b->conn[0], "IS: 1 expd; conv=00000001; state=end; name=cancel"));
	assert_int_equal(b->history.statistics.conversation_errors, 1);
	assert_int_equal(s[1].done, 0);
}

static void
a_request_from_the_end_that_did_not_dial_breaks_the_connection(void **state)
{
	struct bench *b = *state;
	struct is_header is = { .type = IS_DATA, .conv = 1, .msg = 1, .chain = 1, .last = true, .head = 2 };
	const char *why = NULL;

	assert_int_equal(session_riders.message(&b->conn[0], &(struct ipic_message){ .kind = IPIC_REQUEST, .is = is, .body = "{}", .len = 2 }, &why), -1);
	assert_string_equal(why, "a request from the end that did not dial");
}

static void
an_expedited_end_fails_the_request(void **state)
{
	struct bench *b = *state;
	struct sent *s = b->sent;
	struct is_header is = { .type = IS_EXPD, .name = IS_PURGE, .conv = 1 };
	const char *why;

	ship(b, s);
	assert_int_equal(session_riders.message(&b->conn[0], &(struct ipic_message){ .kind = IPIC_REQUEST, .is = is, .body = "", .len = 0 }, &why), 0);
	assert_int_equal(s->done, 1);
	assert_int_equal(s->shipment.sense, SENSE_ABENDED);
}

static void
one_that_is_done_may_ship_the_next(void **state)
{
	struct bench *b = *state;
	struct sent *s = b->sent;

	b->engagement.sendcount = 1;
	s[0].again = b;
	s[0].next = &s[2];
	ship(b, &s[0]);
	ship(b, &s[1]);
	tell(&b->conn[0], 1, 0, "a");
	assert_int_equal(s[0].done, 1);
	assert_non_null(s[1].shipment.session); /* it was there before */
	assert_null(s[2].shipment.session);
}

static void
a_socket_that_is_full_makes_the_request_wait_for_room(void **state)
{
	struct bench *b = *state;
	struct sent *s = b->sent;
	unsigned char *rest = calloc(1, 1024 * 1024);

	b->engagement.socket[SOCKET_OUT2] = NULL;
	assert_int_equal(io_write(&b->conn[0].io, rest, 1024 * 1024), 0);
	free(rest);
	ship(b, s);
	assert_false(says(&b->conn[0], "POST"));
	buf_consume(&b->conn[0].io.out, 1024 * 1024);
	session_riders.flushed(&b->conn[0]);
	assert_true(says(&b->conn[0], "}question"));
	tell(&b->conn[0], 1, 0, "a");
	assert_int_equal(s->done, 1);
}

static void
a_purge_ends_all_of_it(void **state)
{
	struct bench *b = *state;
	struct sent *s = b->sent;

	for (unsigned n = 0; n < 3; n++)
		ship(b, &s[n]);
	b->ipconn.status = CONN_RELEASED; /* the next request must not acquire it */
	session_purge(&b->ipconn, "forcepurge");
	for (unsigned n = 0; n < 3; n++)
		assert_int_equal(s[n].done, 1);
	assert_true(says(&b->conn[0], "name=forcepurge"));
	assert_true(says(&b->conn[1], "name=forcepurge"));
	assert_int_equal(session_busy(&b->ipconn), 0);
}

static void
count_view(void *arg, const struct session_view *v)
{
	unsigned *n = arg;

	assert_string_equal(v->direction, "SEND");
	assert_string_equal(v->state, "RECEIVE");
	assert_string_equal(v->program, "ECHO");
	assert_string_equal(v->ipconn, "CICSB");
	(*n)++;
}

static void
every_session_can_be_seen(void **state)
{
	struct bench *b = *state;
	struct sent *s = b->sent;
	unsigned n = 0;

	ship(b, &s[0]);
	ship(b, &s[1]);
	session_each(&b->ipconn, count_view, &n);
	assert_int_equal(n, 2);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_answer_comes_to_who_asked),
		T(sessions_are_spread_over_both_sockets),
		T(who_waits_is_served_in_order),
		T(queuelimit_refuses_the_next),
		T(maxqtime_purges_a_full_queue_that_is_too_slow),
		T(maxqtime_spares_a_queue_that_moves),
		T(maxqtime_alone_does_nothing),
		T(what_cannot_be_reached_is_refused_at_once),
		T(who_waits_fails_when_the_ipconn_is_released),
		T(a_lost_socket_fails_its_requests_only),
		T(a_cancelled_one_is_told_to_the_partner_alone),
		T(an_is7_is_an_answer_too),
		T(an_answer_that_breaks_the_rules_ends_its_conversation),
		T(a_request_from_the_end_that_did_not_dial_breaks_the_connection),
		T(an_expedited_end_fails_the_request),
		T(one_that_is_done_may_ship_the_next),
		T(a_socket_that_is_full_makes_the_request_wait_for_room),
		T(a_purge_ends_all_of_it),
		T(every_session_can_be_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
