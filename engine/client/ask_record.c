/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ask_record.h"

#include <stdlib.h>
#include <string.h>

#include "region/ask.h"
#include "base/buf.h"
#include "client/control_client.h"
#include "client/explain_file.h"
#include "client/record_place.h"
#include "records/record_reader.h"
#include "tls/presented.h"

#define CALL_SECONDS 120 /* the scripts of several doors may each use their whole limit */

json_t *
ask_record_call(const struct ask_line *l, json_t *request, struct fault *f)
{
	char path[CONTROL_CLIENT_PATH];
	json_t *answer = NULL, *row;
	const char *error;

	fault_set(f, "%s", "");
	if (control_client_find("ask", l->region, l->control, true, path) == 0)
		answer = control_client_call(path, request, CALL_SECONDS, f);
	json_decref(request);
	row = json_incref(json_array_get(json_object_get(answer, "rows"), 0));
	error = json_string_value(json_object_get(answer, "error"));
	if (answer != NULL && row == NULL)
		fault_set(f, "%s", error != NULL ? error : "the region's answer is not understood");
	json_decref(answer);
	return row;
}

/* --- the record ------------------------------------------------------------------------------- */

static json_t *
row_of_region(const struct ask_line *l, struct fault *f)
{
	return ask_record_call(l, json_pack("{s:s, s:[s], s:{}}", "command", "explain", "args", l->from, "options"), f);
}

/* The record in the file; NULL: the file has no such record, or *f has a sentence. */
static json_t *
row_of_file(const struct ask_line *l, const char *path, struct fault *f)
{
	struct explain_search q = { .connection = l->from, .last = 1 };
	json_t *rows = explain_file_rows(path, &q, NULL, f), *row = json_incref(json_array_get(rows, 0));

	json_decref(rows);
	return row;
}

/* --- its certificates ------------------------------------------------------------------------- */

/* Adds the certificate with that fingerprint. False: the file does not have it, or *f has a sentence. */
static bool
add_certificate(struct presented *p, struct record_reader *r, const char *sha256, struct fault *f)
{
	unsigned char *der = NULL;
	size_t len;
	bool ok = r != NULL && sha256 != NULL && record_reader_certificate(r, sha256, &der, &len, f) > 0 && presented_add(p, der, len, f) == 0;

	free(der);
	return ok;
}

/* The chain that was presented, from the file: without the signer at its end, which is the region's own. */
static bool
read_chain(struct presented *p, struct record_reader *r, const json_t *chain, struct fault *f)
{
	const json_t *list = json_object_get(chain, "certificates");
	size_t n = json_array_size(list), from = json_object_get(chain, "anchor") != NULL && n > 1 ? n - 1 : n;

	for (size_t i = 0; i < from; i++)
		if (!add_certificate(p, r, json_string_value(json_object_get(json_array_get(list, i), "sha256")), f))
			return false;
	return p->n > 0;
}

static int
add_chain(struct ask_line *l, struct record_reader *r, const json_t *certificate, struct fault *f)
{
	struct presented p = { .n = 0 };
	struct buf pem;
	int rc = 0;

	buf_init(&pem, 0);
	if (!read_chain(&p, r, json_object_get(certificate, "chain"), f))
		rc = fault_set(f, "connection %s presented the certificate %s, whose bytes are in no file of records (region { record = FILE }); give it by "
			"--certificate FILE or --ring DIR, or ask the running region (--running)", l->from,
			json_string_value(json_object_get(certificate, "sha256")));
	else if (presented_print(&p, &pem) < 0 ||
		 json_object_set_new(l->question, "certificates", json_stringn((const char *)buf_bytes(&pem), buf_len(&pem))) < 0)
		rc = fault_set(f, "no memory for the certificates");
	presented_free(&p);
	buf_free(&pem);
	return rc;
}

/* --- all of it -------------------------------------------------------------------------------- */

/* path: of the file of records; "": none. */
static int
recall(struct ask_line *l, const char *path, struct fault *f)
{
	struct record_reader *r = path[0] != '\0' ? record_reader_open(path, f) : NULL; /* NULL: no region has written it yet */
	json_t *row = r != NULL ? row_of_file(l, path, f) : NULL, *certificate;
	int rc = row != NULL || (row = row_of_region(l, f)) != NULL ? ask_recall(l->question, row, f) : -1;

	certificate = json_object_get(json_object_get(row, "facts"), "certificate");
	if (rc == 0 && certificate != NULL && json_object_get(l->question, "certificates") == NULL)
		rc = add_chain(l, r, certificate, f);
	json_decref(row);
	record_reader_close(r);
	return rc;
}

int
ask_record_recall(struct ask_line *l, struct fault *f)
{
	char path[RECORD_PLACE_SIZE];

	record_place_find(l->region, l->record, path);
	return recall(l, path, f);
}
