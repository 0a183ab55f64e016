/* SPDX-License-Identifier: Apache-2.0 */
#include "ipic/flow.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/ccsid.h"
#include "ipic/wire_data.h"

void
flow_init(struct flow *f, uint32_t conv, bool beginner, flow_emit *emit, void *arg)
{
	memset(f, 0, sizeof *f);
	f->conv = conv;
	f->beginner = beginner;
	f->chain_in = 1;
	f->emit = emit;
	f->arg = arg;
	buf_init(&f->in, PAYLOAD_MAX);
	buf_init(&f->out, PAYLOAD_MAX);
}

static void
forget(struct flow *f)
{
	buf_free(&f->out);
	explicit_bzero(&f->head, sizeof f->head);
	explicit_bzero(&f->head_out, sizeof f->head_out);
}

void
flow_free(struct flow *f)
{
	buf_free(&f->in);
	forget(f);
}

size_t
flow_bytes(const struct flow *f)
{
	return f->in.end + f->out.end; /* consumed bytes at the front still take memory */
}

/* Keeps the data that came in: the task of the owner may still read it. */
static void
end(struct flow *f)
{
	f->state = FLOW_ENDED;
	f->pacing_due = false;
	forget(f);
}

/* ---- elements that go out ---- */

static int
emit(struct flow *f, enum ipic_kind kind, const struct is_header *is, const void *body, size_t len)
{
	return f->emit(f->arg, kind, is, body, len);
}

/* The beginner sends its elements as requests, the serving side as answers. */
static int
emit_data(struct flow *f, const struct is_header *is, const void *body, size_t len)
{
	return emit(f, f->beginner ? IPIC_REQUEST : IPIC_ANSWER, is, body, len);
}

static int
emit_pacing(struct flow *f)
{
	struct is_header is = { .type = IS_DATA, .conv = f->conv, .msg = f->msg, .chain = f->chain_in - 1, .pacing = true };

	f->pacing_due = false;
	return emit_data(f, &is, NULL, 0);
}

static size_t
slice(const struct flow *f, size_t room)
{
	return buf_len(&f->out) < room ? buf_len(&f->out) : room;
}

/*
 * Sends the element with the head in one piece and wipes the piece, which may hold a password. *sent: the bytes of data
 * in it.
 */
static int
send_headed(struct flow *f, struct is_header *is, size_t *sent)
{
	struct buf b;
	int r = -1;

	buf_init(&b, FLOW_ELEMENT_MAX);
	if (buf_room(&b, IS_HEAD_MAX) != NULL && wire_put_head(&b, &f->head_out) == 0) {
		is->head = buf_len(&b);
		*sent = slice(f, FLOW_ELEMENT_MAX - is->head);
		is->last = *sent == buf_len(&f->out);
		if (buf_room(&b, *sent) != NULL && buf_add(&b, buf_bytes(&f->out), *sent) == 0)
			r = emit_data(f, is, buf_bytes(&b), buf_len(&b));
	}
	if (b.data != NULL)
		explicit_bzero(b.data, b.cap);
	buf_free(&b);
	explicit_bzero(f->head_out.password, sizeof f->head_out.password);
	return r;
}

static int
send_bare(struct flow *f, struct is_header *is, size_t *sent)
{
	*sent = slice(f, FLOW_ELEMENT_MAX);
	is->last = *sent == buf_len(&f->out);
	return emit_data(f, is, buf_bytes(&f->out), *sent);
}

static void
sent_all(struct flow *f)
{
	buf_free(&f->out);
	f->chain_in = 1;
	if (f->beginner)
		f->state = FLOW_RECEIVE;
	else if (f->open)
		f->state = FLOW_IDLE;
	else
		end(f);
}

static int
send_element(struct flow *f)
{
	struct is_header is = { .type = IS_DATA, .conv = f->conv, .msg = f->msg, .chain = f->chain_out, .open = f->open };
	bool first = f->chain_out == 1;
	size_t sent = 0;

	if (first) {
		is.ccsid = f->ccsid_out;
		is.prev = f->prev;
		f->prev = 0;
	}
	if ((f->beginner && first ? send_headed : send_bare)(f, &is, &sent) < 0)
		return -1;
	f->paced_out = !is.last && f->chain_out % FLOW_PACE == 0;
	f->chain_out++;
	buf_consume(&f->out, sent);
	if (is.last)
		sent_all(f);
	return 0;
}

int
flow_pump(struct flow *f)
{
	while (f->state == FLOW_SEND && !f->paced_out)
		if (send_element(f) < 0)
			return -1;
	return 0;
}

static int
begin(struct flow *f, const void *data, size_t len, int ccsid, bool open)
{
	f->chain_out = 1;
	f->paced_out = false;
	f->ccsid_out = ccsid;
	f->open = open;
	f->state = FLOW_SEND;
	return buf_add(&f->out, data, len) < 0 ? -1 : flow_pump(f);
}

/* True when this side may begin a message and there is memory for it. Changes nothing that the partner sees. */
static bool
may_begin(struct flow *f, enum flow_state turn, size_t len)
{
	return f->state == turn && len <= PAYLOAD_MAX && (len == 0 || buf_room(&f->out, len) != NULL);
}

static int
next_message(int msg)
{
	return msg == IS_MESSAGE_MAX ? 1 : msg + 1;
}

int
flow_request(struct flow *f, const struct request *head, const void *data, size_t len, int ccsid, bool open)
{
	if (!f->beginner || !may_begin(f, FLOW_IDLE, len))
		return -1;
	buf_free(&f->in); /* the previous answer */
	f->head_out = *head;
	f->msg = next_message(f->msg);
	return begin(f, data, len, ccsid, open);
}

int
flow_answer(struct flow *f, const void *data, size_t len, int ccsid, bool open)
{
	if (f->beginner || !may_begin(f, FLOW_WORK, len))
		return -1;
	return begin(f, data, len, ccsid, open && f->open);
}

int
flow_hold(struct flow *f, bool held)
{
	f->held = held;
	return !held && f->pacing_due ? emit_pacing(f) : 0;
}

int
flow_is7(struct flow *f, unsigned sense, const char *message)
{
	struct is_header is = { .type = IS_DATA, .conv = f->conv, .msg = f->msg > 0 ? f->msg : 1, .chain = 1, .last = true, .is7 = sense };
	struct buf b;
	int r;

	if (f->state == FLOW_ENDED)
		return 0;
	buf_init(&b, 256);
	if (wire_put_is7(&b, sense, message) < 0)
		buf_free(&b); /* no memory: the answer goes without a body; its header has the sense */
	r = emit(f, IPIC_ANSWER, &is, buf_bytes(&b), buf_len(&b));
	buf_free(&b);
	end(f);
	return r;
}

int
flow_purge(struct flow *f, const char *name)
{
	struct is_header is = { .type = IS_EXPD, .conv = f->conv, .name = IS_PURGE };

	if (f->state == FLOW_ENDED)
		return 0;
	while (is.name <= IS_KILL && strcmp(wire_command(is.name), name) != 0)
		is.name++;
	end(f);
	return is.name <= IS_KILL ? emit(f, IPIC_REQUEST, &is, NULL, 0) : -1;
}

/* ---- elements that come in ---- */

static enum flow_event
broken(const struct flow *f, struct flow_error *e, enum conversation_error code)
{
	static const struct {
		enum conversation_error code, twin;
	} twins[] = { { CONV_0629, CONV_0633 }, { CONV_062A, CONV_0634 }, { CONV_062E, CONV_0635 }, { CONV_062D, CONV_0636 } };

	e->code = code;
	for (size_t i = 0; f->previous_active && i < sizeof twins / sizeof twins[0]; i++)
		if (twins[i].code == code)
			e->code = twins[i].twin;
	e->sense = SENSE_BACKED_OUT;
	e->text = sense_error_words(e->code);
	return FLOW_BROKEN;
}

static enum flow_event
impossible(struct flow_error *e, const char *text)
{
	e->code = CONV_OK;
	e->sense = SENSE_SYSTEM_ERROR;
	e->text = text;
	return FLOW_BROKEN;
}

static enum flow_event
ended_by_partner(struct flow *f, struct flow_error *e, unsigned sense)
{
	e->sense = sense;
	e->text = sense_words(sense);
	end(f);
	return FLOW_IS7;
}

static bool
inside(const struct flow *f)
{
	return f->chain_in > 1;
}

/* Compares the fields of an element with the state of the chain. */
static bool
agrees(const struct flow *f, const struct is_header *is)
{
	if ((is->chain > 1) != inside(f))
		return false;
	if (inside(f) || f->beginner) {
		if (is->head > 0 || is->prev != 0)
			return false;
		return inside(f) ? is->open == f->open : f->open || !is->open;
	}
	return is->prev == 0 || f->msg == 0;
}

static enum conversation_error
check_turn(const struct flow *f)
{
	if (f->state == FLOW_SEND)
		return CONV_061E;
	if (f->state == FLOW_WORK || (f->beginner && f->state == FLOW_IDLE))
		return CONV_0614;
	return f->pacing_due ? CONV_062A : CONV_OK;
}

static enum conversation_error
check_element(const struct flow *f, const struct is_header *is)
{
	enum conversation_error code = check_turn(f);
	int msg = inside(f) || f->beginner ? f->msg : next_message(f->msg);

	if (code != CONV_OK)
		return code;
	if (!agrees(f, is))
		return CONV_0629;
	if (is->msg != msg)
		return CONV_062D;
	if (is->chain != f->chain_in)
		return CONV_062E;
	if (is->ccsid != 0 && (!ccsid_known(is->ccsid) || (inside(f) && is->ccsid != f->ccsid)))
		return CONV_062F;
	return CONV_OK;
}

/* -1: the element has no head, or a head with a fault. */
static int
take_head(struct flow *f, const struct is_header *is, const char *body, size_t len, struct flow_error *e)
{
	struct fault why = { "its header names none" };

	if (is->head > len)
		fault_set(&why, "it is longer than its element");
	else if (is->head > 0 && wire_head(&f->head, body, is->head, &why) == 0)
		return 0;
	memcpy(e->detail, why.text, sizeof e->detail - 1);
	return -1;
}

static enum flow_event
whole(struct flow *f)
{
	f->chain_in = 1;
	f->previous_active = false;
	f->state = !f->beginner ? FLOW_WORK : f->open ? FLOW_IDLE : FLOW_ENDED;
	return FLOW_WHOLE;
}

static enum flow_event
keep(struct flow *f, const struct is_header *is, const char *data, size_t len, struct flow_error *e)
{
	if (len > PAYLOAD_MAX - buf_len(&f->in))
		return impossible(e, "a message's data is more than 16 MiB");
	if (buf_add(&f->in, data, len) < 0)
		return impossible(e, "no memory for a message's data");
	f->chain_in++;
	f->state = FLOW_RECEIVE;
	if (is->last)
		return whole(f);
	f->pacing_due = is->chain % FLOW_PACE == 0;
	return f->pacing_due && !f->held && emit_pacing(f) < 0 ? FLOW_FAILED : FLOW_MORE;
}

static enum flow_event
take_data(struct flow *f, const struct is_header *is, const char *body, size_t len, struct flow_error *e)
{
	enum conversation_error code = check_element(f, is);

	if (code != CONV_OK)
		return broken(f, e, code);
	if (!inside(f)) {
		buf_free(&f->in);
		f->msg = is->msg;
		f->open = is->open;
		f->ccsid = is->ccsid;
		if (!f->beginner && take_head(f, is, body, len, e) < 0)
			return impossible(e, "the request's head is not valid");
	}
	return keep(f, is, body + is->head, len - is->head, e);
}

static enum flow_event
take_pacing(struct flow *f, const struct is_header *is, size_t len, struct flow_error *e)
{
	if (f->state != FLOW_SEND || !f->paced_out || len > 0)
		return broken(f, e, CONV_0629);
	if (is->msg != f->msg)
		return broken(f, e, CONV_062D);
	if (is->chain != f->chain_out - 1)
		return broken(f, e, CONV_062E);
	f->paced_out = false;
	return FLOW_PACED;
}

enum flow_event
flow_take(struct flow *f, enum ipic_kind kind, const struct is_header *is, const char *body, size_t len, struct flow_error *e)
{
	memset(e, 0, sizeof *e);
	e->text = "";
	if (f->state == FLOW_ENDED)
		return broken(f, e, CONV_0630);
	if (is->type == IS_EXPD)
		return ended_by_partner(f, e, SENSE_ABENDED);
	if (kind != (f->beginner ? IPIC_ANSWER : IPIC_REQUEST) || (is->is7 != 0 && !f->beginner))
		return broken(f, e, CONV_0629);
	if (is->is7 != 0) {
		wire_is7(e->message, body, len);
		return ended_by_partner(f, e, is->is7);
	}
	return is->pacing ? take_pacing(f, is, len, e) : take_data(f, is, body, len, e);
}

const char *
flow_print_conv(uint32_t conv, char out[FLOW_CONV_TEXT])
{
	snprintf(out, FLOW_CONV_TEXT, "%08" PRIx32, conv);
	return out;
}
