/* SPDX-License-Identifier: Apache-2.0 */
/* Two ends of a conversation over a pipe of elements; one end against elements made by hand. */
#include "ipic/flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#define CONV 0x1f
#define HEAD "{\"tran\":\"PAY1\",\"program\":\"ECHO\"}"

struct element {
	struct element *next;
	enum ipic_kind kind;
	int status;
	char is[IS_SIZE];
	size_t len;
	char body[];
};

struct pipe { /* elements that one end emitted and the other has not taken */
	struct element *first, **last;
	unsigned count, waiting, most; /* emitted in all; not taken now; the most of these */
	bool broken;
};

static void
pipe_init(struct pipe *p)
{
	memset(p, 0, sizeof *p);
	p->last = &p->first;
}

/* Puts the element, reads it back, and returns the number of an answer; 0 for a request. */
static int
status_of(enum ipic_kind kind, const struct is_header *is, const void *body, size_t len)
{
	struct ipic_reader r;
	struct ipic_message m;
	struct fault f;
	struct buf b;

	buf_init(&b, 0);
	assert_int_equal(ipic_put_element(&b, kind, "CICSA", is, body, len), 0);
	ipic_expect_any(&r);
	assert_int_equal(ipic_next(&r, buf_bytes(&b), buf_len(&b), &m, &f), IPIC_MESSAGE);
	assert_int_equal(m.kind, kind);
	assert_int_equal(m.len, len);
	assert_int_equal(m.is.conv, is->conv);
	assert_null(ipic_element_fault(&m));
	buf_free(&b);
	return kind == IPIC_ANSWER ? m.status : 0;
}

static int
into(void *arg, enum ipic_kind kind, const struct is_header *is, const void *body, size_t len)
{
	struct pipe *p = arg;
	struct element *e = malloc(sizeof *e + len);

	if (p->broken) {
		free(e);
		return -1;
	}
	e->next = NULL;
	e->kind = kind;
	e->status = status_of(kind, is, body, len);
	assert_true(wire_put_is(e->is, sizeof e->is, is) > 0);
	if (len > 0)
		memcpy(e->body, body, len);
	e->len = len;
	assert_true(len <= FLOW_ELEMENT_MAX);
	*p->last = e;
	p->last = &e->next;
	p->count++;
	if (++p->waiting > p->most)
		p->most = p->waiting;
	return 0;
}

/* The next element; the caller frees it. */
static struct element *
out_of(struct pipe *p)
{
	struct element *e = p->first;

	assert_non_null(e);
	p->first = e->next;
	if (p->first == NULL)
		p->last = &p->first;
	p->waiting--;
	return e;
}

static void
pipe_empty(struct pipe *p)
{
	while (p->first != NULL)
		free(out_of(p));
}

static enum flow_event
deliver(struct flow *to, struct pipe *from, struct flow_error *e)
{
	struct element *m = out_of(from);
	struct is_header is;
	enum flow_event event;

	assert_int_equal(wire_is(&is, m->is, strlen(m->is), NULL), 0);
	event = flow_take(to, m->kind, &is, m->body, m->len, e);
	free(m);
	return event;
}

struct pair {
	struct pipe from_a, from_b;
	struct flow a, b; /* a began it */
};

static void
pair_begin(struct pair *p)
{
	pipe_init(&p->from_a);
	pipe_init(&p->from_b);
	flow_init(&p->a, CONV, true, into, &p->from_a);
	flow_init(&p->b, CONV, false, into, &p->from_b);
}

static void
pair_end(struct pair *p)
{
	pipe_empty(&p->from_a);
	pipe_empty(&p->from_b);
	flow_free(&p->a);
	flow_free(&p->b);
}

static void
to_end(struct flow *to, struct pipe *from, struct flow *back, struct pipe *backwards)
{
	struct flow_error e;

	while (deliver(to, from, &e) == FLOW_MORE) {
		assert_true(flow_bytes(to) <= 2 * (size_t)PAYLOAD_MAX);
		if (backwards->first == NULL)
			continue;
		assert_int_equal(deliver(back, backwards, &e), FLOW_PACED);
		assert_int_equal(flow_pump(back), 0);
	}
	assert_null(from->first);
}

static char *
noise(size_t len)
{
	char *p = malloc(len + 1);

	for (size_t i = 0; i < len; i++)
		p[i] = (char)rand();
	return p;
}

static const struct request head = { .tran = "PAY1", .program = "ECHO", .userid = "FRED", .password = "secret", .has_password = true };

static void
exchange(struct pair *p, size_t asked, size_t answered, bool open)
{
	char *question = noise(asked), *reply = noise(answered);

	assert_int_equal(flow_request(&p->a, &head, question, asked, 37, open), 0);
	to_end(&p->b, &p->from_a, &p->a, &p->from_b);
	assert_int_equal(p->b.state, FLOW_WORK);
	assert_int_equal(buf_len(&p->b.in), asked);
	assert_memory_equal(buf_bytes(&p->b.in), question, asked);
	assert_string_equal(p->b.head.program, "ECHO");
	assert_string_equal(p->b.head.userid, "FRED");
	assert_string_equal(p->b.head.password, "secret");
	assert_int_equal(p->b.ccsid, 37);
	assert_int_equal(flow_answer(&p->b, reply, answered, 1208, open), 0);
	to_end(&p->a, &p->from_b, &p->b, &p->from_a);
	assert_int_equal(buf_len(&p->a.in), answered);
	assert_memory_equal(buf_bytes(&p->a.in), reply, answered);
	assert_int_equal(p->a.ccsid, 1208);
	assert_int_equal(p->a.state, open ? FLOW_IDLE : FLOW_ENDED);
	assert_int_equal(p->b.state, open ? FLOW_IDLE : FLOW_ENDED);
	free(question);
	free(reply);
}

static void
data_of_every_size_goes_there_and_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 5, FLOW_ELEMENT_MAX - 1, FLOW_ELEMENT_MAX, FLOW_ELEMENT_MAX + 1, 4 * FLOW_ELEMENT_MAX,
		4 * FLOW_ELEMENT_MAX + 1, 8 * FLOW_ELEMENT_MAX, 1000000, PAYLOAD_MAX - 1, PAYLOAD_MAX };
	size_t n = sizeof sizes / sizeof sizes[0];
	struct pair p;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		pair_begin(&p);
		exchange(&p, sizes[i], sizes[n - 1 - i], false);
		pair_end(&p);
	}
}

static void
a_message_that_is_too_large_is_not_begun(void **state)
{
	char *large = noise(PAYLOAD_MAX + 1);
	struct pair p;

	(void)state;
	pair_begin(&p);
	assert_int_equal(flow_request(&p.a, &head, large, PAYLOAD_MAX + 1, 0, false), -1);
	assert_int_equal(p.a.state, FLOW_IDLE);
	assert_int_equal(p.from_a.count, 0);
	exchange(&p, 1, 1, false);
	pair_end(&p);
	free(large);
}

static void
no_more_than_four_elements_are_ever_on_their_way(void **state)
{
	struct pair p;

	(void)state;
	pair_begin(&p);
	exchange(&p, 3000000, 3000000, false);
	assert_int_equal(p.from_a.most, 4);
	assert_int_equal(p.from_b.most, 4);
	pair_end(&p);
}

static void
what_was_sent_is_not_held(void **state)
{
	char *data = noise(1000000);
	struct flow_error e;
	struct pair p;

	(void)state;
	pair_begin(&p);
	assert_int_equal(flow_request(&p.a, &head, data, 1000000, 0, false), 0);
	assert_true(buf_len(&p.a.out) < 1000000 - 3 * FLOW_ELEMENT_MAX);
	while (p.a.state == FLOW_SEND) {
		while (p.from_a.first != NULL)
			deliver(&p.b, &p.from_a, &e);
		assert_int_equal(deliver(&p.a, &p.from_b, &e), FLOW_PACED);
		assert_int_equal(flow_pump(&p.a), 0);
	}
	assert_int_equal(flow_bytes(&p.a), 0);
	pair_end(&p);
	free(data);
}

static void
exchanges_are_numbered_and_999999_is_followed_by_1(void **state)
{
	struct pair p;

	(void)state;
	pair_begin(&p);
	for (int i = 1; i <= 3; i++) {
		exchange(&p, 10, 10, true);
		assert_int_equal(p.a.msg, i);
	}
	p.a.msg = p.b.msg = IS_MESSAGE_MAX - 1;
	exchange(&p, 10, 10, true);
	assert_int_equal(p.a.msg, IS_MESSAGE_MAX);
	exchange(&p, 10, 10, true);
	assert_int_equal(p.a.msg, 1);
	assert_int_equal(p.b.msg, 1);
	exchange(&p, 10, 10, false);
	pair_end(&p);
}

static void
an_answer_may_end_what_the_request_left_open(void **state)
{
	struct pair p;

	(void)state;
	pair_begin(&p);
	assert_int_equal(flow_request(&p.a, &head, "x", 1, 0, true), 0);
	to_end(&p.b, &p.from_a, &p.a, &p.from_b);
	assert_int_equal(flow_answer(&p.b, "y", 1, 0, false), 0);
	to_end(&p.a, &p.from_b, &p.b, &p.from_a);
	assert_int_equal(p.a.state, FLOW_ENDED);
	assert_int_equal(p.b.state, FLOW_ENDED);
	pair_end(&p);
	pair_begin(&p);
	assert_int_equal(flow_request(&p.a, &head, "x", 1, 0, false), 0);
	to_end(&p.b, &p.from_a, &p.a, &p.from_b);
	assert_int_equal(flow_answer(&p.b, "y", 1, 0, true), 0); /* its request was not open, so the answer is an end */
	to_end(&p.a, &p.from_b, &p.b, &p.from_a);
	assert_int_equal(p.a.state, FLOW_ENDED);
	pair_end(&p);
}

static void
nobody_speaks_out_of_turn(void **state)
{
	struct pair p;

	(void)state;
	pair_begin(&p);
	assert_int_equal(flow_request(&p.b, &head, "x", 1, 0, false), -1);
	assert_int_equal(flow_answer(&p.a, "x", 1, 0, false), -1);
	assert_int_equal(flow_answer(&p.b, "x", 1, 0, false), -1);
	assert_int_equal(flow_request(&p.a, &head, "x", 1, 0, true), 0);
	assert_int_equal(flow_request(&p.a, &head, "x", 1, 0, true), -1);
	assert_int_equal(p.from_a.count, 1);
	assert_int_equal(p.from_b.count, 0);
	pair_end(&p);
}

static void *
nothing(size_t n)
{
	(void)n;
	return NULL;
}

/* Without memory an IS7 has no body; its header has the sense. */
static void
an_is7_goes_without_a_body_when_there_is_no_memory(void **state)
{
	json_malloc_t given;
	json_free_t taken;
	struct flow_error e;
	struct pair p;

	(void)state;
	pair_begin(&p);
	assert_int_equal(flow_request(&p.a, &head, "x", 1, 0, false), 0);
	to_end(&p.b, &p.from_a, &p.a, &p.from_b);
	json_get_alloc_funcs(&given, &taken);
	json_set_alloc_funcs(nothing, taken);
	assert_int_equal(flow_is7(&p.b, SENSE_ABENDED, "DFHIS0998"), 0);
	json_set_alloc_funcs(given, taken);
	assert_int_equal(p.from_b.first->status, 500);
	assert_int_equal(p.from_b.first->len, 0);
	assert_int_equal(deliver(&p.a, &p.from_b, &e), FLOW_IS7);
	assert_int_equal(e.sense, SENSE_ABENDED);
	assert_string_equal(e.message, "");
	assert_int_equal(p.b.state, FLOW_ENDED);
	pair_end(&p);
}

static void
an_is7_ends_it_at_any_time(void **state)
{
	char *data = noise(1000000);
	struct flow_error e;
	struct pair p;

	(void)state;
	pair_begin(&p); /* while the request is still coming */
	assert_int_equal(flow_request(&p.a, &head, data, 1000000, 0, true), 0);
	assert_int_equal(deliver(&p.b, &p.from_a, &e), FLOW_MORE);
	assert_int_equal(flow_is7(&p.b, SENSE_SYSTEM_ERROR, "DFHIS1025"), 0);
	assert_int_equal(p.from_b.first->status, 500);
	assert_string_equal(p.from_b.first->is, "1 data; conv=0000001f; msg=1; chain=1; last=yes; state=end; is7=1008600B");
	assert_int_equal(deliver(&p.a, &p.from_b, &e), FLOW_IS7);
	assert_int_equal(e.sense, SENSE_SYSTEM_ERROR);
	assert_string_equal(e.message, "DFHIS1025");
	assert_string_equal(e.text, "system error");
	assert_int_equal(p.a.state, FLOW_ENDED);
	assert_int_equal(p.b.state, FLOW_ENDED);
	assert_int_equal(flow_pump(&p.a), 0);
	assert_int_equal(deliver(&p.b, &p.from_a, &e), FLOW_BROKEN); /* it was on its way */
	assert_int_equal(e.code, CONV_0630);
	pair_end(&p);
	pair_begin(&p); /* in place of an answer; a second IS7 sends nothing */
	assert_int_equal(flow_request(&p.a, &head, "x", 1, 0, true), 0);
	to_end(&p.b, &p.from_a, &p.a, &p.from_b);
	assert_int_equal(flow_is7(&p.b, SENSE_UNKNOWN, NULL), 0);
	assert_int_equal(flow_is7(&p.b, SENSE_UNKNOWN, NULL), 0);
	assert_int_equal(flow_purge(&p.b, "purge"), 0);
	assert_int_equal(p.from_b.count, 1);
	assert_int_equal(deliver(&p.a, &p.from_b, &e), FLOW_IS7);
	assert_int_equal(e.sense, SENSE_UNKNOWN);
	assert_string_equal(e.message, "");
	pair_end(&p);
	free(data);
}

static void
either_end_may_purge(void **state)
{
	static const char *const how[] = { "purge", "forcepurge", "cancel", "forcecancel", "kill" };
	struct flow_error e;
	struct pair p;

	(void)state;
	for (size_t i = 0; i < sizeof how / sizeof how[0]; i++) {
		char is[80];

		snprintf(is, sizeof is, "1 expd; conv=0000001f; state=end; name=%s", how[i]);
		pair_begin(&p);
		assert_int_equal(flow_request(&p.a, &head, "x", 1, 0, true), 0);
		assert_int_equal(deliver(&p.b, &p.from_a, &e), FLOW_WHOLE);
		assert_int_equal(flow_purge(i % 2 ? &p.a : &p.b, how[i]), 0);
		assert_string_equal((i % 2 ? &p.from_a : &p.from_b)->first->is, is);
		assert_int_equal((i % 2 ? &p.from_a : &p.from_b)->first->kind, IPIC_REQUEST);
		assert_int_equal(deliver(i % 2 ? &p.b : &p.a, i % 2 ? &p.from_a : &p.from_b, &e), FLOW_IS7);
		assert_int_equal(e.sense, SENSE_ABENDED);
		assert_memory_equal(buf_bytes(&p.b.in), "x", 1); /* a task may still read it */
		pair_end(&p);
	}
	pair_begin(&p);
	assert_int_equal(flow_purge(&p.a, "nicely"), -1);
	assert_int_equal(p.from_a.count, 0);
	pair_end(&p);
}

static void
an_element_that_cannot_be_queued_is_told(void **state)
{
	char *data = noise(1000000);
	struct flow_error e;
	struct pair p;

	(void)state;
	pair_begin(&p);
	assert_int_equal(flow_request(&p.a, &head, data, 1000000, 0, false), 0);
	for (int i = 1; i < FLOW_PACE; i++)
		assert_int_equal(deliver(&p.b, &p.from_a, &e), FLOW_MORE);
	p.from_b.broken = true;
	assert_int_equal(deliver(&p.b, &p.from_a, &e), FLOW_FAILED);
	p.from_b.broken = false;
	p.from_a.broken = true;
	p.a.paced_out = false;
	assert_int_equal(flow_pump(&p.a), -1);
	pair_end(&p);
	free(data);
}

static void
a_password_is_forgotten_when_it_has_gone(void **state)
{
	struct flow_error e;
	struct pair p;

	(void)state;
	pair_begin(&p);
	assert_int_equal(flow_request(&p.a, &head, "x", 1, 0, true), 0);
	assert_string_equal(p.a.head_out.password, "");
	assert_int_equal(deliver(&p.b, &p.from_a, &e), FLOW_WHOLE);
	assert_string_equal(p.b.head.password, "secret");
	flow_free(&p.b);
	assert_string_equal(p.b.head.password, "");
	pair_end(&p);
}

static void
who_takes_over_a_session_says_so_once(void **state)
{
	char *data = noise(FLOW_ELEMENT_MAX);
	struct pair p;

	(void)state;
	pair_begin(&p);
	p.a.prev = 0x1e;
	assert_int_equal(flow_request(&p.a, &head, data, FLOW_ELEMENT_MAX, 0, true), 0);
	assert_non_null(strstr(p.from_a.first->is, "; prev=0000001e; "));
	assert_null(strstr(p.from_a.first->next->is, "prev"));
	to_end(&p.b, &p.from_a, &p.a, &p.from_b);
	assert_int_equal(flow_answer(&p.b, "", 0, 0, true), 0);
	to_end(&p.a, &p.from_b, &p.b, &p.from_a);
	assert_int_equal(flow_request(&p.a, &head, "", 0, 0, true), 0);
	assert_null(strstr(p.from_a.first->is, "prev"));
	pair_end(&p);
	free(data);
}

/* ---- one end against elements made by hand ---- */

struct end { /* a flow and the elements that it emitted */
	struct flow f;
	struct pipe p;
};

static void
end_begin(struct end *e, bool beginner)
{
	pipe_init(&e->p);
	flow_init(&e->f, CONV, beginner, into, &e->p);
}

static void
end_end(struct end *e)
{
	pipe_empty(&e->p);
	flow_free(&e->f);
}

static struct flow_error last; /* the error of the last take */

static enum flow_event
take(struct end *e, const char *keys, const char *body)
{
	char value[200];
	struct is_header is;
	struct fault f = { "" };

	snprintf(value, sizeof value, "1 data; conv=0000001f; %s", keys);
	if (wire_is(&is, value, strlen(value), &f) < 0)
		fail_msg("%s: %s", value, f.text);
	return flow_take(&e->f, e->f.beginner ? IPIC_ANSWER : IPIC_REQUEST, &is, body, strlen(body), &last);
}

/* The first element of a request, with its head. */
static enum flow_event
start(struct end *e, const char *keys)
{
	char all[160];

	snprintf(all, sizeof all, "%s; head=%zu", keys, strlen(HEAD));
	return take(e, all, HEAD "data");
}

#define breaks(taken, is) \
	do { \
		assert_int_equal(taken, FLOW_BROKEN); \
		assert_int_equal(last.code, is); \
		assert_int_equal(last.sense, (is) != CONV_OK ? SENSE_BACKED_OUT : SENSE_SYSTEM_ERROR); \
		assert_string_not_equal(last.text, ""); \
	} while (0)

/*
 * Each row: valid elements in order, and one that breaks a rule. With a session taken over the error has the other
 * code.
 */
static void
a_request_that_breaks_a_rule_is_told_by_its_code(void **state)
{
	static const struct {
		const char *well[3], *bad;
		enum conversation_error code, twin;
	} row[] = {
		{ { NULL }, "msg=1; chain=2; last=no; state=end", CONV_0629, CONV_0633 },
		{ { "msg=1; chain=1; last=no; state=end" }, "msg=1; chain=1; last=no; state=end", CONV_0629, CONV_0633 },
		{ { "msg=1; chain=1; last=no; state=end" }, "msg=2; chain=1; last=yes; state=end", CONV_0629, CONV_0633 },
		{ { "msg=1; chain=1; last=no; state=end" }, "msg=1; chain=2; last=yes; state=open", CONV_0629, CONV_0633 },
		{ { "msg=1; chain=1; last=no; state=open" }, "msg=1; chain=2; last=yes; state=end", CONV_0629, CONV_0633 },
		{ { "msg=1; chain=1; last=no; state=end" }, "msg=1; chain=2; last=yes; state=end; head=2", CONV_0629, CONV_0633 },
		{ { "msg=1; chain=1; last=no; state=end" }, "prev=00000007; msg=1; chain=2; last=yes; state=end", CONV_0629, CONV_0633 },
		{ { NULL }, "msg=1; chain=4; pacing=yes", CONV_0629, CONV_0633 },
		{ { "msg=1; chain=1; last=no; state=end" }, "msg=1; chain=1; last=yes; state=end; is7=08240000", CONV_0629, CONV_0633 },
		{ { NULL }, "msg=2; chain=1; last=yes; state=end", CONV_062D, CONV_0636 },
		{ { NULL }, "msg=999999; chain=1; last=no; state=end", CONV_062D, CONV_0636 },
		{ { "msg=1; chain=1; last=no; state=end" }, "msg=2; chain=2; last=no; state=end", CONV_062D, CONV_0636 },
		{ { "msg=1; chain=1; last=no; state=end" }, "msg=1; chain=3; last=no; state=end", CONV_062E, CONV_0635 },
		{ { "msg=1; chain=1; last=no; state=end", "msg=1; chain=2; last=no; state=end" }, "msg=1; chain=2; last=no; state=end", CONV_062E, CONV_0635 },
		{ { NULL }, "msg=1; chain=1; last=yes; state=end; ccsid=1140", CONV_062F, CONV_062F },
		{ { "msg=1; chain=1; last=no; state=end; ccsid=037" }, "msg=1; chain=2; last=yes; state=end; ccsid=500", CONV_062F, CONV_062F },
		{ { "msg=1; chain=1; last=yes; state=end" }, "msg=2; chain=1; last=yes; state=end", CONV_0614, CONV_0614 },
		{ { "msg=1; chain=1; last=yes; state=end" }, "msg=1; chain=2; last=yes; state=end", CONV_0614, CONV_0614 },
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof row / sizeof row[0]; i++) {
		bool twin = i % 2;
		struct end e;

		end_begin(&e, false);
		e.f.previous_active = twin;
		for (int n = 0; n < 3 && row[i / 2].well[n] != NULL; n++)
			assert_true((n == 0 ? start(&e, row[i / 2].well[n]) : take(&e, row[i / 2].well[n], "data")) != FLOW_BROKEN);
		breaks(take(&e, row[i / 2].bad, ""), twin ? row[i / 2].twin : row[i / 2].code);
		end_end(&e);
	}
}

static void
a_fifth_element_before_the_pacing_message(void **state)
{
	(void)state;
	for (int twin = 0; twin < 2; twin++) {
		struct end e;

		end_begin(&e, false);
		e.f.previous_active = twin;
		flow_hold(&e.f, true);
		assert_int_equal(start(&e, "msg=1; chain=1; last=no; state=end"), FLOW_MORE);
		assert_int_equal(take(&e, "msg=1; chain=2; last=no; state=end", "x"), FLOW_MORE);
		assert_int_equal(take(&e, "msg=1; chain=3; last=no; state=end", "x"), FLOW_MORE);
		assert_int_equal(take(&e, "msg=1; chain=4; last=no; state=end", "x"), FLOW_MORE);
		assert_true(e.f.pacing_due);
		assert_int_equal(e.p.count, 0);
		breaks(take(&e, "msg=1; chain=5; last=no; state=end", "x"), twin ? CONV_0634 : CONV_062A);
		assert_int_equal(flow_hold(&e.f, false), 0);
		assert_string_equal(e.p.first->is, "1 data; conv=0000001f; msg=1; chain=4; pacing=yes");
		assert_int_equal(e.p.first->kind, IPIC_ANSWER);
		assert_int_equal(e.p.first->status, 200);
		assert_int_equal(e.p.first->len, 0);
		assert_int_equal(take(&e, "msg=1; chain=5; last=yes; state=end", "x"), FLOW_WHOLE);
		assert_memory_equal(buf_bytes(&e.f.in), "dataxxxx", buf_len(&e.f.in));
		end_end(&e);
	}
}

static void
four_elements_of_which_one_is_the_last_are_not_paced(void **state)
{
	struct end e;

	(void)state;
	end_begin(&e, false);
	start(&e, "msg=1; chain=1; last=no; state=end");
	take(&e, "msg=1; chain=2; last=no; state=end", "x");
	take(&e, "msg=1; chain=3; last=no; state=end", "x");
	assert_int_equal(take(&e, "msg=1; chain=4; last=yes; state=end", "x"), FLOW_WHOLE);
	assert_int_equal(e.p.count, 0);
	end_end(&e);
}

static void
twins_are_for_the_first_message_only(void **state)
{
	struct end e;

	(void)state;
	end_begin(&e, false);
	e.f.previous_active = true;
	assert_int_equal(start(&e, "msg=1; chain=1; last=yes; state=open"), FLOW_WHOLE);
	assert_int_equal(flow_answer(&e.f, "", 0, 0, true), 0);
	breaks(start(&e, "msg=3; chain=1; last=yes; state=open"), CONV_062D);
	breaks(start(&e, "prev=00000007; msg=2; chain=1; last=yes; state=open"), CONV_0629);
	end_end(&e);
}

static void
data_while_our_answer_goes_out(void **state)
{
	char *data = noise(1000000);
	struct end e;

	(void)state;
	end_begin(&e, false);
	start(&e, "msg=1; chain=1; last=yes; state=open");
	assert_int_equal(flow_answer(&e.f, data, 1000000, 0, true), 0);
	breaks(start(&e, "msg=2; chain=1; last=yes; state=open"), CONV_061E);
	breaks(take(&e, "msg=2; chain=4; pacing=yes", ""), CONV_062D);
	breaks(take(&e, "msg=1; chain=3; pacing=yes", ""), CONV_062E);
	breaks(take(&e, "msg=1; chain=5; pacing=yes", ""), CONV_062E);
	breaks(take(&e, "msg=1; chain=4; pacing=yes", "x"), CONV_0629);
	assert_int_equal(take(&e, "msg=1; chain=4; pacing=yes", ""), FLOW_PACED);
	breaks(take(&e, "msg=1; chain=4; pacing=yes", ""), CONV_0629);
	end_end(&e);
	free(data);
}

static void
an_answer_that_breaks_a_rule_is_told_by_its_code(void **state)
{
	static const struct {
		const char *well, *bad;
		bool open;
		enum conversation_error code;
	} row[] = {
		{ NULL, "msg=1; chain=2; last=yes; state=end", true, CONV_0629 },
		{ NULL, "msg=1; chain=1; last=yes; state=open", false, CONV_0629 },
		{ NULL, "msg=1; chain=1; last=yes; state=end; head=2", true, CONV_0629 },
		{ NULL, "prev=00000007; msg=1; chain=1; last=yes; state=end", true, CONV_0629 },
		{ NULL, "msg=1; chain=1; pacing=yes", true, CONV_0629 },
		{ "msg=1; chain=1; last=no; state=open", "msg=1; chain=2; last=yes; state=end", true, CONV_0629 },
		{ NULL, "msg=2; chain=1; last=yes; state=end", true, CONV_062D },
		{ "msg=1; chain=1; last=no; state=end", "msg=1; chain=3; last=yes; state=end", true, CONV_062E },
		{ NULL, "msg=1; chain=1; last=yes; state=end; ccsid=1", true, CONV_062F },
		{ "msg=1; chain=1; last=yes; state=open", "msg=1; chain=2; last=yes; state=open", true, CONV_0614 },
		{ "msg=1; chain=1; last=yes; state=end", "msg=1; chain=2; last=yes; state=end", true, CONV_0630 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct end e;

		end_begin(&e, true);
		assert_int_equal(flow_request(&e.f, &head, "x", 1, 0, row[i].open), 0);
		if (row[i].well != NULL)
			assert_true(take(&e, row[i].well, "data") != FLOW_BROKEN);
		breaks(take(&e, row[i].bad, "data"), row[i].code);
		end_end(&e);
	}
}

static void
an_answer_out_of_the_blue(void **state)
{
	char *data = noise(1000000);
	struct end e;

	(void)state;
	end_begin(&e, true);
	breaks(take(&e, "msg=1; chain=1; last=yes; state=end", "x"), CONV_0614);
	assert_int_equal(flow_request(&e.f, &head, data, 1000000, 0, false), 0);
	breaks(take(&e, "msg=1; chain=1; last=yes; state=end", "x"), CONV_061E);
	end_end(&e);
	free(data);
}

static void
a_message_of_the_wrong_kind(void **state)
{
	struct is_header is = { .type = IS_DATA, .conv = CONV, .msg = 1, .chain = 1, .last = true };
	struct end e;

	(void)state;
	end_begin(&e, false);
	breaks(flow_take(&e.f, IPIC_ANSWER, &is, "", 0, &last), CONV_0629);
	end_end(&e);
	end_begin(&e, true);
	assert_int_equal(flow_request(&e.f, &head, "x", 1, 0, false), 0);
	breaks(flow_take(&e.f, IPIC_REQUEST, &is, "", 0, &last), CONV_0629);
	end_end(&e);
}

static void
a_bad_head_is_no_ones_code(void **state)
{
	static const struct {
		const char *keys, *body, *detail;
	} row[] = {
		{ "msg=1; chain=1; last=yes; state=end", HEAD, "its header names none" },
		{ "msg=1; chain=1; last=yes; state=end; head=4096", HEAD, "longer than its element" },
		{ "msg=1; chain=1; last=yes; state=end; head=2", HEAD, "not JSON" },
		{ "msg=1; chain=1; last=yes; state=end; head=10", "{\"tran\":1}data", "tran: " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct end e;

		end_begin(&e, false);
		breaks(take(&e, row[i].keys, row[i].body), CONV_OK);
		assert_non_null(strstr(last.detail, row[i].detail));
		end_end(&e);
	}
}

static void
more_than_16_mib_are_not_held(void **state)
{
	struct is_header is = { .type = IS_DATA, .conv = CONV, .msg = 1, .chain = 1, .head = sizeof HEAD - 1 };
	size_t left = PAYLOAD_MAX, n = FLOW_ELEMENT_MAX - is.head;
	char *element = noise(FLOW_ELEMENT_MAX);
	struct end e;

	(void)state;
	memcpy(element, HEAD, is.head);
	end_begin(&e, false);
	while (left > 0) {
		assert_int_equal(flow_take(&e.f, IPIC_REQUEST, &is, element, is.head + n, &last), FLOW_MORE);
		is.chain++;
		is.head = 0;
		left -= n;
		n = left < FLOW_ELEMENT_MAX ? left : FLOW_ELEMENT_MAX;
	}
	assert_int_equal(buf_len(&e.f.in), PAYLOAD_MAX);
	breaks(flow_take(&e.f, IPIC_REQUEST, &is, element, 1, &last), CONV_OK);
	assert_int_equal(buf_len(&e.f.in), PAYLOAD_MAX);
	assert_true(flow_bytes(&e.f) <= PAYLOAD_MAX);
	is.last = true;
	assert_int_equal(flow_take(&e.f, IPIC_REQUEST, &is, element, 0, &last), FLOW_WHOLE); /* and a message of exactly the limit is taken */
	end_end(&e);
	free(element);
}

static void
elements_of_any_size_make_the_same_message(void **state)
{
	struct is_header is = { .type = IS_DATA, .conv = CONV, .msg = 1, .chain = 1, .head = sizeof HEAD - 1 };
	char *data = noise(200000), element[sizeof HEAD + 3000];
	struct end e;

	(void)state;
	end_begin(&e, false);
	for (size_t at = 0; !is.last; is.chain++, is.head = 0) {
		size_t n = (size_t)rand() % 3000;

		if (n > 200000 - at)
			n = 200000 - at;
		is.last = at + n == 200000;
		memcpy(element, HEAD, is.head);
		memcpy(element + is.head, data + at, n);
		assert_int_equal(flow_take(&e.f, IPIC_REQUEST, &is, element, is.head + n, &last), is.last ? FLOW_WHOLE : FLOW_MORE);
		at += n;
	}
	assert_memory_equal(buf_bytes(&e.f.in), data, 200000);
	assert_int_equal(e.p.count, (is.chain - 2) / FLOW_PACE);
	end_end(&e);
	free(data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_of_every_size_goes_there_and_back),
		cmocka_unit_test(a_message_that_is_too_large_is_not_begun),
		cmocka_unit_test(no_more_than_four_elements_are_ever_on_their_way),
		cmocka_unit_test(what_was_sent_is_not_held),
		cmocka_unit_test(exchanges_are_numbered_and_999999_is_followed_by_1),
		cmocka_unit_test(an_answer_may_end_what_the_request_left_open),
		cmocka_unit_test(nobody_speaks_out_of_turn),
		cmocka_unit_test(an_is7_ends_it_at_any_time),
		cmocka_unit_test(an_is7_goes_without_a_body_when_there_is_no_memory),
		cmocka_unit_test(either_end_may_purge),
		cmocka_unit_test(an_element_that_cannot_be_queued_is_told),
		cmocka_unit_test(a_password_is_forgotten_when_it_has_gone),
		cmocka_unit_test(who_takes_over_a_session_says_so_once),
		cmocka_unit_test(a_request_that_breaks_a_rule_is_told_by_its_code),
		cmocka_unit_test(a_fifth_element_before_the_pacing_message),
		cmocka_unit_test(four_elements_of_which_one_is_the_last_are_not_paced),
		cmocka_unit_test(twins_are_for_the_first_message_only),
		cmocka_unit_test(data_while_our_answer_goes_out),
		cmocka_unit_test(an_answer_that_breaks_a_rule_is_told_by_its_code),
		cmocka_unit_test(an_answer_out_of_the_blue),
		cmocka_unit_test(a_message_of_the_wrong_kind),
		cmocka_unit_test(a_bad_head_is_no_ones_code),
		cmocka_unit_test(more_than_16_mib_are_not_held),
		cmocka_unit_test(elements_of_any_size_make_the_same_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
