/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/record_mask.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "policy/notes.h"
#include "policy/record_hide.h"
#include "policy/record_internal.h"

struct hiding { /* one record that is being copied */
	const struct record_mask *mask;
	struct record_hide hide;
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

/* --- the values, before any text is copied ---------------------------------------------------- */

static void
cut_address(const struct record_mask *m, struct addr *a)
{
	int bits = a->family == 4 && m->bits > 32 ? 32 : m->bits, bytes = a->family == 4 ? 4 : 16;

	for (int i = 0; i < bytes; i++)
		if (8 * i + 8 > bits)
			a->bytes[i] &= (unsigned char)(8 * i >= bits ? 0 : 0xff << (8 - (bits - 8 * i)));
}

static void
note_peer(struct hiding *h, const struct addr *a)
{
	struct addr cut = *a;
	char was[ADDR_TEXT], is[ADDR_TEXT];

	if (h->mask->bits < 0 || a->family == 0)
		return;
	cut_address(h->mask, &cut);
	addr_ip(a, was, sizeof was);
	record_hide_note(&h->hide, was, strlen(was), addr_ip(&cut, is, sizeof is));
}

static void
note_user(struct hiding *h, const char name[NAME_SIZE])
{
	char shown[NAME_SIZE];

	if (!h->mask->userid)
		return;
	memcpy(shown, name, sizeof shown);
	record_hide_name(&h->hide, shown);
	record_hide_note(&h->hide, name, strlen(name), shown);
}

static void
note_bytes(struct hiding *h, const char *bytes, size_t len)
{
	char shown[RECORD_HIDE_SHOWN];

	record_hide_hash(&h->hide, bytes, len, shown);
	record_hide_note(&h->hide, bytes, len, shown);
}

static void
note_facts(struct hiding *h, const struct facts *f)
{
	note_peer(h, &f->peer.addr);
	note_user(h, f->userid);
	if (!h->mask->subject || f->certificate == NULL)
		return;
	note_bytes(h, f->certificate->subject.printed, strlen(f->certificate->subject.printed));
	for (size_t i = 0; i < f->certificate->subject.n; i++)
		note_bytes(h, f->certificate->subject.item[i].value.bytes, f->certificate->subject.item[i].value.len);
}

static void
note_entry(struct hiding *h, const struct record_entry *e)
{
	if (e->dialled != NULL)
		note_peer(h, &e->dialled->peer);
	if (e->granted != NULL)
		note_user(h, e->granted->userid);
	if (e->request == NULL)
		return;
	note_user(h, e->request->userid);
	note_user(h, e->request->users.link);
	note_user(h, e->request->users.task);
	for (unsigned i = 0; i < e->request->users.nchecked; i++)
		note_user(h, e->request->users.checked[i]);
}

/* --- the copies ------------------------------------------------------------------------------- */

static void
hide_peer(struct hiding *h, struct addr *a)
{
	if (h->mask->bits >= 0 && a->family != 0)
		cut_address(h->mask, a);
}

static void
hide_user(struct hiding *h, char name[NAME_SIZE])
{
	if (h->mask->userid)
		record_hide_name(&h->hide, name);
}

static void
hide_dn(struct hiding *h, struct dn *d)
{
	char shown[RECORD_HIDE_SHOWN];

	d->item = record_hide_copy(&h->hide, d->item, d->n * sizeof *d->item);
	for (size_t i = 0; d->item != NULL && i < d->n; i++) {
		record_hide_hash(&h->hide, d->item[i].value.bytes, d->item[i].value.len, shown);
		d->item[i].value.bytes = record_hide_copy(&h->hide, shown, sizeof shown);
		d->item[i].value.len = strlen(shown);
	}
	record_hide_hash(&h->hide, d->printed, strlen(d->printed), shown);
	d->printed = record_hide_copy(&h->hide, shown, sizeof shown);
}

/* Hides a name of the chain that is the subject: that of the leaf, and the issuer of a self-signed one. */
static void
hide_same(struct hiding *h, struct dn *d, const char *subject)
{
	if (strcmp(d->printed, subject) == 0)
		hide_dn(h, d);
}

static void
hide_texts(struct hiding *h, struct texts *t)
{
	t->item = record_hide_copy(&h->hide, t->item, t->n * sizeof *t->item);
	for (size_t i = 0; t->item != NULL && i < t->n; i++)
		t->item[i].bytes = record_hide_text(&h->hide, t->item[i].bytes, &t->item[i].len);
}

/* A copy without the count of references, which other threads change. NULL: no memory. */
static struct certificate *
copy_certificate(struct hiding *h, const struct certificate *from)
{
	struct certificate *c = record_hide_take(&h->hide, sizeof *c);
	size_t constant = offsetof(struct certificate, subject);

	if (c != NULL)
		memcpy((char *)c + constant, (const char *)from + constant, sizeof *c - constant);
	return c;
}

static void
hide_certificate(struct hiding *h, struct facts *f)
{
	struct certificate *c = f->certificate;
	const char *subject;

	if (c == NULL || (c = copy_certificate(h, c)) == NULL)
		return;
	hide_texts(h, &c->dns);
	hide_texts(h, &c->uri);
	hide_texts(h, &c->ip);
	hide_texts(h, &c->email);
	f->certificate = c;
	if (!h->mask->subject)
		return;
	subject = c->subject.printed;
	c->chain.link = record_hide_copy(&h->hide, c->chain.link, c->chain.links * sizeof *c->chain.link);
	for (size_t i = 0; c->chain.link != NULL && i < c->chain.links; i++) {
		hide_same(h, &c->chain.link[i].subject, subject);
		hide_same(h, &c->chain.link[i].issuer, subject);
	}
	hide_same(h, &c->issuer, subject);
	hide_dn(h, &c->subject);
}

static void
hide_notes(struct hiding *h, struct facts *f)
{
	struct notes *n = f->notes != NULL ? record_hide_copy(&h->hide, f->notes, sizeof *f->notes) : NULL;

	for (size_t i = 0; n != NULL && i < n->n; i++)
		if (n->item[i].kind == NOTE_TEXT)
			n->item[i].text = record_hide_text(&h->hide, n->item[i].text, &n->item[i].len);
	f->notes = n;
}

static void
hide_facts(struct hiding *h, struct facts *f)
{
	hide_peer(h, &f->peer.addr);
	hide_user(h, f->userid);
	hide_certificate(h, f);
	hide_notes(h, f);
	record_hide_field(&h->hide, f->peer.host, sizeof f->peer.host);
	record_hide_field(&h->hide, f->tls.sni, sizeof f->tls.sni);
	record_hide_field(&h->hide, f->capex.host, sizeof f->capex.host);
}

static struct recorded_request *
hide_request(struct hiding *h, const struct recorded_request *q)
{
	struct recorded_request *out = q != NULL ? record_hide_copy(&h->hide, q, sizeof *q) : NULL;

	if (out == NULL)
		return NULL;
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
	char shown[RECORD_HIDE_SHOWN];

	c->name = record_hide_string(&h->hide, c->name);
	if (!h->mask->detail || c->detail_len == 0) {
		c->detail = record_hide_text(&h->hide, c->detail, &c->detail_len);
		return;
	}
	record_hide_hash(&h->hide, c->detail, c->detail_len, shown);
	c->detail = record_hide_copy(&h->hide, shown, sizeof shown);
	c->detail_len = strlen(shown);
}

static struct dialled *
hide_dialled(struct hiding *h, const struct dialled *d)
{
	struct dialled *out = d != NULL ? record_hide_copy(&h->hide, d, sizeof *d) : NULL;

	if (out != NULL)
		hide_peer(h, &out->peer);
	return out;
}

static struct granted *
hide_granted(struct hiding *h, const struct granted *g)
{
	struct granted *out = g != NULL ? record_hide_copy(&h->hide, g, sizeof *g) : NULL;

	if (out == NULL)
		return NULL;
	hide_user(h, out->userid);
	out->host = record_hide_string(&h->hide, out->host);
	return out;
}

static struct record_answers *
hide_answers(struct hiding *h, const struct record_answers *a)
{
	struct record_answers *out = a != NULL ? record_hide_copy(&h->hide, a, sizeof *a) : NULL;

	if (out != NULL)
		out->all.bytes = record_hide_json(&h->hide, out->all.bytes, &out->all.len);
	return out;
}

static struct record_entry *
hide_entry(struct hiding *h, const struct record_entry *from)
{
	struct record_entry *e = record_hide_copy(&h->hide, from, sizeof *e);

	if (e == NULL)
		return NULL;
	e->dialled = hide_dialled(h, e->dialled);
	e->granted = hide_granted(h, e->granted);
	e->request = hide_request(h, e->request);
	e->check = record_hide_copy(&h->hide, e->check, e->nchecks * sizeof *e->check);
	for (size_t i = 0; e->check != NULL && i < e->nchecks; i++)
		hide_check(h, &e->check[i]);
	e->text = record_hide_string(&h->hide, e->text);
	e->why = record_hide_string(&h->hide, e->why);
	e->answers = hide_answers(h, e->answers);
	return e;
}

static void
hide_record(struct hiding *h, struct record *r)
{
	r->masked = h->mask->words;
	r->facts = r->facts != NULL ? record_hide_copy(&h->hide, r->facts, sizeof *r->facts) : NULL;
	if (r->facts != NULL)
		hide_facts(h, r->facts);
	r->entry = record_hide_copy(&h->hide, r->entry, r->nentries * sizeof(struct record_entry *));
	for (size_t i = 0; r->entry != NULL && i < r->nentries; i++)
		r->entry[i] = hide_entry(h, r->entry[i]);
	r->event = record_hide_copy(&h->hide, r->event, r->nevents * sizeof *r->event);
	for (size_t i = 0; r->event != NULL && i < r->nevents; i++)
		r->event[i].text = record_hide_string(&h->hide, r->event[i].text);
}

/* Notes the values of the record and of the entry, which may be NULL. */
static void
note_values(struct hiding *h, const struct record *r, const struct record_entry *request)
{
	if (r->facts != NULL)
		note_facts(h, r->facts);
	for (size_t i = 0; i < r->nentries; i++)
		note_entry(h, r->entry[i]);
	if (request != NULL)
		note_entry(h, request);
}

/* A copy of the members that the lock of r protects: the members before it are links, which other threads change. */
static struct record
copy_of(const struct record *r)
{
	struct record out = { .owner = NULL };
	size_t links = offsetof(struct record, owner);

	memcpy((char *)&out + links, (const char *)r + links, sizeof out - links);
	return out;
}

bool
record_mask_show(const struct record_mask *m, struct record *r, const struct record_entry *request,
	void (*show)(void *arg, struct record *r, const struct record_entry *request), void *arg)
{
	struct hiding h = { .mask = m, .hide = { .key = m->key } };
	struct record shown;
	const struct record_entry *entry = NULL;

	if (m->words[0] == '\0') {
		show(arg, r, request);
		return true;
	}
	shown = copy_of(r);
	note_values(&h, r, request);
	hide_record(&h, &shown);
	if (request != NULL)
		entry = hide_entry(&h, request);
	if (!h.hide.failed)
		show(arg, &shown, entry);
	record_hide_end(&h.hide);
	return !h.hide.failed;
}
