/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/script_cover.h"

#include <lua.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/check_sites.h"
#include "sandbox/script_lines.h"

/* --- a script --------------------------------------------------------------------------------- */

/* Adds a check; name NULL: not known. Without memory the check does not count. */
static struct cover_check *
add_check(struct cover_script *s, int line, const char *name, size_t len)
{
	struct cover_check *grown = realloc(s->check, (s->nchecks + 1) * sizeof *grown);
	char *copy = name != NULL ? strndup(name, len) : NULL;

	if (grown != NULL)
		s->check = grown;
	if (grown == NULL || (name != NULL && copy == NULL)) {
		free(copy);
		return NULL;
	}
	grown[s->nchecks] = (struct cover_check){ .line = line, .name = copy };
	return &grown[s->nchecks++];
}

static void
script_cover_site(void *arg, int line, const char *name, size_t len)
{
	add_check(arg, line, name, len);
}

static void
free_script(struct cover_script *s)
{
	for (size_t i = 0; i < s->nchecks; i++)
		free(s->check[i].name);
	free(s->check);
	free(s->line);
	free(s);
}

/* Makes the entry of a script. NULL with a sentence. */
static struct cover_script *
describe(const struct source *source, struct fault *f)
{
	struct cover_script *s = calloc(1, sizeof *s);

	if (s == NULL || script_lines(source->bytes, source->len, &s->line, &s->nlines, f) < 0) {
		if (s == NULL)
			fault_set(f, "out of memory");
		free(s);
		return NULL;
	}
	snprintf(s->name, sizeof s->name, "%s", source->name);
	snprintf(s->path, sizeof s->path, "%s", source->path);
	if (check_sites(source->bytes, source->len, script_cover_site, s) == 0)
		return s;
	fault_set(f, "out of memory");
	free_script(s);
	return NULL;
}

int
script_cover_add(struct script_cover *c, const struct source *s, struct fault *f)
{
	struct cover_script **grown, *one;

	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->script[i]->path, s->path) == 0)
			return 0;
	one = describe(s, f);
	if (one == NULL)
		return -1;
	grown = realloc(c->script, (c->n + 1) * sizeof *grown);
	if (grown == NULL) {
		free_script(one);
		return fault_set(f, "out of memory");
	}
	c->script = grown;
	c->script[c->n++] = one;
	return 0;
}

void
script_cover_free(struct script_cover *c)
{
	for (size_t i = 0; i < c->n; i++)
		free_script(c->script[i]);
	free(c->script);
	*c = (struct script_cover){ .script = NULL };
}

/* --- what runs -------------------------------------------------------------------------------- */

/* The script whose path ends with these bytes: script_place keeps the end of a long path. NULL: it does not count. */
static struct cover_script *
find(const struct script_cover *c, const char *file)
{
	size_t n = strlen(file);

	for (size_t i = 0; i < c->n; i++) {
		struct cover_script *s = c->script[i];
		size_t len = strlen(s->path);

		if (len == n || (len > n && n == PLACE_SIZE - 1))
			if (strcmp(s->path + len - n, file) == 0)
				return s;
	}
	return NULL;
}

void
script_cover_line(void *arg, struct lua_State *L, struct lua_Debug *ar)
{
	struct cover_script *s = lua_getinfo(L, "Sl", ar) && ar->source[0] == '@' ? find(arg, ar->source + 1) : NULL;

	if (s == NULL || ar->currentline <= 0 || (size_t)ar->currentline >= s->nlines || (s->line[ar->currentline] & COVER_RUN) != 0)
		return;
	s->line[ar->currentline] |= COVER_RUN;
	((struct script_cover *)arg)->news++;
}

/* The check of that line and name; one whose text has no name takes any. Adds it when the text does not show it. */
static struct cover_check *
find_check(struct cover_script *s, int line, const char *name)
{
	for (size_t i = 0; i < s->nchecks; i++)
		if (s->check[i].line == line && (s->check[i].name == NULL || strcmp(s->check[i].name, name) == 0))
			return &s->check[i];
	return add_check(s, line, name, strlen(name));
}

void
script_cover_check(struct script_cover *c, const char *file, int line, const char *name, bool value)
{
	struct cover_script *s = find(c, file);
	struct cover_check *check = s != NULL ? find_check(s, line, name) : NULL;

	if (check == NULL)
		return;
	c->news += value ? !check->was_true : !check->was_false;
	check->was_true |= value;
	check->was_false |= !value;
}

/* --- counts ----------------------------------------------------------------------------------- */

struct cover_counts
script_cover_count(const struct cover_script *s)
{
	struct cover_counts n = { .checks = s->nchecks };

	for (size_t i = 0; i < s->nlines; i++) {
		n.lines += (s->line[i] & COVER_CODE) != 0;
		n.covered += s->line[i] == (COVER_CODE | COVER_RUN);
	}
	for (size_t i = 0; i < s->nchecks; i++)
		n.both += s->check[i].was_true && s->check[i].was_false;
	return n;
}

bool
script_cover_below(const struct cover_script *s, double percent)
{
	struct cover_counts n = script_cover_count(s);

	return (double)n.covered * 100 < percent * (double)n.lines || (double)n.both * 100 < percent * (double)n.checks;
}
