/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record: the account of a connection, for `explain`: each question at a door with its script, checks, verdict and
 * times, and the events in order. Records of open connections stay; of closed connections the last `max` stay.
 *
 * Any thread may open a record, and fill in its own; one thread at a time does that with a record. Another thread, that
 * of the region's loop, shows them and frees them.
 */
#ifndef SALLYPORT_RECORD_H
#define SALLYPORT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/door.h"
#include "policy/facts.h"
#include "policy/verdict.h"

struct certificate;
struct mailbox;
struct records;      /* all records of a region */
struct record;       /* of one connection; owned by the records */
struct record_entry; /* one question, or one decision of the engine; owned by its record */

struct installed { /* the ipconn of an accepted connection, and the agreed counts */
	char ipconn[NAME_SIZE], applid[NAME_SIZE], networkid[NAME_SIZE];
	char template[NAME_SIZE]; /* "" none */
	bool autoinstalled;
	int sendcount, receivecount; /* of this region */
	int sockets;                 /* of this connection's way */
};

/*
 * Makes an empty collection that keeps the records of the last max closed connections, in 128 MiB at most. NULL without
 * memory.
 */
struct records *records_new(size_t max);
/*
 * Records are freed in the thread of that mailbox only (borrowed, must outlive the collection or be empty), after
 * records were closed in any thread. Without this, the thread that closes a record frees others. Before the first
 * record.
 */
void records_live_at(struct records *rs, struct mailbox *home);
/* Frees the collection and its records. NULL is fine. */
void records_free(struct records *rs);

/*
 * Opens the record of a connection; now is in seconds since 1970, here and below. NULL without memory: each function
 * below takes NULL and does nothing.
 */
struct record *record_open(struct records *rs, const char *connection, double now);
/* Sets the hash of the generation that judges the connection. Copied. */
void record_generation(struct record *r, const char *hash);
/*
 * Adds an event ("accepted", "handshake done"). A record keeps the first 32. record_event keeps the address of a text
 * that does not change and is never freed; record_event_copy copies it.
 */
void record_event(struct record *r, double now, const char *event);
void record_event_copy(struct record *r, double now, const char *event);
/*
 * Adds an entry for a question at a door. policy is the script's name; NULL: no script is named. A record keeps 16
 * entries and, besides, those of the last 16 requests, refused requests longer than accepted ones. The entry of a
 * request is valid until the record's next request.
 */
struct record_entry *record_entry_add(struct record *r, enum door door, const char *policy, double now);
/*
 * Copies the request, its users and the size of its data, without the password, into the entry of an attach question.
 */
void record_request(struct record_entry *e, const struct request *q, const struct users *u, size_t bytes);
/*
 * Copies from the facts of the question the parts in which two questions about one connection differ, the hash of the
 * script's bytes (NULL: no script is asked), and the text of the parameters that the definition gives to it (params.h;
 * NULL: none).
 */
void record_asked(struct record_entry *e, const struct facts *f, const char *hash, const char *params);
/*
 * Adds a check (policy.check). Copied; an entry keeps the first 64, and detail is cut at 200 bytes. detail may be NULL.
 */
void record_check(struct record_entry *e, const char *name, bool value, const char *detail, size_t detail_len);
/*
 * Adds an answer of the library (policy.counter, policy.ipconn), shown with the checks as value true: "counter NETX",
 * "next = 7".
 */
void record_effect(struct record_entry *e, const char *name, const char *answer);
/* Sets the time that the question's script was suspended; record_verdict gets the time without it. */
void record_waited(struct record_entry *e, double microseconds);
/*
 * *watcher becomes NULL when the entry is freed: a question that waits may outlive the entry of its request. An entry
 * has one watcher; NULL: none.
 */
void record_entry_watch(struct record_entry *e, struct record_entry **watcher);
/* Sets the verdict, with its grants, and the time that the question took. */
void record_verdict(struct record_entry *e, const struct verdict *v, double microseconds);
/* Sets the reason why the verdict of a shadow is another one than that in force. Copied. */
void record_why(struct record_entry *e, const char *why);
/* Sets the user ID that the ring's maps.lua gave, when the last certify answer had none. */
void record_mapped(struct record *r, const char *userid);
/*
 * Makes an entry for a question that a generation asks again about an installed connection; door NULL: the generation's
 * definitions refuse without a question. The entry is in no record yet and belongs to the caller. NULL without memory.
 */
struct record_entry *record_entry_new(const char *door, const char *policy, uint64_t generation, double now);
/* Notes that a generation refused the installed connection. The record takes the entry, which may be NULL. */
void record_reasked(struct record *r, struct record_entry *e);
/*
 * Takes n questions that a generation asked again, and that release no partner. Those that waited are added to r, so
 * that `explain` shows them; the others are given to the file of records, if there is one, and freed. r may be NULL.
 */
void record_asked_again(struct record *r, struct record_entry **entry, size_t n);
/* Frees an entry that no record took. NULL is fine. */
void record_entry_free(struct record_entry *e);
/* Notes that the connection is a socket of an installed ipconn. Copied. */
void record_installed(struct record *r, const struct installed *i);
/* Adds an entry for a refusal of the engine itself (limit, timeout, bad_capex ...) at a stage. text may be NULL. */
void record_engine(struct record *r, enum stage stage, const char *code, const char *text, double now);
/*
 * Replaces the facts that `explain` shows. Keeps a reference to the certificate and the notes; the CAPEX token and the
 * request are left out. Returns the facts of the record, borrowed until record_leave: the thread that fills the record
 * in, which alone replaces them, reads them without a lock. NULL: no memory for them, or no record.
 */
const struct facts *record_facts(struct record *r, const struct facts *f);
/*
 * Sets the outcome ("open" before): "refused", "accepted" (through CAPEX), "released", "lost", "closed"; and stage,
 * code and reason of a refusal, or NULL.
 */
void record_outcome(struct record *r, const char *outcome, const char *stage, const char *code, const char *reason);
/*
 * The certificate in the facts of a connection's record, counted for the caller; NULL: it has none. False: there is no
 * such record, or no facts. In the thread that frees records.
 */
bool records_certificate(struct records *rs, const char *connection, struct certificate **out);
/* The connection is closed. Once for each record. */
void record_end(struct record *r, double now);
/* Nothing of the closed connection needs the record: from now on it is one of the last `max`, and may be freed. */
void record_leave(struct record *r);

#endif
