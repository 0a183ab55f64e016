/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hostile peer drives one end of a conversation. The first byte chooses the end and whether its owner holds pacing;
 * then records follow: either a line that is an IS header as text, or a few bytes that are its fields. Whatever comes,
 * memory and what is sent stay bounded, the state is one that the header knows, and what is called whole really is.
 */
#include "ipic/flow.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define CONV 0x1f
#define HEAD "{\"program\":\"ECHO\",\"password\":\"x\"}"

struct input {
	const uint8_t *p;
	size_t left;
};

struct sent {
	unsigned data, other; /* elements since the peer last spoke */
};

static unsigned
byte(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->p++;
}

static int
emit(void *arg, enum ipic_kind kind, const struct is_header *is, const void *body, size_t len)
{
	struct sent *s = arg;
	struct is_header h;
	char value[IS_SIZE];

	assert(wire_put_is(value, sizeof value, is) > 0 && wire_is(&h, value, strlen(value), NULL) == 0);
	assert(h.conv == CONV && len <= FLOW_ELEMENT_MAX && (len == 0 || body != NULL));
	assert(kind == IPIC_REQUEST || kind == IPIC_ANSWER);
	if (h.type == IS_DATA && !h.pacing && h.is7 == 0)
		s->data++;
	else
		s->other++;
	assert(s->data <= FLOW_PACE && s->other <= 1);
	return 0;
}

static int
text_header(struct is_header *is, struct input *in)
{
	const uint8_t *end = memchr(in->p, '\n', in->left);
	size_t len = end != NULL ? (size_t)(end - in->p) : in->left;
	int r = wire_is(is, (const char *)in->p, len, NULL);

	in->p += len;
	in->left -= len;
	byte(in);
	return r;
}

/* Mostly what is due, so that the fuzzer gets far: each field differs from that by what one byte says. */
static void
binary_header(struct is_header *is, struct input *in, const struct flow *f)
{
	unsigned flags = byte(in), off = byte(in);
	bool next = !f->beginner && f->chain_in == 1;

	*is = (struct is_header){ .type = IS_DATA, .conv = CONV, .last = flags & 1, .open = flags & 2, .pacing = flags & 4 };
	is->msg = (next ? f->msg % IS_MESSAGE_MAX + 1 : f->msg) + (int)(off & 3);
	is->chain = (is->pacing ? f->chain_out - 1 : f->chain_in) + (int)(off >> 2 & 3);
	is->ccsid = flags & 8 ? (int)byte(in) : f->ccsid;
	is->head = next ? strlen(HEAD) : 0;
	if (flags & 16)
		is->head = byte(in);
	if (flags & 32)
		is->prev = byte(in);
	if (flags & 64)
		is->is7 = byte(in);
	if (is->chain < 1)
		is->chain = 1;
	if (is->msg < 1)
		is->msg = 1;
}

static bool
go_on(struct flow *f, enum flow_event event, const struct flow_error *e, unsigned choice)
{
	static const char data[FLOW_ELEMENT_MAX * 6];

	switch (event) {
	case FLOW_WHOLE:
		assert(f->state == FLOW_WORK || f->beginner);
		if (f->state == FLOW_WORK)
			return flow_answer(f, data, choice % 7 * (FLOW_ELEMENT_MAX - 1), 0, choice & 8) == 0;
		if (f->state == FLOW_IDLE)
			return flow_request(f, &f->head_out, data, choice % 7 * (FLOW_ELEMENT_MAX - 1), 0, choice & 8) == 0 || f->head_out.program[0] == '\0';
		return false;
	case FLOW_PACED:
		return flow_pump(f) == 0;
	case FLOW_BROKEN:
		assert(e->sense != 0 && e->text[0] != '\0');
		if (choice & 1)
			return true; /* an owner that does not end it must not suffer either */
		return (f->beginner ? flow_purge(f, "cancel") : flow_is7(f, e->sense, NULL)) == 0 && (choice & 2);
	case FLOW_IS7:
		assert(f->state == FLOW_ENDED && e->sense != 0);
		return choice & 2;
	case FLOW_MORE:
		return true;
	case FLOW_FAILED:
		break;
	}
	assert(!"an emit that never fails");
	return false;
}

static void
begin(struct flow *f, struct sent *s, unsigned how)
{
	static const char data[FLOW_ELEMENT_MAX * 6];
	struct request head = { .tran = "CPMI", .program = "ECHO" };

	flow_init(f, CONV, how & 1, emit, s);
	f->previous_active = how & 4;
	if (how & 1)
		assert(flow_request(f, &head, data, (how >> 4) % 7 * (FLOW_ELEMENT_MAX - 1), 37, how & 8) == 0);
	if (how & 2)
		assert(flow_hold(f, true) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const char zeros[FLOW_ELEMENT_MAX];
	struct input in = { bytes, n };
	struct sent s = { 0, 0 };
	struct flow f;
	bool more = true;

	begin(&f, &s, byte(&in));
	while (more && in.left > 0) {
		unsigned how = byte(&in);
		struct is_header is;
		struct flow_error e;
		char body[300];
		size_t len = 0, held = flow_bytes(&f);
		enum flow_event event;

		if (how & 1 && text_header(&is, &in) < 0)
			continue;
		if (!(how & 1))
			binary_header(&is, &in, &f);
		if (how & 2) { /* a body with a head in front; else a large one or none */
			memcpy(body, HEAD, len = strlen(HEAD));
			for (size_t rest = byte(&in); rest > 0 && in.left > 0; rest--)
				body[len++] = (char)byte(&in);
		} else if (how & 4) {
			len = FLOW_ELEMENT_MAX;
		}
		s = (struct sent){ 0, 0 };
		event = flow_take(&f, how & 8 ? IPIC_REQUEST : how & 16 ? IPIC_ANSWER : f.beginner ? IPIC_ANSWER : IPIC_REQUEST, &is,
			how & 2 ? body : zeros, len, &e);
		assert(flow_bytes(&f) <= held + len && buf_len(&f.in) <= PAYLOAD_MAX);
		assert(f.state <= FLOW_ENDED && f.chain_in >= 1);
		more = go_on(&f, event, &e, byte(&in));
		if (f.held && how & 32)
			assert(flow_hold(&f, false) == 0 && flow_hold(&f, true) == 0);
	}
	flow_free(&f);
	assert(f.head.password[0] == '\0');
	return 0;
}
