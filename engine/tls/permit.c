/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/permit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/name.h"

#define FAULTS_MAX 100 /* for one file */

struct entry {
	char user[NAME_SIZE]; /* "*" all others */
	enum right right;
	int line;
};

struct permit {
	char owner[NAME_SIZE]; /* "" no owner */
	int owner_line;
	struct entry *entry; /* owned */
	size_t n;
};

struct words { /* the words of one line, NUL-terminated */
	char *first, *second, *third;
};

static const char *const rights[] = { [RIGHT_NONE] = "no right", [RIGHT_READ] = "READ", [RIGHT_UPDATE] = "UPDATE" };

static struct words
split(char *line)
{
	const char *blanks = " \t\r";
	char *rest = NULL;
	struct words w = { .first = strtok_r(line, blanks, &rest) };

	w.second = w.first != NULL ? strtok_r(NULL, blanks, &rest) : NULL;
	w.third = w.second != NULL ? strtok_r(NULL, blanks, &rest) : NULL;
	return w;
}

static bool
is_comment(const char *word)
{
	return word == NULL || *word == '#';
}

/* Reads a user ID and converts it to upper case; false: not a user ID. */
static bool
read_user(const char *word, char out[NAME_SIZE])
{
	size_t n = strlen(word);

	if (n == 0 || n >= NAME_SIZE)
		return false;
	for (size_t i = 0; i <= n; i++)
		out[i] = word[i] >= 'a' && word[i] <= 'z' ? (char)(word[i] - 'a' + 'A') : word[i];
	return strspn(out, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789$@#") == n;
}

static const struct entry *
find(const struct permit *p, const char *user)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->entry[i].user, user) == 0)
			return &p->entry[i];
	return NULL;
}

static int
set_owner(struct permit *p, const char *word, int line, struct fault *f)
{
	if (p->owner_line > 0)
		return fault_set(f, "a second owner; the first is at line %d", p->owner_line);
	if (word == NULL || !read_user(word, p->owner))
		return fault_set(f, "owner must be followed by a user ID: 1 to 8 of A-Z 0-9 $ @ #");
	p->owner_line = line;
	return 0;
}

static int
add(struct permit *p, const struct entry *e, struct fault *f)
{
	const struct entry *before = find(p, e->user);
	struct entry *grown;

	if (before != NULL)
		return fault_set(f, "%s has %s already, at line %d; remove one of the two lines", e->user, rights[before->right], before->line);
	grown = realloc(p->entry, (p->n + 1) * sizeof *grown);
	if (grown == NULL)
		return fault_set(f, "out of memory");
	p->entry = grown;
	grown[p->n++] = *e;
	return 0;
}

static int
read_entry(struct permit *p, const struct words *w, int line, struct fault *f)
{
	struct entry e = { .line = line };

	if (strcmp(w->first, "*") == 0)
		strcpy(e.user, "*");
	else if (!read_user(w->first, e.user))
		return fault_set(f, "a line is `owner USERID`, `USERID READ`, `USERID UPDATE`, or the same with * for all others; a user ID is 1 to 8 of "
			"A-Z 0-9 $ @ #");
	for (e.right = RIGHT_UPDATE; e.right > RIGHT_NONE; e.right--)
		if (w->second != NULL && strcmp(w->second, rights[e.right]) == 0)
			return add(p, &e, f);
	return fault_set(f, "%s must be followed by READ or UPDATE", e.user);
}

static int
read_line(struct permit *p, char *line, size_t n, int number, struct fault *f)
{
	struct words w;

	if (strlen(line) != n)
		return fault_set(f, "the line holds a NUL");
	w = split(line);
	if (is_comment(w.first))
		return 0;
	if (is_comment(w.second))
		w.second = w.third = NULL;
	if (!is_comment(w.third))
		return fault_set(f, "the line has more than two words");
	return strcmp(w.first, "owner") == 0 ? set_owner(p, w.second, number, f) : read_entry(p, &w, number, f);
}

static void
read_lines(struct permit *p, char *text, size_t n, const char *path, struct faults *faults)
{
	size_t before = faults->errors;
	int number = 1;
	struct fault f;

	for (char *at = text, *end = text + n; at < end && faults->errors < before + FAULTS_MAX; number++) {
		char *nl = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((nl != NULL ? nl : end) - at);

		at[len] = '\0';
		if (read_line(p, at, len, number, &f) < 0)
			faults_add(faults, FAULT_ERROR, "ring_permit_line", path, number, "%s", f.text);
		at += len + 1;
	}
}

struct permit *
permit_parse(const char *bytes, size_t n, const char *path, struct faults *faults)
{
	struct permit *p = calloc(1, sizeof *p);
	char *text = malloc(n + 1);
	size_t before = faults->errors;

	if (p == NULL || text == NULL) {
		faults_add(faults, FAULT_ERROR, "memory", path, 0, "out of memory");
	} else {
		if (n > 0)
			memcpy(text, bytes, n);
		read_lines(p, text, n, path, faults);
	}
	free(text);
	if (faults->errors == before)
		return p;
	permit_free(p);
	return NULL;
}

void
permit_free(struct permit *p)
{
	if (p != NULL)
		free(p->entry);
	free(p);
}

int
permit_check(const struct permit *p, const char *user, const char *dir, bool keys, struct fault *f)
{
	const struct entry *own = p != NULL ? find(p, user) : NULL, *has = p != NULL && own == NULL ? find(p, "*") : own;
	bool others = p != NULL && keys && p->owner[0] != '\0' && strcmp(p->owner, user) != 0;
	enum right need = p == NULL ? RIGHT_NONE : others ? RIGHT_UPDATE : RIGHT_READ;
	enum right right = has != NULL ? has->right : RIGHT_NONE;
	char place[32] = "add to";

	if (right >= need)
		return 0;
	if (own != NULL)
		snprintf(place, sizeof place, "write at line %d of", own->line);
	return fault_set(f, "%s: user %s may not use this ring: it needs %s%s%s, and has %s; %s its file permit: %s %s", dir, user, rights[need],
		others ? " for the private keys of " : "", others ? p->owner : "", rights[right], place, user, rights[need]);
}
