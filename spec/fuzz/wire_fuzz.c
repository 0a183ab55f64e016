/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers accept is in range and survives being written and read again; what they refuse has a printable sentence. */
#include "wire.h"

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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fault f = { "" };
	struct is_header h;

	if (wire_is(&h, (const char *)data, n, &f) < 0)
		check_fault(&f);
	else
		assert(h.name == IS_NONE || h.type == IS_CMD);
	wire_is_json((const char *)data, n);
	run_capex(data, n);
	run_answer(data, n);
	return 0;
}
