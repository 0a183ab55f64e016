/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/ring.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sum.h"
#include "tls/cert.h"
#include "tls/chain_cache.h"
#include "tls/dates.h"
#include "tls/permit.h"
#include "tls/ring_crl.h"
#include "tls/ring_files.h"
#include "tls/ring_item.h"
#include "tls/ring_strict.h"
#include "tls/ring_warnings.h"
#include "tls/tls.h"

struct pair {
	char label[RING_LABEL];
	X509 *certificate;      /* counted, as are the two below */
	EVP_PKEY *key;
	STACK_OF(X509) *chain; /* intermediates, in the file's order */
};

struct ring {
	_Atomic unsigned refs;
	char dir[RING_PATH];
	struct pair *pair; /* owned */
	size_t n;
	size_t chosen;                /* index of the default pair; without pairs it has no meaning */
	X509_STORE *store;            /* owned; shared by every context, never changed after loading */
	STACK_OF(X509_NAME) *signers; /* owned: the names that a listener sends with its request for a certificate */
	struct permit *permit;        /* owned; NULL: no such file */
	uint64_t sum;
	struct dates dates;           /* owned; of the store */
	struct chain_cache verified;  /* owned; its parts belong to the threads that handshake */
};

/* The pair with that label, "" the default one; NULL: the ring has no such pair. */
static const struct pair *
find_pair(const struct ring *r, const char *label)
{
	size_t i;

	if (r->n > 0 && label[0] == '\0')
		return &r->pair[r->chosen];
	for (i = 0; i < r->n; i++)
		if (strcmp(r->pair[i].label, label) == 0)
			return &r->pair[i];
	return NULL;
}

uint64_t
ring_sum(const struct ring *r)
{
	return r != NULL ? r->sum : 0;
}

struct ring *
ring_ref(struct ring *r)
{
	atomic_fetch_add(&r->refs, 1);
	return r;
}

void
ring_unref(struct ring *r)
{
	size_t i;

	if (r == NULL || atomic_fetch_sub(&r->refs, 1) != 1)
		return;
	for (i = 0; i < r->n; i++) {
		X509_free(r->pair[i].certificate);
		EVP_PKEY_free(r->pair[i].key);
		sk_X509_pop_free(r->pair[i].chain, X509_free);
	}
	free(r->pair);
	permit_free(r->permit);
	dates_free(&r->dates);
	chain_cache_free(&r->verified);
	X509_STORE_free(r->store);
	sk_X509_NAME_pop_free(r->signers, X509_NAME_free);
	free(r);
}

const struct dates *
ring_dates(const struct ring *r)
{
	return &r->dates;
}

void
ring_keep_chains(struct ring *r, size_t most)
{
	r->verified.most = most;
}

struct certificate *
ring_verify(struct ring *r, struct x509_store_ctx_st *x, const struct chain_terms *t, bool *hit, struct cert_fault *why)
{
	return chain_cache_verify(&r->verified, &r->dates, x, t, hit, why);
}

struct chain_counts
ring_chain_counts(const struct ring *r)
{
	return chain_cache_counts(&r->verified);
}

const char *
ring_dir(const struct ring *r)
{
	return r->dir;
}

bool
ring_has(const struct ring *r, const char *label)
{
	return find_pair(r, label) != NULL;
}

int
ring_each_own(const struct ring *r, const char *label, int (*take)(void *arg, const struct x509_st *x), void *arg)
{
	const struct pair *p = find_pair(r, label);
	int rc = p != NULL ? take(arg, p->certificate) : -1;

	for (int i = 0; rc == 0 && i < sk_X509_num(p->chain); i++)
		rc = take(arg, sk_X509_value(p->chain, i));
	return rc;
}

int
ring_permits(const struct ring *r, const char *user, struct fault *f)
{
	return permit_check(r->permit, user, r->dir, r->n > 0, f);
}

void
ring_judge(const struct ring *r, const char *label, enum way way, const struct ssl_ctx_st *ctx, const struct ring_user *u, struct faults *faults)
{
	const struct pair *p = find_pair(r, label);
	char path[RING_PATH + RING_LABEL + 8];

	if (p == NULL)
		return;
	snprintf(path, sizeof path, "%s/%s.pem", r->dir, p->label);
	ring_warnings_use(p->certificate, path, way, ctx, u, faults);
}

static int
use_pair(const struct ring *r, const struct pair *p, SSL_CTX *ctx, struct fault *f)
{
	ERR_clear_error();
	if (SSL_CTX_use_cert_and_key(ctx, p->certificate, p->key, p->chain, 1) == 1)
		return 0;
	fault_set(f, "%s/%s.pem: cannot be used: %s", r->dir, p->label, ring_item_why());
	return -1; /* the error stays in OpenSSL's queue: tls_config checks whether the key is too short */
}

/*
 * The limit of certificate_authorities (RFC 8446 4.2.4), two bytes less than that of RFC 5246 7.4.4: both lengths have
 * 16 bits.
 */
#define NAMES_BYTES_MAX (65535 - 2)

bool
ring_names_fit(const struct ring *r)
{
	size_t bytes = 0;

	for (int i = 0; i < sk_X509_NAME_num(r->signers); i++) {
		int n = i2d_X509_NAME(sk_X509_NAME_value(r->signers, i), NULL);

		bytes += 2 + (n > 0 ? (size_t)n : 0);
	}
	return bytes <= NAMES_BYTES_MAX;
}

int
ring_trust(const struct ring *r, struct ssl_ctx_st *ctx, struct fault *f)
{
	STACK_OF(X509_NAME) *names = ring_names_fit(r) ? SSL_dup_CA_list(r->signers) : sk_X509_NAME_new_null();

	if (names == NULL)
		return fault_set(f, "%s: out of memory", r->dir);
	SSL_CTX_set_client_CA_list(ctx, names);
	SSL_CTX_set1_cert_store(ctx, r->store);
	return 0;
}

int
ring_use(const struct ring *r, const char *label, bool optional, struct ssl_ctx_st *ctx, struct fault *f)
{
	const struct pair *p = find_pair(r, label);

	if (ring_trust(r, ctx, f) < 0)
		return -1;
	if (p)
		return use_pair(r, p, ctx, f);
	if (label[0])
		return fault_set(f, "%s: has no certificate \"%s\"; there must be %s/%s.pem and %s/%s.key",
			r->dir, label, r->dir, label, r->dir, label);
	if (optional)
		return 0;
	return fault_set(f, "%s: has no certificate of its own; put LABEL.pem and LABEL.key there", r->dir);
}

bool
ring_is_signer(const struct ring *r, const char *sha256)
{
	const STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(r->store);
	char hex[CERT_DIGEST];

	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		const X509 *x = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));

		if (x != NULL && cert_digest(x, hex) == 0 && strcmp(hex, sha256) == 0)
			return true;
	}
	return false;
}

struct saying { /* the arguments of ring_fingerprints */
	void (*say)(void *arg, const char *what, const char *sha256);
	void *arg;
};

static void
say_certificate(const struct saying *s, const char *what, const X509 *x)
{
	char hex[CERT_DIGEST];

	if (cert_digest(x, hex) == 0)
		s->say(s->arg, what, hex);
}

static void
say_crl(const struct saying *s, const X509_CRL *crl)
{
	unsigned char *der = NULL;
	int len = i2d_X509_CRL(crl, &der);
	char hex[65];

	if (len <= 0)
		return;
	tls_digest(der, (size_t)len, hex);
	s->say(s->arg, "crl", hex);
	OPENSSL_free(der);
}

static void
say_pair(const struct saying *s, const struct pair *p)
{
	char what[RING_LABEL + 16];

	snprintf(what, sizeof what, "certificate %s", p->label);
	say_certificate(s, what, p->certificate);
	for (int i = 0; i < sk_X509_num(p->chain); i++)
		say_certificate(s, what, sk_X509_value(p->chain, i));
}

void
ring_fingerprints(const struct ring *r, void (*say)(void *arg, const char *what, const char *sha256), void *arg)
{
	const STACK_OF(X509_OBJECT) *all = r != NULL ? X509_STORE_get0_objects(r->store) : NULL;
	struct saying s = { say, arg };

	for (size_t i = 0; r != NULL && i < r->n; i++)
		say_pair(&s, &r->pair[i]);
	for (int i = 0; all != NULL && i < sk_X509_OBJECT_num(all); i++) {
		X509_OBJECT *one = sk_X509_OBJECT_value(all, i);

		if (X509_OBJECT_get0_X509(one) != NULL)
			say_certificate(&s, "signer", X509_OBJECT_get0_X509(one));
		else if (X509_OBJECT_get0_X509_CRL(one) != NULL)
			say_crl(&s, X509_OBJECT_get0_X509_CRL(one));
	}
}

struct ends { /* the arguments of ring_each_end */
	void (*say)(void *arg, const char *kind, const char *label, int64_t end);
	void *arg;
};

static void
say_end(const struct ends *e, const char *kind, const char *label, const ASN1_TIME *t)
{
	int64_t end;

	if (ring_item_seconds(t, &end) == 0)
		e->say(e->arg, kind, label, end);
}

static void
say_ends_of_pair(const struct ends *e, const struct pair *p)
{
	say_end(e, "certificate", p->label, X509_get0_notAfter(p->certificate));
	for (int i = 0; i < sk_X509_num(p->chain); i++)
		say_end(e, "intermediate", p->label, X509_get0_notAfter(sk_X509_value(p->chain, i)));
}

static void
say_end_of_trust(const struct ends *e, X509_OBJECT *one)
{
	const X509 *x = X509_OBJECT_get0_X509(one);
	const X509_CRL *crl = X509_OBJECT_get0_X509_CRL(one);
	char name[RING_ITEM_NAME];

	if (x != NULL)
		say_end(e, "signer", ring_item_name(X509_get_subject_name(x), name), X509_get0_notAfter(x));
	else if (crl != NULL)
		say_end(e, "crl", ring_item_name(X509_CRL_get_issuer(crl), name), X509_CRL_get0_nextUpdate(crl));
}

void
ring_each_end(const struct ring *r, void (*say)(void *arg, const char *kind, const char *label, int64_t end), void *arg)
{
	const STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(r->store);
	struct ends e = { say, arg };

	for (size_t i = 0; i < r->n; i++)
		say_ends_of_pair(&e, &r->pair[i]);
	for (int i = 0; i < sk_X509_OBJECT_num(all); i++)
		say_end_of_trust(&e, sk_X509_OBJECT_value(all, i));
}

static bool
is_named(const X509_NAME *name, bool (*is)(void *arg, const struct dn *subject), void *arg)
{
	struct dn d;
	bool yes = cert_read_name(&d, name) == 0 && is(arg, &d);

	dn_free(&d);
	return yes;
}

bool
ring_any_authority(const struct ring *r, bool (*is)(void *arg, const struct dn *subject), void *arg)
{
	for (int i = 0; i < sk_X509_NAME_num(r->signers); i++)
		if (is_named(sk_X509_NAME_value(r->signers, i), is, arg))
			return true;
	for (size_t i = 0; i < r->n; i++)
		for (int j = 0; j < sk_X509_num(r->pair[i].chain); j++)
			if (is_named(X509_get_subject_name(sk_X509_value(r->pair[i].chain, j)), is, arg))
				return true;
	return false;
}

/* --- Loading. */

/* The state of one load. Every fault is added, and the load continues in order to find further ones. */
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

/* The first item of a file; NULL: the file has none, and its fault was added. */
static const struct ring_item *
first_of(const struct loading *l, const struct ring_file *file)
{
	for (size_t i = 0; i < l->items.n; i++)
		if (l->items.item[i].file == file)
			return &l->items.item[i];
	return NULL;
}

/* Takes the certificates after the first one of its file. */
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

/* A pair is added to the ring before it is complete, so that ring_unref frees an incomplete one too. */
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
ring_load_pair(struct loading *l, const struct ring_file *pem)
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
ring_load_key(struct loading *l, const struct ring_file *key)
{
	struct fault f;

	if (ring_files_find(&l->files, RING_FILE_PEM, key->label) != NULL)
		return;
	fault_set(&f, "there is no certificate %s.pem beside it", key->label);
	complain(l, "ring_pair", key->path, f.text);
}

static void
ring_load_permit(struct loading *l, const struct ring_file *file)
{
	l->r->permit = permit_parse(file->bytes, file->len, file->path, l->faults);
}

/* Loads each file of the ring that is not read as items. */
static void
load_files(struct loading *l)
{
	static void (*const load[])(struct loading *l, const struct ring_file *file) = {
		[RING_FILE_PEM] = ring_load_pair, [RING_FILE_KEY] = ring_load_key, [RING_FILE_PERMIT] = ring_load_permit, [RING_FILE_BELOW] = NULL };

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

/* Loads the signers and CRLs. */
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
	sk_X509_OBJECT_sort(X509_STORE_get0_objects(l->r->store)); /* else a look-up does it, while other threads read it */
	if (dates_of_store(&l->r->dates, l->r->store) < 0)
		faults_add(l->faults, FAULT_ERROR, "memory", l->r->dir, 0, "out of memory");
	ERR_clear_error();
}

/* Copies the file's only line without the blanks around it; -1: no line, several lines, or a line that does not fit. */
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

/* Reads the file `default`. */
static void
choose(struct loading *l, const struct ring_file *file)
{
	char line[RING_LABEL];
	const struct pair *p;

	if (only_line(file, line, sizeof line) < 0 || (p = find_pair(l->r, line)) == NULL || line[0] == '\0')
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

	ring_files_judge_others(&l->files, l->faults);
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

/* The directory does not count: the same files elsewhere are the same ring. */
static uint64_t
sum_of(const struct ring_files *files)
{
	uint64_t sum = SUM_BEGIN;

	for (size_t i = 0; i < files->n; i++) {
		const struct ring_file *f = &files->file[i];

		if (f->kind >= RING_FILE_OTHER) /* its content does not belong to the ring */
			break;
		sum = sum_add(sum, &f->kind, sizeof f->kind);
		if (f->kind != RING_FILE_DIR)
			sum = sum_add(sum, f->label, strlen(f->label) + 1);
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
