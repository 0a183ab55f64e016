/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recorder_follow: the loops' side of a recorder. A record that changes waits for a tenth of a second, so that the
 * outcome and the end of a connection are one account and one row; its account is made when it is written, by the loop
 * of the recorder. Each function that has a record is called with its lock; `following` is taken inside it.
 */
#include "records/recorder_internal.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsontext.h"
#include "policy/record_json.h"
#include "tls/certificate.h"

#define GATHER_SECONDS 0.1
#define FULL_SECONDS 0.02    /* the next look at a queue that has no room */
#define SLICE_SECONDS 0.001  /* the time that accounts are made before the loop goes on */
#define END_SECONDS 2.0      /* at the end, the time that changed records wait for room in the queue */
#define KNOWN_SECONDS 3600.0 /* a certificate is written again after so long, for the file's retention */

/* --- accounts --------------------------------------------------------------------------------- */

struct description { /* an account that is being made */
	struct recorded *out;
	struct jsontext j;
};

static void
recorder_describe_record(void *arg, struct record *record, const struct record_entry *none)
{
	struct description *d = arg;

	(void)none;
	record_sink_summary(record, &d->out->summary);
	record_json_put(&d->j, record, false);
}

static void
recorder_describe_entry(void *arg, struct record *record, const struct record_entry *entry)
{
	struct description *d = arg;

	record_json_entry(&d->j, record, entry);
}

static uint64_t
number(struct recorder *r, struct record *record)
{
	struct record_filed *filed = record_sink_filed(record);

	if (filed->id == 0)
		filed->id = atomic_fetch_add(&r->last, 1) + 1;
	return filed->id;
}

struct numbering { /* a record that gets its number */
	struct recorder *recorder;
	uint64_t id;
};

static void
recorder_show_number(void *arg, struct record *record)
{
	struct numbering *n = arg;

	n->id = number(n->recorder, record);
}

uint64_t
recorder_number(struct recorder *r, struct record *record)
{
	struct numbering n = { .recorder = r };

	if (r != NULL && record != NULL)
		record_sink_show(record, recorder_show_number, &n);
	return n.id;
}

/* A thing of the record without its account. NULL without memory. */
static struct recorded *
begin(struct recorder *r, struct record *record, enum recorded_kind kind, double time)
{
	struct recorded *e = calloc(1, sizeof *e);

	if (e != NULL)
		*e = (struct recorded){ .kind = kind, .id = number(r, record), .time = time };
	return e;
}

/* Gives the thing its account. Puts it into the queue, and returns its ticket; 0: it is lost. */
static uint64_t
finish(struct recorder *r, struct description *d, bool ok, uint64_t before)
{
	if (d->out != NULL && ok && !d->j.full) {
		d->out->bytes = d->j.bytes;
		d->out->len = d->j.len;
		return recorder_put(r, d->out, before);
	}
	jsontext_free(&d->j); /* no room, no memory or no hash */
	recorded_free(d->out);
	recorder_lose(r);
	return 0;
}

static void
write_record(struct recorder *r, struct record *record)
{
	struct description d = { .out = begin(r, record, RECORDED_RECORD, clock_wall()), .j = { .max = RECORD_JSON_MAX } };
	struct record_filed *filed = record_sink_filed(record);
	bool ok = d.out != NULL && record_mask_show(&r->mask, record, NULL, recorder_describe_record, &d);

	filed->ticket = finish(r, &d, ok, filed->ticket);
}

static void
write_request(struct recorder *r, struct record *record, const struct record_entry *request)
{
	struct description d = { .out = begin(r, record, RECORDED_REQUEST, record_sink_time(request)), .j = { .max = RECORD_JSON_MAX } };

	if (d.out != NULL)
		d.out->refused = record_sink_refused(request);
	finish(r, &d, d.out != NULL && record_mask_show(&r->mask, record, request, recorder_describe_entry, &d), 0);
}

/* --- changed records -------------------------------------------------------------------------- */

/* With `following`. */
static void
leave(struct recorder *r, struct record *record)
{
	struct record_filed *f = record_sink_filed(record);

	*(f->before != NULL ? &record_sink_filed(f->before)->after : &r->oldest) = f->after;
	*(f->after != NULL ? &record_sink_filed(f->after)->before : &r->newest) = f->before;
	f->before = f->after = NULL;
	f->waiting = false;
	r->changed--;
}

/* With `following`. */
static void
join(struct recorder *r, struct record *record)
{
	struct record_filed *f = record_sink_filed(record);

	f->before = r->newest;
	*(r->newest != NULL ? &record_sink_filed(r->newest)->after : &r->oldest) = record;
	r->newest = record;
	f->waiting = true;
	r->changed++;
	if (r->gathering)
		return;
	r->gathering = true;
	mailbox_send(r->mailbox, &r->gather);
}

/* Adds the record to the changed ones, when it is not one of them. */
static void
note_change(struct recorder *r, struct record *record)
{
	pthread_mutex_lock(&r->following);
	if (!record_sink_filed(record)->waiting)
		join(r, record);
	pthread_mutex_unlock(&r->following);
}

/* Takes the record out of the changed ones. False: it was not one of them. */
static bool
take_change(struct recorder *r, struct record *record)
{
	bool waited;

	pthread_mutex_lock(&r->following);
	waited = record_sink_filed(record)->waiting;
	if (waited)
		leave(r, record);
	pthread_mutex_unlock(&r->following);
	return waited;
}

/* Writes the record now, if it waits. */
static void
write_waiting(struct recorder *r, struct record *record)
{
	if (take_change(r, record))
		write_record(r, record);
}

static void
recorder_show_waiting(void *arg, struct record *record)
{
	write_waiting(arg, record);
}

/* The first of the changed records. NULL: no record has changed, and the next one sends the post again. */
static struct record *
first_change(struct recorder *r)
{
	struct record *first;

	pthread_mutex_lock(&r->following);
	first = r->oldest;
	r->gathering = first != NULL;
	pthread_mutex_unlock(&r->following);
	return first;
}

/* Writes the changed records in slices, and only as many as the queue has room for. */
static void
recorder_flush(void *arg)
{
	struct recorder *r = arg;
	double until = clock_span() + SLICE_SECONDS;
	struct record *record;
	bool busy;

	while ((record = first_change(r)) != NULL && !(busy = recorder_busy(r)) && clock_span() < until)
		record_sink_show(record, recorder_show_waiting, r);
	if (record != NULL)
		timer_set(&r->flush, busy ? FULL_SECONDS : 0);
	records_settle(r->records);
}

static void
recorder_gather(struct post *post)
{
	struct recorder *r = (struct recorder *)((char *)post - offsetof(struct recorder, gather));

	timer_set(&r->flush, GATHER_SECONDS);
}

/* --- the sink --------------------------------------------------------------------------------- */

/* An answer that waits for its record does not wait for others to gather. */
static void
record_changed(struct recorder *r, struct record *record)
{
	if (r->options.loop == NULL || r->options.file.full)
		write_record(r, record);
	else
		note_change(r, record);
}

static void
recorder_changed(void *arg, struct record *record, const struct record_entry *request)
{
	struct recorder *r = arg;

	if (request == NULL) {
		record_changed(r, record);
	} else if (r->options.requests || record_sink_refused(request)) {
		write_waiting(r, record); /* the request is found by the row of its connection */
		write_request(r, record, request);
	}
}

static void
recorder_reasked(void *arg, struct record *record, struct record_entry *const *entry, size_t n)
{
	struct recorder *r = arg;
	struct description d = { .out = begin(r, record, RECORDED_REASK, record_sink_time(entry[n - 1])), .j = { .max = RECORD_JSON_MAX } };
	bool ok = d.out != NULL;

	write_waiting(r, record);
	jsontext_begin(&d.j, NULL, '[');
	for (size_t i = 0; ok && i < n; i++) {
		d.out->refused = record_sink_refused(entry[i]);
		d.out->generation = record_sink_generation(entry[i]);
		ok = record_mask_show(&r->mask, record, entry[i], recorder_describe_entry, &d);
	}
	jsontext_end(&d.j, ']');
	finish(r, &d, ok, 0);
}

static void
recorder_leaving(void *arg, struct record *record)
{
	write_waiting(arg, record);
}

static struct known *
known_place(struct recorder *r, const char *sha256)
{
	return &r->known[strtoul((char[]){ sha256[0], sha256[1], sha256[2], '\0' }, NULL, 16) % KNOWN];
}

/* Whether the certificate was put into the queue within the last hour. */
static bool
is_known(struct recorder *r, const char *sha256)
{
	const struct known *k = known_place(r, sha256);
	bool yes;

	pthread_mutex_lock(&r->following);
	yes = strcmp(k->sha256, sha256) == 0 && clock_span() - k->at < KNOWN_SECONDS;
	pthread_mutex_unlock(&r->following);
	return yes;
}

static void
remember(struct recorder *r, const char *sha256)
{
	struct known *k = known_place(r, sha256);

	pthread_mutex_lock(&r->following);
	memcpy(k->sha256, sha256, sizeof k->sha256);
	k->at = clock_span();
	pthread_mutex_unlock(&r->following);
}

void
recorder_certificates(struct recorder *r, const struct certificate *c)
{
	for (size_t i = 0; r != NULL && !r->options.file.masked && i < c->chain.links; i++) {
		const struct chain_link *l = &c->chain.link[i];
		struct recorded *e;

		if (l->der == NULL || is_known(r, l->sha256) || (e = calloc(1, sizeof *e)) == NULL)
			continue;
		*e = (struct recorded){ .kind = RECORDED_CERTIFICATE, .time = clock_wall(), .bytes = malloc(l->der_len), .len = l->der_len };
		memcpy(e->sha256, l->sha256, sizeof e->sha256);
		if (e->bytes == NULL) {
			recorded_free(e);
			continue;
		}
		memcpy(e->bytes, l->der, l->der_len);
		if (recorder_put(r, e, 0) != 0)
			remember(r, l->sha256);
	}
}

void
recorder_follow(struct recorder *r, struct records *records)
{
	r->records = records;
	records_sink(records, &(struct record_sink){ .changed = recorder_changed, .reasked = recorder_reasked, .leaving = recorder_leaving, .arg = r });
}

/* --- beginning and end ------------------------------------------------------------------------ */

int
recorder_follow_begin(struct recorder *r)
{
	pthread_mutex_init(&r->following, NULL);
	r->gather.run = recorder_gather;
	if (r->options.loop == NULL)
		return 0;
	timer_init(&r->flush, r->options.loop, recorder_flush, r);
	r->mailbox = mailbox_new(r->options.loop);
	return r->mailbox != NULL ? 0 : -1;
}

/* Waits until the queue has room, or until the time; not at all while writing fails. */
static void
await_room(struct recorder *r, double until)
{
	while (recorder_busy(r) && clock_span() < until)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

void
recorder_follow_end(struct recorder *r)
{
	double until = clock_span() + END_SECONDS;
	struct record *record;

	if (r->options.loop != NULL)
		timer_stop(&r->flush);
	mailbox_free(r->mailbox);
	while ((record = first_change(r)) != NULL) {
		await_room(r, until);
		record_sink_show(record, recorder_show_waiting, r);
	}
	if (r->records != NULL)
		records_sink(r->records, NULL);
}
