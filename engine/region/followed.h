/* SPDX-License-Identifier: Apache-2.0 */
/*
 * followed: the rules that a region with follow = "yes" has taken, as its file follow_file keeps them: the signed
 * bundle as it was published. The file is written before the rules come into use, so that a region which starts again
 * has the last rules that it took, and knows the highest serial. A file whose signature no key of follow_keys made is
 * a fault.
 *
 * Every function may block for as long as the disk does. Any thread may call them.
 */
#ifndef SALLYPORT_FOLLOWED_H
#define SALLYPORT_FOLLOWED_H

#include "config/definition.h"
#include "policy/generation.h"
#include "region/bundle.h"

struct followed { /* the attributes of a region that follows */
	char sysplex[NAME_SIZE];
	char keys[PATH_SIZE], file[PATH_SIZE]; /* follow_keys, follow_file */
};

/* The attributes of the region. */
struct followed followed_of(const struct region_def *r);
/*
 * Reads follow_keys and judges the bundle (bundle_judge); b NULL: reads the keys alone. -1 with a sentence that names
 * the attribute or the bundle.
 */
int followed_judge(const struct followed *w, const struct bundle *b, uint64_t last, struct fault *f);
/*
 * Reads the kept bundle into *out, a reference, and judges it. NULL: there is no file; follow_keys is read then too.
 * -1 with a sentence.
 */
int followed_read(const struct followed *w, struct bundle **out, struct fault *f);
/* Makes the file have b, on disk; NULL: removes the file. -1 with a sentence. */
int followed_keep(const struct followed *w, const struct bundle *b, struct fault *f);

struct followed_order {
	const char *file;     /* region.lua */
	struct bundle *rules; /* borrowed: taken in place of the kept ones; NULL: the kept ones */
	bool take;            /* `rules` are new to the region: their serial must be above `last`, and above that of the kept ones */
	uint64_t last;
	bool draft;           /* as definition_load_draft, else as definition_load */
};

/*
 * Reads region.lua, and when it says follow = "yes", its included files from the rules. *used: a reference to them, for
 * version_give; NULL: the region follows none, or has taken none yet, and its rules are files. used NULL: they are not
 * wanted. The caller owns the definition. NULL with faults.
 */
struct definition *followed_definition(const struct followed_order *o, struct bundle **used, struct faults *faults);

/*
 * Makes a load take the scripts, data and saf of b, which must last until the end of the load. NULL: it takes those of
 * files.
 */
void followed_give(struct bundle *b, struct generation_options *o);
/* The same for the saf alone, for a load whose other parts do not come from b. */
void followed_give_saf(const struct bundle *b, struct generation_options *o);

#endif
