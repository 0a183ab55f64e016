/* SPDX-License-Identifier: Apache-2.0 */
#include "config/consistency.h"
#include "config/definition_place.h"

#include "base/addr.h"
#include "net/unixsock.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry { /* an object whose key must be unique */
	char key[NAME_PAIR_SIZE];
	const char *name;
	int line;
};

static int
consistency_key_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c = strcmp(x->key, y->key);

	return c != 0 ? c : (x->line > y->line) - (x->line < y->line);
}

typedef void (*twice)(const struct definition *d, const struct entry *first, const struct entry *again, struct faults *faults);

/* Calls say for each key that occurs again. Frees the list. */
static void
find_twice(const struct definition *d, struct entry *list, size_t n, twice say, struct faults *faults)
{
	size_t first = 0;

	qsort(list, n, sizeof *list, consistency_key_order);
	for (size_t i = 1; i < n; i++) {
		if (strcmp(list[i].key, list[first].key) == 0)
			say(d, &list[first], &list[i], faults);
		else
			first = i;
	}
	free(list);
}

/* Allocates n entries. NULL without memory, which is a fault. */
static struct entry *
entries(const struct definition *d, size_t n, struct faults *faults)
{
	struct entry *list = calloc(n ? n : 1, sizeof *list);

	if (list == NULL)
		definition_fault(d, faults, FAULT_ERROR, "memory", 0, "out of memory");
	return list;
}

static void
say_again(const struct definition *d, const char *kind, const struct entry *first, const struct entry *again, struct faults *faults)
{
	char place[PATH_SIZE + 16];

	definition_fault(d, faults, FAULT_ERROR, "twice", again->line, "%s %s was already defined at %s", kind, again->name,
		definition_place_text(d, first->line, again->line, place, sizeof place));
}

static void
consistency_say_service(const struct definition *d, const struct entry *first, const struct entry *again, struct faults *faults)
{
	say_again(d, "tcpipservice", first, again, faults);
}

static void
consistency_say_ipconn(const struct definition *d, const struct entry *first, const struct entry *again, struct faults *faults)
{
	say_again(d, "ipconn", first, again, faults);
}

static void
consistency_say_program(const struct definition *d, const struct entry *first, const struct entry *again, struct faults *faults)
{
	say_again(d, "program", first, again, faults);
}

static void
consistency_say_transaction(const struct definition *d, const struct entry *first, const struct entry *again, struct faults *faults)
{
	say_again(d, "transaction", first, again, faults);
}

static void
consistency_say_pair(const struct definition *d, const struct entry *first, const struct entry *again, struct faults *faults)
{
	char place[PATH_SIZE + 16];

	if (strcmp(first->name, again->name) == 0)
		return; /* the name that occurs twice is a fault already */
	definition_fault(d, faults, FAULT_ERROR, "twice", again->line,
		"ipconn %s has the networkid and applid (%s) of ipconn %s at %s; a CAPEX could mean either", again->name, again->key,
		first->name, definition_place_text(d, first->line, again->line, place, sizeof place));
}

/* The objects of one kind: their list, their number and size, and the offsets of name and line in each. */
struct named {
	const void *list;
	size_t n, size, name, line;
	twice say;
};

static void
check_names(const struct definition *d, const struct named *k, struct faults *faults)
{
	struct entry *list = entries(d, k->n, faults);

	for (size_t i = 0; list != NULL && i < k->n; i++) {
		const char *object = (const char *)k->list + i * k->size;

		list[i].name = object + k->name;
		memcpy(&list[i].line, object + k->line, sizeof list[i].line);
		snprintf(list[i].key, sizeof list[i].key, "%s", list[i].name);
	}
	if (list != NULL)
		find_twice(d, list, k->n, k->say, faults);
}

#define NAMED(kind, say) \
	{ d->kind, d->n##kind##s, sizeof *d->kind, offsetof(struct kind##_def, kind), offsetof(struct kind##_def, line), say }

static void
check_all_names(const struct definition *d, struct faults *faults)
{
	const struct named kinds[] = {
		NAMED(tcpipservice, consistency_say_service),
		NAMED(ipconn, consistency_say_ipconn),
		NAMED(program, consistency_say_program),
		NAMED(transaction, consistency_say_transaction),
	};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		check_names(d, &kinds[i], faults);
}

static void
check_pairs(const struct definition *d, struct faults *faults)
{
	struct entry *list = entries(d, d->nipconns, faults);
	size_t n = 0;

	for (size_t i = 0; list != NULL && i < d->nipconns; i++) {
		const struct ipconn_def *c = &d->ipconn[i];

		if (c->template_ == TEMPLATE_ONLY)
			continue;
		list[n].name = c->ipconn;
		list[n].line = c->line;
		name_pair(c->networkid, c->applid, list[n].key);
		n++;
	}
	if (list != NULL)
		find_twice(d, list, n, consistency_say_pair, faults);
}

/* Returns the nearest name among the objects of one kind; NULL: none is near. */
static const char *
nearest(const struct named *k, const char *name)
{
	const char **words = calloc(k->n + 1, sizeof *words);
	const char *near;

	if (words == NULL)
		return NULL;
	for (size_t i = 0; i < k->n; i++)
		words[i] = (const char *)k->list + i * k->size + k->name;
	near = near_word(words, name);
	free(words);
	return near;
}

/* Adds a fault at `line`: "ipconn ABLE names tcpipservice IPICX, which is not defined". */
static void
say_missing(const struct definition *d, const struct named *k, int line, const char *who, const char *name, const char *kind, const char *missing,
	struct faults *faults)
{
	const char *near = nearest(k, missing);

	definition_fault(d, faults, FAULT_ERROR, "unknown_name", line, "%s %s names %s %s, which is not defined%s%s%s", who, name, kind, missing,
		near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static void
check_named_services(const struct definition *d, const struct key_lines *p, struct faults *faults)
{
	const struct named services = NAMED(tcpipservice, consistency_say_service);

	for (size_t i = 0; i < d->nipconns; i++) {
		const struct ipconn_def *c = &d->ipconn[i];

		if (*c->tcpipservice != '\0' && definition_tcpipservice(d, c->tcpipservice) == NULL)
			say_missing(d, &services, key_lines_of(p, c->line, "tcpipservice"), "ipconn", c->ipconn, "tcpipservice", c->tcpipservice, faults);
	}
}

static void
check_named_ipconns(const struct definition *d, const struct key_lines *p, struct faults *faults)
{
	const struct named ipconns = NAMED(ipconn, consistency_say_ipconn);

	for (size_t i = 0; i < d->nprograms; i++) {
		const struct program_def *one = &d->program[i];
		const struct ipconn_def *to = *one->ipconn != '\0' ? definition_ipconn(d, one->ipconn) : NULL;

		if (*one->ipconn != '\0' && to == NULL)
			say_missing(d, &ipconns, key_lines_of(p, one->line, "ipconn"), "program", one->program, "ipconn", one->ipconn, faults);
		else if (to != NULL && to->template_ == TEMPLATE_ONLY)
			definition_fault(d, faults, FAULT_ERROR, "template_named", key_lines_of(p, one->line, "ipconn"),
				"program %s names ipconn %s, a template, which never connects; name another ipconn", one->program, to->ipconn);
	}
}

static void
check_named_programs(const struct definition *d, const struct key_lines *p, struct faults *faults)
{
	const struct named programs = NAMED(program, consistency_say_program);

	for (size_t i = 0; i < d->ntransactions; i++) {
		const struct transaction_def *t = &d->transaction[i];

		if (*t->program != '\0' && definition_program(d, t->program) == NULL)
			say_missing(d, &programs, key_lines_of(p, t->line, "program"), "transaction", t->transaction, "program", t->program, faults);
	}
}

/*
 * Whether the attribute must be the same in a generic and a specific listener: each script except urm, which a generic
 * listener does not ask.
 */
static bool
must_agree(const struct attribute *t)
{
	if (t->kind == ATTR_SCRIPT)
		return strcmp(t->name, "urm") != 0;
	return strcmp(t->name, "ssl") == 0 || strcmp(t->name, "certificate") == 0 || strcmp(t->name, "ciphers") == 0;
}

static const struct params *
params_of(const struct definition *d, const struct tcpipservice_def *s, const struct attribute *t)
{
	return params_find(&d->params, "tcpipservice", s->tcpipservice, t->name);
}

/*
 * Returns the first such attribute in which a generic listener differs from its specific one (IPIC.md 10); NULL: none.
 */
static const char *
unlike(const struct definition *d, const struct tcpipservice_def *a, const struct tcpipservice_def *b)
{
	char x[PATH_SIZE], y[PATH_SIZE];

	for (const struct attribute *t = resource_tcpipservice; t->name != NULL; t++)
		if (must_agree(t) && (strcmp(attribute_print(t, a, x, sizeof x), attribute_print(t, b, y, sizeof y)) != 0 ||
			!params_same(params_of(d, a, t), params_of(d, b, t))))
			return t->name;
	return NULL;
}

/*
 * The scripts of the generic listener judge a partner, which then connects to the specific one: both must have the
 * same.
 */
static void
check_generic(const struct definition *d, const struct tcpipservice_def *t, const struct key_lines *p, struct faults *faults)
{
	const struct tcpipservice_def *to = definition_tcpipservice(d, t->speciftcps);
	int line = key_lines_of(p, t->line, "speciftcps");
	const struct named services = NAMED(tcpipservice, consistency_say_service);
	const char *wrong;

	if (to == NULL)
		say_missing(d, &services, line, "tcpipservice", t->tcpipservice, "speciftcps", t->speciftcps, faults);
	else if (to == t || *to->speciftcps != '\0')
		definition_fault(d, faults, FAULT_ERROR, "generic_named", line, "tcpipservice %s: speciftcps names %s, which is generic too; name a specific one",
			t->tcpipservice, t->speciftcps);
	else if ((wrong = unlike(d, t, to)) != NULL)
		definition_fault(d, faults, FAULT_ERROR, "generic_differs", line,
			"tcpipservice %s: its %s differs from that of its specific tcpipservice %s; both must have the same ssl, certificate, ciphers and scripts, except urm",
			t->tcpipservice, wrong, to->tcpipservice);
}

struct advertising { /* the regions of a generic listener that are checked */
	const struct definition *d;
	const struct tcpipservice_def *t;
	int line;
	struct faults *faults;
};

/* Adds the faults of the entry `one`; compares it with the entries in front of the text `before`. */
static void
check_advertised(const struct advertising *a, const struct advertised *one, const char *before)
{
	const char *text = a->t->advertise;
	struct advertised other;

	while (text < before && advertise_next(&text, a->d->region.networkid, &other) && text < before) {
		if (strcmp(other.region, one->region) == 0)
			definition_fault(a->d, a->faults, FAULT_ERROR, "advertise", a->line, "tcpipservice %s: advertise has region %s twice", a->t->tcpipservice, one->region);
		else if (strcasecmp(other.host, one->host) == 0 && other.port == one->port)
			definition_fault(a->d, a->faults, FAULT_ERROR, "advertise", a->line,
				"tcpipservice %s: advertise gives regions %s and %s the same address, %s port %d; each one has a specific tcpipservice of its own",
				a->t->tcpipservice, other.region, one->region, one->host, one->port);
	}
}

/* The list has this region too, so that a partner is sent to the same address here as from the other regions. */
static void
check_advertise(const struct definition *d, const struct tcpipservice_def *t, const struct key_lines *p, struct faults *faults)
{
	struct advertising a = { .d = d, .t = t, .line = key_lines_of(p, t->line, "advertise"), .faults = faults };
	char own[NAME_PAIR_SIZE];
	struct advertised one;
	bool found = false;

	name_pair(d->region.networkid, d->region.applid, own);
	for (const char *text = t->advertise; advertise_next(&text, d->region.networkid, &one);) {
		found |= strcmp(one.region, own) == 0;
		check_advertised(&a, &one, text);
	}
	if (!found)
		definition_fault(d, faults, FAULT_ERROR, "advertise", a.line, "tcpipservice %s: advertise lacks %s, this region; add %s = \"HOST:PORT\", at which partners "
			"reach its specific tcpipservice", t->tcpipservice, own, d->region.applid);
}

static void
check_generics(const struct definition *d, const struct key_lines *p, struct faults *faults)
{
	for (size_t i = 0; i < d->ntcpipservices; i++)
		if (*d->tcpipservice[i].speciftcps != '\0')
			check_generic(d, &d->tcpipservice[i], p, faults);
	for (size_t i = 0; i < d->nipconns; i++) {
		const struct ipconn_def *c = &d->ipconn[i];
		const struct tcpipservice_def *t = definition_tcpipservice(d, c->tcpipservice);

		if (*c->tcpipservice != '\0' && t != NULL && *t->speciftcps != '\0')
			definition_fault(d, faults, FAULT_ERROR, "generic_named", key_lines_of(p, c->line, "tcpipservice"),
				"ipconn %s names tcpipservice %s, which is generic and accepts no partner; name its specific tcpipservice, %s", c->ipconn,
				t->tcpipservice, t->speciftcps);
	}
}

static void
check_ring(const struct definition *d, const struct key_lines *p, struct faults *faults)
{
	static const char said[] = "%s %s has ssl = \"%s\", but the region names no key ring; add ring = \"DIRECTORY\" to region { }";

	for (size_t i = 0; i < d->ntcpipservices; i++) {
		const struct tcpipservice_def *t = &d->tcpipservice[i];

		if (t->ssl != SSL_NO)
			definition_fault(d, faults, FAULT_ERROR, "ring_missing", key_lines_of(p, t->line, "ssl"), said, "tcpipservice", t->tcpipservice,
				t->ssl == SSL_CLIENTAUTH ? "clientauth" : "yes");
	}
	for (size_t i = 0; i < d->nipconns; i++) {
		const struct ipconn_def *c = &d->ipconn[i];

		if (c->ssl != NO)
			definition_fault(d, faults, FAULT_ERROR, "ring_missing", key_lines_of(p, c->line, "ssl"), said, "ipconn", c->ipconn, "yes");
	}
}

/* A service on all addresses conflicts with a service on one of them. */
static bool
same_host(const char *a, const char *b)
{
	struct addr x, y;

	if (resource_host_is_any(a) || resource_host_is_any(b) || strcasecmp(a, b) == 0)
		return true;
	return addr_parse(&x, a, 0) == 0 && addr_parse(&y, b, 0) == 0 && addr_same_ip(&x, &y);
}

static void
check_port(const struct definition *d, size_t i, const struct key_lines *p, struct faults *faults)
{
	const struct tcpipservice_def *t = &d->tcpipservice[i];
	char place[PATH_SIZE + 16];

	for (size_t j = 0; j < i && t->portnumber != 0; j++) {
		const struct tcpipservice_def *other = &d->tcpipservice[j];

		if (other->portnumber != t->portnumber || !same_host(other->host, t->host))
			continue;
		definition_fault(d, faults, FAULT_ERROR, "port_twice", key_lines_of(p, t->line, "portnumber"),
			"tcpipservice %s has portnumber %d on host %s; tcpipservice %s at %s has it on host %s", t->tcpipservice,
			t->portnumber, t->host, other->tcpipservice, definition_place_text(d, other->line, t->line, place, sizeof place), other->host);
		return;
	}
}

/* The file of a Unix socket has a name of limited length. An empty path is a fault already, or none is named. */
static void
check_socket(const struct definition *d, const struct key_lines *p, const char *key, const char *path, struct faults *faults)
{
	size_t len = strlen(unixsock_name(path));

	if (*path != '\0' && (len == 0 || len > UNIXSOCK_NAME_MAX))
		definition_fault(d, faults, FAULT_ERROR, "socket_long", key_lines_of(p, d->region.line, key),
			"%s: the name of the socket's file has %zu bytes; it must have 1 to %d (its directory's path does not count)", key, len, UNIXSOCK_NAME_MAX);
}

static void
check_sec(const struct definition *d, const struct key_lines *p, struct faults *faults)
{
	if (d->region.sec == SEC_YES && !resource_has_saf(&d->region))
		definition_fault(d, faults, FAULT_ERROR, "sec_without_saf", key_lines_of(p, d->region.line, "sec"),
			"sec is yes, but the region names no saf to check users by; add saf = \"FILE\" to region { }, or write sec = \"no\"");
}

static void
check_store(const struct definition *d, const struct key_lines *p, struct faults *faults)
{
	const struct region_def *r = &d->region;

	if (*r->store != '\0' && *r->store_user != '\0' && *r->store_password_file == '\0')
		definition_fault(d, faults, FAULT_ERROR, "store_password", key_lines_of(p, r->line, "store_user"),
			"region: store_user is given, and a user has a password; add store_password_file = \"FILE\"");
	if (strncmp(r->store, "sentinel:", 9) == 0 && *r->store_sentinel_user != '\0' && *r->store_sentinel_password_file == '\0')
		definition_fault(d, faults, FAULT_ERROR, "store_password", key_lines_of(p, r->line, "store_sentinel_user"),
			"region: store_sentinel_user is given, and a user has a password; add store_sentinel_password_file = \"FILE\"");
	if (strncmp(r->store, "rediss:", 7) == 0 && *r->store_ring == '\0' && *r->ring == '\0')
		definition_fault(d, faults, FAULT_ERROR, "store_ring", key_lines_of(p, r->line, "store"),
			"region: store is rediss, and no ring can verify its server; add store_ring = \"DIRECTORY\", or ring");
}

/* A region that follows needs a store to look into, keys to verify by, and a file to keep the rules in. */
static void
check_follow(const struct definition *d, const struct key_lines *p, struct faults *faults)
{
	const struct region_def *r = &d->region;
	const struct {
		const char *name, *value, *remedy;
	} needs[] = { { "store", r->store, "the Redis or Valkey of the sysplex" }, { "sysplex", r->sysplex, "its name" },
		{ "follow_keys", r->follow_keys, "the file with the public keys that sign the rules" },
		{ "follow_file", r->follow_file, "a file that keeps the rules, such as \"run/rules\"" } };

	for (size_t i = 0; r->follow == YES && i < sizeof needs / sizeof needs[0]; i++)
		if (needs[i].value[0] == '\0')
			definition_fault(d, faults, FAULT_ERROR, "follow", key_lines_of(p, r->line, "follow"), "region: follow is yes, and %s is missing; add %s: %s",
				needs[i].name, needs[i].name, needs[i].remedy);
}

/* The rule for a region without its store has no default: each choice costs the promise of the other one. */
static void
check_claims(const struct definition *d, const struct key_lines *p, struct faults *faults)
{
	const struct region_def *r = &d->region;
	int line = key_lines_of(p, r->line, "sysplex");

	if (*r->sysplex != '\0' && r->claim_down == CLAIM_DOWN_UNSAID)
		definition_fault(d, faults, FAULT_ERROR, "claim_down", line, "region: sysplex needs claim_down: a region that cannot reach the store "
			"refuses partners whose names must be claimed (\"refuse\"), or accepts them, so that two regions may (\"local\")");
	if (*r->sysplex != '\0' && r->claim_lost == CLAIM_LOST_UNSAID)
		definition_fault(d, faults, FAULT_ERROR, "claim_lost", line, "region: sysplex needs claim_lost: a region that is fenced, because the store "
			"has not heard it for a lease, releases its connections (\"release\"), or keeps them without running requests (\"keep\")");
}

void
consistency_check(const struct definition *d, const struct key_lines *p, bool region_sound, struct faults *faults)
{
	check_all_names(d, faults);
	check_pairs(d, faults);
	check_named_services(d, p, faults);
	check_named_ipconns(d, p, faults);
	check_named_programs(d, p, faults);
	check_generics(d, p, faults);
	if (region_sound && *d->region.ring == '\0')
		check_ring(d, p, faults);
	if (region_sound)
		check_sec(d, p, faults);
	if (region_sound)
		check_store(d, p, faults);
	if (region_sound)
		check_follow(d, p, faults);
	if (region_sound)
		check_claims(d, p, faults);
	for (size_t i = 0; i < d->ntcpipservices && region_sound; i++)
		if (*d->tcpipservice[i].advertise != '\0')
			check_advertise(d, &d->tcpipservice[i], p, faults);
	for (size_t i = 0; i < d->ntcpipservices; i++)
		check_port(d, i, p, faults);
	check_socket(d, p, "control", d->region.control, faults);
	if (strchr(d->region.metrics, '/') != NULL)
		check_socket(d, p, "metrics", d->region.metrics, faults);
}
