/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/record_mask.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/record_internal.h"
#include "security/scrypt.h"
#include "tls/tls.h"

#define BLOCKS 8192   /* copies of one record: more than its texts, checks and names */
#define HIDDEN_MAX 16 /* values of one record that its texts may quote */
#define HASH_SHOWN 16 /* hex digits of a hash */
#define QUOTED_MAX 80 /* the engine's texts quote so many bytes of a subject */

struct hidden { /* a value, and what stands in its place */
	char value[QUOTED_MAX + 1], shown[ADDR_TEXT];
};

struct hiding { /* one record that is being copied */
	const struct record_mask *mask;
	void **block;  /* owned, and each block too */
	size_t nblocks;
	struct hidden hidden[HIDDEN_MAX];
	size_t nhidden;
	bool failed;   /* no memory, or no hash */
};

void
record_mask_read(struct record_mask *m, const char *words)
{
	const char *ip = strstr(words, "peer.ip/");

	m->words = words;
	m->bits = ip != NULL ? atoi(ip + strlen("peer.ip/")) : -1;
	m->subject = strstr(words, "certificate.subject") != NULL;
	m->userid = strstr(words, "request.userid") != NULL;
	m->detail = strstr(words, "check.detail") != NULL;
}

/* --- memory and hashes ------------------------------------------------------------------------ */

/* Zeroed memory until the end of the hiding; NULL, and h has failed: there is none. */
static void *
take(struct hiding *h, size_t n)
{
	void *p = h->nblocks < BLOCKS ? calloc(1, n > 0 ? n : 1) : NULL;

	if (p == NULL)
		h->failed = true;
	else
		h->block[h->nblocks++] = p;
	return p;
}

static void *
copy(struct hiding *h, const void *from, size_t n)
{
	void *p = take(h, n);

	return p != NULL && n > 0 ? memcpy(p, from, n) : p;
}

/* The keyed hash of a value: "~" and hex digits. */
static void
hash(struct hiding *h, const char *bytes, size_t len, char out[HASH_SHOWN + 2])
{
	unsigned char mac[SCRYPT_MAC] = { 0 };
	char digest[65];

	tls_digest(bytes, len, digest);
	if (scrypt_mac(h->mask->key, (const char *const[]){ digest, "", "" }, mac) < 0)
		h->failed = true;
	out[0] = '~';
	for (size_t i = 0; i < HASH_SHOWN / 2; i++)
		snprintf(out + 1 + 2 * i, 3, "%02x", mac[i]);
}

/* Hides a user ID in place: "@" and seven digits and letters, so that it stays a name. */
static void
hide_name(struct hiding *h, char name[NAME_SIZE])
{
	static const char digit[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char hex[HASH_SHOWN + 2];
	unsigned long long n;

	if (name[0] == '\0')
		return;
	hash(h, name, strlen(name), hex);
	n = strtoull(hex + 1, NULL, 16);
	name[0] = '@';
	for (int i = 1; i < NAME_SIZE - 1; i++, n /= 36)
		name[i] = digit[n % 36];
	name[NAME_SIZE - 1] = '\0';
}

/* Notes that texts may quote the value. */
static void
note(struct hiding *h, const char *value, const char *shown)
{
	struct hidden *one = &h->hidden[h->nhidden];

	if (value[0] == '\0')
		return;
	for (size_t i = 0; i < h->nhidden; i++)
		if (strncmp(h->hidden[i].value, value, QUOTED_MAX) == 0)
			return;
	if (h->nhidden == HIDDEN_MAX) {
		h->failed = true;
		return;
	}
	h->nhidden++;
	snprintf(one->value, sizeof one->value, "%s", value);
	snprintf(one->shown, sizeof one->shown, "%s", shown);
}

/* --- texts ------------------------------------------------------------------------------------ */

static bool
in_word(char c)
{
	return isalnum((unsigned char)c) || c == '$' || c == '#' || c == '@';
}

/* The hidden value that stands as a word at text[at]; NULL: none. */
static const struct hidden *
hidden_at(const struct hiding *h, const char *text, size_t at, size_t len)
{
	for (size_t i = 0; i < h->nhidden; i++) {
		size_t n = strlen(h->hidden[i].value);

		if (n <= len - at && memcmp(text + at, h->hidden[i].value, n) == 0 && (at == 0 || !in_word(text[at - 1])) &&
			(at + n == len || n == QUOTED_MAX || !in_word(text[at + n])))
			return &h->hidden[i];
	}
	return NULL;
}

/* A copy of the bytes in which the hidden values are replaced, with a NUL behind. */
static char *
hide_text(struct hiding *h, const char *text, size_t *len)
{
	char *out = text != NULL ? take(h, (*len + 1) * sizeof h->hidden[0].shown) : NULL; /* each byte may begin a value */
	size_t n = 0;

	for (size_t i = 0; out != NULL && i < *len;) {
		const struct hidden *one = hidden_at(h, text, i, *len);

		if (one == NULL) {
			out[n++] = text[i++];
			continue;
		}
		memcpy(out + n, one->shown, strlen(one->shown));
		n += strlen(one->shown);
		i += strlen(one->value);
	}
	*len = n;
	return out;
}

static char *
hide_string(struct hiding *h, const char *text)
{
	size_t len = text != NULL ? strlen(text) : 0;

	return hide_text(h, text, &len);
}

/* --- the parts of a record -------------------------------------------------------------------- */

static void
cut_address(const struct record_mask *m, struct addr *a)
{
	int bits = a->family == 4 && m->bits > 32 ? 32 : m->bits, bytes = a->family == 4 ? 4 : 16;

	for (int i = 0; i < bytes; i++)
		if (8 * i + 8 > bits)
			a->bytes[i] &= (unsigned char)(8 * i >= bits ? 0 : 0xff << (8 - (bits - 8 * i)));
}

static void
hide_peer(struct hiding *h, struct addr *a)
{
	char was[ADDR_TEXT], is[ADDR_TEXT];

	if (h->mask->bits < 0 || a->family == 0)
		return;
	addr_ip(a, was, sizeof was);
	cut_address(h->mask, a);
	note(h, was, addr_ip(a, is, sizeof is));
}

static void
hide_dn(struct hiding *h, struct dn *d)
{
	char shown[HASH_SHOWN + 2];

	d->item = copy(h, d->item, d->n * sizeof *d->item);
	for (size_t i = 0; d->item != NULL && i < d->n; i++) {
		hash(h, d->item[i].value.bytes, d->item[i].value.len, shown);
		d->item[i].value.bytes = copy(h, shown, sizeof shown);
		d->item[i].value.len = strlen(shown);
	}
	hash(h, d->printed, strlen(d->printed), shown);
	note(h, d->printed, shown);
	d->printed = copy(h, shown, sizeof shown);
}

static void
hide_certificate(struct hiding *h, struct facts *f)
{
	struct certificate *c = f->certificate;

	if (!h->mask->subject || c == NULL || (c = copy(h, c, sizeof *c)) == NULL)
		return;
	c->chain.link = copy(h, c->chain.link, c->chain.links * sizeof *c->chain.link);
	hide_dn(h, &c->subject);
	if (c->chain.link != NULL && c->chain.links > 0)
		hide_dn(h, &c->chain.link[0].subject); /* the leaf */
	f->certificate = c;
}

static void
hide_user(struct hiding *h, char name[NAME_SIZE])
{
	char was[NAME_SIZE];

	memcpy(was, name, sizeof was);
	hide_name(h, name);
	note(h, was, name);
}

static struct recorded_request *
hide_request(struct hiding *h, const struct recorded_request *q)
{
	struct recorded_request *out = copy(h, q, sizeof *q);

	if (out == NULL || !h->mask->userid)
		return out;
	hide_user(h, out->userid);
	hide_user(h, out->users.link);
	hide_user(h, out->users.task);
	for (unsigned i = 0; i < out->users.nchecked; i++)
		hide_user(h, out->users.checked[i]);
	return out;
}

static void
hide_check(struct hiding *h, struct check *c)
{
	char shown[HASH_SHOWN + 2];

	c->name = hide_string(h, c->name);
	if (!h->mask->detail || c->detail_len == 0) {
		c->detail = hide_text(h, c->detail, &c->detail_len);
		return;
	}
	hash(h, c->detail, c->detail_len, shown);
	c->detail = copy(h, shown, sizeof shown);
	c->detail_len = strlen(shown);
}

static struct record_entry *
hide_entry(struct hiding *h, const struct record_entry *from)
{
	struct record_entry *e = copy(h, from, sizeof *e);

	if (e == NULL)
		return NULL;
	hide_peer(h, &e->peer);
	e->request = e->request != NULL ? hide_request(h, e->request) : NULL;
	e->check = copy(h, e->check, e->nchecks * sizeof *e->check);
	for (size_t i = 0; e->check != NULL && i < e->nchecks; i++)
		hide_check(h, &e->check[i]);
	e->text = hide_string(h, e->text);
	e->answers.bytes = hide_text(h, e->answers.bytes, &e->answers.len);
	return e;
}

static void
hide_record(struct hiding *h, struct record *r)
{
	r->masked = h->mask->words;
	r->facts = r->facts != NULL ? copy(h, r->facts, sizeof *r->facts) : NULL;
	if (r->facts != NULL) {
		hide_peer(h, &r->facts->peer.addr);
		hide_certificate(h, r->facts);
	}
	r->entry = copy(h, r->entry, r->nentries * sizeof(struct record_entry *));
	for (size_t i = 0; r->entry != NULL && i < r->nentries; i++)
		r->entry[i] = hide_entry(h, r->entry[i]);
	r->event = copy(h, r->event, r->nevents * sizeof *r->event);
	for (size_t i = 0; r->event != NULL && i < r->nevents; i++)
		r->event[i].text = hide_string(h, r->event[i].text);
}

bool
record_mask_show(const struct record_mask *m, struct record *r, const struct record_entry *request,
	void (*show)(void *arg, struct record *r, const struct record_entry *request), void *arg)
{
	struct hiding h = { .mask = m, .block = calloc(BLOCKS, sizeof(void *)) };
	struct record shown = *r;
	const struct record_entry *entry = NULL;

	h.failed = h.block == NULL;
	if (!h.failed)
		hide_record(&h, &shown);
	if (!h.failed && request != NULL)
		entry = hide_entry(&h, request);
	if (!h.failed)
		show(arg, &shown, entry);
	for (size_t i = 0; i < h.nblocks; i++)
		free(h.block[i]);
	free(h.block);
	return !h.failed;
}
