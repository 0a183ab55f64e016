/* SPDX-License-Identifier: Apache-2.0 */
#include "client/import.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "client/import_resource.h"
#include "client/listing.h"
#include "config/definition_load.h"

#define RESOURCES_MAX 10000 /* of the two kinds together */
#define NOTES_MAX 5000      /* comments on attributes */
#define TYPES_MAX 64        /* other types and commands that the text names */
#define FAULTS_SHOWN 50
#define PLACEHOLDER "CHANGEME"

struct other { /* resources of another type, or commands */
	char word[LISTING_WORD], name[40];
	int line; /* of the first */
	unsigned n;
	bool command;
};

struct key { /* a resource in force */
	const char *word;
	char name[NAME_SIZE];
	int line;
};

struct import {
	const struct import_options *options;
	struct import_result *result;
	struct listing *listing; /* owned */
	FILE *out;               /* owned: the text */
	struct import_resource resource; /* the one under way, with a table, or none */
	FILE *notes;             /* owned: the comments on it */
	char *notes_text;        /* owned */
	size_t notes_len;
	unsigned nnotes;         /* the comments on the resources before it */
	unsigned nresources;
	bool failed;             /* no memory */
	struct key *key;         /* owned */
	size_t nkeys;
	struct other other[TYPES_MAX];
	size_t nothers;
	unsigned unnamed;        /* others without room in `other` */
	unsigned texts;          /* lines that were skipped */
	int first_text, last_text;
};

/* --- the resources that are taken over -------------------------------------------------------- */

static const struct key *
former(const struct import *im, const struct import_resource *r)
{
	for (size_t i = 0; i < im->nkeys; i++)
		if (im->key[i].word == r->word && strcmp(im->key[i].name, r->name) == 0)
			return &im->key[i];
	return NULL;
}

static void
keep(struct import *im, const struct import_resource *r)
{
	struct key *k = &im->key[im->nkeys++];

	k->word = r->word;
	k->line = r->line;
	snprintf(k->name, sizeof k->name, "%.8s", r->name);
	if (r->table == resource_ipconn)
		im->result->ipconns++;
	else
		im->result->tcpipservices++;
}

/* The reason why a resource is commented out; "": it is in force. */
static void
reason(const struct import *im, const struct import_resource *r, char out[160])
{
	const struct key *k = r->misnamed ? NULL : former(im, r);

	out[0] = '\0';
	if (r->misnamed)
		snprintf(out, 160, "Its name is not a name of CICS.");
	else if (r->unsound)
		snprintf(out, 160, "A value that has an effect is not understood: complete it, and take the dashes away.");
	else if (k != NULL)
		snprintf(out, 160, "The name was defined at line %d already, in another group: keep one of them.", k->line);
}

static void
write_resource(struct import *im, const char *notes)
{
	struct import_resource *r = &im->resource;
	char why[160];

	reason(im, r, why);
	fputc('\n', im->out);
	if (why[0] != '\0') {
		fprintf(im->out, "-- %s\n", why);
		im->result->comments++;
	} else {
		keep(im, r);
	}
	import_resource_write(r, notes, why[0] != '\0' ? "-- " : "", im->out);
}

/* Closes the comments. notes_text is complete then; without memory it is NULL, which fclose does not report. */
static void
close_notes(struct import *im)
{
	if (im->notes != NULL && (fclose(im->notes) != 0 || im->notes_text == NULL))
		im->failed = true;
	im->notes = NULL;
}

/* Ends the resource under way, when there is one. */
static void
end_resource(struct import *im)
{
	struct import_resource *r = &im->resource;

	if (r->table == NULL)
		return;
	import_resource_end(r);
	close_notes(im);
	im->nnotes += r->nnotes;
	if (import_resource_foreign(r)) {
		fprintf(im->out, "\n-- line %d: TCPIPSERVICE(%s) has PROTOCOL(%s), and not IPIC\n", r->line, r->name, r->protocol[0] != '\0' ? r->protocol : "HTTP");
		im->result->comments++;
	} else {
		write_resource(im, im->failed ? "" : im->notes_text);
		im->result->comments += r->nnotes;
	}
	r->table = NULL;
}

static void
begin_resource(struct import *im, const struct listing_item *item)
{
	if (im->nresources++ >= RESOURCES_MAX)
		return;
	free(im->notes_text);
	im->notes_text = NULL;
	im->notes = open_memstream(&im->notes_text, &im->notes_len);
	if (im->notes == NULL)
		im->failed = true;
	else
		import_resource_begin(&im->resource, item, im->notes, im->nnotes < NOTES_MAX ? NOTES_MAX - im->nnotes : 0);
}

/* --- everything else -------------------------------------------------------------------------- */

static struct other *
find_other(struct import *im, const char *word)
{
	for (size_t i = 0; i < im->nothers; i++)
		if (strcmp(im->other[i].word, word) == 0)
			return &im->other[i];
	if (im->nothers == TYPES_MAX)
		return NULL;
	return &im->other[im->nothers++];
}

static void
count_other(struct import *im, const struct listing_item *item)
{
	struct other *o = find_other(im, item->word);

	if (o == NULL) {
		im->unnamed++;
		return;
	}
	if (o->n++ > 0)
		return;
	snprintf(o->word, sizeof o->word, "%s", item->word);
	text_printable(o->name, sizeof o->name, item->value, strlen(item->value));
	o->line = item->line;
	o->command = item->kind == LISTING_COMMAND;
}

static void
count_text(struct import *im, int line)
{
	if (im->texts == 0)
		im->first_text = line;
	im->texts += line != im->last_text;
	im->last_text = line;
}

static void
take(struct import *im, const struct listing_item *item)
{
	bool begins = item->kind == LISTING_RESOURCE || item->kind == LISTING_COMMAND || item->kind == LISTING_END;

	if (begins)
		end_resource(im);
	if (item->kind == LISTING_RESOURCE && import_resource_known(item->word))
		begin_resource(im, item);
	else if (item->kind == LISTING_RESOURCE || item->kind == LISTING_COMMAND)
		count_other(im, item);
	else if (item->kind == LISTING_TEXT)
		count_text(im, item->line);
	else if (!begins && im->resource.table != NULL)
		import_resource_add(&im->resource, item);
}

/* --- the text --------------------------------------------------------------------------------- */

static void
write_name(FILE *out, const char *key, const char *value)
{
	if (value != NULL)
		fprintf(out, "  %s = \"%s\",\n", key, value);
	else
		fprintf(out, "  %s = \"" PLACEHOLDER "\", -- a listing does not have it: write the %s of the region\n", key, key);
}

static void
write_head(struct import *im)
{
	const struct import_options *o = im->options;
	char file[200];

	fprintf(im->out, "-- Definitions of %s, by sallyport import. A comment \"line N\" names a line of that listing.\n",
		text_printable(file, sizeof file, o->file, strlen(o->file)));
	fputs("region {\n", im->out);
	write_name(im->out, "applid", o->applid);
	write_name(im->out, "networkid", o->networkid);
	fputs("}\n", im->out);
}

static void
write_others(struct import *im)
{
	if (im->nothers + im->unnamed + im->texts > 0)
		fputs("\n-- Not taken over:\n", im->out);
	for (size_t i = 0; i < im->nothers; i++) {
		const struct other *o = &im->other[i];

		if (o->command)
			fprintf(im->out, "--   line %d: %s, the first of %u; the statement is not carried out\n", o->line, o->word, o->n);
		else
			fprintf(im->out, "--   line %d: %s(%s), the first of %u\n", o->line, o->word, o->name, o->n);
	}
	if (im->unnamed > 0)
		fprintf(im->out, "--   %u resources of other types\n", im->unnamed);
	if (im->texts > 0)
		fprintf(im->out, "--   line %d: headings and other text, the first of %u lines\n", im->first_text, im->texts);
}

static void
write_limits(struct import *im)
{
	if (im->nresources > RESOURCES_MAX)
		fprintf(im->out, "\n-- The listing has %u resources; the first %d are here.\n", im->nresources, RESOURCES_MAX);
	if (im->nnotes > NOTES_MAX)
		fprintf(im->out, "\n-- %u attributes are not taken over; the first %d of them are named.\n", im->nnotes, NOTES_MAX);
}

/* Appends the faults and warnings of the text so far. */
static void
write_faults(struct import *im, const char *text, size_t len)
{
	struct faults faults = { 0 };
	char line[1400], shown[1400];

	definition_free(definition_load_bytes("region.lua", text, len, &faults));
	im->result->faults = (unsigned)faults.errors;
	if (faults.n > 0)
		fputs("\n-- To complete: `sallyport check` says of this file\n", im->out);
	for (size_t i = 0; i < faults.n && i < FAULTS_SHOWN; i++) {
		faults_print(&faults, i, line, sizeof line);
		fprintf(im->out, "--   %s\n", text_printable(shown, sizeof shown, line, strlen(line)));
	}
	if (faults.n > FAULTS_SHOWN)
		fprintf(im->out, "--   and %zu more\n", faults.n - FAULTS_SHOWN);
	faults_free(&faults);
}

/* --- the whole -------------------------------------------------------------------------------- */

static int
read_all(struct import *im, struct fault *f)
{
	struct listing_item item;

	do {
		listing_next(im->listing, &item);
		take(im, &item);
	} while (item.kind != LISTING_END);
	if (im->result->tcpipservices + im->result->ipconns + im->result->comments == 0)
		return fault_set(f, "it has no TCPIPSERVICE and no IPCONN; a listing is the output of DFHCSDUP LIST GROUP(...) OBJECTS, or a deck of DEFINE statements");
	return 0;
}

static int
import_text(struct import *im, struct fault *f)
{
	struct import_result *r = im->result;

	write_head(im);
	if (read_all(im, f) < 0)
		return -1;
	write_others(im);
	write_limits(im);
	fflush(im->out);
	write_faults(im, r->text, r->len);
	return fflush(im->out) == 0 && !ferror(im->out) && !im->failed ? 0 : fault_set(f, "no memory for the definition");
}

static int
import_open(struct import *im, const char *bytes, size_t len, struct fault *f)
{
	im->listing = listing_open(bytes, len, f);
	if (im->listing == NULL)
		return -1;
	im->key = calloc(RESOURCES_MAX, sizeof *im->key);
	im->out = open_memstream(&im->result->text, &im->result->len);
	if (im->key == NULL || im->out == NULL)
		return fault_set(f, "no memory for the definition");
	return 0;
}

static void
import_close(struct import *im)
{
	close_notes(im);
	if (im->out != NULL)
		fclose(im->out);
	free(im->notes_text);
	free(im->key);
	listing_close(im->listing);
}

int
import_listing(const char *bytes, size_t len, const struct import_options *o, struct import_result *r, struct fault *f)
{
	struct import *im = calloc(1, sizeof *im);
	int status;

	*r = (struct import_result){ .text = NULL };
	if (im == NULL)
		return fault_set(f, "no memory for the definition");
	im->options = o;
	im->result = r;
	status = import_open(im, bytes, len, f) == 0 ? import_text(im, f) : -1;
	import_close(im);
	free(im);
	if (status == 0 && r->text == NULL) /* fclose had no memory */
		status = fault_set(f, "no memory for the definition");
	if (status < 0) {
		free(r->text);
		*r = (struct import_result){ .text = NULL };
	}
	return status;
}
