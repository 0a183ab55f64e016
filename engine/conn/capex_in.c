/* SPDX-License-Identifier: Apache-2.0 */
/* capex_in: reads a partner's CAPEX and makes the checks that need no policy. */
#include "conn/capex_answer.h"
#include "conn/move.h"
#include "conn/recheck.h"
#include "conn/rules.h"
#include "conn/standby.h"
#include "conn/steps.h"

#include <stdio.h>
#include <string.h>

static void
refuse_bytes(struct conn *c, const struct fault *why)
{
	conn_engine_refused(c, MSG_SP0031, "bad_capex", reason_name(REASON_ISCE_ERROR), "%s", why->text);
	capex_answer_unread(c);
}

/* Parses the CAPEX into facts.capex. typed: the IS header is valid; if not, *why is set. -1 with a sentence. */
static int
parse(struct conn *c, const struct ipic_message *m, bool typed, struct fault *why)
{
	if (!typed)
		return -1;
	if (!ipic_is_command(m, IS_CAPEX))
		return fault_set(why, "the first request must be cmd capex");
	if (buf_len(&c->io.in) > m->size)
		return fault_set(why, "bytes after the CAPEX request, before its answer");
	return ipic_capex(m, &conn_learn(c)->capex, why);
}

void
capex_in_learn(struct conn *c)
{
	const struct region_def *r = &c->generation->definition->region;
	struct capex *x = &conn_learn(c)->capex;

	conn_learn(c)->has_capex = true;
	conn_learn(c)->socket = x->socket;
	if (x->networkid[0] == '\0')
		memcpy(x->networkid, r->networkid, sizeof x->networkid);
	record_facts(c->record, c->facts);
}

void
capex_in_arrived(struct conn *c)
{
	struct ruling r;

	capex_in_learn(c);
	if (rules_capex(c, &r))
		capex_ruled(c, &r);
	else if (!standby_begin(c))
		bind_begin(c);
}

bool
capex_in_overtaken(struct conn *c)
{
	struct ruling r;

	if (!c->hearing || !rules_capex(c, &r))
		return false;
	capex_ruled(c, &r);
	return true;
}

void
capex_in_data(struct conn *c)
{
	struct ipic_message m;
	struct fault why;
	enum ipic_result r;

	if (conn_waits(c) || c->recheck != NULL) {
		conn_ask_no_more(c, "the peer sent more bytes");
		recheck_lost(c, "the peer sent more bytes");
		capex_refuse(c, REASON_ISCE_ERROR, "bad_capex", "bytes after the CAPEX request, before its answer");
		return;
	}
	r = ipic_next(&c->reader, buf_bytes(&c->io.in), buf_len(&c->io.in), &m, &why);
	if (r == IPIC_MORE)
		return;
	if (r == IPIC_BAD) {
		refuse_bytes(c, &why);
		return;
	}
	conn_event(c, "CAPEX read");
	timer_stop(&c->timer);
	if (parse(c, &m, r == IPIC_MESSAGE, &why) < 0) {
		capex_refuse(c, REASON_ISCE_ERROR, "bad_capex", "%s", why.text);
		return;
	}
	buf_consume(&c->io.in, m.size);
	io_pause(&c->io, true);
	if (!move_begin(c))
		capex_in_arrived(c);
}

void
capex_in_begin(struct conn *c)
{
	struct ruling r;

	conn_learn(c)->stage = STAGE_CAPEX;
	ipic_expect_capex(&c->reader);
	conn_enter(c, CONN_CAPEX, c->generation->definition->region.capex_timeout);
	if (c->service->tls == NULL && rules_first_byte(c, (unsigned char)io_first(&c->io), &r))
		capex_ruled(c, &r);
	else if (buf_len(&c->io.in) > 0)
		capex_in_data(c);
}

void
capex_in_timeout(struct conn *c)
{
	capex_refuse(c, REASON_ISCE_TIMED_OUT, "timeout", "no whole CAPEX in %g s", c->generation->definition->region.capex_timeout);
}

void
capex_in_silence(struct conn *c)
{
	double seconds = c->generation->definition->region.tcp_timeout;

	if (c->service->tls == NULL) {
		capex_refuse(c, REASON_ISCE_TIMED_OUT, "timeout", "no byte in %g s after the accept", seconds);
		return;
	}
	conn_engine_refused(c, MSG_SP0021, "timeout", NULL, "no byte in %g s after the accept", seconds);
	conn_close(c, CONN_AT_ONCE, "silence");
}

void
capex_in_ended(struct conn *c, const char *why)
{
	if (c->facts->tls.version != NULL)
		conn_event(c, "the peer left after the handshake, before its CAPEX");
	conn_close(c, CONN_POLITELY, why);
}
