/* SPDX-License-Identifier: Apache-2.0 */
#include "region/version.h"

#include "base/buf.h"
#include "config/attribute.h"
#include "config/definition_load.h"
#include "config/definition_place.h"
#include "region/bundle.h"
#include "security/saf.h"
#include "tls/tls.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(DEFINITION_NAME <= INPUT_NAME, "a version keeps the names of a definition");

/* --- parts ------------------------------------------------------------------------------------ */

struct version_blob *
version_blob(const void *bytes, size_t len)
{
	struct version_blob *b = malloc(sizeof *b + len + 1);

	if (b == NULL)
		return NULL;
	atomic_init(&b->refs, 1);
	atomic_init(&b->stored, false);
	b->len = len;
	memcpy(b->bytes, bytes, len);
	b->bytes[len] = '\0';
	tls_digest(bytes, len, b->digest);
	return b;
}

struct version_blob *
version_blob_named(const char digest[VERSION_DIGEST])
{
	struct version_blob *b = version_blob("", 0);

	if (b != NULL)
		snprintf(b->digest, sizeof b->digest, "%s", digest);
	return b;
}

struct version_blob *
version_blob_ref(struct version_blob *b)
{
	atomic_fetch_add(&b->refs, 1);
	return b;
}

void
version_blob_unref(struct version_blob *b)
{
	if (b != NULL && atomic_fetch_sub(&b->refs, 1) == 1)
		free(b);
}

struct version *
version_new(void)
{
	struct version *v = calloc(1, sizeof *v);

	if (v != NULL)
		atomic_init(&v->refs, 1);
	return v;
}

struct version *
version_ref(struct version *v)
{
	if (v != NULL)
		atomic_fetch_add(&v->refs, 1);
	return v;
}

void
version_unref(struct version *v)
{
	if (v == NULL || atomic_fetch_sub(&v->refs, 1) != 1)
		return;
	for (size_t i = 0; i < v->files; i++)
		version_blob_unref(v->file[i].blob);
	free(v->file);
	free(v->print);
	free(v->urm);
	bundle_unref(v->rules);
	free(v->damage);
	free(v);
}

/* Makes room for one more object of that size. NULL without memory: the list is as it was. */
static void *
one_more(void **list, size_t n, size_t size)
{
	char *more = realloc(*list, (n + 1) * size);

	if (more == NULL)
		return NULL;
	*list = more;
	return memset(more + n * size, 0, size);
}

int
version_add_file(struct version *v, const char *kind, const char *name, struct version_blob *blob)
{
	struct version_file *f = one_more((void **)&v->file, v->files, sizeof *f);

	if (f == NULL)
		return -1;
	v->files++;
	f->kind = kind;
	snprintf(f->name, sizeof f->name, "%s", name);
	f->blob = version_blob_ref(blob);
	return 0;
}

int
version_add_print(struct version *v, const char *what, const char *digest)
{
	struct version_print *p = one_more((void **)&v->print, v->prints, sizeof *p);

	if (p == NULL)
		return -1;
	v->prints++;
	snprintf(p->what, sizeof p->what, "%s", what);
	snprintf(p->digest, sizeof p->digest, "%s", digest);
	return 0;
}

static struct version_urm *
urm_of(struct version *v, const char *tcpipservice)
{
	struct version_urm *u;

	for (size_t i = 0; i < v->urms; i++)
		if (strcmp(v->urm[i].tcpipservice, tcpipservice) == 0)
			return &v->urm[i];
	u = one_more((void **)&v->urm, v->urms, sizeof *u);
	v->urms += u != NULL;
	return u;
}

static int
set_urm(struct version *v, const char *tcpipservice, const char *urm)
{
	struct version_urm *u = urm_of(v, tcpipservice);

	if (u == NULL)
		return -1;
	snprintf(u->tcpipservice, sizeof u->tcpipservice, "%s", tcpipservice);
	snprintf(u->urm, sizeof u->urm, "%s", urm);
	return 0;
}

int
version_take_urms(struct version *v, const struct version *from, const char *tcpipservice, const char *urm)
{
	int rc = 0;

	for (size_t i = 0; from != NULL && i < from->urms; i++)
		rc |= set_urm(v, from->urm[i].tcpipservice, from->urm[i].urm);
	return tcpipservice != NULL ? rc | set_urm(v, tcpipservice, urm) : rc;
}

/* --- the version of a generation -------------------------------------------------------------- */

/* The blob of the file with the same bytes in `like`, or a new one; the caller holds it. */
static struct version_blob *
blob_like(const struct version *like, const void *bytes, size_t len)
{
	for (size_t i = 0; like != NULL && like->damage == NULL && i < like->files; i++) {
		struct version_blob *b = like->file[i].blob;

		if (b->len != len || memcmp(b->bytes, bytes, len) != 0)
			continue;
		return version_blob_ref(b);
	}
	return version_blob(bytes, len);
}

static int
take_file(struct version *v, const struct version *like, const char *kind, const char *name, const void *bytes, size_t len)
{
	struct version_blob *b = blob_like(like, bytes, len);
	int rc = b != NULL ? version_add_file(v, kind, name, b) : -1;

	version_blob_unref(b);
	return rc;
}

struct printing { /* the argument of version_take_print */
	struct version *v;
	int rc;
};

static void
version_take_print(void *arg, const char *what, const char *sha256)
{
	struct printing *p = arg;

	p->rc |= version_add_print(p->v, what, sha256);
}

static int
version_by_print(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct version_print));
}

static int
take_prints(struct version *v, const struct generation *g)
{
	struct printing p = { v, 0 };

	ring_fingerprints(g->ring, version_take_print, &p);
	if (g->saf != NULL)
		version_take_print(&p, "saf", saf_digest(g->saf));
	if (v->prints > 1)
		qsort(v->print, v->prints, sizeof *v->print, version_by_print);
	return p.rc;
}

static int
take_data(struct version *v, const struct version *like, const struct input *one)
{
	size_t len;
	const char *bytes = inputs_bytes(one, &len);

	return take_file(v, like, VERSION_KIND_DATA, one->name, bytes, len);
}

static int
take_generation(struct version *v, const struct generation *g, const struct version *like)
{
	const struct definition *d = g->definition;
	int rc = take_file(v, like, VERSION_KIND_REGION, "region.lua", d->text, d->length);

	for (size_t i = 0; i < d->nincludes; i++)
		rc |= take_file(v, like, VERSION_KIND_INCLUDE, d->include[i].name, d->include[i].text, d->include[i].length);
	snprintf(v->applid, sizeof v->applid, "%s", d->region.applid);
	snprintf(v->networkid, sizeof v->networkid, "%s", d->region.networkid);
	snprintf(v->hash, sizeof v->hash, "%s", g->hash);
	for (const struct source *s = sources_first(g->sources); s != NULL; s = s->next)
		if (!s->library)
			rc |= take_file(v, like, VERSION_KIND_SCRIPT, s->name, s->bytes, s->len);
	for (const struct input *one = inputs_first(policy_inputs(g->policy)); one != NULL; one = one->next)
		if (one->data != NULL && version_file_of(v, VERSION_KIND_DATA, one->name) == NULL)
			rc |= take_data(v, like, one);
	for (size_t i = 0; i < d->nenvs; i++)
		rc |= take_file(v, like, VERSION_KIND_ENV, d->env[i].name, d->env[i].value, strlen(d->env[i].value));
	return rc | take_prints(v, g);
}

struct version *
version_of(const struct generation *g, const struct version *like)
{
	struct version *v = version_new();

	if (v == NULL || take_generation(v, g, like) == 0)
		return v;
	version_unref(v);
	return NULL;
}

/* --- a generation of a version ---------------------------------------------------------------- */

static void
put_urm(struct definition *d, const struct version_urm *u, struct faults *faults)
{
	struct tcpipservice_def *t = (struct tcpipservice_def *)definition_tcpipservice(d, u->tcpipservice);
	struct fault f;

	if (t == NULL)
		return;
	params_drop(&d->params, "tcpipservice", t->tcpipservice, "urm"); /* they are those of the script that region.lua names */
	if (attribute_set_text(attribute_find(resource_tcpipservice, "urm"), t, u->urm, strlen(u->urm), &f) < 0)
		definition_fault(d, faults, FAULT_ERROR, "version", t->line, "tcpipservice %s: %s", u->tcpipservice, f.text);
}

static int
version_include(void *arg, const struct definition_include *one, struct file_content *out, struct fault *f)
{
	const struct version_file *file = version_file_of(arg, VERSION_KIND_INCLUDE, one->name);

	*out = (struct file_content){ .len = file != NULL ? file->blob->len : 0 };
	if (file == NULL)
		return fault_set(f, "%s: the generation has no such file", one->name);
	out->bytes = malloc(out->len + 1);
	if (out->bytes == NULL)
		return fault_set(f, "no memory");
	memcpy(out->bytes, file->blob->bytes, out->len + 1);
	return 0;
}

static const char *
version_env(void *arg, const char *name)
{
	const struct version_file *file = version_file_of(arg, VERSION_KIND_ENV, name);

	return file != NULL ? file->blob->bytes : NULL;
}

struct definition *
version_definition(const struct version *v, const char *file, struct faults *faults)
{
	const struct definition_reader reader = { .file = version_include, .env = version_env, .arg = (void *)(uintptr_t)v };
	const struct version_file *region = version_file(v, "region.lua");
	struct definition *d = NULL;
	size_t before = faults->errors;

	if (v->damage != NULL || region == NULL)
		faults_add(faults, FAULT_ERROR, "version", NULL, 0, "generation %llu cannot be used: %s", (unsigned long long)v->number,
			v->damage != NULL ? v->damage : "it has no region.lua");
	else
		d = definition_load_kept(file, region->blob->bytes, region->blob->len, &reader, faults);
	for (size_t i = 0; d != NULL && i < v->urms; i++)
		put_urm(d, &v->urm[i], faults);
	if (faults->errors == before)
		return d;
	definition_free(d);
	return NULL;
}

int
version_give(void *arg, struct sources *s)
{
	const struct version *v = arg;
	char from[40];
	int rc = 0;

	snprintf(from, sizeof from, v->number != 0 ? "generation %llu" : "the published rules%.0llu", (unsigned long long)v->number);
	for (size_t i = v->files; i > 0; i--) {
		const struct version_file *f = &v->file[i - 1];

		if (strcmp(f->kind, VERSION_KIND_SCRIPT) == 0 || strcmp(f->kind, VERSION_KIND_DATA) == 0)
			rc |= sources_give(s, from, f->name, f->blob->bytes, f->blob->len);
	}
	return rc;
}

/* --- looking ---------------------------------------------------------------------------------- */

const struct version_file *
version_file(const struct version *v, const char *name)
{
	size_t n = strlen(name), stem = n > 4 && strcmp(name + n - 4, ".lua") == 0 ? n - 4 : n;

	for (size_t i = 0; i < v->files; i++) {
		const struct version_file *f = &v->file[i];

		if (strcmp(f->name, name) == 0 || (strcmp(f->kind, VERSION_KIND_SCRIPT) == 0 && strlen(f->name) == stem && memcmp(f->name, name, stem) == 0))
			return f;
	}
	return NULL;
}

const struct version_file *
version_file_of(const struct version *v, const char *kind, const char *name)
{
	for (size_t i = 0; i < v->files; i++)
		if (strcmp(v->file[i].kind, kind) == 0 && strcmp(v->file[i].name, name) == 0)
			return &v->file[i];
	return NULL;
}

const char *
version_kind(const char *kind)
{
	static const char *const kinds[] = { VERSION_KIND_REGION, VERSION_KIND_INCLUDE, VERSION_KIND_SCRIPT, VERSION_KIND_DATA, VERSION_KIND_ENV };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i], kind) == 0)
			return kinds[i];
	return NULL;
}

int
version_judge_note(const char *note, struct fault *f)
{
	if (note == NULL)
		return 0;
	if (strlen(note) >= VERSION_NOTE)
		return fault_set(f, "--note: longer than %d bytes", VERSION_NOTE - 1);
	for (; *note != '\0'; note++)
		if (iscntrl((unsigned char)*note))
			return fault_set(f, "--note: a control character (X'%02X'); a note is one line of text", (unsigned char)*note);
	return 0;
}

void
version_seal(struct version *v)
{
	struct buf lines;

	buf_init(&lines, 0);
	for (size_t i = 0; i < v->files; i++)
		buf_printf(&lines, "%s %s %s\n", v->file[i].kind, v->file[i].name, v->file[i].blob->digest);
	for (size_t i = 0; i < v->urms; i++)
		buf_printf(&lines, "urm %s %s\n", v->urm[i].tcpipservice, v->urm[i].urm);
	tls_digest(buf_bytes(&lines), buf_len(&lines), v->content);
	buf_free(&lines);
}

bool
version_same(const struct version *a, const struct version *b)
{
	return a->damage == NULL && b->damage == NULL && strcmp(a->content, b->content) == 0;
}
