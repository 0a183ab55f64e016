/* SPDX-License-Identifier: Apache-2.0 */
#include "certmap_read.h"

#include "datafile.h"
#include "keypath.h"
#include "resource.h"

#include <lauxlib.h>
#include <lua.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAPS_BYTES_MAX (1024 * 1024)

static const char *const filter_words[] = { "userid", "sha256", "subject", "issuer", NULL };

struct load {
	struct certmap *map;
	const char *file;
	struct faults *faults;
};

/* NULL: not there, or (with *ok false, and said) no text. */
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
read_filter(lua_State *L, struct keypath *k, void *arg)
{
	struct load *l = arg;
	int idx = lua_gettop(L);
	const char *userid, *sha256, *subject, *issuer;
	char name[NAME_SIZE];
	struct fault f;
	bool ok = true;

	if (!keypath_table(L, idx, k, "a filter { userid = \"FRED\", subject = \"OU=Pay,O=Shop\" }"))
		return;
	keypath_known(L, idx, k, filter_words);
	userid = text_of(L, idx, k, "userid", &ok);
	sha256 = text_of(L, idx, k, "sha256", &ok);
	subject = text_of(L, idx, k, "subject", &ok);
	issuer = text_of(L, idx, k, "issuer", &ok);
	if (userid == NULL && ok)
		keypath_complain(k, FAULT_ERROR, "missing", "has no userid");
	if (userid == NULL || !keypath_name(k, userid, strlen(userid), "user", name, sizeof name) || !ok)
		return;
	if (certmap_add(l->map, name, sha256, subject, issuer, &f) < 0)
		keypath_complain(k, FAULT_ERROR, "value", "%s", f.text);
}

static void
read_returned(lua_State *L, void *arg)
{
	struct load *l = arg;
	struct keypath k = { .file = l->file, .faults = l->faults };

	luaL_checkstack(L, 16, NULL);
	if (keypath_table(L, -1, &k, "a list of filters: return { { userid = \"FRED\", subject = \"OU=Pay,O=Shop\" } }"))
		keypath_items(L, -1, &k, read_filter, l);
}

static void
read_bytes(struct load *l, const char *bytes, size_t len)
{
	struct datafile d = { .bytes = bytes, .len = len, .what = "the file", .read = read_returned, .arg = l };
	struct fault f;
	int line = 0;

	l->map = certmap_new();
	if (l->map == NULL)
		fault_set(&f, "out of memory");
	else if (len > MAPS_BYTES_MAX)
		fault_set(&f, "the file is larger than 1 MiB");
	else if (datafile_run(&d, &line, &f) == 0)
		return;
	faults_add(l->faults, FAULT_ERROR, "syntax", l->file, line, "%s", f.text);
}

struct certmap *
certmap_load(const char *dir, struct faults *faults)
{
	char file[PATH_SIZE + 16];
	struct load l = { .file = file, .faults = faults };
	size_t errors = faults->errors, len;
	char *bytes;

	snprintf(file, sizeof file, "%s/maps.lua", dir);
	bytes = datafile_slurp(file, MAPS_BYTES_MAX, &len);
	if (bytes == NULL) {
		if (errno != ENOENT)
			faults_add(faults, FAULT_ERROR, "file", file, 0, "cannot be read: %s", strerror(errno));
		return NULL;
	}
	read_bytes(&l, bytes, len);
	free(bytes);
	if (faults->errors == errors)
		return l.map;
	certmap_free(l.map);
	return NULL;
}
