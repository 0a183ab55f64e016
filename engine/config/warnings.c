/* SPDX-License-Identifier: Apache-2.0 */
#include "config/warnings.h"

#include "config/definition_place.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "store/store_address.h"

#define IPV4_BITS 32

static bool
has_urm(const struct tcpipservice_def *t)
{
	return *t->urm != '\0';
}

static bool
any_urm(const struct definition *d)
{
	for (size_t i = 0; i < d->ntcpipservices; i++)
		if (has_urm(&d->tcpipservice[i]))
			return true;
	return false;
}

/* A prefix as long as an IPv4 address hides none of it. */
static void
check_mask(const struct definition *d, struct faults *faults)
{
	const char *ip = strstr(d->region.record_mask, "peer.ip/");
	int bits = ip != NULL ? atoi(ip + strlen("peer.ip/")) : 0;

	if (bits >= IPV4_BITS)
		definition_fault(d, faults, FAULT_WARNING, "mask_address", d->region.line,
			"region: record_mask has peer.ip/%d, and an IPv4 address has %d bits: it stands in the file whole; peer.ip/24 hides its last part", bits,
			IPV4_BITS);
}

static void
check_metrics(const struct definition *d, struct faults *faults)
{
	struct addr a;

	if (resource_metrics_address(d->region.metrics, &a) && !addr_is_loopback(&a))
		definition_fault(d, faults, FAULT_WARNING, "metrics_open", d->region.line,
			"region: metrics is %s, which other machines can reach: they read there, without TLS and without a password, the names of listeners, "
			"scripts and programs and the counts of partners; give a loopback address, or let a proxy check its clients", d->region.metrics);
}

static void
check_store(const struct definition *d, struct faults *faults)
{
	struct store_address a;
	struct fault none;
	const char *host;

	if (d->region.store[0] == '\0' || store_address_parse(&a, d->region.store, &none) < 0)
		return;
	host = store_address_exposed(&a, a.scheme == STORE_TLS || (a.scheme == STORE_SENTINEL && d->region.store_ring[0] != '\0'));
	if (host != NULL)
		definition_fault(d, faults, FAULT_WARNING, "store_plain", d->region.line,
			"region: store reaches %s without TLS: the network sees the password and all values, and can change them; write rediss://, with a store_ring", host);
}

static void
check_region(const struct definition *d, struct faults *faults)
{
	if (d->region.heartbeat == 0)
		definition_fault(d, faults, FAULT_WARNING, "heartbeat_off", d->region.line,
			"region: heartbeat is 0; a partner that died silently keeps its ipconn and cannot connect again until an operator releases it");
	check_mask(d, faults);
	check_metrics(d, faults);
	check_store(d, faults);
}

static void
check_urm(const struct definition *d, const struct tcpipservice_def *t, struct faults *faults)
{
	if (resource_urm_is_default(t->urm))
		definition_fault(d, faults, FAULT_WARNING, "urm_default", t->line,
			"tcpipservice %s: urm is %s, the default program, which accepts each partner; name a script of your own",
			t->tcpipservice, t->urm);
	if (has_urm(t) && t->ssl == SSL_NO)
		definition_fault(d, faults, FAULT_WARNING, "urm_without_tls", t->line,
			"tcpipservice %s: urm is %s and ssl is no; unknown partners are installed by unverified names, without TLS",
			t->tcpipservice, t->urm);
}

static void
check_service(const struct definition *d, const struct tcpipservice_def *t, struct faults *faults)
{
	check_urm(d, t, faults);
	if (t->heartbeat == 0)
		definition_fault(d, faults, FAULT_WARNING, "heartbeat_off", t->line,
			"tcpipservice %s: heartbeat is 0; a partner that died silently keeps its ipconn and cannot connect again until an operator "
			"releases it", t->tcpipservice);
}

/* Returns the first service where a partner can become this ipconn with less TLS than `least`; NULL: none. */
static const struct tcpipservice_def *
way_below(const struct definition *d, const struct ipconn_def *c, enum ssl least)
{
	for (size_t i = 0; i < d->ntcpipservices; i++)
		if (d->tcpipservice[i].ssl < (int)least && resource_ipconn_comes_by(c, &d->tcpipservice[i]))
			return &d->tcpipservice[i];
	return NULL;
}

static void
check_trust(const struct definition *d, const struct ipconn_def *c, struct faults *faults)
{
	const struct tcpipservice_def *t = way_below(d, c, SSL_CLIENTAUTH);

	if (t != NULL && c->userauth == USERAUTH_IDENTIFY)
		definition_fault(d, faults, FAULT_WARNING, "identify_without_clientauth", c->line,
			"ipconn %s: userauth is identify and tcpipservice %s, where its partner can connect, is not ssl = \"clientauth\"; a CAPEX there ends "
			"in SECURITY_VIOLATION%s%s%s", c->ipconn, t->tcpipservice, *t->admit ? " unless its admit script (" : "", t->admit,
			*t->admit ? ") answers sysplex for the peer" : "");
	if (t != NULL && c->linkauth == LINKAUTH_CERTUSER)
		definition_fault(d, faults, FAULT_WARNING, "certuser_without_clientauth", c->line,
			"ipconn %s: linkauth is certuser and tcpipservice %s, where its partner can connect, is not ssl = \"clientauth\"; there is no "
			"certificate to take the link user from", c->ipconn, t->tcpipservice);
}

/* Anyone on the network path can read a password in clear text. */
static void
check_passwords(const struct definition *d, const struct ipconn_def *c, struct faults *faults)
{
	const struct tcpipservice_def *t = way_below(d, c, SSL_YES_);

	if (c->userauth != USERAUTH_VERIFY)
		return;
	if (!resource_has_saf(&d->region))
		definition_fault(d, faults, FAULT_WARNING, "verify_without_saf", c->line,
			"ipconn %s: userauth is verify and the region names no saf; no password can be verified, and each request is refused",
			c->ipconn);
	if (t != NULL)
		definition_fault(d, faults, FAULT_WARNING, "verify_without_tls", c->line,
			"ipconn %s: userauth is verify and tcpipservice %s, where its partner can connect, is ssl = \"no\"; passwords arrive there in clear text",
			c->ipconn, t->tcpipservice);
}

static void
check_template(const struct definition *d, const struct ipconn_def *c, struct faults *faults)
{
	if (c->template_ == TEMPLATE_YES)
		definition_fault(d, faults, FAULT_WARNING, "template_matched", c->line,
			"ipconn %s: template is yes; a CAPEX from %s.%s matches the template itself and the urm is never asked; write template = \"only\"",
			c->ipconn, c->networkid, c->applid);
	if (c->template_ == TEMPLATE_ONLY && !any_urm(d))
		definition_fault(d, faults, FAULT_WARNING, "template_unused", c->line,
			"ipconn %s: template is only, and no tcpipservice has a urm that could name it", c->ipconn);
}

static void
check_way_out(const struct definition *d, const struct ipconn_def *c, struct faults *faults)
{
	if (c->port != -1 && *c->host == '\0' && c->autoconnect == YES)
		definition_fault(d, faults, FAULT_WARNING, "port_without_host", c->line,
			"ipconn %s: it has a port and no host; it can be called back at its partner's address, but not acquired", c->ipconn);
}

static void
check_ipconn(const struct definition *d, const struct ipconn_def *c, struct faults *faults)
{
	check_trust(d, c, faults);
	check_passwords(d, c, faults);
	check_template(d, c, faults);
	check_way_out(d, c, faults);
}

/* Writes the host of a URL to out, without the brackets of IPv6. Returns out. */
static const char *
url_host(const char *url, char *out, size_t size)
{
	const char *host = strstr(url, "://") + 3;
	size_t n = strcspn(host, *host == '[' ? "]" : ":/?#");

	if (*host == '[') {
		host++;
		n--;
	}
	snprintf(out, size, "%.*s", (int)n, host);
	return out;
}

static void
check_program(const struct definition *d, const struct program_def *p, struct faults *faults)
{
	const struct ipconn_def *c = definition_ipconn(d, p->ipconn);
	char host[PATH_SIZE];

	if (c != NULL && c->sendcount == 0)
		definition_fault(d, faults, FAULT_WARNING, "program_sendcount", p->line,
			"program %s: ipconn %s, which it is shipped to, has a sendcount of 0; no request can be sent there", p->program, c->ipconn);

	if (strncasecmp(p->url, "http://", 7) == 0 && !addr_host_is_loopback(url_host(p->url, host, sizeof host)))
		definition_fault(d, faults, FAULT_WARNING, "program_clear", p->line,
			"program %s: url is http and its host, %s, is another machine; data and user IDs are sent in clear text, and any machine may answer; "
			"https verifies the server", p->program, host);
}

void
warnings_check(const struct definition *d, struct faults *faults)
{
	check_region(d, faults);
	for (size_t i = 0; i < d->ntcpipservices; i++)
		check_service(d, &d->tcpipservice[i], faults);
	for (size_t i = 0; i < d->nipconns; i++)
		check_ipconn(d, &d->ipconn[i], faults);
	for (size_t i = 0; i < d->nprograms; i++)
		check_program(d, &d->program[i], faults);
}

const char *
warnings_unchecked(const struct definition *d)
{
	for (size_t i = 0; i < d->ntcpipservices && !resource_sec(&d->region); i++)
		if (*d->tcpipservice[i].attach == '\0')
			return d->tcpipservice[i].tcpipservice;
	return NULL;
}
