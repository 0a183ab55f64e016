/* SPDX-License-Identifier: Apache-2.0 */
#include "client/candidate_draft.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/name.h"
#include "client/check.h"

static bool
is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static struct draft *
load(const struct draft_options *o, struct fault *f)
{
	struct faults faults = { 0 };
	struct draft *d = draft_load(o, &faults);

	if (d == NULL) {
		check_print(&faults);
		fault_set(f, "the candidate does not load");
	}
	faults_free(&faults);
	return d;
}

/* The directory is one of scripts, for the definition `region`. */
static struct draft *
load_scripts(const char *directory, const char *region, struct fault *f)
{
	char whole[PATH_MAX];

	if (realpath(directory, whole) != NULL && strlen(whole) < PATH_SIZE)
		return load(&(struct draft_options){ .file = region, .policies = whole, .open = true }, f);
	fault_set(f, "%s: the path cannot be resolved, or is too long", directory);
	return NULL;
}

struct draft *
candidate_draft_load(const char *with, const char *region, struct fault *f)
{
	char file[PATH_MAX];

	if (!is_directory(with))
		return load(&(struct draft_options){ .file = with, .open = true }, f);
	snprintf(file, sizeof file, "%s/region.lua", with);
	if (access(file, F_OK) == 0)
		return load(&(struct draft_options){ .file = file, .open = true }, f);
	return load_scripts(with, region, f);
}
