/* SPDX-License-Identifier: Apache-2.0 */
#include "client/import_resource.h"

#include <string.h>
#include <strings.h>

#include "base/name.h"
#include "base/text.h"

#define SHORTEST 3 /* letters of a shortened keyword */

/* --- comments --------------------------------------------------------------------------------- */

/* Returns true when the next comment has room. */
static bool
counted(struct import_resource *r)
{
	return r->nnotes++ < r->room;
}

/* "line 14: URM(MYURM): WHY". The text of the listing is made printable. */
static void
note(struct import_resource *r, const struct listing_item *item, const char *why)
{
	char value[120];

	text_printable(value, sizeof value, item->value, strlen(item->value));
	if (counted(r))
		fprintf(r->notes, "-- line %d: %s(%s): %s\n", item->line, item->word, value, why);
}

/* --- which attribute -------------------------------------------------------------------------- */

/* Keys of region.lua that CICS does not have. */
static bool
is_ours(const char *name)
{
	static const char *const ours[] = { "admit", "certify", "bind", "attach", "applid_change", "heartbeat", "heartbeat_timeout", "template", NULL };

	for (size_t i = 0; ours[i] != NULL; i++)
		if (strcmp(ours[i], name) == 0)
			return true;
	return false;
}

/* The marks of the last change, which a listing has and a definition does not (IPIC.md 4.2). */
static bool
is_signature(const char *word)
{
	static const char *const marks[] = { "CHANGEAGENT", "CHANGEAGREL", "CHANGETIME", "CHANGEUSRID", "DEFINESOURCE", "DEFINETIME", "INSTALLAGENT",
		"INSTALLTIME", "INSTALLUSRID", NULL };

	for (size_t i = 0; marks[i] != NULL; i++)
		if (strcmp(marks[i], word) == 0)
			return true;
	return false;
}

/* The row of an attribute: by its name, or by the first letters of one name only. NULL: none. */
static const struct attribute *
find_row(const struct attribute *table, const char *word)
{
	const struct attribute *found = NULL;
	size_t n = strlen(word);

	for (const struct attribute *a = table; a->name != NULL; a++) {
		if (is_ours(a->name) || strncasecmp(a->name, word, n) != 0)
			continue;
		if (a->name[n] == '\0')
			return a;
		if (found != NULL || n < SHORTEST)
			return NULL;
		found = a;
	}
	return found;
}

static bool
is_row(const struct attribute *a, const char *name)
{
	return strcmp(a->name, name) == 0;
}

static int *
given(struct import_resource *r, const char *name)
{
	return &r->given[attribute_find(r->table, name) - r->table];
}

/* --- values that CICS and region.lua write otherwise ------------------------------------------ */

/* Blanks from the ends of lines; no name of a host has one. */
static void
close_up(char *value)
{
	char *to = value;

	for (; *value != '\0'; value++)
		if (*value != ' ')
			*to++ = *value;
	*to = '\0';
}

static bool
is_file(const char *ciphers)
{
	return strchr(ciphers, '.') != NULL;
}

/* The program of autoinstall: a script that nobody has written yet. */
static void
take_urm(struct import_resource *r, const struct listing_item *item)
{
	*given(r, "urm") = item->line;
	if (strcasecmp(item->value, "NO") == 0 || strcasecmp(item->value, "NONE") == 0)
		return;
	if (resource_urm_is_default(item->value))
		note(r, item, "the default program accepts every partner; unknown partners are refused here; name a script by urm = \"SCRIPT\"");
	else
		note(r, item, "unknown partners are refused until the program is written as a script, and named by urm = \"SCRIPT\"");
}

/* True when the attribute needs no row: it was dealt with. */
static bool
take_special(struct import_resource *r, const struct attribute *a, struct listing_item *item)
{
	if (is_row(a, "protocol")) {
		text_printable(r->protocol, sizeof r->protocol, item->value, strlen(item->value));
		text_upper(r->protocol, sizeof r->protocol, r->protocol, strlen(r->protocol));
		return strcasecmp(item->value, "IPIC") != 0;
	}
	if (is_row(a, "host"))
		close_up(item->value);
	if (is_row(a, "urm")) {
		take_urm(r, item);
		return true;
	}
	if (is_row(a, "ciphers") && is_file(item->value)) {
		note(r, item, "a file of cipher suites; without ciphers the suites are AEAD; write them as ciphers = \"C02B C02C\"");
		return true;
	}
	return is_row(a, "ipaddress") && resource_host_is_any(item->value);
}

/* --- one resource ----------------------------------------------------------------------------- */

static bool
is_type(const char *type, const char *known)
{
	size_t n = strlen(type);

	return n >= SHORTEST && strncmp(known, type, n) == 0;
}

bool
import_resource_known(const char *type)
{
	return is_type(type, "TCPIPSERVICE") || is_type(type, "IPCONN");
}

void
import_resource_begin(struct import_resource *r, const struct listing_item *item, FILE *notes, unsigned room)
{
	bool service = is_type(item->word, "TCPIPSERVICE");
	size_t len = strlen(item->value);

	*r = (struct import_resource){ .table = service ? resource_tcpipservice : resource_ipconn, .word = service ? "tcpipservice" : "ipconn",
		.line = item->line, .notes = notes, .room = room };
	attribute_defaults(r->table, &r->object);
	if (item->userdefined)
		note(r, item, "USERDEFINE: attributes that are not given have the defaults of the site, which are not known here");
	if (!text_upper(r->name, NAME_SIZE, item->value, len) || !name_ok(r->name, len)) {
		r->misnamed = true;
		text_printable(r->name, sizeof r->name, item->value, len);
		note(r, item, "a name has 1 to 8 of A-Z 0-9 $ @ #; other bytes stand there when the listing was converted from another code page");
	}
}

static void
refuse(struct import_resource *r, const struct attribute *a, const struct listing_item *item, const char *why)
{
	note(r, item, why);
	r->unsound = r->unsound || a->acted;
}

static void
take_row(struct import_resource *r, const struct attribute *a, const struct listing_item *item)
{
	int *line = &r->given[a - r->table];
	struct fault f = { "" };

	if (*line != 0)
		refuse(r, a, item, "it is given twice");
	else if (item->kind == LISTING_OPEN)
		refuse(r, a, item, "the value has no closing parenthesis");
	else if (item->cut)
		refuse(r, a, item, "the value is too long");
	else if (item->value[0] != '\0' && attribute_set_text(a, &r->object, item->value, strlen(item->value), &f) < 0)
		refuse(r, a, item, f.text);
	*line = item->line;
}

void
import_resource_add(struct import_resource *r, const struct listing_item *item)
{
	const struct attribute *a = find_row(r->table, item->word);
	struct listing_item value = *item;

	if (a != NULL && !take_special(r, a, &value))
		take_row(r, a, &value);
	else if (a == NULL && item->value[0] != '\0' && !is_signature(item->word))
		note(r, item, resource_not_ipic(item->word) ? "it does not apply to IPIC" : "not known");
}

bool
import_resource_foreign(const struct import_resource *r)
{
	if (r->table != resource_tcpipservice || strcmp(r->protocol, "IPIC") == 0)
		return false;
	return r->protocol[0] != '\0' || r->given[attribute_find(r->table, "transaction") - r->table] == 0 || strcmp(r->object.tcpipservice.transaction, "CISS") != 0;
}

static bool
has_tls(const struct import_resource *r)
{
	return r->table == resource_tcpipservice ? r->object.tcpipservice.ssl != SSL_NO : r->object.ipconn.ssl != NO;
}

static void
drop_tls(struct import_resource *r)
{
	static const char *const of_tls[] = { "certificate", "ciphers" };

	for (size_t i = 0; !has_tls(r) && i < sizeof of_tls / sizeof *of_tls; i++) {
		int *line = given(r, of_tls[i]);

		if (*line == 0)
			continue;
		if (counted(r))
			fprintf(r->notes, "-- line %d: %s: it has no effect without SSL\n", *line, of_tls[i]);
		*line = 0;
	}
}

void
import_resource_end(struct import_resource *r)
{
	drop_tls(r);
	if (r->table == resource_tcpipservice && *given(r, "urm") == 0 && counted(r))
		fprintf(r->notes, "-- URM is not given: DFHISAIP in CICS, which accepts every partner; unknown partners are refused here\n");
}

/* --- output ----------------------------------------------------------------------------------- */

static void
write_text(const char *text, FILE *out)
{
	fputc('"', out);
	for (; *text != '\0'; text++)
		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if ((unsigned char)*text < 0x20 || (unsigned char)*text >= 0x7f)
			fprintf(out, "\\%03d", (unsigned char)*text);
		else
			fputc(*text, out);
	fputc('"', out);
}

static void
write_value(const struct attribute *a, const void *object, FILE *out)
{
	char text[PATH_SIZE];
	double number;

	attribute_print(a, object, text, sizeof text);
	if (attribute_number(a, object, &number))
		fputs(text, out);
	else if (a->kind != ATTR_CHOICE && a->kind != ATTR_INT) {
		write_text(text, out);
	} else {
		for (char *p = text; *p != '\0'; p++)
			*p = (char)(*p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p);
		write_text(text, out);
	}
}

/* True when the value is that of an object without the attribute. */
static bool
is_default(const struct import_resource *r, const struct attribute *a)
{
	struct import_resource none;
	char own[PATH_SIZE], other[PATH_SIZE];

	attribute_defaults(r->table, &none.object);
	attribute_print(a, &r->object, own, sizeof own);
	return !a->required && strcasecmp(own, attribute_print(a, &none.object, other, sizeof other)) == 0;
}

/* Writes lines, each with the prefix and an indent in front. */
static void
write_notes(const char *notes, const char *prefix, FILE *out)
{
	while (*notes != '\0') {
		size_t n = strcspn(notes, "\n");

		fprintf(out, "%s  %.*s\n", prefix, (int)n, notes);
		notes += n + (notes[n] == '\n');
	}
}

void
import_resource_write(const struct import_resource *r, const char *notes, const char *prefix, FILE *out)
{
	fprintf(out, "%s%s \"%s\" { -- line %d\n", prefix, r->word, r->name, r->line);
	for (const struct attribute *a = r->table; a->name != NULL; a++) {
		if (r->given[a - r->table] == 0 || is_default(r, a)) /* urm is never set */
			continue;
		fprintf(out, "%s  %s = ", prefix, a->name);
		write_value(a, &r->object, out);
		fputs(",\n", out);
	}
	write_notes(notes, prefix, out);
	fprintf(out, "%s}\n", prefix);
}
