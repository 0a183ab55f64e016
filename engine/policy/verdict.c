/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/verdict.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *
verdict_name(enum verdict_kind k)
{
	switch (k) {
	case VERDICT_REFUSE:
		return "refuse";
	case VERDICT_ACCEPT:
		return "accept";
	case VERDICT_INSTALL:
		return "install";
	case VERDICT_PASS:
		return "pass";
	}
	return "?";
}

void
verdict_refuse(struct verdict *v, const char *code, const char *format, ...)
{
	va_list ap;

	*v = (struct verdict){ .kind = VERDICT_REFUSE };
	snprintf(v->code, sizeof v->code, "%s", code);
	va_start(ap, format);
	vsnprintf(v->text, sizeof v->text, format, ap);
	va_end(ap);
}

static const char *
host_of(const struct verdict *v)
{
	return v->install.has_host ? v->install.host : "";
}

static int
port_of(const struct verdict *v)
{
	return v->install.has_port ? v->install.port : 0;
}

const char *
verdict_other_grant(const struct verdict *a, const struct verdict *b)
{
	if (strcmp(a->userid, b->userid) != 0)
		return "userid";
	if (strcmp(a->install.template, b->install.template) != 0)
		return "template";
	if (strcmp(a->install.ipconn, b->install.ipconn) != 0)
		return "ipconn";
	if (strcmp(a->install.applid, b->install.applid) != 0)
		return "applid";
	if (strcmp(host_of(a), host_of(b)) != 0)
		return "host";
	if (a->install.has_port != b->install.has_port || port_of(a) != port_of(b))
		return "port";
	return a->sysplex != b->sysplex ? "sysplex" : NULL;
}

const char *
verdict_place(const struct verdict *v, char out[VERDICT_PLACE_SIZE])
{
	size_t n;

	text_copy(out, VERDICT_PLACE_SIZE, v->file);
	if (out[0] == '\0' || v->line <= 0)
		return out;
	n = strlen(out);
	out[n] = ':';
	out[n + 1 + digits_decimal(out + n + 1, (uint64_t)v->line)] = '\0';
	return out;
}
