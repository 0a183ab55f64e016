/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/sources.h"

#include "sandbox/index_depth.h"
#include "base/file.h"
#include "base/luatext.h"
#include "base/path.h"
#include "tls/tls.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct sources {
	char library_dir[PATH_SIZE], policies_dir[PATH_SIZE];
	struct source *first, **last;
	struct source *given; /* owned; the scripts that were given and not taken yet */
	char from[40];        /* their origin; "": scripts are read from the directory */
	bool sealed;
};

struct sources *
sources_new(const char *library_dir, const char *policies_dir)
{
	struct sources *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	snprintf(s->library_dir, sizeof s->library_dir, "%s", library_dir);
	snprintf(s->policies_dir, sizeof s->policies_dir, "%s", policies_dir);
	s->last = &s->first;
	return s;
}

const char *
sources_directory(const struct sources *s)
{
	return s->policies_dir;
}

static void
free_list(struct source *one)
{
	struct source *next;

	for (; one != NULL; one = next) {
		next = one->next;
		free(one->bytes);
		free(one);
	}
}

void
sources_free(struct sources *s)
{
	if (s == NULL)
		return;
	free_list(s->first);
	free_list(s->given);
	free(s);
}

const struct source *
sources_first(const struct sources *s)
{
	return s->first;
}

#define WORD "abcdefghijklmnopqrstuvwxyz0123456789_"

/* One or two words; *separator is '/' or '.' between two, 0 after one. */
static bool
name_good(const char *name, char *separator)
{
	size_t first = strspn(name, WORD), second;

	*separator = name[first];
	if (first == 0 || strlen(name) >= SCRIPT_SIZE)
		return false;
	if (*separator == '\0')
		return true;
	second = strspn(name + first + 1, WORD);
	return (*separator == '/' || *separator == '.') && second > 0 && name[first + 1 + second] == '\0';
}

/* The file of "policy.ip" is policy/ip.lua, as with package.path. */
static void
path_of(char *out, size_t size, const char *dir, const char *name)
{
	size_t start = strlen(dir) + 1;

	snprintf(out, size, "%s/%s.lua", dir, name);
	for (size_t i = start; i < start + strlen(name) && i < size; i++)
		if (out[i] == '.')
			out[i] = '/';
}

static const struct source *
kept(const struct sources *s, const char *name)
{
	for (const struct source *one = s->first; one != NULL; one = one->next)
		if (strcmp(one->name, name) == 0)
			return one;
	return NULL;
}

static int
check_chain(const struct source *one, struct fault *f)
{
	int line = index_depth_longer(one->bytes, one->len, SOURCE_CHAIN_MAX);

	if (line == 0)
		return 0;
	return fault_set(f, "%s:%d: one expression is indexed more than %d times (t.a.b.c is three); keep a part of it in a local",
		one->path, line, SOURCE_CHAIN_MAX);
}

static size_t
directory_length(const struct source *one)
{
	return (size_t)(strrchr(one->path, '/') - one->path);
}

/* A user who can add files to the directory can add a script that another one requires. */
static int
judge_directory(const struct source *one, struct fault *f)
{
	char dir[sizeof one->path];
	DIR *opened;

	snprintf(dir, sizeof dir, "%.*s", (int)directory_length(one), one->path);
	opened = file_opendir(dir, NULL, f);
	if (opened == NULL)
		return fault_wrap(f, "%s", dir);
	closedir(opened);
	return 0;
}

static void
take_digest(struct source *one)
{
	char digest[65];

	tls_digest(one->bytes, one->len, digest);
	memcpy(one->hash, digest, sizeof one->hash - 1);
}

static int
read_file(struct source *one, struct fault *f)
{
	static const struct file_rule rule = { .class = FILE_SCRIPT, .max = SOURCE_BYTES_MAX, .advice = "split it into scripts that require each other" };
	struct file_content content;
	size_t mark;

	if (judge_directory(one, f) < 0)
		return -1;
	if (file_read(one->path, &rule, &content, f) < 0)
		return fault_wrap(f, "%s", one->path);
	mark = luatext_mark(content.bytes, content.len);
	one->bytes = content.bytes;
	one->len = content.len - mark;
	memmove(one->bytes, one->bytes + mark, one->len + 1);
	one->st = content.st;
	take_digest(one);
	return 0;
}

/* --- scripts that are given ------------------------------------------------------------------- */

int
sources_give(struct sources *s, const char *from, const char *name, const char *bytes, size_t len)
{
	struct source *one = calloc(1, sizeof *one);

	if (one == NULL || (one->bytes = malloc(len + 1)) == NULL) {
		free(one);
		return -1;
	}
	snprintf(s->from, sizeof s->from, "%s", from);
	snprintf(one->name, sizeof one->name, "%s", name);
	path_of(one->path, sizeof one->path, s->policies_dir, name);
	memcpy(one->bytes, bytes, len);
	one->bytes[len] = '\0';
	one->len = len;
	take_digest(one);
	one->next = s->given;
	s->given = one;
	return 0;
}

/* Takes a given script out of its list. NULL: none of that name is given, or has been taken. */
static struct source *
take_given(struct sources *s, const char *name)
{
	struct source **at = &s->given, *one;

	while (*at != NULL && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	one = *at;
	if (one != NULL) {
		*at = one->next;
		one->next = NULL;
	}
	return one;
}

const char *
sources_given(const struct sources *s, const char *name, size_t *len, bool *only)
{
	const struct source *one = s->given;

	*only = s->from[0] != '\0';
	while (one != NULL && strcmp(one->name, name) != 0)
		one = one->next;
	if (one == NULL)
		return NULL;
	*len = one->len;
	return one->bytes;
}

void
sources_seal(struct sources *s)
{
	s->sealed = true;
}

void
sources_kept(struct sources *s, const struct source *one, size_t bytes)
{
	struct source *p = s->sealed ? NULL : s->first;

	while (p != NULL && p != one)
		p = p->next;
	if (p != NULL)
		p->kept = bytes;
}

static const struct source *
append(struct sources *s, struct source *one)
{
	*s->last = one;
	s->last = &one->next;
	return one;
}

static const struct source *
keep(struct sources *s, const char *name, const char *path, bool library, struct fault *f)
{
	struct source *one = calloc(1, sizeof *one);

	if (one == NULL) {
		fault_set(f, "%s: out of memory", path);
		return NULL;
	}
	snprintf(one->name, sizeof one->name, "%s", name);
	snprintf(one->path, sizeof one->path, "%s", path);
	one->library = library;
	if (read_file(one, f) < 0 || check_chain(one, f) < 0) {
		free(one->bytes);
		free(one);
		return NULL;
	}
	return append(s, one);
}

/* Whether the library may have a module of that name; its directory holds the lint and the stubs too. */
static bool
is_of_library(const char *name)
{
	return strncmp(name, "policy", 6) == 0 && (name[6] == '\0' || name[6] == '.' || name[6] == '/');
}

static const struct source *
find(struct sources *s, const char *name, char separator, struct fault *f)
{
	char library[2 * PATH_SIZE], script[2 * PATH_SIZE], place[2 * PATH_SIZE];
	struct source *given = separator != '.' ? take_given(s, name) : NULL;
	bool in_library, in_scripts;

	path_of(library, sizeof library, s->library_dir, name);
	path_of(script, sizeof script, s->policies_dir, name);
	if (given != NULL)
		return append(s, given);
	in_library = is_of_library(name) && access(library, F_OK) == 0;
	in_scripts = separator != '.' && s->from[0] == '\0' && access(script, F_OK) == 0;
	if (in_library && (in_scripts || separator == '/'))
		fault_set(f, "script \"%s\" has the name of the library module %s; give the script another name", name, library);
	else if (in_library)
		return keep(s, name, library, true, f);
	else if (in_scripts)
		return keep(s, name, script, false, f);
	else if (separator != '.' && s->from[0] != '\0')
		fault_set(f, "script \"%s\" is not among the scripts of %s", name, s->from);
	else
		fault_set(f, "%s \"%s\" does not exist: no file %s", separator == '.' ? "library module" : "script", name,
			path_absolute(place, sizeof place, separator == '.' ? library : script));
	return NULL;
}

const struct source *
sources_get(struct sources *s, const char *name, struct fault *f)
{
	const struct source *one = kept(s, name);
	char separator;

	if (one != NULL)
		return one;
	if (!name_good(name, &separator)) {
		fault_set(f, "\"%.80s\" is not the name of a script: a-z, 0-9 and _, with at most one \"/\"", name);
		return NULL;
	}
	if (!s->sealed)
		return find(s, name, separator, f);
	fault_set(f, "script \"%s\" was not read when the generation was loaded", name);
	return NULL;
}

const char *
sources_elsewhere(const struct sources *s, const char *name, const char *file, char *out, size_t size)
{
	char beside[SCRIPT_SIZE + 16], path[2 * PATH_SIZE];

	out[0] = '\0';
	path_of(path, sizeof path, s->policies_dir, name);
	if (access(path, F_OK) == 0 || path_elsewhere(out, size, file, path)[0] != '\0')
		return out;
	snprintf(beside, sizeof beside, "policies/%s.lua", name);
	return path_beside(path, sizeof path, file, beside) == 0 ? path_elsewhere(out, size, file, path) : out;
}

/* --- doubts ----------------------------------------------------------------------------------- */

static enum file_doubt
doubt(const struct source *one)
{
	return file_doubt(one->path, FILE_SCRIPT, &one->st, NULL);
}

static bool
alike(const struct source *a, const struct source *b)
{
	size_t n = directory_length(a);

	return n == directory_length(b) && memcmp(a->path, b->path, n) == 0 && doubt(a) == doubt(b);
}

static const struct source *
first_alike(const struct sources *s, const struct source *one)
{
	const struct source *first = s->first;

	while (!alike(first, one))
		first = first->next;
	return first;
}

static void
warn_of(const struct source *one, struct faults *faults)
{
	char text[sizeof one->path + 64] = "";
	size_t more = 0;

	for (const struct source *other = one->next; other != NULL; other = other->next)
		more += alike(other, one);
	if (more > 0)
		snprintf(text, sizeof text, "; the same is true of %zu more in %.*s", more, (int)directory_length(one), one->path);
	file_warn(one->path, FILE_SCRIPT, &one->st, text, faults);
}

void
sources_doubts(const struct sources *s, struct faults *faults)
{
	for (const struct source *one = s->first; one != NULL; one = one->next)
		if (doubt(one) != FILE_SOUND && first_alike(s, one) == one)
			warn_of(one, faults);
}

/* --- scanning --------------------------------------------------------------------------------- */

struct scan {
	const char *dir, *prefix; /* prefix "" or "team/" */
	void (*found)(void *arg, const char *name);
	void *arg;
};

static int
scan_dir(const struct scan *sc, struct fault *f);

static void
scan_entry(const struct scan *sc, const char *file, struct fault *f, int *rc)
{
	char name[SCRIPT_SIZE + NAME_MAX], path[2 * PATH_SIZE + NAME_MAX], separator;
	size_t stem = strspn(file, WORD);
	struct stat st;

	if (stem == 0 || (strcmp(file + stem, ".lua") != 0 && file[stem] != '\0'))
		return;
	snprintf(name, sizeof name, "%s%.*s", sc->prefix, (int)stem, file);
	if (strcmp(file + stem, ".lua") == 0) {
		if (name_good(name, &separator))
			sc->found(sc->arg, name);
		return;
	}
	snprintf(path, sizeof path, "%s/%s", sc->dir, file);
	if (sc->prefix[0] == '\0' && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		strcat(name, "/");
		*rc |= scan_dir(&(struct scan){ path, name, sc->found, sc->arg }, f);
	}
}

static int
scan_dir(const struct scan *sc, struct fault *f)
{
	struct dirent **entry;
	int n = scandir(sc->dir, &entry, NULL, alphasort), rc = 0;

	if (n < 0)
		return fault_set(f, "%s: cannot be read: %s", sc->dir, strerror(errno));
	for (int i = 0; i < n; i++) {
		scan_entry(sc, entry[i]->d_name, f, &rc);
		free(entry[i]);
	}
	free(entry);
	return rc;
}

int
sources_scan(const struct sources *s, void (*found)(void *arg, const char *name), void *arg, struct fault *f)
{
	return scan_dir(&(struct scan){ s->policies_dir, "", found, arg }, f);
}

static bool
holds_library(const char *dir)
{
	char path[PATH_SIZE + 16];

	snprintf(path, sizeof path, "%s/policy.lua", dir);
	return access(path, R_OK) == 0;
}

int
sources_library(char *out, size_t size, struct fault *f)
{
	static const char *const place[] = { "lua", "../share/sallyport/lua" };
	char self[PATH_SIZE];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	char *slash;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash == NULL || n == (ssize_t)sizeof self - 1)
		return fault_set(f, "cannot tell where this program is (/proc/self/exe); the Lua library must be next to it");
	*slash = '\0';
	for (size_t i = 0; i < sizeof place / sizeof *place; i++)
		if ((size_t)snprintf(out, size, "%s/%s", self, place[i]) < size && holds_library(out))
			return 0;
	return fault_set(f, "no Lua library: neither %s/lua/policy.lua nor %s/../share/sallyport/lua/policy.lua exists",
		self, self);
}
