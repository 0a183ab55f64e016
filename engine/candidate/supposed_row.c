/* SPDX-License-Identifier: Apache-2.0 */
/* supposed_row: a supposed connection as a row of a decision table. */
#include "candidate/supposed.h"

#include <ctype.h>
#include <string.h>

static void
put_text(struct buf *out, const struct value *v)
{
	buf_add(out, "\"", 1);
	for (size_t i = 0; i < v->len; i++) {
		unsigned char c = (unsigned char)v->bytes[i];

		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c < ' ' || c > '~')
			buf_printf(out, "\\%03d", c);
		else
			buf_printf(out, "%c", c);
	}
	buf_add(out, "\"", 1);
}

/* Writes "NAME = VALUE" behind the members of the table, when the value is given. */
static void
put_member(struct buf *out, size_t begin, const char *name, const struct value *v, bool number)
{
	if (v->len == 0)
		return;
	buf_printf(out, "%s%s = ", buf_len(out) > begin ? ", " : " ", name);
	if (number)
		buf_add(out, v->bytes, v->len);
	else
		put_text(out, v);
}

struct member {
	const char *name;
	enum slot slot;
	bool number;
};

/* Writes "NAME = { ... }," with the members that are given; nothing without such a member. */
static void
put_table(struct buf *out, const struct ground *g, const struct supposed *s, const char *name, const struct member *members)
{
	struct buf inside;

	buf_init(&inside, 0);
	for (; members->name != NULL; members++)
		put_member(&inside, 0, members->name, supposed_value(g, s, members->slot), members->number);
	if (buf_len(&inside) > 0)
		buf_printf(out, " %s = {%.*s },", name, (int)buf_len(&inside), (const char *)buf_bytes(&inside));
	buf_free(&inside);
}

static void
put_tls(struct buf *out, const struct ground *g, const struct supposed *s)
{
	static const struct member members[] = { { "version", SLOT_TLS, false }, { "sni", SLOT_SNI, false }, { NULL, SLOT_TLS, false } };

	if (strcmp(supposed_value(g, s, SLOT_TLS)->bytes, "no") == 0)
		buf_printf(out, " tls = false,");
	else
		put_table(out, g, s, "tls", members);
}

static void
put_facts(struct buf *out, const struct ground *g, const struct supposed *s)
{
	static const struct member peer[] = { { "ip", SLOT_PEER, false }, { NULL, SLOT_PEER, false } };
	static const struct member load[] = { { "halfopen", SLOT_HALFOPEN, true }, { "connections", SLOT_CONNECTIONS, true },
		{ "from_peer", SLOT_FROM_PEER, true }, { "from_prefix", SLOT_FROM_PREFIX, true }, { "refused_from_peer", SLOT_REFUSED, true },
		{ NULL, SLOT_PEER, false } };
	static const struct member capex[] = { { "networkid", SLOT_NETWORKID, false }, { "applid", SLOT_APPLID, false },
		{ "server_networkid", SLOT_SERVER_NETWORKID, false }, { "server_applid", SLOT_SERVER_APPLID, false }, { "host", SLOT_HOST, false },
		{ "port", SLOT_PORT, true }, { "sendcount", SLOT_SENDCOUNT, true }, { "receivecount", SLOT_RECEIVECOUNT, true },
		{ "sockets", SLOT_SOCKETS, true }, { NULL, SLOT_PEER, false } };
	static const struct member request[] = { { "program", SLOT_PROGRAM, false }, { "tran", SLOT_TRAN, false }, { "userid", SLOT_USERID, false },
		{ NULL, SLOT_PEER, false } };

	buf_printf(out, "    facts = { tcpipservice = \"%s\", now = %s,", supposed_value(g, s, SLOT_SERVICE)->bytes, supposed_value(g, s, SLOT_NOW)->bytes);
	put_table(out, g, s, "peer", peer);
	put_tls(out, g, s);
	put_table(out, g, s, "load", load);
	put_table(out, g, s, "capex", capex);
	if (s->value[SLOT_SOCKET] != 0)
		buf_printf(out, " socket = %s,", supposed_value(g, s, SLOT_SOCKET)->bytes);
	put_table(out, g, s, "request", request);
	buf_printf(out, " },\n");
}

/* The CNs, as a list. */
static void
put_cns(struct buf *out, const struct ground *g, const struct supposed *s)
{
	const char *between = " cn = { ";

	for (int slot = SLOT_CN_BEFORE; slot <= SLOT_CN_BEHIND; slot++) {
		const struct value *v = supposed_value(g, s, (enum slot)slot);

		if (v->len == 0)
			continue;
		buf_printf(out, "%s", between);
		put_text(out, v);
		between = ", ";
	}
	if (between[0] == ',')
		buf_printf(out, " },");
}

static void
put_certificate(struct buf *out, const struct ground *g, const struct supposed *s)
{
	static const struct {
		const char *name;
		enum slot slot;
	} names[] = { { "o", SLOT_O }, { "ou", SLOT_OU }, { "dns", SLOT_DNS }, { "uri", SLOT_URI }, { "email", SLOT_EMAIL } };

	if (s->value[SLOT_PROOF] == 0)
		return;
	buf_printf(out, "    certificate = {");
	put_cns(out, g, s);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct value *v = supposed_value(g, s, names[i].slot);

		if (v->len == 0)
			continue;
		buf_printf(out, " %s = ", names[i].name);
		put_text(out, v);
		buf_printf(out, ",");
	}
	if (s->value[SLOT_ISSUER] != 0)
		buf_printf(out, " issuer = %s,", supposed_value(g, s, SLOT_ISSUER)->bytes);
	buf_printf(out, " verified = %s },\n", strcmp(supposed_value(g, s, SLOT_PROOF)->bytes, "verified") == 0 ? "true" : "false");
}

static void
put_door(struct buf *out, const struct walked_door *d)
{
	buf_printf(out, ",\n      %s = { verdict = \"%s\"", door_name(d->door), verdict_name(d->verdict));
	if (d->verdict == VERDICT_REFUSE)
		buf_printf(out, ", code = \"%s\"", d->code);
	buf_printf(out, " }");
}

/* The last answer of each door but attach: a request may be decided without that door. */
static void
put_expect(struct buf *out, const struct walked *w)
{
	buf_printf(out, "    expect = { verdict = \"%s\"", w->accepted ? "accept" : "refuse");
	if (w->accepted)
		buf_printf(out, ", ipconn = \"%s\"", w->trial->partner.def->ipconn);
	else if (w->code[0] != '\0')
		buf_printf(out, ", code = \"%s\"", w->code);
	for (size_t i = 0; i < w->doors; i++) {
		bool later = false;

		for (size_t k = i + 1; k < w->doors; k++)
			later |= w->door[k].door == w->door[i].door;
		if (!later && w->door[i].door != DOOR_ATTACH)
			put_door(out, &w->door[i]);
	}
	buf_printf(out, " } },\n");
}

int
supposed_row(const struct ground *g, const struct supposed *s, const struct walked *w, const char *name, struct buf *out)
{
	struct value title = { (char *)name, strlen(name) };

	buf_printf(out, "  { name = ");
	put_text(out, &title);
	buf_printf(out, ", walk = true,\n");
	put_certificate(out, g, s);
	put_facts(out, g, s);
	put_expect(out, w);
	return buf_len(out) > 0 && buf_bytes(out)[buf_len(out) - 1] == '\n' ? 0 : -1;
}
