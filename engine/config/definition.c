/* SPDX-License-Identifier: Apache-2.0 */
#include "config/definition.h"

#include "base/file.h"
#include "base/thread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns a copy of n records; NULL without memory. For n of 0 it is an allocation too. */
static void *
copy_of(const void *from, size_t n, size_t size)
{
	void *to = calloc(n ? n : 1, size);

	if (to != NULL && n > 0)
		memcpy(to, from, n * size);
	return to;
}

/* Gives each include and variable of the copy a text of its own. -1: no memory, and the others have none. */
static int
copy_texts(struct definition *copy, const struct definition *d)
{
	bool whole = true;

	for (size_t i = 0; i < copy->nincludes; i++)
		whole &= (copy->include[i].text = copy_of(d->include[i].text, d->include[i].length, 1)) != NULL;
	for (size_t i = 0; i < copy->nenvs; i++)
		whole &= (copy->env[i].value = strdup(d->env[i].value)) != NULL;
	return whole ? 0 : -1;
}

static int
copy_sources(struct definition *copy, const struct definition *d)
{
	copy->text = d->text != NULL ? copy_of(d->text, d->length, 1) : NULL;
	copy->include = copy_of(d->include, d->nincludes, sizeof *d->include);
	copy->env = copy_of(d->env, d->nenvs, sizeof *d->env);
	copy->nincludes = copy->include != NULL ? d->nincludes : 0;
	copy->nenvs = copy->env != NULL ? d->nenvs : 0;
	if (copy_texts(copy, d) < 0 || copy->include == NULL || copy->env == NULL)
		return -1;
	return copy->text != NULL || d->text == NULL ? 0 : -1;
}

struct definition *
definition_copy(const struct definition *d)
{
	struct definition *copy = copy_of(d, 1, sizeof *d);
	bool copied;

	if (copy == NULL)
		return NULL;
	copy->services = copy->ipconns = copy->programs = copy->transactions = (struct nametable){ .slot = NULL };
	copy->indexed = false;
	copy->pair = NULL;
	copy->pairs = 0;
	copy->tcpipservice = copy_of(d->tcpipservice, d->ntcpipservices, sizeof *d->tcpipservice);
	copy->ipconn = copy_of(d->ipconn, d->nipconns, sizeof *d->ipconn);
	copy->program = copy_of(d->program, d->nprograms, sizeof *d->program);
	copy->transaction = copy_of(d->transaction, d->ntransactions, sizeof *d->transaction);
	copied = copy_sources(copy, d) == 0;
	if (params_copy(&copy->params, &d->params) < 0 || !copied || copy->tcpipservice == NULL || copy->ipconn == NULL || copy->program == NULL ||
		copy->transaction == NULL) {
		definition_free(copy);
		return NULL;
	}
	definition_index(copy);
	return copy;
}

void
definition_free(struct definition *d)
{
	if (d == NULL)
		return;
	free(d->text);
	for (size_t i = 0; i < d->nincludes; i++)
		free(d->include[i].text);
	free(d->include);
	for (size_t i = 0; i < d->nenvs; i++)
		free(d->env[i].value);
	free(d->env);
	nametable_free(&d->services);
	nametable_free(&d->ipconns);
	free(d->pair);
	nametable_free(&d->programs);
	nametable_free(&d->transactions);
	free(d->tcpipservice);
	free(d->ipconn);
	free(d->program);
	free(d->transaction);
	params_free(&d->params);
	free(d);
}

static void
definition_free_all(void *d)
{
	definition_free(d);
}

void
definition_free_aside(struct definition *d)
{
	struct thread *t;

	if (d != NULL && d->nipconns > DEFINITION_ASIDE && thread_start(&t, definition_free_all, d) == 0)
		thread_join(t, 0);
	else
		definition_free(d);
}

bool
definition_has_file(const struct definition *d, const char *path)
{
	bool has = file_same(path, d->file);

	for (size_t i = 0; i < d->nincludes && !has; i++)
		has = file_same(path, d->include[i].path);
	return has;
}

/* Adds the n objects of a list, each of which begins with its name. False: no memory. */
static bool
index_list(struct nametable *t, void *list, size_t n, size_t size)
{
	for (size_t i = 0; i < n; i++) {
		char *one = (char *)list + i * size;

		if (nametable_find(t, one) == NULL && nametable_add(t, one) < 0)
			return false;
	}
	return true;
}

/* --- pairs ------------------------------------------------------------------------------------ */

static size_t
hash_pair(const char *networkid, const char *applid)
{
	char pair[NAME_PAIR_SIZE];

	name_pair(networkid, applid, pair);
	return nametable_hash(pair);
}

static bool
is_pair(const struct ipconn_def *c, const char *networkid, const char *applid)
{
	return strcmp(c->applid, applid) == 0 && strcmp(c->networkid, networkid) == 0;
}

/* The slot of that pair, or the free one where it belongs. */
static uint32_t *
slot_of(const struct definition *d, const char *networkid, const char *applid)
{
	size_t i = hash_pair(networkid, applid) & (d->pairs - 1);

	while (d->pair[i] != 0 && !is_pair(&d->ipconn[d->pair[i] - 1], networkid, applid))
		i = (i + 1) & (d->pairs - 1);
	return &d->pair[i];
}

/* False: no memory. Each pair is that of one ipconn; of a faulty definition the first counts. */
static bool
index_pairs(struct definition *d)
{
	for (d->pairs = 16; d->pairs < 2 * d->nipconns;)
		d->pairs *= 2;
	d->pair = calloc(d->pairs, sizeof *d->pair);
	for (size_t i = 0; d->pair != NULL && i < d->nipconns; i++) {
		const struct ipconn_def *c = &d->ipconn[i];
		uint32_t *slot = slot_of(d, c->networkid, c->applid);

		if (*slot == 0 && c->template_ != TEMPLATE_ONLY)
			*slot = (uint32_t)i + 1;
	}
	return d->pair != NULL;
}

const struct ipconn_def *
definition_pair(const struct definition *d, const char *networkid, const char *applid)
{
	if (d->indexed) {
		const uint32_t *slot = slot_of(d, networkid, applid);

		return *slot != 0 ? &d->ipconn[*slot - 1] : NULL;
	}
	for (size_t i = 0; i < d->nipconns; i++)
		if (d->ipconn[i].template_ != TEMPLATE_ONLY && is_pair(&d->ipconn[i], networkid, applid))
			return &d->ipconn[i];
	return NULL;
}

/* --- names ------------------------------------------------------------------------------------ */

void
definition_index(struct definition *d)
{
	d->indexed = index_pairs(d) && index_list(&d->services, d->tcpipservice, d->ntcpipservices, sizeof *d->tcpipservice) &&
		index_list(&d->ipconns, d->ipconn, d->nipconns, sizeof *d->ipconn) &&
		index_list(&d->programs, d->program, d->nprograms, sizeof *d->program) &&
		index_list(&d->transactions, d->transaction, d->ntransactions, sizeof *d->transaction);
}

/* The object of that name: by the table, or without an index in the list. */
static const void *
find(const struct definition *d, const struct nametable *t, const void *list, size_t n, size_t size, const char *name)
{
	const char *one = list;

	if (d->indexed)
		return nametable_find(t, name);
	for (size_t i = 0; i < n; i++, one += size)
		if (strcmp(one, name) == 0)
			return one;
	return NULL;
}

const struct tcpipservice_def *
definition_tcpipservice(const struct definition *d, const char *name)
{
	return find(d, &d->services, d->tcpipservice, d->ntcpipservices, sizeof *d->tcpipservice, name);
}

const struct ipconn_def *
definition_ipconn(const struct definition *d, const char *name)
{
	return find(d, &d->ipconns, d->ipconn, d->nipconns, sizeof *d->ipconn, name);
}

const struct program_def *
definition_program(const struct definition *d, const char *name)
{
	return find(d, &d->programs, d->program, d->nprograms, sizeof *d->program, name);
}

const struct transaction_def *
definition_transaction(const struct definition *d, const char *name)
{
	return find(d, &d->transactions, d->transaction, d->ntransactions, sizeof *d->transaction, name);
}
