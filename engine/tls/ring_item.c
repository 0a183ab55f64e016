/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/ring_item.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tls/pem.h"

struct reading {
	struct ring_items *l;
	const struct ring_file *file;
	struct faults *faults;
};

const char *
ring_item_why(void)
{
	const char *s = ERR_reason_error_string(ERR_peek_error());

	return s ? s : "no reason given";
}

static int
complain(struct reading *r, int line, const char *text)
{
	faults_add(r->faults, FAULT_ERROR, "ring_content", r->file->path, line, "%s", text);
	return -1;
}

/* --- one object from DER; each sets its field of the item and moves *der behind it */

static bool
ring_item_take_certificate(struct ring_item *i, const unsigned char **der, long n)
{
	i->x = d2i_X509(NULL, der, n);
	return i->x != NULL;
}

static bool
ring_item_take_trusted(struct ring_item *i, const unsigned char **der, long n)
{
	i->x = d2i_X509_AUX(NULL, der, n);
	return i->x != NULL;
}

static bool
ring_item_take_crl(struct ring_item *i, const unsigned char **der, long n)
{
	i->crl = d2i_X509_CRL(NULL, der, n);
	return i->crl != NULL;
}

static bool
ring_item_take_key(struct ring_item *i, const unsigned char **der, long n)
{
	i->key = d2i_AutoPrivateKey(NULL, der, n);
	return i->key != NULL;
}

/*
 * The blocks that a file may contain, and their readers; NULL: the block is ignored. The first block of a kind names
 * the kind in faults and reads its DER.
 */
static const struct block {
	enum ring_file_kind kind;
	const char *label;
	bool (*take)(struct ring_item *i, const unsigned char **der, long n);
} blocks[] = {
	{ RING_FILE_PEM, "CERTIFICATE", ring_item_take_certificate },
	{ RING_FILE_PEM, "X509 CERTIFICATE", ring_item_take_certificate },
	{ RING_FILE_SIGNER, "CERTIFICATE", ring_item_take_certificate },
	{ RING_FILE_SIGNER, "X509 CERTIFICATE", ring_item_take_certificate },
	{ RING_FILE_SIGNER, "TRUSTED CERTIFICATE", ring_item_take_trusted },
	{ RING_FILE_CRL, "X509 CRL", ring_item_take_crl },
	{ RING_FILE_KEY, "PRIVATE KEY", ring_item_take_key },
	{ RING_FILE_KEY, "EC PRIVATE KEY", ring_item_take_key },
	{ RING_FILE_KEY, "RSA PRIVATE KEY", ring_item_take_key },
	{ RING_FILE_KEY, "DSA PRIVATE KEY", ring_item_take_key },
	{ RING_FILE_KEY, "EC PARAMETERS", NULL },
};

/* label NULL: the first block of the kind. Returns NULL: a file of the kind may not contain such a block. */
static const struct block *
find_block(enum ring_file_kind kind, const char *label)
{
	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
		if (blocks[i].kind == kind && (label == NULL || strcmp(blocks[i].label, label) == 0))
			return &blocks[i];
	return NULL;
}

static void
drop(struct ring_item *i)
{
	X509_free(i->x);
	X509_CRL_free(i->crl);
	EVP_PKEY_free(i->key);
	*i = (struct ring_item){ .line = 0 };
}

static int
keep(struct reading *r, struct ring_item *i)
{
	struct ring_item *grown = realloc(r->l->item, (r->l->n + 1) * sizeof *grown);

	if (grown == NULL) {
		drop(i);
		return complain(r, i->line, "out of memory");
	}
	r->l->item = grown;
	grown[r->l->n++] = *i;
	return 0;
}

/* Reads one object, which must be all of the n bytes. `form`: "PEM" or "DER". */
static int
read_object(struct reading *r, const struct block *as, const unsigned char *der, size_t n, int line, const char *form)
{
	struct ring_item i = { .file = r->file, .line = line };
	const unsigned char *end = der;
	struct fault f;

	ERR_clear_error();
	if (n > LONG_MAX || !as->take(&i, &end, (long)n))
		fault_set(&f, "cannot be read as %s: there is no %s: %s", form, as->label, ring_item_why());
	else if (end != der + n)
		fault_set(&f, "cannot be read as %s: %zu bytes follow the %s", form, (size_t)(der + n - end), as->label);
	else
		return keep(r, &i);
	ERR_clear_error();
	drop(&i);
	return complain(r, line, f.text);
}

static bool
has_key(const struct ring_items *l, const struct ring_file *file)
{
	return l->n > 0 && l->item[l->n - 1].file == file && l->item[l->n - 1].key != NULL;
}

static int
refuse_encrypted(struct reading *r, int line)
{
	struct fault f;

	fault_set(&f, "the key is encrypted, and its pass phrase cannot be entered; store the key without one: openssl pkey -in %s -out NEWFILE",
		r->file->path);
	return complain(r, line, f.text);
}

static int
read_block(struct reading *r, const struct pem_block *b)
{
	const struct block *as = find_block(r->file->kind, b->label);
	struct fault f;

	if (r->file->kind == RING_FILE_KEY && (b->encrypted || strcmp(b->label, "ENCRYPTED PRIVATE KEY") == 0))
		return refuse_encrypted(r, b->line);
	if (as == NULL) {
		fault_set(&f, "a block %s, which does not belong in this file; the file may contain %s", b->label, find_block(r->file->kind, NULL)->label);
		return complain(r, b->line, f.text);
	}
	if (r->file->kind == RING_FILE_KEY && has_key(r->l, r->file))
		return complain(r, b->line, "a second block after the private key; the file must contain one key and nothing after it");
	return as->take != NULL ? read_object(r, as, b->der, b->len, b->line, "PEM") : 0;
}

/* Reads the blocks of a file up to its first fault: after a broken block the rest may look broken too. */
static void
read_pem(struct reading *r)
{
	struct pem p = pem_walk(r->file->bytes, r->file->len);
	size_t before = r->l->n;
	struct pem_block b;
	struct fault f;
	int rc;

	while ((rc = pem_next(&p, &b, &f)) == 1) {
		rc = read_block(r, &b);
		pem_drop(&b);
		if (rc < 0)
			return;
	}
	if (rc < 0)
		complain(r, p.line, f.text);
	else if (r->l->n == before) {
		fault_set(&f, "holds no %s; it must be PEM%s", find_block(r->file->kind, NULL)->label,
			r->file->kind == RING_FILE_SIGNER || r->file->kind == RING_FILE_CRL ? ", or one object in DER" : "");
		complain(r, 0, f.text);
	}
}

static void
read_file(struct reading *r)
{
	const struct ring_file *file = r->file;

	if (!pem_is_der(file->bytes, file->len))
		read_pem(r);
	else if (file->kind == RING_FILE_SIGNER || file->kind == RING_FILE_CRL)
		read_object(r, find_block(file->kind, NULL), (const unsigned char *)file->bytes, file->len, 0, "DER");
	else
		complain(r, 0, file->kind == RING_FILE_KEY ? "is DER; a private key must be PEM: openssl pkey -inform DER"
			: "is DER; LABEL.pem must be PEM: openssl x509 -inform DER");
}

void
ring_items_read(struct ring_items *l, const struct ring_files *files, struct faults *faults)
{
	struct reading r = { .l = l, .faults = faults };

	*l = (struct ring_items){ .n = 0 };
	for (size_t i = 0; i < files->n; i++)
		if (find_block(files->file[i].kind, NULL) != NULL) {
			r.file = &files->file[i];
			read_file(&r);
		}
}

void
ring_items_free(struct ring_items *l)
{
	for (size_t i = 0; i < l->n; i++)
		drop(&l->item[i]);
	free(l->item);
	*l = (struct ring_items){ .n = 0 };
}

/* --- words for faults */

const char *
ring_item_name(const struct X509_name_st *name, char out[RING_ITEM_NAME])
{
	BIO *to = BIO_new(BIO_s_mem());
	int n = -1;

	if (to != NULL && X509_NAME_print_ex(to, name, 0, XN_FLAG_RFC2253) >= 0)
		n = BIO_read(to, out, RING_ITEM_NAME - 1);
	BIO_free(to);
	if (n <= 0)
		n = snprintf(out, RING_ITEM_NAME, "an empty name");
	out[n] = '\0';
	return out;
}

const char *
ring_item_time(const struct asn1_string_st *t, char out[RING_ITEM_TIME])
{
	struct tm tm;

	if (t == NULL || !ASN1_TIME_to_tm(t, &tm) || strftime(out, RING_ITEM_TIME, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		strcpy(out, "?");
	return out;
}

int
ring_item_seconds(const ASN1_TIME *t, int64_t *out)
{
	struct tm tm;

	if (t == NULL || !ASN1_TIME_to_tm(t, &tm))
		return -1;
	*out = timegm(&tm);
	return 0;
}
