/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/expectations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/file.h"
#include "base/name.h"
#include "conn/conn.h"
#include "policy/door.h"

#define FILE_MAX (1024 * 1024)
#define SUBJECT_SIZE 64

enum subject { SUBJECT_PAIR, SUBJECT_IPCONN, SUBJECT_PREFIX, SUBJECT_CONNECTION };

struct expectation {
	enum subject kind;
	char subject[SUBJECT_SIZE];
	struct addr_prefix prefix; /* of SUBJECT_PREFIX */
	char door[16];             /* "*" any */
	int line;
	bool used;
};

struct expectations {
	struct expectation *item; /* owned */
	size_t n;
};

/* --- reading ---------------------------------------------------------------------------------- */

static bool
is_pair(const char *s)
{
	const char *dot = strchr(s, '.');

	return dot != NULL && name_ok(s, (size_t)(dot - s)) && name_ok(dot + 1, strlen(dot + 1));
}

static int
read_subject(struct expectation *e, const char *s, struct fault *f)
{
	struct fault none;

	snprintf(e->subject, sizeof e->subject, "%s", s);
	if (strlen(s) >= sizeof e->subject)
		return fault_set(f, "'%.60s...' is too long for a partner", s);
	if (addr_prefix_parse(&e->prefix, s, strlen(s), &none) == 0)
		e->kind = SUBJECT_PREFIX;
	else if (is_pair(s))
		e->kind = SUBJECT_PAIR;
	else if (name_ok(s, strlen(s)))
		e->kind = SUBJECT_IPCONN;
	else if (strchr(s, '-') != NULL && s[strspn(s, "0123456789abcdefABCDEF-")] == '\0')
		e->kind = SUBJECT_CONNECTION;
	else
		return fault_set(f, "'%s' is no NETWORKID.APPLID, ipconn, address, CIDR prefix or connection", s);
	return 0;
}

static bool
is_place(const char *word)
{
	return strcmp(word, "*") == 0 || door_of(word) != DOOR_COUNT || strcmp(word, stage_name(STAGE_TCP)) == 0 ||
		strcmp(word, stage_name(STAGE_TLS)) == 0 || strcmp(word, stage_name(STAGE_CAPEX)) == 0 || strcmp(word, stage_name(STAGE_REQUEST)) == 0;
}

/* Reads one line, without its comment. 0: it is blank; 1: *e is set; -1 with a sentence. */
static int
read_line(struct expectation *e, char *line, struct fault *f)
{
	char *rest, *subject = strtok_r(line, " \t\r", &rest), *door = strtok_r(NULL, " \t\r", &rest);

	if (subject == NULL)
		return 0;
	if (door == NULL || strtok_r(NULL, " \t\r", &rest) != NULL)
		return fault_set(f, "a line has a partner and a door, as in: SHOP.SHOPWEB1 bind");
	if (!is_place(door))
		return fault_set(f, "'%s' is no door, stage or *", door);
	snprintf(e->door, sizeof e->door, "%s", door);
	return read_subject(e, subject, f) < 0 ? -1 : 1;
}

static int
add(struct expectations *all, const struct expectation *one, struct fault *f)
{
	struct expectation *more = realloc(all->item, (all->n + 1) * sizeof *more);

	if (more == NULL)
		return fault_set(f, "no memory");
	all->item = more;
	all->item[all->n++] = *one;
	return 0;
}

static int
read_lines(struct expectations *all, char *text, struct fault *f)
{
	int number = 0, rc = 0;
	char *line;

	while (rc >= 0 && (line = strsep(&text, "\n")) != NULL) {
		struct expectation one = { .line = ++number };

		line[strcspn(line, "#")] = '\0';
		rc = read_line(&one, line, f);
		if (rc > 0)
			rc = add(all, &one, f);
	}
	return rc < 0 ? fault_wrap(f, "line %d", number) : 0;
}

struct expectations *
expectations_read(const char *file, struct fault *f)
{
	static const struct file_rule rule = { .class = FILE_PLAIN, .max = FILE_MAX };
	struct expectations *all = calloc(1, sizeof *all);
	struct file_content content = { .bytes = NULL };
	char *text = NULL;
	int rc = all != NULL ? file_read(file, &rule, &content, f) : fault_set(f, "no memory");

	if (rc == 0 && content.len > 0 && memchr(content.bytes, '\0', content.len) != NULL)
		rc = fault_set(f, "a byte of the file is NUL; it is text, a line for each partner");
	if (rc == 0 && (text = strndup(content.bytes, content.len)) == NULL)
		rc = fault_set(f, "no memory");
	if (rc == 0)
		rc = read_lines(all, text, f);
	free(text);
	file_free(&content);
	if (rc == 0)
		return all;
	fault_wrap(f, "--expect %s", file);
	expectations_free(all);
	return NULL;
}

void
expectations_free(struct expectations *e)
{
	if (e != NULL)
		free(e->item);
	free(e);
}

/* --- covering --------------------------------------------------------------------------------- */

static const char *
text(const json_t *o, const char *name)
{
	const char *value = json_string_value(json_object_get(o, name));

	return value != NULL ? value : "";
}

static bool
is_within(const struct expectation *e, const char *peer)
{
	char host[HOST_SIZE];
	struct fault none;
	struct addr a;
	int port;

	return addr_split(peer, host, sizeof host, &port, &none) == 0 && addr_parse(&a, host, 0) == 0 && addr_prefix_holds(&e->prefix, &a);
}

static bool
is_subject(const struct expectation *e, const json_t *d)
{
	char pair[2 * NAME_SIZE];

	switch (e->kind) {
	case SUBJECT_PAIR:
		snprintf(pair, sizeof pair, "%s.%s", text(d, "networkid"), text(d, "applid"));
		return strcmp(pair, e->subject) == 0;
	case SUBJECT_IPCONN:
		return strcmp(text(d, "ipconn"), e->subject) == 0;
	case SUBJECT_PREFIX:
		return is_within(e, text(d, "peer"));
	case SUBJECT_CONNECTION:
		return strcmp(text(d, "connection"), e->subject) == 0;
	}
	return false;
}

bool
expectations_cover(struct expectations *e, const json_t *difference)
{
	bool covered = false;

	for (size_t i = 0; e != NULL && i < e->n; i++)
		if (is_subject(&e->item[i], difference) && (strcmp(e->item[i].door, "*") == 0 || strcmp(e->item[i].door, text(difference, "door")) == 0))
			e->item[i].used = covered = true;
	return covered;
}

void
expectations_unused(const struct expectations *e, void (*each)(void *arg, int line, const char *text), void *arg)
{
	char shown[SUBJECT_SIZE + 20];

	for (size_t i = 0; e != NULL && i < e->n; i++)
		if (!e->item[i].used) {
			snprintf(shown, sizeof shown, "%s %s", e->item[i].subject, e->item[i].door);
			each(arg, e->item[i].line, shown);
		}
}
