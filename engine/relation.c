/* SPDX-License-Identifier: Apache-2.0 */
#include "relation.h"

#include "addr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTROL_MAX 107 /* sun_path holds 108 bytes with its NUL */

struct entry { /* something that must be there once only */
	char key[2 * NAME_SIZE];
	const char *name;
	int line;
};

static int
by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c = strcmp(x->key, y->key);

	return c != 0 ? c : (x->line > y->line) - (x->line < y->line);
}

typedef void (*twice)(const struct definition *d, const struct entry *first, const struct entry *again, struct faults *faults);

/* Frees the list. */
static void
find_twice(const struct definition *d, struct entry *list, size_t n, twice say, struct faults *faults)
{
	size_t first = 0;

	qsort(list, n, sizeof *list, by_key);
	for (size_t i = 1; i < n; i++) {
		if (strcmp(list[i].key, list[first].key) == 0)
			say(d, &list[first], &list[i], faults);
		else
			first = i;
	}
	free(list);
}

/* Room for n entries; says so when there is none. */
static struct entry *
entries(const struct definition *d, size_t n, struct faults *faults)
{
	struct entry *list = calloc(n ? n : 1, sizeof *list);

	if (list == NULL)
		faults_add(faults, FAULT_ERROR, d->file, 0, "out of memory");
	return list;
}

static void
say_service(const struct definition *d, const struct entry *first, const struct entry *again, struct faults *faults)
{
	faults_add(faults, FAULT_ERROR, d->file, again->line, "tcpipservice %s was already defined at line %d", again->name, first->line);
}

static void
say_ipconn(const struct definition *d, const struct entry *first, const struct entry *again, struct faults *faults)
{
	faults_add(faults, FAULT_ERROR, d->file, again->line, "ipconn %s was already defined at line %d", again->name, first->line);
}

static void
say_pair(const struct definition *d, const struct entry *first, const struct entry *again, struct faults *faults)
{
	if (strcmp(first->name, again->name) == 0)
		return; /* said already, as a name that is there twice */
	faults_add(faults, FAULT_ERROR, d->file, again->line,
		"ipconn %s has the networkid and applid (%s) of ipconn %s at line %d; a CAPEX could mean either", again->name, again->key,
		first->name, first->line);
}

static void
check_service_names(const struct definition *d, struct faults *faults)
{
	struct entry *list = entries(d, d->ntcpipservices, faults);

	for (size_t i = 0; list != NULL && i < d->ntcpipservices; i++) {
		list[i].name = d->tcpipservice[i].tcpipservice;
		list[i].line = d->tcpipservice[i].line;
		snprintf(list[i].key, sizeof list[i].key, "%s", list[i].name);
	}
	if (list != NULL)
		find_twice(d, list, d->ntcpipservices, say_service, faults);
}

static void
check_ipconn_names(const struct definition *d, struct faults *faults)
{
	struct entry *list = entries(d, d->nipconns, faults);

	for (size_t i = 0; list != NULL && i < d->nipconns; i++) {
		list[i].name = d->ipconn[i].ipconn;
		list[i].line = d->ipconn[i].line;
		snprintf(list[i].key, sizeof list[i].key, "%s", list[i].name);
	}
	if (list != NULL)
		find_twice(d, list, d->nipconns, say_ipconn, faults);
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
		snprintf(list[n].key, sizeof list[n].key, "%s.%s", c->networkid, c->applid);
		n++;
	}
	if (list != NULL)
		find_twice(d, list, n, say_pair, faults);
}

static const char *
nearest_service(const struct definition *d, const char *name)
{
	const char **words = calloc(d->ntcpipservices + 1, sizeof *words);
	const char *near;

	if (words == NULL)
		return NULL;
	for (size_t i = 0; i < d->ntcpipservices; i++)
		words[i] = d->tcpipservice[i].tcpipservice;
	near = word_nearest(words, name);
	free(words);
	return near;
}

static void
check_named_services(const struct definition *d, const struct places *p, struct faults *faults)
{
	for (size_t i = 0; i < d->nipconns; i++) {
		const struct ipconn_def *c = &d->ipconn[i];
		const char *near;

		if (*c->tcpipservice == '\0' || definition_tcpipservice(d, c->tcpipservice) != NULL)
			continue;
		near = nearest_service(d, c->tcpipservice);
		faults_add(faults, FAULT_ERROR, d->file, place_of(p, c->line, "tcpipservice"),
			"ipconn %s names tcpipservice %s, which is not defined%s%s%s", c->ipconn, c->tcpipservice,
			near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	}
}

static void
check_ring(const struct definition *d, const struct places *p, struct faults *faults)
{
	static const char said[] = "%s %s has ssl = \"%s\", but the region names no key ring; add ring = \"DIRECTORY\" to region { }";

	for (size_t i = 0; i < d->ntcpipservices; i++) {
		const struct tcpipservice_def *t = &d->tcpipservice[i];

		if (t->ssl != SSL_NO)
			faults_add(faults, FAULT_ERROR, d->file, place_of(p, t->line, "ssl"), said, "tcpipservice", t->tcpipservice,
				t->ssl == SSL_CLIENTAUTH ? "clientauth" : "yes");
	}
	for (size_t i = 0; i < d->nipconns; i++) {
		const struct ipconn_def *c = &d->ipconn[i];

		if (c->ssl != NO)
			faults_add(faults, FAULT_ERROR, d->file, place_of(p, c->line, "ssl"), said, "ipconn", c->ipconn, "yes");
	}
}

/* A service on every address leaves no room for another on one of them. */
static bool
same_host(const char *a, const char *b)
{
	struct addr x, y;

	if (host_is_any(a) || host_is_any(b) || strcasecmp(a, b) == 0)
		return true;
	return addr_parse(&x, a, 0) == 0 && addr_parse(&y, b, 0) == 0 && addr_same_ip(&x, &y);
}

static void
check_port(const struct definition *d, size_t i, const struct places *p, struct faults *faults)
{
	const struct tcpipservice_def *t = &d->tcpipservice[i];

	for (size_t j = 0; j < i && t->portnumber != 0; j++) {
		const struct tcpipservice_def *other = &d->tcpipservice[j];

		if (other->portnumber != t->portnumber || !same_host(other->host, t->host))
			continue;
		faults_add(faults, FAULT_ERROR, d->file, place_of(p, t->line, "portnumber"),
			"tcpipservice %s has portnumber %d on host %s; tcpipservice %s at line %d has it on host %s", t->tcpipservice,
			t->portnumber, t->host, other->tcpipservice, other->line, other->host);
		return;
	}
}

static void
check_control(const struct definition *d, const struct places *p, struct faults *faults)
{
	size_t len = strlen(d->region.control);

	if (len > CONTROL_MAX)
		faults_add(faults, FAULT_ERROR, d->file, place_of(p, d->region.line, "control"),
			"control is a path of %zu bytes; a Unix socket's path must have at most %d", len, CONTROL_MAX);
}

void
relation_check(const struct definition *d, const struct places *p, bool region_sound, struct faults *faults)
{
	check_service_names(d, faults);
	check_ipconn_names(d, faults);
	check_pairs(d, faults);
	check_named_services(d, p, faults);
	if (region_sound && *d->region.ring == '\0')
		check_ring(d, p, faults);
	for (size_t i = 0; i < d->ntcpipservices; i++)
		check_port(d, i, p, faults);
	check_control(d, p, faults);
}
