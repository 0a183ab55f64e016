/* SPDX-License-Identifier: Apache-2.0 */
#include "region/bundle.h"

#include "base/digits.h"
#include "region/text_lines.h"
#include "region/version_text.h"
#include "tls/tls.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADING "sallyport bundle 1"
#define NONE "-"
#define SIGNATURE "signature "
#define DIGITS (2 * SIGNING_BYTES) /* of a signature */

#define FILE_LINE "include, script, data or saf SIZE SHA256 NAME"

static const char *const kinds[] = { VERSION_KIND_INCLUDE, VERSION_KIND_SCRIPT, VERSION_KIND_DATA, BUNDLE_SAF };

#define NO_KIND ((int)(sizeof kinds / sizeof kinds[0]))

/* The place of a kind among the kinds of a bundle; NO_KIND: a bundle has no file of that kind. */
static int
rank(const char *kind)
{
	int i = 0;

	while (i < NO_KIND && strcmp(kinds[i], kind) != 0)
		i++;
	return i;
}

/* The saf has one name, so that there is one at most. */
static bool
is_named_right(const char *kind, const char *name)
{
	return strcmp(kind, BUNDLE_SAF) == 0 ? strcmp(name, BUNDLE_SAF) == 0 : version_name_ok(name, false);
}

static int
compare(const struct version_file *a, const struct version_file *b)
{
	int x = rank(a->kind), y = rank(b->kind);

	return x != y ? x - y : strcmp(a->name, b->name);
}

/* --- writing ---------------------------------------------------------------------------------- */

struct writing {
	const struct version_file **file; /* owned; sorted */
	size_t n;
};

static int
bundle_order(const void *a, const void *b)
{
	return compare(*(const struct version_file *const *)a, *(const struct version_file *const *)b);
}

static int
choose(struct writing *w, const struct version *v, bool (*leave)(void *arg, const struct version_file *file), void *arg, struct fault *f)
{
	w->file = calloc(v->files + 1, sizeof *w->file);
	if (w->file == NULL)
		return fault_set(f, "no memory");
	for (size_t i = 0; i < v->files; i++) {
		const struct version_file *one = &v->file[i];

		if (rank(one->kind) == NO_KIND || (leave != NULL && leave(arg, one)))
			continue;
		if (!is_named_right(one->kind, one->name))
			return fault_set(f, "%s %s: the name leads out of the directory of region.lua; a bundle has files below it only", one->kind, one->name);
		w->file[w->n++] = one;
	}
	qsort(w->file, w->n, sizeof *w->file, bundle_order);
	return w->n > 0 ? 0 : fault_set(f, "no script, data file or included file");
}

static int
put_head(struct buf *out, const struct bundle_head *h, const char *key)
{
	return buf_printf(out, HEADING "\nsysplex %s\nserial %" PRIu64 "\ncreated %" PRIu64 "\nexpires %" PRIu64 "\nnote %s\nkey %s\n",
		h->sysplex[0] != '\0' ? h->sysplex : NONE, h->serial, h->created, h->expires, h->note, key);
}

static int
put_signature(struct buf *out, const struct signing_key *key, struct fault *f)
{
	unsigned char signature[SIGNING_BYTES];
	char hex[DIGITS + 1];

	if (key == NULL)
		return buf_printf(out, SIGNATURE NONE "\n");
	if (signing_key_sign(key, buf_bytes(out), buf_len(out), signature, f) < 0)
		return -1;
	digits_of_bytes(hex, signature, SIGNING_BYTES);
	return buf_printf(out, SIGNATURE "%s\n", hex);
}

static int
put_all(const struct bundle_head *h, const struct writing *w, const struct signing_key *key, struct buf *out, struct fault *f)
{
	static const struct bundle_head unsigned_head;
	int rc = put_head(out, h != NULL ? h : &unsigned_head, key != NULL ? signing_key_id(key) : NONE);

	fault_set(f, "larger than %d MiB, or no memory; publish less data", BUNDLE_MAX / 1024 / 1024);
	for (size_t i = 0; rc == 0 && i < w->n; i++)
		rc = buf_printf(out, "%s %zu %s %s\n", w->file[i]->kind, w->file[i]->blob->len, w->file[i]->blob->digest, w->file[i]->name);
	if (rc == 0)
		rc = put_signature(out, key, f);
	for (size_t i = 0; rc == 0 && i < w->n; i++)
		rc = buf_add(out, w->file[i]->blob->bytes, w->file[i]->blob->len);
	return rc;
}

int
bundle_write(const struct bundle_head *h, const struct version *v, bool (*leave)(void *arg, const struct version_file *file), void *arg,
	const struct signing_key *key, struct buf *out, struct fault *f)
{
	struct writing w = { .n = 0 };
	int rc;

	buf_init(out, BUNDLE_MAX);
	rc = choose(&w, v, leave, arg, f);
	if (rc == 0 && w.n > VERSION_TEXT_FILES)
		rc = fault_set(f, "more than %d files", VERSION_TEXT_FILES);
	if (rc == 0)
		rc = put_all(h, &w, key, out, f);
	free(w.file);
	return rc;
}

/* --- reading ---------------------------------------------------------------------------------- */

struct reading {
	struct text_lines lines;
	struct bundle *b;
	size_t size[VERSION_TEXT_FILES]; /* of each file */
	size_t total;
};

/* "-" stands for nothing. */
static int
take_word(struct text_lines *r, const char *key, char *out, size_t size)
{
	if (text_lines_take(r, key, out, 1, size) < 0)
		return -1;
	if (strcmp(out, NONE) == 0)
		out[0] = '\0';
	return 0;
}

static int
read_head(struct text_lines *r, struct bundle_head *h)
{
	if (text_lines_next(r) < 0)
		return -1;
	if (strcmp(r->text, HEADING) != 0)
		return fault_set(r->f, "it is no bundle: its first line is not " HEADING);
	if (take_word(r, "sysplex", h->sysplex, sizeof h->sysplex) < 0 || text_lines_number(r, "serial", true, &h->serial) < 0 ||
		text_lines_number(r, "created", true, &h->created) < 0 || text_lines_number(r, "expires", true, &h->expires) < 0 ||
		text_lines_take(r, "note", h->note, 0, sizeof h->note) < 0 || take_word(r, "key", h->key, sizeof h->key) < 0)
		return -1;
	if (h->sysplex[0] != '\0' && !name_ok(h->sysplex, strlen(h->sysplex)))
		return fault_set(r->f, "line 2 is not 'sysplex NAME'");
	if (h->key[0] != '\0' && !text_lines_is_hex(h->key, SIGNING_ID - 1))
		return text_lines_unfit(r, "key SHA256");
	if ((h->key[0] != '\0') != (h->serial != 0) || (h->key[0] != '\0') != (h->sysplex[0] != '\0') ||
		(h->key[0] == '\0' && (h->created | h->expires) != 0))
		return fault_set(r->f, "of sysplex, serial and key some are missing; sign the bundle again");
	return 0;
}

/* Adds a file of which only the digest is known. */
static int
add_file(struct reading *r, const char *kind, const char *size, const char *digest, const char *name)
{
	struct version *v = r->b->files;
	uint64_t bytes = 0;
	struct version_blob *blob;
	int rc;

	if ((!version_number(size, &bytes) && strcmp(size, "0") != 0) || !text_lines_is_hex(digest, VERSION_DIGEST - 1) || !is_named_right(kind, name))
		return text_lines_unfit(&r->lines, FILE_LINE);
	if (v->files == VERSION_TEXT_FILES || bytes > BUNDLE_MAX - r->total)
		return fault_set(r->lines.f, "more than %d files, or more than %d bytes", VERSION_TEXT_FILES, BUNDLE_MAX);
	r->size[v->files] = (size_t)bytes;
	r->total += (size_t)bytes;
	blob = version_blob_named(digest);
	rc = blob != NULL ? version_add_file(v, kind, name, blob) : -1;
	version_blob_unref(blob);
	if (rc < 0)
		return fault_set(r->lines.f, "no memory");
	if (v->files > 1 && compare(&v->file[v->files - 2], &v->file[v->files - 1]) >= 0)
		return fault_set(r->lines.f, "line %d: %s %s is not in its place, or twice", r->lines.line, kind, name);
	return 0;
}

/* Reads the line of a file, which is in r->lines.text. */
static int
read_file(struct reading *r)
{
	char *word[4] = { r->lines.text };
	size_t n = 1;

	while (n < 4 && (word[n] = strchr(word[n - 1], ' ')) != NULL)
		*word[n++]++ = '\0';
	if (n < 4 || rank(word[0]) == NO_KIND)
		return text_lines_unfit(&r->lines, FILE_LINE);
	return add_file(r, kinds[rank(word[0])], word[1], word[2], word[3]);
}

static int
read_signature(struct reading *r, const char *hex)
{
	bool is_signed = r->b->head.key[0] != '\0';

	if (is_signed ? strlen(hex) != DIGITS || !digits_to_bytes(r->b->signature, hex, SIGNING_BYTES) : strcmp(hex, NONE) != 0)
		return text_lines_unfit(&r->lines, SIGNATURE "of 128 hex digits");
	return 0;
}

/* Reads the lines of files up to that of the signature. */
static int
read_lines(struct reading *r)
{
	const char *before;

	do {
		before = r->lines.at;
		if (text_lines_next(&r->lines) < 0)
			return -1;
		if (strncmp(r->lines.text, SIGNATURE, strlen(SIGNATURE)) == 0) {
			r->b->signed_len = (size_t)(before - r->b->bytes);
			return read_signature(r, r->lines.text + strlen(SIGNATURE));
		}
	} while (read_file(r) == 0);
	return -1;
}

/* Replaces the named blobs by the bytes that follow the manifest. */
static int
read_bytes(struct reading *r)
{
	struct version *v = r->b->files;
	size_t left = (size_t)(r->lines.end - r->lines.at);

	if (left != r->total)
		return fault_set(r->lines.f, "%zu bytes of files follow its manifest, which lists %zu; it is cut off, or another file was added", left, r->total);
	for (size_t i = 0; i < v->files; i++) {
		struct version_blob *blob = version_blob(r->lines.at, r->size[i]);

		if (blob == NULL)
			return fault_set(r->lines.f, "no memory");
		r->lines.at += r->size[i];
		if (strcmp(blob->digest, v->file[i].blob->digest) != 0) {
			version_blob_unref(blob);
			return fault_set(r->lines.f, "%s %s: its bytes do not have the SHA-256 of the manifest", v->file[i].kind, v->file[i].name);
		}
		version_blob_unref(v->file[i].blob);
		v->file[i].blob = blob;
	}
	return v->files > 0 ? 0 : fault_set(r->lines.f, "it has no file");
}

static struct bundle *
bundle_new(const void *bytes, size_t len)
{
	struct bundle *b = calloc(1, sizeof *b);

	if (b == NULL)
		return NULL;
	atomic_init(&b->refs, 1);
	b->files = version_new();
	b->bytes = malloc(len + 1);
	if (b->files == NULL || b->bytes == NULL) {
		bundle_unref(b);
		return NULL;
	}
	memcpy(b->bytes, bytes, len);
	b->bytes[len] = '\0';
	b->len = len;
	tls_digest(bytes, len, b->digest);
	return b;
}

struct bundle *
bundle_read(const void *bytes, size_t len, struct fault *f)
{
	struct reading *r = len <= BUNDLE_MAX ? calloc(1, sizeof *r) : NULL;
	struct bundle *b = r != NULL ? bundle_new(bytes, len) : NULL;
	bool ok = false;

	if (b != NULL) {
		r->b = b;
		r->lines = (struct text_lines){ .at = b->bytes, .end = b->bytes + len, .f = f };
		ok = read_head(&r->lines, &b->head) == 0 && read_lines(r) == 0 && read_bytes(r) == 0;
	} else {
		fault_set(f, len > BUNDLE_MAX ? "larger than 16 MiB" : "no memory");
	}
	free(r);
	if (ok)
		return b;
	bundle_unref(b);
	return NULL;
}

/* --- judging ---------------------------------------------------------------------------------- */

int
bundle_judge(const struct bundle *b, const struct signing_keys *keys, const char *sysplex, uint64_t last, struct fault *f)
{
	const struct bundle_head *h = &b->head;

	if (h->key[0] == '\0')
		return fault_set(f, "it is not signed; sallyport policy sign signs it");
	if (!signing_keys_has(keys, h->key))
		return fault_set(f, "serial %" PRIu64 " is signed by the key %s, which is not in follow_keys", h->serial, h->key);
	if (!signing_keys_verify(keys, h->key, b->bytes, b->signed_len, b->signature))
		return fault_set(f, "the signature does not fit: the manifest was changed after it was signed");
	if (strcmp(h->sysplex, sysplex) != 0)
		return fault_set(f, "serial %" PRIu64 " is for the sysplex %s, not for %s", h->serial, h->sysplex, sysplex);
	if (h->serial <= last)
		return fault_set(f, "serial %" PRIu64 " is not above %" PRIu64 ", which this region has taken; sign the rules again under a higher serial", h->serial, last);
	return 0;
}

const struct version_blob *
bundle_saf(const struct bundle *b)
{
	const struct version_file *file = version_file_of(b->files, BUNDLE_SAF, BUNDLE_SAF);

	return file != NULL ? file->blob : NULL;
}

bool
bundle_has_expired(const struct bundle *b, double now)
{
	return b->head.expires != 0 && now >= (double)b->head.expires;
}

struct bundle *
bundle_ref(struct bundle *b)
{
	if (b != NULL)
		atomic_fetch_add(&b->refs, 1);
	return b;
}

void
bundle_unref(struct bundle *b)
{
	if (b == NULL || atomic_fetch_sub(&b->refs, 1) != 1)
		return;
	version_unref(b->files);
	free(b->bytes);
	free(b);
}
