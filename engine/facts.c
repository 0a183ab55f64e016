/* SPDX-License-Identifier: Apache-2.0 */
#include "facts.h"

#include <stdlib.h>

struct certificate *
certificate_ref(struct certificate *c)
{
	if (c != NULL)
		atomic_fetch_add(&c->refs, 1);
	return c;
}

static void
dn_free(struct dn *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->item[i].value.bytes);
	free(d->item);
	free(d->printed);
}

static void
texts_free(struct texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->item[i].bytes);
	free(t->item);
}

void
certificate_unref(struct certificate *c)
{
	if (c == NULL || atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	dn_free(&c->subject);
	dn_free(&c->issuer);
	texts_free(&c->dns);
	texts_free(&c->uri);
	texts_free(&c->ip);
	texts_free(&c->email);
	free(c->serial);
	free(c);
}

const char *
stage_name(enum stage s)
{
	static const char *const name[] = { [STAGE_TCP] = "tcp", [STAGE_TLS] = "tls", [STAGE_CAPEX] = "capex" };

	return name[s];
}
