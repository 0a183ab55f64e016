/* SPDX-License-Identifier: Apache-2.0 */
#include "region/version_text.h"

#include "region/text_lines.h"
#include "tls/tls.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define VERSION_HEADING "sallyport version 1"
#define HEAD_HEADING "sallyport versions 1"
#define PIN_HEADING "sallyport pinned 1"
#define SUM "sum "
#define SUM_LINE (sizeof SUM - 1 + VERSION_DIGEST) /* with its newline */
#define NO_SCRIPT "-"
#define MICRO 1000000.0

bool
version_number(const char *text, uint64_t *out)
{
	size_t n = strspn(text, "0123456789");

	*out = 0;
	if (n == 0 || n > 16 || text[n] != '\0' || text[0] == '0')
		return false;
	for (size_t i = 0; i < n; i++)
		*out = 10 * *out + (uint64_t)(text[i] - '0');
	return *out <= VERSION_NUMBER_MAX;
}

/* --- writing ---------------------------------------------------------------------------------- */

static int
seal(struct buf *to, int rc, struct fault *f)
{
	char digest[VERSION_DIGEST];

	if (rc == 0)
		tls_digest(buf_bytes(to), buf_len(to), digest);
	if (rc == 0 && buf_printf(to, SUM "%s\n", digest) == 0)
		return 0;
	return fault_set(f, "its list of files is longer than %d bytes, or there is no memory", VERSION_TEXT_MAX);
}

static int
put_lists(struct buf *to, const struct version *v)
{
	int rc = 0;

	for (size_t i = 0; i < v->files; i++)
		rc |= buf_printf(to, "%s %s %s\n", v->file[i].kind, v->file[i].name, v->file[i].blob->digest);
	for (size_t i = 0; i < v->prints; i++)
		rc |= buf_printf(to, "print %s %s\n", v->print[i].digest, v->print[i].what);
	for (size_t i = 0; i < v->urms; i++)
		rc |= buf_printf(to, "urm %s %s\n", v->urm[i].tcpipservice, v->urm[i].urm[0] != '\0' ? v->urm[i].urm : NO_SCRIPT);
	return rc;
}

int
version_text_put(struct buf *to, const struct version *v, const char *store, struct fault *f)
{
	int rc;

	buf_init(to, VERSION_TEXT_MAX);
	if (v->files > VERSION_TEXT_FILES)
		return fault_set(f, "it has more than %d files", VERSION_TEXT_FILES);
	rc = buf_printf(to, VERSION_HEADING "\nstore %s\nnumber %" PRIu64 "\nformer %" PRIu64 "\nof %" PRIu64 "\ntime %.0f\n", store, v->number, v->former,
		v->of, v->time * MICRO);
	rc |= buf_printf(to, "applid %s\nnetworkid %s\nby %s\nnote %s\nhash %s\n", v->applid, v->networkid, v->by, v->note, v->hash);
	return seal(to, rc | put_lists(to, v), f);
}

int
version_text_put_head(struct buf *to, const struct version_head *h, struct fault *f)
{
	buf_init(to, VERSION_TEXT_MAX);
	return seal(to, buf_printf(to, HEAD_HEADING "\nstore %s\nlast %" PRIu64 "\n", h->store, h->last), f);
}

int
version_text_put_pin(struct buf *to, const char *store, uint64_t number, struct fault *f)
{
	buf_init(to, VERSION_TEXT_MAX);
	return seal(to, buf_printf(to, PIN_HEADING "\nstore %s\nnumber %" PRIu64 "\n", store, number), f);
}

/* --- reading texts ---------------------------------------------------------------------------- */

/* Begins to read a text with that heading and a right sum. */
static int
begin(struct text_lines *r, const char *bytes, size_t len, const char *heading, struct fault *f)
{
	char digest[VERSION_DIGEST], sum[SUM_LINE + 1];
	size_t body = len > SUM_LINE ? len - SUM_LINE : 0;

	*r = (struct text_lines){ .at = bytes, .end = bytes + body, .f = f };
	tls_digest(bytes, body, digest);
	snprintf(sum, sizeof sum, SUM "%s\n", digest);
	if (body == 0 || len > VERSION_TEXT_MAX || memcmp(bytes + body, sum, SUM_LINE) != 0)
		return fault_set(f, "its bytes do not fit the sum in its last line");
	return text_lines_next(r) < 0 ? -1 : strcmp(r->text, heading) != 0 ? text_lines_unfit(r, heading) : 0;
}

static int
take_name(struct text_lines *r, const char *key, char out[NAME_SIZE])
{
	if (text_lines_take(r, key, out, 1, NAME_SIZE) < 0)
		return -1;
	return name_ok(out, strlen(out)) ? 0 : text_lines_unfit(r, key);
}

static int
take_store(struct text_lines *r, const char *store)
{
	char text[LOGNAME_SIZE];

	if (text_lines_hex(r, "store", text, sizeof text) < 0)
		return -1;
	return strcmp(text, store) == 0 ? 0 : fault_set(r->f, "it is of another directory of versions; move it away");
}

/* --- reading versions ------------------------------------------------------------------------- */

bool
version_name_ok(const char *name, bool included)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)name[i]) && strchr("_-/.", name[i]) == NULL)
			return false;
	return n > 0 && n < INPUT_NAME && (included || (name[0] != '/' && strstr(name, "..") == NULL));
}

static bool
is_there(const struct version *v, const char *kind, const char *name)
{
	for (size_t i = 0; i < v->files; i++)
		if (v->file[i].kind == kind && strcmp(v->file[i].name, name) == 0)
			return true;
	return false;
}

static int
add_file(struct text_lines *r, struct version *v, const char *kind, const char *name, const char *digest)
{
	struct version_blob *blob;
	int rc;

	if (!version_name_ok(name, strcmp(kind, VERSION_KIND_INCLUDE) == 0) || !text_lines_is_hex(digest, VERSION_DIGEST - 1) || is_there(v, kind, name) || v->files == VERSION_TEXT_FILES)
		return text_lines_unfit(r, "region, include, script, data or env NAME SHA256");
	if ((v->files == 0) != (strcmp(kind, VERSION_KIND_REGION) == 0) || (v->files == 0 && strcmp(name, "region.lua") != 0))
		return text_lines_unfit(r, v->files == 0 ? "region region.lua SHA256" : "include, script, data or env NAME SHA256");
	blob = version_blob_named(digest);
	rc = blob != NULL ? version_add_file(v, kind, name, blob) : -1;
	version_blob_unref(blob);
	return rc < 0 ? fault_set(r->f, "no memory") : 0;
}

static int
add_print(struct text_lines *r, struct version *v, const char *digest, const char *what)
{
	if (!text_lines_is_hex(digest, VERSION_DIGEST - 1) || strlen(what) >= sizeof v->print->what)
		return text_lines_unfit(r, "print SHA256 NAME");
	return version_add_print(v, what, digest) < 0 ? fault_set(r->f, "no memory") : 0;
}

static int
add_urm(struct text_lines *r, struct version *v, const char *tcpipservice, const char *urm)
{
	if (v->urms == VERSION_TEXT_URMS || !name_ok(tcpipservice, strlen(tcpipservice)) || strlen(urm) >= SCRIPT_SIZE || (!version_name_ok(urm, false) && strcmp(urm, NO_SCRIPT) != 0))
		return text_lines_unfit(r, "urm TCPIPSERVICE SCRIPT");
	return version_take_urms(v, NULL, tcpipservice, strcmp(urm, NO_SCRIPT) != 0 ? urm : "") < 0 ? fault_set(r->f, "no memory") : 0;
}

/* Reads a line of a file, a print or an urm: three words, of which the last may have blanks. */
static int
read_part(struct text_lines *r, struct version *v)
{
	const char *kind;
	char *second, *third = NULL;

	if (text_lines_next(r) < 0)
		return -1;
	second = strchr(r->text, ' ');
	if (second != NULL)
		*second++ = '\0';
	if (second != NULL && (third = strchr(second, ' ')) != NULL)
		*third++ = '\0';
	if (third == NULL)
		return text_lines_unfit(r, "KIND NAME VALUE");
	if ((kind = version_kind(r->text)) != NULL)
		return add_file(r, v, kind, second, third);
	if (strcmp(r->text, "print") == 0)
		return add_print(r, v, second, third);
	return strcmp(r->text, "urm") == 0 ? add_urm(r, v, second, third) : text_lines_unfit(r, "region, include, script, data, env, print or urm");
}

static int
read_version(struct text_lines *r, struct version *v, const char *store)
{
	uint64_t micro;

	if (take_store(r, store) < 0 || text_lines_number(r, "number", false, &v->number) < 0 || text_lines_number(r, "former", true, &v->former) < 0 ||
		text_lines_number(r, "of", true, &v->of) < 0 || text_lines_number(r, "time", true, &micro) < 0)
		return -1;
	v->time = (double)micro / MICRO;
	if (take_name(r, "applid", v->applid) < 0 || take_name(r, "networkid", v->networkid) < 0 || text_lines_take(r, "by", v->by, 0, sizeof v->by) < 0 ||
		text_lines_take(r, "note", v->note, 0, sizeof v->note) < 0 || text_lines_hex(r, "hash", v->hash, sizeof v->hash) < 0)
		return -1;
	while (r->at < r->end)
		if (read_part(r, v) < 0)
			return -1;
	return v->files > 0 ? 0 : fault_set(r->f, "it has no region.lua");
}

struct version *
version_text_read(const char *bytes, size_t len, const char *store, struct fault *f)
{
	struct version *v = version_new();
	struct text_lines r;

	if (v == NULL)
		fault_set(f, "no memory");
	else if (begin(&r, bytes, len, VERSION_HEADING, f) == 0 && read_version(&r, v, store) == 0)
		return v;
	version_unref(v);
	return NULL;
}

/* --- reading the other texts ------------------------------------------------------------------ */

static int
end(const struct text_lines *r)
{
	return r->at == r->end ? 0 : fault_set(r->f, "it has lines after line %d", r->line);
}

int
version_text_read_head(const char *bytes, size_t len, struct version_head *out, struct fault *f)
{
	struct text_lines r;

	if (begin(&r, bytes, len, HEAD_HEADING, f) < 0 || text_lines_hex(&r, "store", out->store, sizeof out->store) < 0 ||
		text_lines_number(&r, "last", true, &out->last) < 0)
		return -1;
	return end(&r);
}

int
version_text_read_pin(const char *bytes, size_t len, const char *store, uint64_t *number, struct fault *f)
{
	struct text_lines r;

	if (begin(&r, bytes, len, PIN_HEADING, f) < 0 || take_store(&r, store) < 0 || text_lines_number(&r, "number", false, number) < 0)
		return -1;
	return end(&r);
}
