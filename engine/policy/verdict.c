/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/verdict.h"

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
