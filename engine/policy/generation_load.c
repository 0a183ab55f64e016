/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/generation_internal.h"

#include "base/buf.h"
#include "base/file.h"
#include "security/certmap_read.h"
#include "policy/certuser.h"
#include "policy/inputs.h"
#include "policy/lint.h"
#include "policy/policy_params.h"
#include "base/log.h"
#include "base/path.h"
#include "security/saf_envelope.h"
#include "security/saf_read.h"
#include "security/request_user.h"
#include "store/store_settings.h"
#include "tls/tls_shared.h"
#include "config/definition_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The load of a part. It adds each fault and goes on to find the next. */
struct loading {
	struct generation *g; /* the part; part[0] is loaded first, without a fault */
	const struct host_world *world; /* of its worker */
	const struct generation_options *options;
	struct definition *d;
	struct faults *faults;
	struct tls_shared tls;
};

/* True, with a fault added: there is no file at the path that region { } gives for the attribute. */
static bool
is_gone(const struct loading *l, const char *attribute, const char *path)
{
	return path_gone(path, definition_place_file(l->d, l->d->region.line), definition_place_line(l->d->region.line), attribute, l->faults);
}

/* The same for an attribute that may have no path. */
static bool
is_lost(const struct loading *l, const char *attribute, const char *path)
{
	return path[0] != '\0' && is_gone(l, attribute, path);
}

/* Whether it is the part of worker 0, which is judged: a fault is reported once. */
static bool
is_first(const struct loading *l)
{
	return l->g == l->g->part;
}

static void
load_ring(struct loading *l)
{
	const struct region_def *r = &l->d->region;
	struct fault f;

	if (r->ring[0] == '\0' || is_gone(l, "region: ring", r->ring))
		return;
	l->g->ring = ring_load(r->ring, l->faults);
	if (l->g->ring == NULL)
		return;
	if (ring_permits(l->g->ring, request_user_of_region(r), &f) < 0)
		definition_fault(l->d, l->faults, FAULT_ERROR, "ring_permit", r->line, "region: ring: %s", f.text);
	ring_keep_chains(l->g->ring, (size_t)r->verify_cache);
	l->g->certmap = certmap_load(l->g->ring, l->faults);
}

/* The first tcpipservice whose requests the saf decides on; NULL: none. */
static const struct tcpipservice_def *
left_to_saf(const struct definition *d)
{
	for (size_t i = 0; i < d->ntcpipservices && resource_sec(&d->region); i++)
		if (d->tcpipservice[i].attach[0] == '\0')
			return &d->tcpipservice[i];
	return NULL;
}

/* Loads the saf of the published rules, else of the region's file. NULL: no saf, or a fault was added. */
static struct saf *
read_saf(struct loading *l)
{
	const struct region_def *r = &l->d->region;

	if (l->options->saf == NULL)
		return r->saf[0] != '\0' && !is_gone(l, "region: saf", r->saf) ? saf_load(r->saf, l->faults) : NULL;
	if (r->follow_decrypt_key[0] != '\0')
		return is_gone(l, "region: follow_decrypt_key", r->follow_decrypt_key) ? NULL :
			saf_envelope_open(r->follow_decrypt_key, l->options->saf, l->options->saf_len, l->faults);
	definition_fault(l->d, l->faults, FAULT_ERROR, "follow_decrypt_key", r->line, "the published rules have a saf, and follow_decrypt_key is missing; add "
		"follow_decrypt_key = \"FILE\", the private key of this region, and export the rules with its public key in --to");
	return NULL;
}

static void
load_saf(struct loading *l)
{
	const struct tcpipservice_def *left = left_to_saf(l->d);
	size_t errors = l->faults->errors;

	l->g->saf = read_saf(l);
	l->g->saf_published = l->options->saf != NULL;
	if (left == NULL || l->faults->errors > errors)
		return;
	if (l->g->saf == NULL)
		definition_fault(l->d, l->faults, FAULT_WARNING, "no_saf", l->d->region.line, "no published rules with a saf are in use, and the region names none: "
			"all requests to tcpipservice %s are refused; publish rules with --saf, or add saf = \"FILE\"", left->tcpipservice);
	else if (!saf_has(l->g->saf, SAF_TRANSACTIONS))
		faults_add(l->faults, FAULT_WARNING, "saf_class", l->g->saf_published ? NULL : l->d->region.saf, 0, "there is no class %s, which sec = yes "
			"needs: all requests to tcpipservice %s are refused", SAF_TRANSACTIONS, left->tcpipservice);
}

/* The ring of the store: its own, else that of the region. A reference; NULL: none, or a fault was added. */
static struct ring *
ring_of_store(struct loading *l)
{
	const char *path = l->d->region.store_ring;
	struct ring *ring;
	struct fault f;

	if (path[0] == '\0')
		return l->g->ring != NULL ? ring_ref(l->g->ring) : NULL;
	ring = is_gone(l, "region: store_ring", path) ? NULL : ring_load(path, l->faults);
	if (ring != NULL && ring_permits(ring, request_user_of_region(&l->d->region), &f) < 0)
		definition_fault(l->d, l->faults, FAULT_ERROR, "ring_permit", l->d->region.line, "region: store_ring: %s", f.text);
	return ring;
}

static void
load_store(struct loading *l)
{
	const struct region_def *r = &l->d->region;
	struct store_source from = { .store = r->store, .user = r->store_user, .password_file = r->store_password_file,
		.sentinel_user = r->store_sentinel_user, .sentinel_password_file = r->store_sentinel_password_file };
	bool tls = strncmp(r->store, "rediss:", 7) == 0;
	size_t before = l->faults->errors;
	struct fault f;

	if (r->store[0] == '\0' || is_lost(l, "region: store_password_file", r->store_password_file) ||
		is_lost(l, "region: store_sentinel_password_file", r->store_sentinel_password_file))
		return;
	from.ring = tls || r->store_ring[0] != '\0' ? ring_of_store(l) : NULL;
	if (l->faults->errors == before && !(tls && from.ring == NULL && before > 0)) { /* a fault before this one says why there is no ring */
		l->g->store = store_settings_new(&from, &f);
		if (l->g->store == NULL)
			definition_fault(l->d, l->faults, FAULT_ERROR, "store", r->line, "region: %s", f.text);
	}
	ring_unref(from.ring);
}

/* Whether there is a ring. Adds a fault when none is named; a ring that did not load has its fault already. */
static bool
ring_there(struct loading *l, int line, const char *kind, const char *name)
{
	if (l->g->ring == NULL && l->d->region.ring[0] == '\0')
		definition_fault(l->d, l->faults, FAULT_ERROR, "ring_missing", line, "%s %s: TLS needs a key ring: region { ring = \"...\" }", kind,
			name);
	return l->g->ring != NULL;
}

static void
load_tls(struct loading *l, struct service *s)
{
	const struct tcpipservice_def *def = s->def;
	struct tls_options o = {
		.ring = l->g->ring,
		.label = def->certificate,
		.ask_certificate = def->ssl == SSL_CLIENTAUTH,
		.strict = l->d->region.x509strict,
		.ciphers = def->ciphers,
	};
	struct ring_user u = { definition_place_file(l->d, def->line), definition_place_line(def->line), "tcpipservice", def->tcpipservice };
	struct fault f;

	if (def->ssl == SSL_NO || !ring_there(l, def->line, "tcpipservice", def->tcpipservice))
		return;
	s->tls = tls_shared_config(&l->tls, WAY_IN, &o, &f);
	if (s->tls == NULL)
		definition_fault(l->d, l->faults, FAULT_ERROR, "tls", def->line, "tcpipservice %s: %s", def->tcpipservice, f.text);
	else if (is_first(l))
		tls_config_judge(s->tls, WAY_IN, &o, &u, l->faults);
}

static bool
has_label(struct loading *l, const struct ipconn_def *c)
{
	if (c->certificate[0] == '\0' || ring_has(l->g->ring, c->certificate))
		return true;
	definition_fault(l->d, l->faults, FAULT_ERROR, "certificate_missing", c->line, "ipconn %s: the ring %s has no certificate labelled %s", c->ipconn,
		ring_dir(l->g->ring), c->certificate);
	return false;
}

/*
 * Of sockets that the region dials for an ipconn. The ring needs no own certificate, since the partner may ask for
 * none.
 */
static void
load_outbound_tls(struct loading *l, const struct ipconn_def *c, struct service *s)
{
	struct tls_options o = { .ring = l->g->ring, .label = c->certificate, .optional_own = true, .strict = l->d->region.x509strict,
		.ciphers = c->ciphers };
	struct ring_user u = { definition_place_file(l->d, c->line), definition_place_line(c->line), "ipconn", c->ipconn };
	struct fault f;

	if (c->ssl == NO || !ring_there(l, c->line, "ipconn", c->ipconn) || !has_label(l, c))
		return;
	s->tls = tls_shared_config(&l->tls, WAY_OUT, &o, &f);
	if (s->tls == NULL)
		definition_fault(l->d, l->faults, FAULT_ERROR, "tls", c->line, "ipconn %s: %s", c->ipconn, f.text);
	else if (is_first(l))
		tls_config_judge(s->tls, WAY_OUT, &o, &u, l->faults);
}

struct owner { /* the object of an attribute, for messages */
	const char *kind, *name;
	int line;
};

/*
 * Checks and keeps the parameters that the attribute gives to the script. -1 with a fault at the line of the
 * attribute.
 */
static int
bind_params(struct loading *l, const struct owner *o, const char *attribute, const char *script, const struct source *source)
{
	const struct params *params = params_find(&l->d->params, o->kind, o->name, attribute);
	struct fault f;

	if (policy_params_bind(l->g->policy, script, params != NULL ? params->text : NULL, &f) == 0)
		return 0;
	definition_fault(l->d, l->faults, FAULT_ERROR, "params", params != NULL ? params->line : o->line, "%s %s: %s: %s: %s", o->kind, o->name,
		attribute, source->path, f.text);
	return -1;
}

/* Loads the script that an attribute names. NULL, with a fault added: it did not load. */
static const struct source *
load_source(struct loading *l, const struct owner *o, const char *attribute, const char *script)
{
	struct fault f;
	const struct source *source = sources_get(l->g->sources, script, &f);
	char elsewhere[3 * PATH_SIZE];

	if (source == NULL)
		definition_fault(l->d, l->faults, FAULT_ERROR, "script", o->line, "%s %s: %s: %s%s", o->kind, o->name, attribute, f.text,
			sources_elsewhere(l->g->sources, script, l->d->file, elsewhere, sizeof elsewhere));
	else if (source->library)
		definition_fault(l->d, l->faults, FAULT_ERROR, "script", o->line, "%s %s: %s: \"%s\" is a module of the library, not a policy", o->kind,
			o->name, attribute, script);
	else if (policy_load(l->g->policy, script, l->faults) == 0 && bind_params(l, o, attribute, script, source) == 0)
		return source;
	return NULL;
}

/*
 * Loads the script of a door. The script of a question must have the function. A notice shares the attribute of an
 * earlier question, which loads the script.
 */
static void
load_door(struct loading *l, struct service *s, const struct owner *o, enum door d, const char *script)
{
	const struct door_row *row = door_row(d);
	const struct source *source = NULL;

	if (script[0] == '\0')
		return;
	if (row->kind == DOOR_QUESTION && (source = load_source(l, o, row->attribute, script)) == NULL)
		return;
	if (policy_has(l->g->policy, script, d))
		s->script[d] = script;
	else if (source != NULL)
		definition_fault(l->d, l->faults, FAULT_ERROR, "script_door", o->line, "%s %s: %s: %s has no function %s", o->kind, o->name,
			row->attribute, source->path, row->name);
}

static void
load_program(struct loading *l, const struct program_def *p)
{
	struct owner o = { "program", p->program, p->line };
	const struct source *source = p->script[0] != '\0' ? load_source(l, &o, "script", p->script) : NULL;

	if (source != NULL && !policy_runs(l->g->policy, p->script))
		definition_fault(l->d, l->faults, FAULT_ERROR, "script_door", p->line,
			"program %s: script: %s has no function run; add run = function(request) ... end to the table it returns", p->program,
			source->path);
}

static void
load_scripts(struct loading *l, struct service *s)
{
	struct owner o = { "tcpipservice", s->def->tcpipservice, s->def->line };

	for (enum door d = 0; d < DOOR_COUNT; d++)
		load_door(l, s, &o, d, door_script(d, resource_tcpipservice, s->def));
}

/*
 * The scripts of an ipconn judge the connections that the region dials for it; those of its tcpipservice judge
 * connections that come in.
 */
static void
load_outbound_scripts(struct loading *l, const struct ipconn_def *c, struct service *s)
{
	struct owner o = { "ipconn", c->ipconn, c->line };

	if (c->admit[0] == '\0' && c->certify[0] == '\0') /* as most of very many */
		return;
	for (enum door d = 0; d < DOOR_COUNT; d++)
		load_door(l, s, &o, d, door_script(d, resource_ipconn, c));
}

/* Whether the name is that of the saf's file, which may be in the directory of scripts and larger than a script. */
static bool
is_saf(const struct region_def *r, const char *name)
{
	char path[2 * PATH_SIZE];

	snprintf(path, sizeof path, "%s/%s.lua", r->policies, name);
	return r->saf[0] != '\0' && file_same(path, r->saf);
}

static bool
ends_with(const char *name, const char *tail)
{
	size_t n = strlen(name), len = strlen(tail);

	return n > len && strcmp(name + n - len, tail) == 0;
}

bool
generation_is_script(const struct region_def *r, const char *name)
{
	return strcmp(name, "region") != 0 && !is_saf(r, name) && !ends_with(name, "_spec") && !ends_with(name, "_invariant");
}

/* Compiles a script that no definition names. */
static void
generation_compile_other(void *arg, const char *name)
{
	struct loading *l = arg;
	const struct source *source;
	struct fault f;

	if (!generation_is_script(&l->d->region, name))
		return;
	source = sources_get(l->g->sources, name, &f);
	if (source == NULL)
		faults_add(l->faults, FAULT_ERROR, "script", NULL, 0, "%s", f.text);
	else if (!definition_has_file(l->d, source->path) && policy_path(l->g->policy, name) == NULL)
		policy_compile(l->g->policy, name, l->faults);
}

/* The texts of the scripts, which all parts compile. */
static int
open_sources(struct loading *l)
{
	struct sources *s = sources_new(l->options->library_dir, l->d->region.policies);

	l->g->sources = s;
	if (s != NULL && (l->options->give == NULL || l->options->give(l->options->give_arg, s) == 0))
		return 0;
	faults_add(l->faults, FAULT_ERROR, "memory", NULL, 0, "out of memory");
	return -1;
}

static int
open_policy(struct loading *l)
{
	const struct region_def *r = &l->d->region;
	struct budget_limits limits = { r->instructions, r->milliseconds, (size_t)r->kilobytes };
	struct wait_limits waits = { r->wait_milliseconds / 1e3, (unsigned)r->waiting, (unsigned)r->waiting_peer, r->policy_http, l->g->ring };
	struct generation *g = l->g;

	g->policy = policy_new(g->sources, &limits, l->world, g->log, l->faults);
	if (g->policy == NULL)
		return -1;
	if (!is_first(l))
		policy_use_inputs(g->policy, policy_inputs(g->part->policy));
	policy_use_saf(g->policy, g->saf);
	policy_use_waits(g->policy, &waits);
	return 0;
}

static void
load_doors(struct loading *l)
{
	for (size_t i = 0; i < l->d->ntcpipservices; i++)
		load_scripts(l, &l->g->service[i]);
	for (size_t i = 0; l->g->outbound != NULL && i < l->d->nipconns; i++)
		load_outbound_scripts(l, &l->d->ipconn[i], &l->g->outbound[l->g->outbound_of[i]]);
}

static void
load_policies(struct loading *l)
{
	struct fault f;

	if ((l->options->give == NULL && is_gone(l, "region: policies", l->d->region.policies)) || open_sources(l) < 0 || open_policy(l) < 0)
		return;
	load_doors(l);
	for (size_t i = 0; i < l->d->nprograms; i++)
		load_program(l, &l->d->program[i]);
	if (l->options->all_scripts && sources_scan(l->g->sources, generation_compile_other, l, &f) < 0)
		definition_fault(l->d, l->faults, FAULT_WARNING, "policies", l->d->region.line, "region: policies: %s", f.text);
	if (l->options->all_scripts)
		lint_run(l->g->sources, l->options->library_dir, l->d, l->faults);
	sources_doubts(l->g->sources, l->faults);
	inputs_doubts(policy_inputs(l->g->policy), l->faults);
}

/* Adds the line "NAME DIGEST" of a file. */
static void
add_line(struct buf *lines, const char *name, const char *digest)
{
	char line[INPUT_NAME + 70];

	snprintf(line, sizeof line, "%s %s\n", name, digest);
	buf_add(lines, line, strlen(line));
}

static void
add_params(struct buf *lines, const struct params *p)
{
	char digest[65], name[64];

	snprintf(name, sizeof name, "%s %s", p->title, p->attribute);
	tls_digest(p->text, strlen(p->text), digest);
	add_line(lines, name, digest);
}

/*
 * The hash of a generation: the first twelve digits of the SHA-256 of the lines of its scripts, of their parameters
 * and of the files that they read, in the order of reading.
 */
static void
hash_files(struct generation *g)
{
	struct buf lines;
	char digest[65];

	buf_init(&lines, 0);
	for (const struct source *s = sources_first(g->sources); s != NULL; s = s->next) {
		tls_digest(s->bytes, s->len, digest);
		add_line(&lines, s->name, digest);
	}
	for (size_t i = 0; i < g->definition->params.n; i++)
		add_params(&lines, &g->definition->params.item[i]);
	for (const struct input *one = inputs_first(policy_inputs(g->policy)); one != NULL; one = one->next)
		add_line(&lines, one->name, one->digest);
	tls_digest(buf_bytes(&lines), buf_len(&lines), digest);
	memcpy(g->hash, digest, sizeof g->hash - 1);
	buf_free(&lines);
}

static void
load_services(struct loading *l)
{
	for (size_t i = 0; i < l->d->ntcpipservices; i++) {
		const struct tcpipservice_def *def = &l->d->tcpipservice[i];

		l->g->service[i] = (struct service){ .way = WAY_IN, .def = def, .ssl = (enum ssl)def->ssl, .heartbeat = def->heartbeat,
			.heartbeat_timeout = def->heartbeat_timeout };
		load_tls(l, &l->g->service[i]);
	}
}

/* Whether two ipconns are dialled by the same scripts. */
static bool
same_scripts(const struct ipconn_def *a, const struct ipconn_def *b)
{
	return strcmp(a->admit, b->admit) == 0 && strcmp(a->certify, b->certify) == 0;
}

/* Adds a service, whose reference to the settings of TLS it takes. -1: no memory. */
static int
add_outbound(struct generation *g, const struct service *s)
{
	struct service *more = g->outbound;

	if ((g->noutbound & (g->noutbound - 1)) == 0) /* a power of two: the array is full */
		more = realloc(g->outbound, (g->noutbound != 0 ? 2 * g->noutbound : 1) * sizeof *more);
	if (more == NULL) {
		tls_config_unref(s->tls);
		return -1;
	}
	g->outbound = more;
	g->outbound[g->noutbound++] = *s;
	return 0;
}

/* The service of ipconn number n, shared with ipconn number n - 1 when it is equal. -1: no memory. */
static int
load_outbound_of(struct loading *l, size_t n)
{
	struct generation *g = l->g;
	const struct ipconn_def *c = &l->d->ipconn[n];
	struct service s = { .way = WAY_OUT, .ssl = c->ssl == NO ? SSL_NO : SSL_YES_, .heartbeat = -1, .heartbeat_timeout = -1 };
	const struct service *before = n > 0 ? &g->outbound[g->outbound_of[n - 1]] : NULL;

	load_outbound_tls(l, c, &s);
	if (before != NULL && before->ssl == s.ssl && before->tls == s.tls && same_scripts(c, c - 1)) {
		tls_config_unref(s.tls);
		g->outbound_of[n] = g->outbound_of[n - 1];
		return 0;
	}
	g->outbound_of[n] = (uint32_t)g->noutbound;
	return add_outbound(g, &s);
}

/* -1 with a fault: no memory. */
static int
load_outbound(struct loading *l)
{
	int ok = add_outbound(l->g, &(struct service){ .way = WAY_OUT, .heartbeat = -1, .heartbeat_timeout = -1 });

	for (size_t i = 0; i < l->d->nipconns && ok == 0; i++)
		ok = load_outbound_of(l, i);
	if (ok < 0)
		faults_add(l->faults, FAULT_ERROR, "memory", NULL, 0, "no memory for the ipconns");
	return ok;
}

/* Loads the part of worker 0, and all that the parts share. */
static void
load_first(struct loading *l)
{
	size_t before = l->faults->errors;

	load_ring(l);
	load_saf(l);
	load_store(l);
	load_services(l);
	if (load_outbound(l) == 0)
		load_policies(l);
	tls_shared_free(&l->tls);
	if (l->faults->errors == before)
		certuser_check(l->g, l->faults);
	if (l->faults->errors > before)
		return;
	hash_files(l->g);
	sources_seal(l->g->sources);
	inputs_seal(policy_inputs(l->g->policy));
}

/* Takes the objects that all parts share. */
static void
share(struct generation *g)
{
	const struct generation *first = g->part;

	g->ring = first->ring;
	g->store = first->store;
	g->certmap = first->certmap;
	g->saf = first->saf;
	g->sources = first->sources;
	memcpy(g->hash, first->hash, sizeof g->hash);
}

/*
 * Loads the part of a gate: the doors and the settings of TLS of its listeners, and of dialled sockets when all parts
 * have those, from the bytes that the first part has read.
 */
static void
load_gate(struct loading *l)
{
	share(l->g);
	load_services(l);
	if ((!l->options->dials || load_outbound(l) == 0) && open_policy(l) == 0)
		load_doors(l);
	tls_shared_free(&l->tls);
}

struct generation *
generation_load(struct definition *d, const struct generation_options *o, struct faults *faults)
{
	struct generation *g = generation_make(d, o);
	size_t before = faults->errors;

	if (g == NULL) {
		faults_add(faults, FAULT_ERROR, "memory", NULL, 0, "out of memory");
		return NULL;
	}
	load_first(&(struct loading){ .g = g, .world = o->world, .options = o, .d = d, .faults = faults });
	for (unsigned i = 0; i < o->gates && faults->errors == before; i++)
		load_gate(&(struct loading){ .g = &g->part[i + 1], .world = o->gate[i].world, .options = o, .d = d, .faults = faults });
	if (faults->errors == before)
		return g;
	generation_discard(g);
	return NULL;
}
