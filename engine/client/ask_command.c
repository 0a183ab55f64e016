/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ask_command.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "region/ask.h"
#include "base/file.h"
#include "client/ask_line.h"
#include "client/ask_record.h"
#include "client/check.h"
#include "client/command_line.h"
#include "client/explain.h"
#include "client/explain_row.h"
#include "region/draft.h"
#include "tls/presented.h"

#define PEM_FILE_MAX (1024 * 1024)

static void
complain(const char *sentence)
{
	fputs("ask: ", stderr);
	for (; *sentence != '\0'; sentence++) /* it may quote a script */
		fputc((unsigned char)*sentence < 0x20 && *sentence != '\n' ? '?' : *sentence, stderr);
	fputc('\n', stderr);
}

/* --- the certificates ------------------------------------------------------------------------- */

static int
read_file(const char *path, struct presented *p, struct fault *f)
{
	static const struct file_rule rule = { .class = FILE_PLAIN, .max = PEM_FILE_MAX };
	struct file_content content = { .bytes = NULL };
	int rc = file_read(path, &rule, &content, f);

	if (rc == 0)
		rc = presented_read(p, content.bytes, content.len, f);
	file_free(&content);
	return rc < 0 ? fault_wrap(f, "--certificate %s", path) : 0;
}

/* A ring with a fault: check_print has printed it. Its warnings are of no interest here. */
static int
read_ring(const char *dir, const char *label, struct presented *p, struct fault *f)
{
	struct faults faults = { 0 };
	struct ring *r = ring_load(dir, &faults);
	int rc = r != NULL ? presented_take(p, r, label != NULL ? label : "", f) : fault_set(f, "the ring %s cannot be read", dir);

	if (r == NULL)
		check_print(&faults);
	ring_unref(r);
	faults_free(&faults);
	return rc;
}

/* Adds the certificates to the question as PEM. */
static int
add_certificates(struct ask_line *l, struct fault *f)
{
	struct presented p = { .n = 0 };
	struct buf pem;
	int rc = 0;

	buf_init(&pem, 0);
	if (l->certificate != NULL)
		rc = read_file(l->certificate, &p, f);
	else if (l->ring != NULL)
		rc = read_ring(l->ring, l->label, &p, f);
	if (rc == 0 && p.n > 0 && (presented_print(&p, &pem) < 0 ||
	    json_object_set_new(l->question, "certificates", json_stringn((const char *)buf_bytes(&pem), buf_len(&pem))) < 0))
		rc = fault_set(f, "no memory for the certificates");
	presented_free(&p);
	buf_free(&pem);
	return rc;
}

/* --- the running region ----------------------------------------------------------------------- */

static json_t *
call(const struct ask_line *l, struct fault *f)
{
	return ask_record_call(l, json_pack("{s:s, s:O}", "command", "ask", "question", l->question), f);
}

/* A region keeps the last records only; an older one may be in its file of records. */
static json_t *
ask_region(struct ask_line *l, struct fault *f)
{
	struct fault none;
	json_t *row;

	if (l->from != NULL)
		json_object_set_new(l->question, "from", json_string(l->from));
	row = call(l, f);
	if (row != NULL || l->from == NULL || strstr(f->text, "no record of connection") == NULL)
		return row;
	json_object_del(l->question, "from");
	return ask_record_recall(l, &none) == 0 ? call(l, f) : NULL;
}

/* --- a definition on disk --------------------------------------------------------------------- */

static json_t *
ask_draft(struct ask_line *l, struct fault *f)
{
	struct faults faults = { 0 };
	struct draft *d = NULL;
	json_t *row = NULL;

	if (l->from == NULL || ask_record_recall(l, f) == 0) {
		d = draft_new(l->region != NULL ? l->region : COMMAND_LINE_REGION_FILE, &faults);
		if (d == NULL)
			fault_set(f, "%s", "");
		else
			row = ask_answer(draft_worker(d), l->question, f);
		if (d == NULL)
			check_print(&faults);
	}
	draft_free(d);
	faults_free(&faults);
	return row;
}

/* --- the command ------------------------------------------------------------------------------ */

/* Prints the row (NULL: none). -1: stdout cannot be written. */
static int
show(const struct ask_line *l, const json_t *row)
{
	json_t *rows = json_array();
	int rc = 0;

	if (row != NULL)
		json_array_append(rows, (json_t *)row);
	if (l->json)
		rc = json_dumpf(rows, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(16)) < 0 || putchar('\n') == EOF ? -1 : 0;
	else if (l->row)
		explain_row_print(stdout, rows);
	else
		explain_print(stdout, rows);
	json_decref(rows);
	return fflush(stdout) == 0 ? rc : -1;
}

static int
ask(struct ask_line *l)
{
	struct fault f = { "" };
	bool running = l->running || (l->control != NULL && l->region == NULL);
	json_t *row = NULL;
	bool accepted;
	int rc;

	if (add_certificates(l, &f) == 0)
		row = running ? ask_region(l, &f) : ask_draft(l, &f);
	if (row == NULL && f.text[0] != '\0')
		complain(f.text);
	accepted = json_is_true(json_object_get(row, "accepted"));
	rc = show(l, row);
	if (row == NULL || rc < 0)
		rc = EXIT_FAILED;
	else
		rc = accepted ? EXIT_DONE : EXIT_REFUSED;
	json_decref(row);
	return rc;
}

int
ask_command_run(int argc, char **argv)
{
	struct ask_line l = { .region = NULL };
	int status;

	if (ask_line_read(&l, argc, argv) == ASK_LINE_MISUSED)
		status = fprintf(stderr, "%.*s\nsallyport ask --help has all options\n", (int)strcspn(ask_line_usage, "\n"), ask_line_usage) < 0
			? EXIT_FAILED : EXIT_USAGE;
	else if (l.help)
		status = fputs(ask_line_usage, stdout) < 0 ? EXIT_FAILED : EXIT_DONE;
	else
		status = ask(&l);
	ask_line_free(&l);
	return status;
}
