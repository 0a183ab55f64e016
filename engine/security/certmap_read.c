/* SPDX-License-Identifier: Apache-2.0 */
#include "security/certmap_read.h"

#include "config/datafile.h"
#include "base/file.h"
#include "config/keypath.h"
#include "config/resource.h"
#include "tls/ring.h"
#include "sandbox/lfrozen.h"
#include "base/sum.h"

#include <lauxlib.h>
#include <lua.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAPS_BYTES_MAX (1024 * 1024)

static const char *const filter_words[] = { "userid", "sha256", "subject", "issuer", "anchor", NULL };

struct load {
	struct certmap *map;
	const char *file;
	struct faults *faults;
};

/* Returns the text of a key; NULL: the key is missing, or it is no text (then *ok is false and a fault was added). */
static const char *
text_of(lua_State *L, int idx, struct keypath *k, const char *key, bool *ok)
{
	size_t len = 0, before = k->said;
	const char *text = keypath_text(L, idx, k, key, &len);

	if (text != NULL && strlen(text) != len) {
		keypath_complain(k, FAULT_ERROR, "value", "%s holds a NUL", key);
		text = NULL;
	}
	*ok = *ok && k->said == before;
	return text;
}

static void
certmap_read_filter(lua_State *L, struct keypath *k, void *arg)
{
	struct certmap *m = arg;
	int idx = lua_gettop(L);
	struct filter_text given;
	char name[NAME_SIZE];
	struct fault f;
	bool ok = true;

	if (k->said > KEYPATH_FAULTS_MAX)
		return;
	lfrozen_read_through(L, idx);
	if (!keypath_table(L, idx, k, "a filter { userid = \"FRED\", subject = \"OU=Pay,O=Shop\" }"))
		return;
	keypath_known(L, idx, k, filter_words);
	given.userid = text_of(L, idx, k, "userid", &ok);
	given.sha256 = text_of(L, idx, k, "sha256", &ok);
	given.subject = text_of(L, idx, k, "subject", &ok);
	given.issuer = text_of(L, idx, k, "issuer", &ok);
	given.anchor = text_of(L, idx, k, "anchor", &ok);
	if (given.userid == NULL && ok)
		keypath_complain(k, FAULT_ERROR, "missing", "has no userid");
	if (given.userid == NULL || !keypath_name(k, given.userid, strlen(given.userid), "user", name, sizeof name) || !ok)
		return;
	given.userid = name;
	if (certmap_add(m, &given, &f) < 0)
		keypath_complain(k, FAULT_ERROR, "value", "%s", f.text);
}

void
certmap_read(struct lua_State *L, int idx, struct certmap *m, const char *file, struct faults *faults)
{
	struct keypath k = { .file = file, .faults = faults };

	luaL_checkstack(L, 16, NULL);
	lua_pushvalue(L, idx);
	lfrozen_read_through(L, -1);
	if (keypath_table(L, -1, &k, "a list of filters: { { userid = \"FRED\", subject = \"OU=Pay,O=Shop\" } }"))
		keypath_items(L, -1, &k, certmap_read_filter, m);
	lua_pop(L, 1);
}

static void
certmap_read_returned(lua_State *L, void *arg)
{
	struct load *l = arg;

	certmap_read(L, -1, l->map, l->file, l->faults);
}

static void
read_bytes(struct load *l, const char *bytes, size_t len)
{
	struct datafile d = { .bytes = bytes, .len = len, .what = "the file", .read = certmap_read_returned, .arg = l };
	struct fault f;
	int line = 0;

	l->map = certmap_new();
	if (l->map != NULL)
		certmap_set_sum(l->map, sum_add(SUM_BEGIN, bytes, len));
	if (l->map == NULL)
		fault_set(&f, "out of memory");
	else if (datafile_run(&d, &line, &f) == 0)
		return;
	faults_add(l->faults, FAULT_ERROR, "syntax", l->file, line, "%s", f.text);
}

struct certmap *
certmap_load(const struct ring *r, struct faults *faults)
{
	static const struct file_rule rule = { .class = FILE_SCRIPT, .max = MAPS_BYTES_MAX };
	char file[PATH_SIZE + 16];
	struct load l = { .file = file, .faults = faults };
	size_t errors = faults->errors;
	struct file_content content;
	struct fault f;

	snprintf(file, sizeof file, "%s/maps.lua", ring_dir(r));
	if (file_read(file, &rule, &content, &f) < 0) {
		if (content.error != ENOENT)
			faults_add(faults, FAULT_ERROR, "file", file, 0, "%s", f.text);
		return NULL;
	}
	file_warn(file, rule.class, &content.st, "", faults);
	read_bytes(&l, content.bytes, content.len);
	file_free(&content);
	if (faults->errors == errors) {
		certmap_check(l.map, r, file, faults);
		return l.map;
	}
	certmap_free(l.map);
	return NULL;
}
