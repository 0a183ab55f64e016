/* SPDX-License-Identifier: Apache-2.0 */
#include "region/published.h"

#include "base/file.h"
#include "config/definition_include.h"
#include "config/definition_load.h"
#include "config/definition_place.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
published_is_local(const struct definition *d, size_t include, char *what, size_t size)
{
	int number = (int)include + 1;

	if (d->region.line / DEFINITION_PLACE_FILE == number) {
		snprintf(what, size, "region");
		return true;
	}
	for (size_t i = 0; i < d->ntcpipservices; i++) {
		if (d->tcpipservice[i].line / DEFINITION_PLACE_FILE != number)
			continue;
		snprintf(what, size, "tcpipservice %s", d->tcpipservice[i].tcpipservice);
		return true;
	}
	return false;
}

/* --- reading ---------------------------------------------------------------------------------- */

struct published { /* the argument of the reader */
	const struct bundle *bundle;
	bool ours[DEFINITION_INCLUDES_MAX + 1]; /* the included file of that number is of the bundle */
	size_t n; /* files that were read */
};

static int
published_file(void *arg, const struct definition_include *one, struct file_content *out, struct fault *f)
{
	struct published *p = arg;
	const struct version_file *file = version_file_of(p->bundle->files, VERSION_KIND_INCLUDE, one->name);
	int from = one->place / DEFINITION_PLACE_FILE;

	if (file == NULL && from > 0 && from <= DEFINITION_INCLUDES_MAX && p->ours[from])
		return fault_set(f, "%s: a published file includes it, and it is not published", one->name);
	if (p->n < DEFINITION_INCLUDES_MAX)
		p->ours[++p->n] = file != NULL;
	if (file == NULL)
		return definition_reader_disk.file(definition_reader_disk.arg, one, out, f);
	*out = (struct file_content){ .bytes = malloc(file->blob->len + 1), .len = file->blob->len };
	if (out->bytes == NULL)
		return fault_set(f, "no memory");
	memcpy(out->bytes, file->blob->bytes, out->len + 1);
	return 0;
}

static const char *
published_env(void *arg, const char *name)
{
	(void)arg;
	return definition_reader_disk.env(definition_reader_disk.arg, name);
}

/* Adds a fault for each file of the bundle that defines a local resource. */
static void
judge_local(const struct definition *d, const struct bundle *b, struct faults *faults)
{
	char what[40];

	for (size_t i = 0; i < d->nincludes; i++)
		if (version_file_of(b->files, VERSION_KIND_INCLUDE, d->include[i].name) != NULL && published_is_local(d, i, what, sizeof what))
			definition_fault(d, faults, FAULT_ERROR, "published", (int)(i + 1) * DEFINITION_PLACE_FILE + 1,
				"the published file defines %s; a region, tcpipservices, rings and keys are local, in region.lua or in a local file that it includes", what);
}

static bool
is_included(const struct definition *d, const char *name)
{
	for (size_t i = 0; i < d->nincludes; i++)
		if (strcmp(d->include[i].name, name) == 0)
			return true;
	return false;
}

/* Adds a fault for each included file of the bundle that no local file includes. */
static void
judge_unused(const struct definition *d, const struct bundle *b, struct faults *faults)
{
	for (size_t i = 0; i < b->files->files; i++) {
		const struct version_file *file = &b->files->file[i];

		if (strcmp(file->kind, VERSION_KIND_INCLUDE) == 0 && !is_included(d, file->name))
			faults_add(faults, FAULT_ERROR, "published", d->file, 0, "%s is published, and no file includes it; add include \"%s\" to region.lua", file->name,
				file->name);
	}
}

struct definition *
published_definition(const char *file, const struct bundle *b, bool draft, struct faults *faults)
{
	struct published p = { .bundle = b };
	const struct definition_reader reader = { .file = published_file, .env = published_env, .arg = &p };
	size_t errors = faults->errors;
	struct definition *d = definition_load_by(file, &reader, draft, faults);

	if (d != NULL) {
		judge_local(d, b, faults);
		judge_unused(d, b, faults);
	}
	if (faults->errors == errors)
		return d;
	definition_free(d);
	return NULL;
}

/* --- comparing -------------------------------------------------------------------------------- */

/* The path by which a region without published rules would read the file. NULL: no file of the definition. */
static const char *
local_path(const struct definition *d, const struct version_file *file, char out[PATH_MAX])
{
	const char *ending = strcmp(file->kind, VERSION_KIND_SCRIPT) == 0 ? ".lua" : "";

	for (size_t i = 0; strcmp(file->kind, VERSION_KIND_INCLUDE) == 0 && i < d->nincludes; i++)
		if (strcmp(d->include[i].name, file->name) == 0)
			return d->include[i].path;
	if (*ending == '\0' && strcmp(file->kind, VERSION_KIND_DATA) != 0)
		return NULL;
	snprintf(out, PATH_MAX, "%s/%s%s", d->region.policies, file->name, ending);
	return out;
}

/* Whether the disk has a file in its place with other bytes. */
static bool
is_replaced(const char *path, const struct version_blob *blob)
{
	static const struct file_rule rule = { .class = FILE_SCRIPT, .max = BUNDLE_MAX };
	struct file_content c;
	struct fault none;
	bool other;

	if (path == NULL || file_read(path, &rule, &c, &none) < 0)
		return false;
	other = c.len != blob->len || memcmp(c.bytes, blob->bytes, c.len) != 0;
	file_free(&c);
	return other;
}

static void
note_files(const struct definition *d, const struct bundle *b, struct faults *faults)
{
	char path[PATH_MAX], more[48] = "";
	const char *first = NULL;
	unsigned n = 0;

	for (size_t i = 0; i < b->files->files; i++) {
		const struct version_file *file = &b->files->file[i];

		if (is_replaced(local_path(d, file, path), file->blob) && n++ == 0)
			first = file->name;
	}
	if (n > 1)
		snprintf(more, sizeof more, " and %u further files", n - 1);
	if (n > 0)
		definition_fault(d, faults, FAULT_NOTE, "replaced", d->region.line, "the published rules (serial %llu) are in force: %s%s of this machine, which "
			"differ from them, have no effect; publish rules with the changes, or make the files equal", (unsigned long long)b->head.serial, first, more);
}

void
published_note(const struct definition *d, const struct bundle *b, struct faults *faults)
{
	if (bundle_saf(b) != NULL && d->region.saf[0] != '\0')
		definition_fault(d, faults, FAULT_NOTE, "replaced_saf", d->region.line, "region: saf: the saf of the published rules (serial %llu) is in force, and %s has no "
			"effect; it comes into force with rules without a saf; publish the change of a user or a password by export --saf",
			(unsigned long long)b->head.serial, d->region.saf);
	note_files(d, b, faults);
}
