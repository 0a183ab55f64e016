/* SPDX-License-Identifier: Apache-2.0 */
#include "config/definition_view.h"

#include "base/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t
definition_view_count(const struct definition *d)
{
	return 1 + d->ntcpipservices + d->nipconns + d->nprograms + d->ntransactions;
}

/* --- one resource of each kind: a copy, with the defaults that depend on other values ------------ */

static void
view_region(const struct region_def *r, struct definition_view *out)
{
	struct region_def *to = &out->of.region;

	*to = *r;
	if (to->regionuser[0] == '\0')
		memcpy(to->regionuser, r->applid, sizeof to->regionuser);
	to->sec = resource_sec(r) ? SEC_YES : SEC_NO;
	out->kind = "region";
	out->name = "";
	out->rows = resource_region;
	out->line = r->line;
	out->given = r->given;
}

static void
view_service(const struct region_def *r, const struct tcpipservice_def *t, struct definition_view *out)
{
	struct tcpipservice_def *to = &out->of.tcpipservice;

	*to = *t;
	to->heartbeat = t->heartbeat < 0 ? r->heartbeat : t->heartbeat;
	to->heartbeat_timeout = t->heartbeat_timeout < 0 ? r->heartbeat_timeout : t->heartbeat_timeout;
	out->kind = "tcpipservice";
	out->name = t->tcpipservice;
	out->rows = resource_tcpipservice;
	out->line = t->line;
	out->given = t->given;
}

static void
view_ipconn(const struct ipconn_def *c, struct definition_view *out)
{
	out->of.ipconn = *c;
	out->kind = "ipconn";
	out->name = c->ipconn;
	out->rows = resource_ipconn;
	out->line = c->line;
	out->given = c->given;
}

static void
view_program(const struct region_def *r, const struct program_def *p, struct definition_view *out)
{
	struct program_def *to = &out->of.program;

	*to = *p;
	to->instructions = p->instructions == 0 ? r->instructions : p->instructions;
	to->milliseconds = p->milliseconds == 0 ? r->milliseconds : p->milliseconds;
	to->kilobytes = p->kilobytes == 0 ? r->kilobytes : p->kilobytes;
	if (p->ipconn[0] != '\0' && p->remotename[0] == '\0')
		memcpy(to->remotename, p->program, sizeof to->remotename);
	out->kind = "program";
	out->name = p->program;
	out->rows = resource_program;
	out->line = p->line;
	out->given = p->given;
}

static void
view_transaction(const struct transaction_def *t, struct definition_view *out)
{
	out->of.transaction = *t;
	out->kind = "transaction";
	out->name = t->transaction;
	out->rows = resource_transaction;
	out->line = t->line;
	out->given = t->given;
}

void
definition_view_at(const struct definition *d, size_t i, struct definition_view *out)
{
	if (i-- == 0)
		view_region(&d->region, out);
	else if (i < d->ntcpipservices)
		view_service(&d->region, &d->tcpipservice[i], out);
	else if ((i -= d->ntcpipservices) < d->nipconns)
		view_ipconn(&d->ipconn[i], out);
	else if ((i -= d->nipconns) < d->nprograms)
		view_program(&d->region, &d->program[i], out);
	else
		view_transaction(&d->transaction[i - d->nprograms], out);
}

/* --- one attribute ------------------------------------------------------------------------------ */

bool
definition_view_given(const struct definition_view *v, const struct attribute *a)
{
	return (v->given >> (a - v->rows) & 1) != 0;
}

/* The shortest text that reads as the same number again. */
static void
print_number(double n, char *out)
{
	for (int digits = 10; digits <= 17; digits++) {
		snprintf(out, DEFINITION_VIEW_VALUE, "%.*g", digits, n);
		if (strtod(out, NULL) == n)
			return;
	}
}

const char *
definition_view_value(const struct definition_view *v, const struct attribute *a, char *out)
{
	const char *at = (const char *)&v->of + a->offset;
	double number;

	if (attribute_number(a, &v->of, &number))
		print_number(number, out);
	else if (a->kind == ATTR_CHOICE)
		snprintf(out, DEFINITION_VIEW_VALUE, "%s", a->choices[*(const int *)(const void *)at]);
	else if (a->kind == ATTR_INT)
		snprintf(out, DEFINITION_VIEW_VALUE, "%s", a->no);
	else if (a->kind == ATTR_SCRIPT && *at == '\0')
		snprintf(out, DEFINITION_VIEW_VALUE, "no");
	else if (resource_is_path(a, at))
		path_absolute(out, DEFINITION_VIEW_VALUE, at);
	else
		snprintf(out, DEFINITION_VIEW_VALUE, "%s", a->kind == ATTR_SECONDS ? "" : at);
	return out;
}

const struct params *
definition_view_params(const struct definition *d, const struct definition_view *v, const struct attribute *a)
{
	return a->kind == ATTR_SCRIPT ? params_find(&d->params, v->kind, v->name, a->name) : NULL;
}
