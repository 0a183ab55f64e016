/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A definition that is read is within its ranges and names only existing objects, and its text defines the same; one
 * that is not has a fault, each with a printable sentence.
 */
#include "config/definition_load.h"
#include "config/definition_text.h"
#include "config/warnings.h"
#include "net/unixsock.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
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

struct input { /* two texts with a NUL between them; the second is each included file */
	const char *include;
	size_t len;
};

static int
read_include(void *arg, const struct definition_include *one, struct file_content *out, struct fault *f)
{
	const struct input *input = arg;

	*out = (struct file_content){ .bytes = malloc(input->len + 1), .len = input->len };
	if (input->include == NULL || strlen(one->name) > 8) {
		free(out->bytes);
		out->bytes = NULL;
		return fault_set(f, "%s: there is no such file", one->name);
	}
	memcpy(out->bytes, input->include, input->len);
	out->bytes[input->len] = '\0';
	return 0;
}

static const char *
read_env(void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "A") == 0 ? "1" : strcmp(name, "B") == 0 ? "yes\n" : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct faults faults = { 0 };
	const char *text = (const char *)data, *end = memchr(data, '\0', size);
	struct input input = { end != NULL ? end + 1 : NULL, end != NULL ? size - (size_t)(end + 1 - text) : 0 };
	const struct definition_reader reader = { .file = read_include, .env = read_env, .arg = &input };
	struct definition *d = definition_load_kept("fuzz.lua", text, end != NULL ? (size_t)(end - text) : size, &reader, &faults);

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
