/* SPDX-License-Identifier: Apache-2.0 */
#include "client/candidate_draft.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cores.h"
#include "base/name.h"
#include "client/check.h"
#include "client/kept_version.h"

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
	struct draft_options all = *o;
	struct cores c;
	char why[CORES_WHY];
	struct draft *d;

	cores_read(&c, "");
	all.hands = cores_count(&c, DRAFT_HANDS, why);
	d = draft_load(&all, &faults);
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

/* True for the number of a generation, when no file has that name. */
static bool
is_number(const char *with, uint64_t *number)
{
	char *end;

	*number = strtoull(with, &end, 10);
	return *with >= '0' && *with <= '9' && *end == '\0' && access(with, F_OK) != 0;
}

static struct draft *
load_version(uint64_t number, const char *region, struct fault *f)
{
	struct version *v = kept_version_find(number, region, NULL, f);
	struct draft *d = v != NULL ? load(&(struct draft_options){ .file = region, .version = v, .open = true }, f) : NULL;

	version_unref(v);
	return d;
}

struct draft *
candidate_draft_load(const char *with, const char *region, struct fault *f)
{
	char file[PATH_MAX];
	uint64_t number;

	if (is_number(with, &number))
		return load_version(number, region, f);

	if (!is_directory(with))
		return load(&(struct draft_options){ .file = with, .open = true }, f);
	snprintf(file, sizeof file, "%s/region.lua", with);
	if (access(file, F_OK) == 0)
		return load(&(struct draft_options){ .file = file, .open = true }, f);
	return load_scripts(with, region, f);
}
