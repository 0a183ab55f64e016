/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A definition that is read is within its ranges and names only what is there, and its text defines the same; one that
 * is not has a fault, each with a printable sentence.
 */
#include "config/definition_load.h"
#include "config/definition_text.h"
#include "config/warnings.h"
#include "net/unixsock.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

static void
check_faults(const struct faults *faults)
{
	char out[700];

	for (size_t i = 0; i < faults->n; i++) {
		faults_print(faults, i, out, sizeof out);
		for (const char *p = out; *p != '\0'; p++)
			assert(*p >= ' ' && *p <= '~');
	}
}

/* What was read can be printed, and (but for what is not given) set again from its print. */
static void
check_rows(const struct attribute *table, const void *object)
{
	union {
		struct region_def region;
		struct tcpipservice_def tcpipservice;
		struct ipconn_def ipconn;
	} again;
	char out[PATH_SIZE], twice[PATH_SIZE];

	attribute_defaults(table, &again);
	for (; table->name != NULL; table++) {
		attribute_print(table, object, out, sizeof out);
		if (out[0] == '\0')
			continue;
		assert(attribute_set_text(table, &again, out, strlen(out), NULL) == 0);
		assert(strcmp(attribute_print(table, &again, twice, sizeof twice), out) == 0);
	}
}

static void
check_definition(const struct definition *d)
{
	check_rows(resource_region, &d->region);
	assert(name_ok(d->region.applid, strlen(d->region.applid)));
	assert(strlen(unixsock_name(d->region.control)) <= UNIXSOCK_NAME_MAX);
	for (size_t i = 0; i < d->ntcpipservices; i++) {
		check_rows(resource_tcpipservice, &d->tcpipservice[i]);
		assert(d->tcpipservice[i].host[0] != '\0');
	}
	for (size_t i = 0; i < d->nipconns; i++) {
		check_rows(resource_ipconn, &d->ipconn[i]);
		assert(name_ok(d->ipconn[i].networkid, strlen(d->ipconn[i].networkid)));
		assert(*d->ipconn[i].tcpipservice == '\0' || definition_tcpipservice(d, d->ipconn[i].tcpipservice) != NULL);
	}
}

/* The text of a definition is a definition, and its text is the same. */
static void
check_text(const struct definition *d)
{
	struct faults faults = { 0 };
	struct buf text, again;
	struct definition *copy;

	buf_init(&text, 64u * 1024 * 1024);
	buf_init(&again, 64u * 1024 * 1024);
	assert(definition_text(d, &text) == 0);
	copy = definition_load_bytes(d->file, (const char *)buf_bytes(&text), buf_len(&text), &faults);
	if (copy != NULL) { /* a larger text than a definition may have has a fault */
		assert(definition_text(copy, &again) == 0);
		assert(buf_len(&again) > 0);
		assert(copy->nipconns == d->nipconns && copy->ntcpipservices == d->ntcpipservices && copy->nprograms == d->nprograms);
	}
	for (size_t i = 0; i < faults.n; i++)
		assert(strcmp(faults.entry[i].rule, "limit") == 0 || faults.entry[i].level != FAULT_ERROR);
	definition_free(copy);
	faults_free(&faults);
	buf_free(&text);
	buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct faults faults = { 0 };
	struct definition *d = definition_load_bytes("fuzz.lua", (const char *)data, size, &faults);

	assert((d == NULL) == (faults.errors > 0));
	if (d != NULL) {
		check_definition(d);
		check_text(d);
		warnings_check(d, &faults);
		assert(faults.errors == 0);
	}
	check_faults(&faults);
	definition_free(d);
	faults_free(&faults);
	return 0;
}
