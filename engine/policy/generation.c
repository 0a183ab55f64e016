/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/generation_internal.h"

#include "base/log.h"
#include "policy/generations.h"
#include "security/certmap.h"
#include "security/saf.h"
#include "store/store_settings.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static void
free_services(struct service *s, size_t n)
{
	for (size_t i = 0; i < n && s != NULL; i++)
		tls_config_unref(s[i].tls);
	free(s);
}

/* Frees the objects of one part. */
static void
free_part(struct generation *g)
{
	policy_free(g->policy); /* before its sources */
	free_services(g->service, g->definition->ntcpipservices);
	free_services(g->outbound, g->noutbound);
	free(g->outbound_of);
	free(g->uses);
}

void
generation_discard(struct generation *g)
{
	for (unsigned i = g->parts; i-- > 0;) /* part[0] is the last one: the others read its inputs */
		free_part(&g->part[i]);
	sources_free(g->sources);
	saf_free(g->saf);
	certmap_free(g->certmap);
	ring_unref(g->ring);
	store_settings_unref(g->store);
	free(g);
}

static int
make_part(struct generation *g, struct definition *d, bool dials)
{
	bool home = g == g->part;

	g->service = calloc(d->ntcpipservices + 1, sizeof *g->service);
	g->outbound_of = home || dials ? calloc(d->nipconns + 1, sizeof *g->outbound_of) : NULL;
	g->uses = home ? calloc(d->nprograms + 1, sizeof *g->uses) : NULL;
	return g->service != NULL && (g->outbound_of != NULL || !(home || dials)) && (g->uses != NULL || !home) ? 0 : -1;
}

struct generation *
generation_make(struct definition *d, const struct generation_options *o)
{
	unsigned parts = 1 + o->gates;
	struct generation *g = calloc(parts, sizeof *g);
	int rc = 0;

	if (g == NULL)
		return NULL;
	for (unsigned i = 0; i < parts; i++) {
		g[i] = (struct generation){ .part = g, .parts = parts, .number = o->number, .loaded = o->now, .definition = d,
			.log = i == 0 ? o->log : o->gate[i - 1].log };
		rc |= make_part(&g[i], d, o->dials);
	}
	atomic_init(&g->refs, 1);
	if (rc == 0)
		return g;
	generation_discard(g);
	return NULL;
}

struct generation *
generation_ref(struct generation *g)
{
	if (g != NULL)
		atomic_fetch_add_explicit(&g->part->refs, 1, memory_order_relaxed);
	return g;
}

void
generation_unref(struct generation *g)
{
	struct definition *d;
	char number[24];

	if (g == NULL || atomic_fetch_sub_explicit(&g->part->refs, 1, memory_order_acq_rel) != 1)
		return;
	g = g->part;
	d = g->definition;
	if (g->set != NULL)
		generations_drop(g->set, g);
	log_say(g->log, MSG_SP0013, "#generation", log_number(number, (int64_t)g->number), NULL);
	generation_discard(g);
	definition_free_aside(d);
}

struct generation *
generation_at(const struct generation *g, unsigned worker)
{
	if (worker < g->parts)
		return &g->part[worker];
	fprintf(stderr, "sallyport: generation %llu has no part for worker %u; it was loaded with %u parts\n", (unsigned long long)g->number,
		worker, g->parts);
	abort();
}

void
generation_judges(struct generation *g, bool more)
{
	atomic_fetch_add_explicit(&g->part->connections, more ? 1u : -1u, memory_order_relaxed);
}

void
generation_judges_ipconn(struct generation *g, bool more)
{
	atomic_fetch_add_explicit(&g->part->ipconns, more ? 1u : -1u, memory_order_relaxed);
}

size_t
generation_bytes(const struct generation *g)
{
	size_t n = 0;

	for (unsigned i = 0; i < g->parts; i++)
		n += policy_bytes(g->part[i].policy);
	return n;
}

const struct service *
generation_service(const struct generation *g, const char *tcpipservice)
{
	const struct tcpipservice_def *t = definition_tcpipservice(g->definition, tcpipservice);

	return t != NULL ? &g->service[t - g->definition->tcpipservice] : NULL;
}

const struct service *
generation_outbound(const struct generation *g, const char *name)
{
	const struct ipconn_def *c = definition_ipconn(g->definition, name);

	return &g->outbound[c != NULL ? g->outbound_of[c - g->definition->ipconn] : 0];
}
