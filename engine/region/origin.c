/* SPDX-License-Identifier: Apache-2.0 */
#include "region/origin.h"

#include "region/followed.h"

#include <stdio.h>
#include <string.h>

/*
 * Checks that a version has the names of the region. A reload may change the names, and a rollback brings the old ones
 * back, so that region.lua has to have the names of any of them.
 */
static int
judge_names(const struct versions *vs, const struct region_def *region, struct fault *f)
{
	const struct version *other = NULL;

	for (size_t i = 0; i < versions_count(vs); i++) {
		const struct version *v = versions_at(vs, i);

		if (strcmp(v->applid, region->applid) == 0 && strcmp(v->networkid, region->networkid) == 0)
			return 0;
		if (v->applid[0] != '\0')
			other = v;
	}
	return other == NULL ? 0 : fault_set(f, "%s: it has the generations of region %s of network %s; give each region a directory of its own, or move it away",
		region->versions, other->applid, other->networkid);
}

/* Whether the directory pins a version; for a definition with faults, for which no directory is made. */
static bool
is_pinned(const struct region_def *region)
{
	struct fault unread; /* the faults of the definition stop the start in any case */
	struct version_files *files = version_files_open(region->versions, false, &unread);
	bool pinned = files != NULL && version_files_pinned(files) != 0;

	version_files_close(files);
	return pinned;
}

/* Opens the directory, which becomes the store, and reads it. */
static int
open_store(const struct region_def *region, struct versions *vs, struct origin *out, uint64_t *pinned, struct fault *f)
{
	struct version_files *files = version_files_open(region->versions, true, f);
	int rc;

	if (files == NULL)
		return -1;
	*pinned = version_files_pinned(files);
	rc = version_files_read(files, vs, &out->last, f);
	out->store = version_store_new(files);
	if (rc < 0 || out->store == NULL)
		return rc < 0 ? -1 : fault_set(f, "no memory");
	return judge_names(vs, region, f);
}

/* The pinned version in place of the files. */
static int
take_pinned(const char *file, const struct versions *vs, uint64_t pinned, struct origin *out, struct faults *faults)
{
	definition_free(out->definition);
	out->definition = NULL;
	out->pinned = version_ref(versions_find(vs, pinned));
	if (out->pinned == NULL)
		faults_add(faults, FAULT_ERROR, "versions", NULL, 0, "%s: generation %llu, which is pinned, is not there", version_store_path(out->store),
			(unsigned long long)pinned);
	else
		out->definition = version_definition(out->pinned, file, faults);
	if (out->definition != NULL)
		return 0;
	origin_blame(out, faults);
	return -1;
}

int
origin_read(const char *file, struct versions *vs, struct origin *out, struct faults *faults)
{
	struct definition *d = out->definition = followed_definition(&(struct followed_order){ .file = file, .draft = true }, &out->rules, faults);
	struct faults own = *faults;
	uint64_t pinned = 0;
	struct fault f = { "" };
	int rc = 0;

	*faults = (struct faults){ 0 };
	if (d != NULL && d->region.versions[0] != '\0' && (own.errors == 0 || is_pinned(&d->region)))
		rc = open_store(&d->region, vs, out, &pinned, &f);
	faults_merge(faults, &own, rc == 0 && pinned != 0 ? FAULT_WARNING : FAULT_ERROR);
	if (rc < 0)
		faults_add(faults, FAULT_ERROR, "versions", file, d->region.line, "region: versions: %s", f.text);
	if (rc == 0 && pinned != 0 && d->region.follow == YES) {
		faults_add(faults, FAULT_ERROR, "follow", file, d->region.line, "region: follow is yes, and generation %llu is pinned; remove %s/pinned, or "
			"write follow = \"no\"", (unsigned long long)pinned, d->region.versions);
		return -1;
	}
	if (rc == 0 && pinned != 0)
		return take_pinned(file, vs, pinned, out, faults);
	return d != NULL && faults->errors == 0 ? 0 : -1;
}

void
origin_give(const struct origin *from, struct generation_options *o)
{
	followed_give(from->rules, o);
	if (from->pinned == NULL)
		return;
	o->give = version_give;
	o->give_arg = from->pinned;
}

void
origin_free(struct origin *o)
{
	definition_free(o->definition);
	version_unref(o->pinned);
	bundle_unref(o->rules);
}

void
origin_blame(const struct origin *o, struct faults *faults)
{
	if (o->store != NULL)
		faults_add(faults, FAULT_ERROR, "versions", NULL, 0, "%s/pinned: a generation is pinned, and the region starts with no other; mend the faults above, or "
			"remove this file, and the region loads its own files", version_store_path(o->store));
}
