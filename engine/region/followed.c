/* SPDX-License-Identifier: Apache-2.0 */
#include "region/followed.h"

#include "base/file.h"
#include "config/definition_load.h"
#include "config/definition_place.h"
#include "region/published.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct followed
followed_of(const struct region_def *r)
{
	struct followed w;

	memcpy(w.sysplex, r->sysplex, sizeof w.sysplex);
	memcpy(w.keys, r->follow_keys, sizeof w.keys);
	memcpy(w.file, r->follow_file, sizeof w.file);
	return w;
}

/* --- the files -------------------------------------------------------------------------------- */

/* The caller owns the keys. NULL with a sentence. */
static struct signing_keys *
read_keys(const struct followed *w, struct fault *f)
{
	static const struct file_rule rule = { .class = FILE_SCRIPT, .max = SIGNING_FILE };
	struct signing_keys *keys = NULL;
	struct file_content c;

	if (file_read(w->keys, &rule, &c, f) == 0) {
		keys = signing_keys_read(c.bytes, c.len, f);
		file_free(&c);
	}
	if (keys == NULL)
		fault_wrap(f, "follow_keys: %s", w->keys);
	return keys;
}

int
followed_judge(const struct followed *w, const struct bundle *b, uint64_t last, struct fault *f)
{
	struct signing_keys *keys = read_keys(w, f);
	int rc = keys != NULL ? 0 : -1;

	if (rc == 0 && b != NULL)
		rc = bundle_judge(b, keys, w->sysplex, last, f);
	signing_keys_free(keys);
	return rc;
}

/* Reads the file, without a look at the signature: the file is local. NULL: no file is there. */
static int
read_kept(const struct followed *w, struct bundle **out, struct fault *f)
{
	static const struct file_rule rule = { .class = FILE_SCRIPT, .max = BUNDLE_MAX };
	struct file_content c;

	*out = NULL;
	if (file_read(w->file, &rule, &c, f) < 0)
		return c.error == ENOENT ? 0 : fault_wrap(f, "follow_file: %s", w->file);
	*out = bundle_read(c.bytes, c.len, f);
	file_free(&c);
	return *out != NULL ? 0 : fault_wrap(f, "follow_file: %s: damaged; remove it, and the region takes the rules of the store", w->file);
}

int
followed_read(const struct followed *w, struct bundle **out, struct fault *f)
{
	if (read_kept(w, out, f) < 0)
		return -1;
	if (followed_judge(w, *out, 0, f) == 0)
		return 0;
	if (*out != NULL)
		fault_wrap(f, "follow_file: %s", w->file);
	bundle_unref(*out);
	*out = NULL;
	return -1;
}

int
followed_keep(const struct followed *w, const struct bundle *b, struct fault *f)
{
	if (b == NULL)
		return unlink(w->file) == 0 || errno == ENOENT ? 0 : fault_set(f, "follow_file: %s: cannot be removed: %s", w->file, strerror(errno));
	file_make_parent(w->file);
	if (file_directory_safe(w->file, f) < 0 || file_replace(w->file, b->bytes, b->len, f) < 0)
		return fault_wrap(f, "follow_file: %s", w->file);
	return 0;
}

/* --- the definition --------------------------------------------------------------------------- */

/*
 * Copies the attributes of the region when it follows. An included file may be missing on the disk of a region whose
 * rules have it, so that d is NULL: then only the region is read. False: it does not follow, or cannot be read.
 */
static bool
does_follow(const struct definition *d, const char *file, struct followed *w)
{
	struct faults unread = { 0 }; /* those of the whole definition say the same */
	struct definition *part = d == NULL ? definition_load_region(file, &unread) : NULL;
	const struct region_def *r = d != NULL ? &d->region : part != NULL ? &part->region : NULL;
	bool follows = r != NULL && r->follow == YES && r->follow_file[0] != '\0' && r->follow_keys[0] != '\0';

	if (follows)
		*w = followed_of(r);
	definition_free(part);
	faults_free(&unread);
	return follows;
}

/* Judges rules that are new to the region, with the serial of the kept ones too. */
static int
judge_new(const struct followed_order *o, const struct followed *w, struct fault *f)
{
	struct bundle *kept;
	uint64_t last = o->last;

	if (read_kept(w, &kept, f) < 0)
		return -1;
	if (kept != NULL && kept->head.serial > last)
		last = kept->head.serial;
	bundle_unref(kept);
	return followed_judge(w, o->rules, last, f);
}

/* The rules of the order, or the kept ones; a reference in *out, which may be NULL. */
static int
find_rules(const struct followed_order *o, const struct followed *w, struct bundle **out, struct fault *f)
{
	if (o->rules == NULL)
		return followed_read(w, out, f);
	if ((o->take ? judge_new(o, w, f) : followed_judge(w, o->rules, 0, f)) < 0)
		return -1;
	*out = bundle_ref(o->rules);
	return 0;
}

struct definition *
followed_definition(const struct followed_order *o, struct bundle **used, struct faults *faults)
{
	struct faults own = { 0 };
	struct definition *d = o->draft ? definition_load_draft(o->file, &own) : definition_load(o->file, &own);
	struct bundle *rules = NULL;
	struct followed w;
	struct fault f;
	int rc = 0;

	if (used != NULL)
		*used = NULL;
	if (does_follow(d, o->file, &w) && (rc = find_rules(o, &w, &rules, &f)) < 0)
		faults_add(faults, FAULT_ERROR, "follow", o->file, 0, "region: %s", f.text);
	if (rc == 0 && rules == NULL) {
		faults_merge(faults, &own, FAULT_ERROR);
		return d;
	}
	definition_free(d);
	faults_free(&own);
	d = rules != NULL ? published_definition(o->file, rules, o->draft, faults) : NULL;
	if (d != NULL && used != NULL) {
		published_note(d, rules, faults);
		*used = rules;
	}
	else
		bundle_unref(rules);
	return d;
}

/* --- giving ----------------------------------------------------------------------------------- */

void
followed_give_saf(const struct bundle *b, struct generation_options *o)
{
	const struct version_blob *saf = b != NULL ? bundle_saf(b) : NULL;

	o->saf = saf != NULL ? saf->bytes : NULL;
	o->saf_len = saf != NULL ? saf->len : 0;
}

void
followed_give(struct bundle *b, struct generation_options *o)
{
	o->give = b != NULL ? version_give : NULL;
	o->give_arg = b != NULL ? b->files : NULL;
	followed_give_saf(b, o);
}
