/* SPDX-License-Identifier: Apache-2.0 */
#include "client/kept_version.h"

#include <jansson.h>
#include <stdio.h>

#include "base/path.h"
#include "client/control_client.h"
#include "client/version_rows.h"
#include "config/definition_load.h"
#include "region/version_files.h"

#define CALL_SECONDS 60

/* The answer of the region; NULL with a sentence: none answers. */
static json_t *
ask_region(uint64_t number, const char *region, const char *control, struct fault *f)
{
	char path[CONTROL_CLIENT_PATH], typed[24];
	json_t *request, *answer;

	fault_set(f, "no region answers");
	if (control_client_find("replay", region, control, true, path) < 0)
		return NULL;
	snprintf(typed, sizeof typed, "%llu", (unsigned long long)number);
	request = json_pack("{s:s, s:[s, s], s:{}}", "command", "policy", "args", "files", typed, "options");
	answer = control_client_call(path, request, CALL_SECONDS, f);
	json_decref(request);
	return answer;
}

/* Reads the version of the answer. NULL with a sentence: the region has refused, or there is no memory. */
static struct version *
read_answer(const json_t *answer, struct fault *f)
{
	const char *error = json_string_value(json_object_get(answer, "error")), *file = NULL;
	const json_t *rows = json_object_get(answer, "rows");
	struct version *v;
	size_t i = 0;

	if (!json_is_array(rows) || json_array_size(rows) == 0) {
		fault_set(f, "%s", error != NULL ? error : "the region's answer is not understood");
		return NULL;
	}
	v = version_rows_read(rows, &i, &file);
	if (v == NULL)
		fault_set(f, "no memory for the version");
	return v;
}

/* The version of an opened directory. */
static struct version *
find_in(struct version_files *d, uint64_t number, struct fault *f)
{
	struct versions *all = versions_new();
	struct version *v = NULL;
	uint64_t last;

	if (all != NULL && version_files_read(d, all, &last, f) == 0) {
		v = version_ref(versions_find(all, number));
		if (v == NULL)
			fault_set(f, "%s: generation %llu is not kept there", version_files_path(d), (unsigned long long)number);
	}
	versions_free(all);
	return v;
}

static struct version *
find_on_disk(uint64_t number, const char *region, struct fault *f)
{
	struct faults faults = { 0 };
	struct definition *def = definition_load_region(region, &faults);
	char path[2 * PATH_SIZE];
	struct version_files *d = NULL;
	struct version *v = NULL;

	if (def != NULL && def->region.versions[0] != '\0') {
		path_absolute(path, sizeof path, def->region.versions);
		d = version_files_open(path, false, f);
	} else {
		fault_set(f, "no region answers, and %s names no directory of versions (region { versions = DIR })", region);
	}
	if (d != NULL)
		v = find_in(d, number, f);
	version_files_close(d);
	definition_free(def);
	faults_free(&faults);
	return v;
}

struct version *
kept_version_find(uint64_t number, const char *region, const char *control, struct fault *f)
{
	json_t *answer = ask_region(number, region, control, f);
	struct version *v = answer != NULL ? read_answer(answer, f) : find_on_disk(number, region, f);

	json_decref(answer);
	return v;
}
