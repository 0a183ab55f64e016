/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the readers accept is in range and survives being written and read again; what they refuse has a printable
 * sentence.
 */
#include "ipic/reason.h"
#include "ipic/wire.h"
#include "ipic/wire_is.h"
#include "ipic/wire_data.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

static void
check_fault(const struct fault *f)
{
	assert(f->text[0] != '\0');
	for (const char *p = f->text; *p != '\0'; p++)
		assert(*p >= ' ' && *p <= '~');
}

static bool
name_or_blank(const char *name)
{
	return name[0] == '\0' || name_ok(name, strlen(name));
}

static void
check_capex(const struct capex *c)
{
	assert(name_or_blank(c->applid) && name_or_blank(c->networkid));
	assert(name_or_blank(c->server_applid) && name_or_blank(c->server_networkid));
	assert(c->port == -1 || (c->port >= 1 && c->port <= 65535));
	assert(c->sendcount >= 0 && c->sendcount <= 999 && c->receivecount >= 0 && c->receivecount <= 999);
	assert(c->sendcount + c->receivecount > 0);
	assert(c->sockets == 1 || c->sockets == 2);
	assert(c->socket == 1 || (c->socket == 2 && strlen(c->token) == TOKEN_SIZE - 1));
	assert(c->suggested_applid[0] == '\0');
}

static void
run_capex(const uint8_t *data, size_t n)
{
	struct fault f = { "" };
	struct capex c, again;
	struct buf b;

	if (wire_capex(&c, data, n, &f) < 0) {
		check_fault(&f);
		return;
	}
	check_capex(&c);
	buf_init(&b, 0);
	assert(wire_put_capex(&b, &c) == 0);
	assert(wire_capex(&again, buf_bytes(&b), buf_len(&b), &f) == 0);
	assert(memcmp(&c, &again, sizeof c) == 0);
	buf_free(&b);
}

static void
run_answer(const uint8_t *data, size_t n)
{
	struct fault f = { "" };
	struct capex_answer a, again;
	struct buf b;

	if (wire_answer(&a, data, n, &f) < 0) {
		check_fault(&f);
		return;
	}
	assert((strcmp(a.response, "OK") == 0) == (a.reason[0] == '\0'));
	assert(a.sendcount >= -1 && a.sendcount <= 999 && a.receivecount >= -1 && a.receivecount <= 999);
	buf_init(&b, 0);
	assert(wire_put_answer(&b, &a) == 0);
	assert(wire_answer(&again, buf_bytes(&b), buf_len(&b), &f) == 0);
	assert(memcmp(&a, &again, sizeof a) == 0);
	buf_free(&b);
}

static void
check_head(const struct request *r)
{
	assert(name_or_blank(r->program) && name_or_blank(r->userid));
	assert(name_ok(r->tran, strlen(r->tran)) && strlen(r->tran) < TRAN_SIZE);
	assert(r->hops >= 0 && r->hops <= HOPS_MAX);
	assert(r->has_password || r->password[0] == '\0');
	for (const char *p = r->password; *p != '\0'; p++)
		assert((unsigned char)*p >= ' ' && *p != 0x7f);
}

static void
run_head(const uint8_t *data, size_t n)
{
	struct fault f = { "" };
	struct request r, again;
	struct buf b;

	if (wire_head(&r, data, n, &f) < 0) {
		check_fault(&f);
		return;
	}
	check_head(&r);
	buf_init(&b, IS_HEAD_MAX);
	assert(wire_put_head(&b, &r) == 0);
	assert(wire_head(&again, buf_bytes(&b), buf_len(&b), &f) == 0);
	assert(memcmp(&r, &again, sizeof r) == 0);
	buf_free(&b);
}

static void
run_resync(const uint8_t *data, size_t n, int (*read)(struct resync *, const void *, size_t, struct fault *))
{
	struct fault f = { "" };
	struct resync r, again;
	struct buf b;

	if (read(&r, data, n, &f) < 0) {
		check_fault(&f);
		return;
	}
	assert((r.partner[0] == '\0') == (r.token[0] == '\0'));
	buf_init(&b, 0);
	assert(wire_put_resync(&b, &r) == 0);
	assert(read(&again, buf_bytes(&b), buf_len(&b), &f) == 0);
	assert(memcmp(&r, &again, sizeof r) == 0);
	buf_free(&b);
}

static void
run_is(const uint8_t *data, size_t n)
{
	struct fault f = { "" };
	struct is_header h, again;
	char out[IS_SIZE];
	int len;

	if (wire_is(&h, (const char *)data, n, &f) < 0) {
		check_fault(&f);
		return;
	}
	assert(h.name == IS_NONE || h.type != IS_DATA);
	if (h.type == IS_DATA)
		assert(h.conv != 0 && h.msg >= 1 && h.chain >= 1 && h.head <= IS_HEAD_MAX);
	if ((h.type != IS_DATA && wire_command(h.name)[0] == '\0') || h.pacing)
		return;
	len = wire_put_is(out, sizeof out, &h);
	assert(len > 0 && wire_is(&again, out, (size_t)len, &f) == 0);
	assert(memcmp(&h, &again, sizeof h) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char message[MESSAGE_SIZE];

	run_is(data, n);
	wire_is_json((const char *)data, n);
	run_capex(data, n);
	run_answer(data, n);
	run_head(data, n);
	run_resync(data, n, wire_resync);
	run_resync(data, n, wire_resync_answer);
	wire_is7(message, data, n);
	assert(message[0] == '\0' || wire_message_ok(message, strlen(message)));
	return 0;
}
