/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/ring_internal.h"

#include <openssl/err.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tls/permit.h"
#include "tls/ring_crl.h"
#include "tls/ring_warnings.h"
#include "tls/ring_item.h"
#include "tls/ring_other.h"
#include "tls/ring_strict.h"
#include "base/sum.h"

/* One load under way: every fault is added, and the load goes on to find the next. */
struct loading {
	struct ring *r;
	struct ring_files files;
	struct ring_items items;
	struct faults *faults;
};

static void
complain(struct loading *l, const char *rule, const char *path, const char *text)
{
	faults_add(l->faults, FAULT_ERROR, rule, path, 0, "%s", text);
}

/* The first item of a file; NULL: it held none, and has its fault. */
static const struct ring_item *
first_of(const struct loading *l, const struct ring_file *file)
{
	for (size_t i = 0; i < l->items.n; i++)
		if (l->items.item[i].file == file)
			return &l->items.item[i];
	return NULL;
}

/* Everything behind the first certificate of its file. */
static int
take_chain(struct loading *l, const struct ring_item *first, struct pair *p)
{
	const struct ring_item *end = l->items.item + l->items.n;

	p->chain = sk_X509_new_null();
	for (const struct ring_item *at = first + 1; p->chain != NULL && at < end && at->file == first->file; at++) {
		if (!X509_up_ref(at->x))
			return -1;
		if (!sk_X509_push(p->chain, at->x)) {
			X509_free(at->x);
			return -1;
		}
	}
	return p->chain != NULL ? 0 : -1;
}

/* A pair is added to the ring before it is complete, so that ring_unref frees what there is of it. */
static void
take_pair(struct loading *l, const struct ring_item *x, const struct ring_item *key)
{
	struct pair *p = &l->r->pair[l->r->n++];
	struct fault f;

	memcpy(p->label, x->file->label, sizeof p->label);
	if (X509_up_ref(x->x))
		p->certificate = x->x;
	if (EVP_PKEY_up_ref(key->key))
		p->key = key->key;
	if (p->certificate == NULL || p->key == NULL || take_chain(l, x, p) < 0) {
		complain(l, "memory", x->file->path, "out of memory");
	} else if (!X509_check_private_key(p->certificate, p->key)) {
		fault_set(&f, "this key does not belong to the certificate in %s; put the pair that was made together there", x->file->path);
		complain(l, "ring_pair", key->file->path, f.text);
	}
	ERR_clear_error();
}

static void
load_pair(struct loading *l, const struct ring_file *pem)
{
	const struct ring_file *key = ring_files_find(&l->files, RING_FILE_KEY, pem->label);
	const struct ring_item *x = first_of(l, pem), *k = key != NULL ? first_of(l, key) : NULL;
	struct fault f;

	if (key == NULL) {
		fault_set(&f, "there is no key %s.key beside it", pem->label);
		complain(l, "ring_pair", pem->path, f.text);
	} else if (x != NULL && k != NULL) {
		take_pair(l, x, k);
	}
}

static void
load_key(struct loading *l, const struct ring_file *key)
{
	struct fault f;

	if (ring_files_find(&l->files, RING_FILE_PEM, key->label) != NULL)
		return;
	fault_set(&f, "there is no certificate %s.pem beside it", key->label);
	complain(l, "ring_pair", key->path, f.text);
}

static void
load_permit(struct loading *l, const struct ring_file *file)
{
	l->r->permit = permit_parse(file->bytes, file->len, file->path, l->faults);
}

/* What a ring takes from each of its files besides their items. */
static void
load_files(struct loading *l)
{
	static void (*const load[])(struct loading *l, const struct ring_file *file) = {
		[RING_FILE_PEM] = load_pair, [RING_FILE_KEY] = load_key, [RING_FILE_PERMIT] = load_permit, [RING_FILE_BELOW] = NULL };

	for (size_t i = 0; i < l->files.n; i++)
		if (load[l->files.file[i].kind] != NULL)
			load[l->files.file[i].kind](l, &l->files.file[i]);
}

static int
trust(struct ring *r, X509 *x)
{
	X509_NAME *name = X509_NAME_dup(X509_get_subject_name(x));

	if (name && X509_STORE_add_cert(r->store, x) && sk_X509_NAME_push(r->signers, name))
		return 0;
	X509_NAME_free(name);
	return -1;
}

static int
revoke(struct ring *r, X509_CRL *crl)
{
	return X509_STORE_set_flags(r->store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL) && X509_STORE_add_crl(r->store, crl) ? 0 : -1;
}

/* The signers and CRLs. */
static void
load_trust(struct loading *l)
{
	for (size_t i = 0; i < l->items.n; i++) {
		const struct ring_item *at = &l->items.item[i];
		int rc = 0;

		if (at->file->kind == RING_FILE_SIGNER)
			rc = trust(l->r, at->x);
		else if (at->crl != NULL)
			rc = revoke(l->r, at->crl);
		if (rc < 0)
			faults_add(l->faults, FAULT_ERROR, "ring_content", at->file->path, at->line, "cannot be used: %s", ring_item_why());
	}
	ERR_clear_error();
}

/* The file's only line without blanks around it; -1 when it has none, several, or one that does not fit. */
static int
only_line(const struct ring_file *file, char *out, size_t size)
{
	const char *from = file->bytes, *to = from ? from + file->len : from;

	while (from < to && strchr(" \t\r\n", *from))
		from++;
	while (to > from && strchr(" \t\r\n", to[-1]))
		to--;
	if (from == to || (size_t)(to - from) >= size || memchr(from, '\n', (size_t)(to - from)))
		return -1;
	memcpy(out, from, (size_t)(to - from));
	out[to - from] = '\0';
	return 0;
}

/* The one line of `default`, without the blanks around it. */
static void
choose(struct loading *l, const struct ring_file *file)
{
	char line[RING_LABEL];
	const struct pair *p;

	if (only_line(file, line, sizeof line) < 0 || (p = ring_pair(l->r, line)) == NULL || line[0] == '\0')
		complain(l, "ring_default", file->path, "must hold one line with the label of a certificate of this ring");
	else
		l->r->chosen = (size_t)(p - l->r->pair);
}

static void
choose_default(struct loading *l)
{
	const struct ring_file *file = ring_files_find(&l->files, RING_FILE_DEFAULT, "default");
	const struct ring *r = l->r;

	if (file)
		choose(l, file);
	else if (r->n > 1)
		faults_add(l->faults, FAULT_ERROR, "ring_default", r->dir, 0,
			"holds more than one certificate (%s, %s) and no default; write the label of one into %s/default", r->pair[0].label,
			r->pair[1].label, r->dir);
}

static void
load(struct loading *l)
{
	size_t errors = l->faults->errors;
	const char *dir = l->r->dir;

	ring_other_judge(&l->files, l->faults);
	ring_items_read(&l->items, &l->files, l->faults);
	ring_crl_judge(&l->items, l->faults);
	load_files(l);
	load_trust(l);
	if (ring_files_count(&l->files, RING_FILE_SIGNER) == 0)
		faults_add(l->faults, FAULT_ERROR, "ring_signers", dir, 0,
			"no signers; put the certificates of the authorities to trust into %s/signers/*.pem", dir);
	if (l->faults->errors == errors)
		choose_default(l);
	if (l->faults->errors == errors) {
		ring_warnings_warn(&l->items, l->r->store, dir, l->faults);
		ring_crl_warn(&l->items, l->faults);
		ring_strict_warn(&l->items, l->faults);
	}
}

static struct ring *
ring_new(const char *dir, size_t pairs)
{
	struct ring *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	atomic_init(&r->refs, 1);
	memcpy(r->dir, dir, strlen(dir) + 1);
	r->pair = calloc(pairs ? pairs : 1, sizeof *r->pair);
	r->store = X509_STORE_new();
	r->signers = sk_X509_NAME_new_null();
	if (r->pair && r->store && r->signers)
		return r;
	ring_unref(r);
	return NULL;
}

static uint64_t
sum_of(const struct ring_files *files)
{
	uint64_t sum = SUM_BEGIN;

	for (size_t i = 0; i < files->n; i++) {
		const struct ring_file *f = &files->file[i];

		if (f->kind >= RING_FILE_OTHER) /* may change as it likes */
			break;
		sum = sum_add(sum, f->path, strlen(f->path) + 1);
		sum = sum_add(sum, f->bytes, f->bytes != NULL ? f->len : 0);
	}
	return sum;
}

struct ring *
ring_load(const char *dir, struct faults *faults)
{
	struct loading l = { .faults = faults };
	size_t errors = faults->errors;

	if (ring_files_read(&l.files, dir, faults) < 0)
		return NULL;
	l.r = ring_new(dir, ring_files_count(&l.files, RING_FILE_PEM));
	if (l.r == NULL)
		faults_add(faults, FAULT_ERROR, "memory", dir, 0, "out of memory");
	else
		load(&l);
	if (l.r != NULL)
		l.r->sum = sum_of(&l.files);
	ring_items_free(&l.items);
	ring_files_free(&l.files);
	if (faults->errors == errors)
		return l.r;
	ring_unref(l.r);
	return NULL;
}
