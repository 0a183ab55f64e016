/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/rules.h"

#include "conn/cluster.h"
#include "tls/cert.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Returns true. */
static bool __attribute__((format(printf, 4, 5)))
refuse(struct ruling *r, enum reason reason, const char *code, const char *format, ...)
{
	va_list ap;

	*r = (struct ruling){ .code = code, .reason = reason };
	va_start(ap, format);
	vsnprintf(r->text, sizeof r->text, format, ap);
	va_end(ap);
	return true;
}

static int
lesser(int a, int b)
{
	return a < b ? a : b;
}

static const struct region_def *
region_of(const struct conn *c)
{
	return &c->generation->definition->region;
}

/* --- limits ----------------------------------------------------------------------------------- */

static bool
refuse_cap(struct ruling *r, const char *what, unsigned count, int cap)
{
	return refuse(r, REASON_OK, "limit", "%s: %u there already, the cap is %d", what, count, cap);
}

bool
rules_sockets(const struct conn *c, unsigned others, struct ruling *r)
{
	int cap = region_of(c)->maxsockets;

	return others >= (unsigned)cap && refuse_cap(r, "maxsockets of the region", others, cap);
}

bool
rules_halfopen(const struct conn *c, unsigned around, struct ruling *r)
{
	const struct region_def *d = region_of(c);

	if (c->facts->way != WAY_IN)
		return false;
	if (c->facts->load.halfopen >= (unsigned)d->halfopen)
		return refuse_cap(r, "halfopen of the tcpipservice", c->facts->load.halfopen, d->halfopen);
	return around >= (unsigned)d->halfopen_peer && refuse_cap(r, "halfopen_peer of the neighbourhood", around, d->halfopen_peer);
}

/* --- TLS -------------------------------------------------------------------------------------- */

bool
rules_first_byte(const struct conn *c, unsigned char first, struct ruling *r)
{
	bool is_tls = first == RULES_TLS_RECORD;

	if (c->service->tls != NULL && !is_tls)
		return refuse(r, REASON_OK, "plain_text", "rc 406: plain text on a TLS port (first byte 0x%02x); the partner must use TLS", first);
	return c->service->tls == NULL && is_tls &&
		refuse(r, REASON_ISCE_ERROR, "tls_on_plain", "TLS on a plain port; the partner must not use TLS here");
}

bool
rules_certificate(const struct certificate *cert, struct ruling *r)
{
	return cert != NULL && cert->unfit && refuse(r, REASON_OK, "chain", "%s", cert->chain.error[0].text);
}

bool
rules_undescribed(const struct cert_fault *why, struct ruling *r)
{
	static const char *const code[] = { [CERT_MEMORY] = "limit", [CERT_LIMIT] = "certificate_limit", [CERT_BROKEN] = "chain" };

	return refuse(r, REASON_OK, code[why->trouble], "%s", why->text);
}

/* --- the CAPEX -------------------------------------------------------------------------------- */

/* True when the server names in the CAPEX are blank or this region's names (IPIC.md 2.1). */
static bool
calls_us(const struct capex *x, const struct region_def *d)
{
	return (x->server_applid[0] == '\0' || strcmp(x->server_applid, d->applid) == 0) &&
		(x->server_networkid[0] == '\0' || strcmp(x->server_networkid, d->networkid) == 0);
}

bool
rules_capex(const struct conn *c, struct ruling *r)
{
	const struct region_def *d = region_of(c);
	const struct capex *x = &c->facts->capex;

	if (c->worker->draining)
		return refuse(r, REASON_SHUTDOWN, "shutdown", "the region is shutting down");
	if (!c->entrance->open)
		return refuse(r, REASON_TCPIPSERVICE_NOT_OPEN, "not_open", "tcpipservice %s is not open any more", c->entrance->tcpipservice);
	if (calls_us(x, d))
		return false;
	return refuse(r, REASON_ISCE_INVALID_APPLID, "server_applid", "the caller wants %s.%s; this region is %s.%s",
		x->server_networkid[0] != '\0' ? x->server_networkid : "*", x->server_applid[0] != '\0' ? x->server_applid : "*", d->networkid,
		d->applid);
}

/* True when a generic listener redirects its partners to this tcpipservice. */
static bool
is_specific(const struct definition *d, const char *tcpipservice)
{
	for (size_t n = 0; n < d->ntcpipservices; n++)
		if (strcmp(d->tcpipservice[n].speciftcps, tcpipservice) == 0)
			return true;
	return false;
}

bool
rules_specific(const struct conn *c, struct ruling *r)
{
	const struct tcpipservice_def *t = c->service->def;
	const struct entrance *to = c->worker->entrance(c->worker, t->speciftcps);

	return (to == NULL || !to->open) && refuse(r, REASON_INVALID_HA_TCPIPSERVICE, "ha",
		"tcpipservice %s, to which %s redirects its partners, is not open", t->speciftcps, t->tcpipservice);
}

bool
rules_ha(const struct conn *c, const struct entrance **to, struct ruling *r)
{
	const struct definition *d = c->generation->definition;
	const struct tcpipservice_def *t = c->service->def;
	struct cluster_list others = { .advertise = t->advertise, .networkid = d->region.networkid };
	bool generic = t->speciftcps[0] != '\0', ha = c->facts->capex.ha;

	*to = NULL;
	if (generic && !ha)
		return refuse(r, REASON_HA_RESOURCE_MISMATCH, "ha", "tcpipservice %s is generic, and the caller's ipconn has ha = no", t->tcpipservice);
	if (!generic)
		return ha && !is_specific(d, t->tcpipservice) &&
			refuse(r, REASON_HA_RESOURCE_MISMATCH, "ha", "the caller's ipconn has ha = yes, and no generic tcpipservice redirects to %s",
				t->tcpipservice);
	*to = c->worker->entrance(c->worker, t->speciftcps);
	return !cluster_shares(c->worker->cluster, &others) && rules_specific(c, r);
}

/* --- an installed ipconn ---------------------------------------------------------------------- */

bool
rules_race(const struct ipconn *i)
{
	return i->status == CONN_OBTAINING && i->engaged->acquiring && !i->engaged->answered && ipconn_socket(i, SOCKET_IN) == NULL;
}

/* The region with the lower pair of names keeps its own CAPEX; a region that dials itself keeps it too. */
static bool
keeps_own(const struct conn *c)
{
	const struct region_def *d = region_of(c);
	int order = strcmp(d->networkid, c->facts->capex.networkid);

	if (order == 0)
		order = strcmp(d->applid, c->facts->capex.applid);
	return order <= 0;
}

static bool
refuse_taken(struct ruling *r, struct ipconn *i)
{
	refuse(r, REASON_INVALID_PARTNER_STATE, "pair_taken", "ipconn %s (%s.%s) is %s already", i->def->ipconn, i->def->networkid, i->def->applid,
		resource_connstatus(i->status));
	r->holder = i;
	return true;
}

bool
rules_match(const struct conn *c, struct ipconn *i, struct ruling *r)
{
	const struct ipconn_def *d = i->def;

	if (!i->inservice)
		return refuse(r, REASON_INVALID_PARTNER_STATE, "outservice", "ipconn %s is out of service", d->ipconn);
	if (i->status != CONN_RELEASED && !rules_race(i))
		return refuse_taken(r, i);
	if (d->tcpipservice[0] != '\0' && strcmp(d->tcpipservice, c->facts->tcpipservice) != 0)
		return refuse(r, REASON_TCPIPSERVICE_MISMATCH, "mismatch", "ipconn %s belongs to tcpipservice %s, the CAPEX arrived at %s", d->ipconn,
			d->tcpipservice, c->facts->tcpipservice);
	return rules_race(i) && keeps_own(c) && refuse(r, REASON_CAPEX_RACE, "race",
		"this region is acquiring ipconn %s too, and its names are the lower ones", d->ipconn);
}

bool
rules_trust(const struct conn *c, const struct ipconn_def *def, struct ruling *r)
{
	return !ipconn_trusted(def, c, c->facts->peer.sysplex) && refuse(r, REASON_SECURITY_VIOLATION, "trust",
		"ipconn %s has userauth = identify: it needs a verified client certificate, or sysplex = true from admit", def->ipconn);
}

/*
 * True when this side can call back: the CAPEX asks for it and a port is known (a blank host means the caller's
 * address).
 */
static bool
can_call(const struct ipconn_def *def, const struct capex *x)
{
	return x->port != -1 && x->callback[0] != '\0' && def->port != -1;
}

bool
rules_terms(const struct ipconn_def *def, const struct capex *x, struct terms *t, struct ruling *r)
{
	t->receivecount = lesser(def->receivecount, x->sendcount);
	t->sendcount = can_call(def, x) ? lesser(def->sendcount, x->receivecount) : 0;
	t->sockets = lesser(x->sockets, t->receivecount > 1 ? WAY_SOCKETS : 1);
	return t->receivecount == 0 && t->sendcount == 0 && refuse(r, REASON_ONE_WAY_IPCONN, "one_way",
		"no session is left: the caller offers %d to send on and %d to receive on (port %d), ipconn %s receives on %d and sends on %d",
		x->sendcount, x->receivecount, x->port, def->ipconn, def->receivecount, def->sendcount);
}

static bool
lacks_guard(const struct ipconn_def *d, const struct service *s)
{
	if (d->ssl != NO && s->tls == NULL)
		return true;
	for (enum door door = 0; door < DOOR_COUNT; door++)
		if (door_row(door)->kind == DOOR_QUESTION && door_script(door, resource_ipconn, d)[0] != '\0' && s->script[door] == NULL)
			return true;
	return false;
}

bool
rules_guard(const struct conn *c, const struct ipconn_def *def, struct ruling *r)
{
	return lacks_guard(def, c->service) && refuse(r, REASON_SECURITY_VIOLATION, "mismatch",
		"ipconn %s has ssl, admit or certify, and the generation in use no longer defines them for it", def->ipconn);
}

/* --- a further socket -------------------------------------------------------------------------- */

static bool
same_certificate(const struct certificate *a, const struct certificate *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a->sha256, b->sha256) == 0;
}

/* The checks of a further socket (engine/ipic/README.md). Returns the first fault (static text), or NULL. */
static const char *
misfit(const struct conn *c, const struct ipconn *i)
{
	const struct conn *first = i != NULL ? ipconn_socket(i, SOCKET_IN) : NULL;

	if (first == NULL)
		return "the token is unknown, used or too old";
	if (ipconn_socket(i, SOCKET_IN2) != NULL || i->status == CONN_FREEING)
		return "the ipconn takes no further socket";
	if (strcmp(first->facts->tcpipservice, c->facts->tcpipservice) != 0)
		return "the tcpipservice is not that of the first socket";
	if (!addr_same_ip(&first->facts->peer.addr, &c->facts->peer.addr))
		return "the address is not that of the first socket";
	if (!same_certificate(first->facts->certificate, c->facts->certificate))
		return "the certificate is not that of the first socket";
	if (!ipconn_trusted(i->def, c, c->facts->peer.sysplex))
		return "userauth = identify needs a verified client certificate, or sysplex = true from admit, on each socket";
	if (strcmp(i->engaged->heard.applid, c->facts->capex.applid) != 0 || strcmp(i->engaged->heard.networkid, c->facts->capex.networkid) != 0)
		return "applid or networkid is not that of the first socket";
	return NULL;
}

bool
rules_join(const struct conn *c, const struct ipconn *i, struct ruling *r)
{
	const char *wrong = misfit(c, i);

	return wrong != NULL && refuse(r, REASON_NO_IPCONN, "no_ipconn", "further socket: %s", wrong);
}

/* --- an ipconn that the URM installs ---------------------------------------------------------- */

/* True when the URM changed a non-blank APPLID that applid_change protects (IPIC.md 6.2, 6.6). */
static bool
changes_applid(const struct conn *c, const struct verdict *v)
{
	const char *flow = c->facts->capex.applid, *now = v->install.applid;

	return c->service->def->applid_change == APPLID_CHANGE_BLANK_ONLY && flow[0] != '\0' && now[0] != '\0' && strcmp(now, flow) != 0;
}

/* True when the URM changed the port to or from -1, which is not allowed (IPIC.md 6.2). */
static bool
changes_way(const struct conn *c, const struct verdict *v)
{
	return v->install.has_port && (v->install.port == -1) != (c->facts->capex.port == -1);
}

bool
rules_install(const struct conn *c, const struct verdict *v, const struct ipconn_def *d, const struct ipconn *template, struct ruling *r)
{
	const struct capex *x = &c->facts->capex;
	const char *named = v->install.template;

	if (changes_applid(c, v))
		return refuse(r, REASON_AUTOINSTALL_FAILED, "applid_changed",
			"ipconn %s: applid %s was not blank and became %s; applid_change = blank_only", d->ipconn, x->applid, d->applid);
	if (changes_way(c, v))
		return refuse(r, REASON_AUTOINSTALL_FAILED, "port_changed",
			"ipconn %s: port %d became %d; a policy may not change it to or from -1 (no call-back)", d->ipconn, x->port, d->port);
	if (named[0] != '\0' && template == NULL)
		return refuse(r, REASON_AUTOINSTALL_FAILED, "template_unknown", "no ipconn named %s is installed to copy from", named);
	return template != NULL && !template->inservice &&
		refuse(r, REASON_AUTOINSTALL_FAILED, "template_outservice", "template %s is out of service", named);
}

bool
rules_claim(const struct conn *c, enum claim claim, const struct ipconn_def *d, struct ruling *r)
{
	struct ipconn *holder = claim == CLAIM_PAIR_TAKEN ? registry_pair(c->worker->registry, d->networkid, d->applid) : NULL;

	if (claim == CLAIM_OK)
		return false;
	if (holder != NULL)
		refuse(r, REASON_INVALID_PARTNER_STATE, "pair_taken", "%s.%s is installed already, as ipconn %s", d->networkid, d->applid,
			holder->def->ipconn);
	else if (claim == CLAIM_NAME_TAKEN)
		refuse(r, REASON_AUTOINSTALL_FAILED, "name_taken", "an ipconn named %s is installed already", d->ipconn);
	else
		refuse(r, REASON_AUTOINSTALL_FAILED, "limit", "no memory to install ipconn %s", d->ipconn);
	r->holder = holder;
	return true;
}
