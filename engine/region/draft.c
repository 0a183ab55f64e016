/* SPDX-License-Identifier: Apache-2.0 */
#include "region/draft.h"

#include "base/clock.h"
#include "config/definition_load.h"
#include "conn/ipconn.h"
#include "conn/peers.h"
#include "net/loop.h"
#include "policy/rates.h"
#include "region/followed.h"
#include "region/policy_view.h"
#include "region/version.h"
#include "request/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct draft {
	struct totals totals;      /* no socket is counted */
	struct worker worker;      /* owns its loop, which never runs, and its reference of the generation */
	struct host_world world;   /* its counters and rates are owned */
	struct entrance *entrance; /* owned; one for each tcpipservice of the definition, same order */
	struct worker hand[DRAFT_HANDS];          /* from 1: the worker with its part of the generation */
	struct generation_gate part[DRAFT_HANDS]; /* from 0: of hand 1 */
	unsigned hands;
};

struct worker *
draft_worker(struct draft *d)
{
	return &d->worker;
}

struct worker *
draft_hand(struct draft *d, unsigned hand)
{
	return hand == 0 ? &d->worker : &d->hand[hand];
}

unsigned
draft_hands(const struct draft *d)
{
	return d->hands;
}

static struct entrance *
draft_entrance(struct worker *w, const char *tcpipservice)
{
	struct draft *d = w->region;
	const struct definition *def = w->generation->definition;

	for (size_t n = 0; n < def->ntcpipservices; n++)
		if (strcmp(d->entrance[n].tcpipservice, tcpipservice) == 0)
			return &d->entrance[n];
	return NULL;
}

/* A host that is a name counts as every address: a draft resolves no name. */
static void
fill_entrance(struct entrance *e, const struct tcpipservice_def *def)
{
	const char *host = def->host[0] != '\0' ? def->host : def->ipaddress;

	memcpy(e->tcpipservice, def->tcpipservice, sizeof e->tcpipservice);
	e->open = def->status == STATUS_OPEN;
	e->any = addr_parse(&e->own, host, def->portnumber) < 0 || addr_is_any(&e->own);
	if (e->any)
		addr_parse(&e->own, "0.0.0.0", def->portnumber);
}

static int
short_of_memory(struct faults *faults)
{
	faults_add(faults, FAULT_ERROR, "memory", NULL, 0, "out of memory");
	return -1;
}

static int
make_entrances(struct draft *d, bool open, struct faults *faults)
{
	const struct definition *def = d->worker.generation->definition;

	d->entrance = calloc(def->ntcpipservices + 1, sizeof *d->entrance);
	if (d->entrance == NULL)
		return short_of_memory(faults);
	for (size_t n = 0; n < def->ntcpipservices; n++) {
		fill_entrance(&d->entrance[n], &def->tcpipservice[n]);
		d->entrance[n].open = d->entrance[n].open || open;
	}
	return 0;
}

static int
install_defined(struct draft *d, struct faults *faults)
{
	const struct definition *def = d->worker.generation->definition;
	struct ipconn *i;

	for (size_t n = 0; n < def->nipconns; n++)
		if (ipconn_install(&d->worker, d->worker.generation, &def->ipconn[n], "", false, &i) != CLAIM_OK)
			return short_of_memory(faults);
	return 0;
}

static int
furnish(struct draft *d, struct faults *faults)
{
	struct worker *w = &d->worker;

	w->loop = loop_new();
	w->peers = peers_new();
	w->totals = &d->totals;
	w->counters = counters_new();
	w->registry = registry_new();
	w->riders = &session_riders;
	w->entrance = draft_entrance;
	w->region = d;
	d->world = (struct host_world){ .counters = w->counters, .rates = rates_new(), .ipconn = policy_view_ipconn, .ipconns = policy_view_ipconns,
		.defined = policy_view_defined, .arg = w };
	return w->loop && w->peers && w->counters && w->registry && d->world.rates ? 0 : short_of_memory(faults);
}

/* *rules: a reference to the published rules of the definition; NULL: none. */
static struct definition *
read_definition(const struct draft_options *o, struct bundle **rules, struct faults *faults)
{
	struct definition *def = NULL;

	*rules = NULL;
	if (o->version != NULL)
		def = version_definition(o->version, o->file, faults);
	else if (o->policies != NULL)
		def = definition_load(o->file, faults);
	else
		def = followed_definition(&(struct followed_order){ .file = o->file }, rules, faults);

	if (def != NULL && o->policies != NULL)
		snprintf(def->region.policies, sizeof def->region.policies, "%s", o->policies);
	return def;
}

/* Loads the generation. -1 with faults. */
static int
load(struct draft *d, const struct draft_options *options, struct faults *faults)
{
	char library[PATH_SIZE];
	struct generation_options o = { .number = 1, .library_dir = library, .world = &d->world, .now = clock_wall() };
	struct definition *def;
	struct bundle *rules;
	struct fault f;

	d->hands = options->hands > 0 ? options->hands : 1;
	for (unsigned i = 0; i + 1 < d->hands; i++)
		d->part[i].world = &d->world;
	o.gate = d->part;
	o.gates = d->hands - 1;
	o.dials = true;
	if (options->version != NULL) {
		o.give = version_give;
		o.give_arg = options->version;
	}
	if (sources_library(library, sizeof library, &f) < 0) {
		faults_add(faults, FAULT_ERROR, "library", NULL, 0, "%s", f.text);
		return -1;
	}
	def = read_definition(options, &rules, faults);
	if (rules != NULL)
		followed_give(rules, &o);
	d->worker.generation = def != NULL ? generation_load(def, &o, faults) : NULL;
	if (d->worker.generation == NULL)
		definition_free(def);
	bundle_unref(rules);
	return d->worker.generation != NULL ? 0 : -1;
}

static void
lend_to_hands(struct draft *d)
{
	for (unsigned i = 1; i < d->hands; i++) {
		d->hand[i] = d->worker;
		d->hand[i].generation = generation_at(d->worker.generation, i);
	}
}

struct draft *
draft_load(const struct draft_options *o, struct faults *faults)
{
	struct draft *d = calloc(1, sizeof *d);

	if (d == NULL) {
		short_of_memory(faults);
		return NULL;
	}
	if (furnish(d, faults) == 0 && load(d, o, faults) == 0 && make_entrances(d, o->open, faults) == 0 && install_defined(d, faults) == 0) {
		lend_to_hands(d);
		return d;
	}
	draft_free(d);
	return NULL;
}

struct draft *
draft_new(const char *file, struct faults *faults)
{
	return draft_load(&(struct draft_options){ .file = file }, faults);
}

void
draft_free(struct draft *d)
{
	if (d == NULL)
		return;
	d->worker.draining = true; /* no acquire begins */
	registry_free(d->worker.registry);
	generation_unref(d->worker.generation);
	peers_free(d->worker.peers);
	counters_free(d->worker.counters);
	rates_free(d->world.rates);
	free(d->entrance);
	loop_free(d->worker.loop);
	free(d);
}
