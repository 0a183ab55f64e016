/* SPDX-License-Identifier: Apache-2.0 */
#include "health.h"

#include <stdbool.h>
#include <string.h>

/* The default program in its assembler, C, COBOL and PL/I forms (IPIC.md 6.5). */
static bool
is_default_program(const char *urm)
{
	static const char *const names[] = { "dfhisaip", "dfhisdip", "dfhiscip", "dfhispip", NULL };
	const char *base = strchr(urm, '/') != NULL ? strchr(urm, '/') + 1 : urm;

	for (size_t i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], base) == 0)
			return true;
	return false;
}

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

static void
check_region(const struct definition *d, struct faults *faults)
{
	if (d->region.heartbeat == 0)
		faults_add(faults, FAULT_WARNING, d->file, d->region.line,
			"region: heartbeat is 0; a partner that died silently keeps its ipconn, and is locked out by it, until somebody releases it");
}

static void
check_urm(const struct definition *d, const struct tcpipservice_def *t, struct faults *faults)
{
	if (is_default_program(t->urm))
		faults_add(faults, FAULT_WARNING, d->file, t->line,
			"tcpipservice %s: urm is %s, the default program, which lets in every partner that asks; name a script of your own",
			t->tcpipservice, t->urm);
	if (has_urm(t) && t->ssl == SSL_NO)
		faults_add(faults, FAULT_WARNING, d->file, t->line,
			"tcpipservice %s: urm is %s and ssl is no; unknown partners are installed by what they say of themselves, without TLS",
			t->tcpipservice, t->urm);
}

static void
check_service(const struct definition *d, const struct tcpipservice_def *t, struct faults *faults)
{
	check_urm(d, t, faults);
	if (t->heartbeat == 0)
		faults_add(faults, FAULT_WARNING, d->file, t->line,
			"tcpipservice %s: heartbeat is 0; a partner that died silently keeps its ipconn, and is locked out by it, until somebody "
			"releases it", t->tcpipservice);
	if (*t->ciphers != '\0' && t->ssl == SSL_NO)
		faults_add(faults, FAULT_WARNING, d->file, t->line, "tcpipservice %s: ciphers are given and ssl is no; they say nothing",
			t->tcpipservice);
	if (*t->speciftcps != '\0' && definition_tcpipservice(d, t->speciftcps) == NULL)
		faults_add(faults, FAULT_WARNING, d->file, t->line, "tcpipservice %s: speciftcps names %s, which is not defined",
			t->tcpipservice, t->speciftcps);
}

/* Whether a partner can come by this service and be this ipconn: matched by CAPEX, or (a template) copied by the service's urm. */
static bool
comes_by(const struct ipconn_def *c, const struct tcpipservice_def *t)
{
	if (c->template_ != TEMPLATE_UNSAID && has_urm(t))
		return true;
	return c->template_ != TEMPLATE_ONLY && (*c->tcpipservice == '\0' || strcmp(c->tcpipservice, t->tcpipservice) == 0);
}

/* The first service by which a partner can be this ipconn without a certificate; NULL: there is none. */
static const struct tcpipservice_def *
way_without_certificate(const struct definition *d, const struct ipconn_def *c)
{
	for (size_t i = 0; i < d->ntcpipservices; i++)
		if (d->tcpipservice[i].ssl != SSL_CLIENTAUTH && comes_by(c, &d->tcpipservice[i]))
			return &d->tcpipservice[i];
	return NULL;
}

static void
check_trust(const struct definition *d, const struct ipconn_def *c, struct faults *faults)
{
	const struct tcpipservice_def *t = way_without_certificate(d, c);

	if (t != NULL && c->userauth == USERAUTH_IDENTIFY)
		faults_add(faults, FAULT_WARNING, d->file, c->line,
			"ipconn %s: userauth is identify and tcpipservice %s, by which it can be reached, is not ssl = \"clientauth\"; a CAPEX there ends "
			"in SECURITY_VIOLATION%s%s%s", c->ipconn, t->tcpipservice, *t->admit ? " unless its admit script (" : "", t->admit,
			*t->admit ? ") answers sysplex for the peer" : "");
	if (t != NULL && c->linkauth == LINKAUTH_CERTUSER)
		faults_add(faults, FAULT_WARNING, d->file, c->line,
			"ipconn %s: linkauth is certuser and tcpipservice %s, by which it can be reached, is not ssl = \"clientauth\"; there is no "
			"certificate to take the link user from", c->ipconn, t->tcpipservice);
}

static void
check_template(const struct definition *d, const struct ipconn_def *c, struct faults *faults)
{
	if (c->template_ == TEMPLATE_YES)
		faults_add(faults, FAULT_WARNING, d->file, c->line,
			"ipconn %s: template is yes; a CAPEX from %s.%s matches the template itself and the urm is never asked; write template = \"only\"",
			c->ipconn, c->networkid, c->applid);
	if (c->template_ == TEMPLATE_ONLY && !any_urm(d))
		faults_add(faults, FAULT_WARNING, d->file, c->line,
			"ipconn %s: template is only, and no tcpipservice has a urm that could name it", c->ipconn);
}

static void
check_ipconn(const struct definition *d, const struct ipconn_def *c, struct faults *faults)
{
	check_trust(d, c, faults);
	check_template(d, c, faults);
	if (*c->ciphers != '\0' && c->ssl == NO)
		faults_add(faults, FAULT_WARNING, d->file, c->line, "ipconn %s: ciphers are given and ssl is no; they say nothing", c->ipconn);
}

void
health_check(const struct definition *d, struct faults *faults)
{
	check_region(d, faults);
	for (size_t i = 0; i < d->ntcpipservices; i++)
		check_service(d, &d->tcpipservice[i], faults);
	for (size_t i = 0; i < d->nipconns; i++)
		check_ipconn(d, &d->ipconn[i], faults);
}
