/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_internal: the members of a record: record.c keeps them, record_json.c shows them, record_walk.c looks for
 * them. Two locks: that of a record guards its content, that of the collection its lists. Nothing is locked while the
 * lock of the collection is held but a record whose owner may hold only its own.
 */
#ifndef SALLYPORT_RECORD_INTERNAL_H
#define SALLYPORT_RECORD_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/cursor.h"
#include "base/jsontext.h"
#include "net/mailbox.h"
#include "policy/record.h"
#include "policy/record_sink.h"

struct check {
	char *name;
	char *detail; /* bytes of a script, detail_len of them */
	size_t detail_len;
	bool value;
};

struct recorded_request { /* the request of an attach question */
	char tran[TRAN_SIZE], program[NAME_SIZE], userid[NAME_SIZE];
	struct users users;
	size_t bytes;
};

struct granted { /* the grants of an accept or install */
	char userid[NAME_SIZE];
	bool mapped; /* userid is from the ring's maps.lua, not from the script */
	bool sysplex;
	char ipconn[NAME_SIZE], template[NAME_SIZE], applid[NAME_SIZE];
	char *host; /* NULL: the host of the CAPEX stays */
	int port;
	bool has_port;
};

struct dialled { /* way out: the address in question */
	struct addr peer;
	struct facts_load load;
};

struct record_answers { /* of the library (record_answer.h) */
	struct jsontext all;  /* owned: the elements of a list */
	struct jsontext next; /* owned: the answer that was begun and not ended, of the asking thread alone */
	bool begun;           /* there is one */
};

/* Its texts and checks, its grants and the address are in its arena. */
struct record_entry {
	struct arena *arena; /* that of the record; of an entry outside, and of a request, its own */
	struct record *of; /* borrowed: the record that the sink is told of; NULL: the entry is in none, or the engine decided */
	char *policy;      /* NULL none */
	const char *where; /* the door, or the stage of a decision of the engine, or "reload": a generation's definitions; static */
	uint64_t generation; /* of a question that is asked again; 0: asked when the connection came in */
	char hash[SCRIPT_HASH_SIZE]; /* of the script's bytes; "" no script */
	char *params;        /* the text of the script's parameters (params.h); NULL none are given */
	bool recheck;
	int socket;          /* facts.socket at the question */
	struct dialled *dialled; /* NULL: way in */
	double at;
	bool answered;
	enum verdict_kind verdict;
	char code[CODE_SIZE];
	char *text, *file;
	char *why;         /* of a shadow's verdict, why it is another one; NULL: no reason */
	int line;
	struct granted *granted; /* NULL: none */
	double microseconds;
	double waited;       /* microseconds that the script was suspended, besides */
	struct record_entry **watcher; /* borrowed; NULL: none */
	struct check *check;
	size_t nchecks;
	struct record_answers *answers; /* owned; NULL: the library gave none */
	bool unanswered;         /* there was no memory for them */
	bool incomplete;         /* a check or an answer had no room */
	struct recorded_request *request; /* owned; NULL: the entry is of no request */
};

#define RECORD_REQUESTS_MAX 16     /* entries of requests in a record */
#define RECORD_REQUESTS_ACCEPTED 4 /* accepted ones that no refused one displaces, and that stay when the connection ends */

struct record_requests { /* the entries of a connection's last requests, oldest first */
	struct record_entry *entry[RECORD_REQUESTS_MAX]; /* owned */
	bool accepted[RECORD_REQUESTS_MAX]; /* beside them, so that none of 16 entries is read to find the one to leave */
	size_t n;
};

struct event {
	const char *text; /* static, or in the arena of the record */
	double at;
};

struct record {
	pthread_mutex_t lock;         /* of the members behind `opened`, and of its entries */
	struct record *older, *newer; /* in the order of opening; as the next three under the lock of the collection */
	struct record *ended;         /* the next record whose connection ended */
	struct record *chain;         /* the next one in the same bucket */
	struct record_filed filed;    /* of the sink, which has a lock for it */
	struct records *owner;        /* constant, as the next two; the first member that a copy has */
	char connection[CONNECTION_SIZE];
	double opened;
	char hash[SCRIPT_HASH_SIZE]; /* of the generation; "" not known */
	const char *masked; /* borrowed: in a copy with hidden facts (record_mask.h), their names; else NULL */
	bool closed;
	size_t weight; /* record_weight at the end of the connection; constant from then on */
	struct arena arena;  /* of the record itself, and of its parts; entries of requests have arenas of their own */
	struct facts *facts; /* in the arena; NULL until record_facts */
	struct event *event; /* in the arena */
	struct record_entry **entry; /* in the arena, each entry there or owned: callers keep their addresses */
	size_t nevents, nentries;
	struct record_requests *requests; /* owned; NULL until the first request */
	struct installed *installed; /* in the arena; NULL: not installed */
	bool reasked; /* a generation refused the installed connection */
	char outcome[12];
	char stage[8], code[CODE_SIZE], reason[REASON_SIZE];
};

struct records {
	struct arena_store *store; /* owned: the memory of the records; it has a lock of its own */
	pthread_mutex_t lock; /* of the members below */
	struct record *oldest, *newest;
	struct record *first_ended, *last_ended;
	size_t nended, max, n;
	size_t weight; /* of the records of ended connections */
	struct record **bucket; /* owned */
	size_t nbuckets;
	struct cursors walks; /* of record_walk, along older and newer */
	struct record_sink sink; /* constant while records are open */
	struct mailbox *home;    /* borrowed; of the thread that frees records, constant; NULL: each end frees them */
	struct post settling;    /* sent home when there are too many */
	bool settles;            /* it is under way */
};

/* Locks a record. False for NULL, which is not locked. */
bool record_lock(struct record *r);
void record_unlock(struct record *r);
/* Locks the record of an entry that is in one; another entry has one user. False for NULL. */
bool record_entry_lock(struct record_entry *e);
void record_entry_unlock(struct record_entry *e);
/*
 * Moves those of n questions that were asked again and waited into r, which is locked. Returns how many are left, at
 * the beginning of entry: the others, and those that r has no room for.
 */
size_t record_take_waited(struct record *r, struct record_entry **entry, size_t n);
/* Frees a record that is in no list. */
void record_free(struct record *r);

/* Tells the sink, if there is one, of a change of the record, or of the verdict about a request. With its lock. */
void record_sink_tell(struct record *r, const struct record_entry *request);
/* Tells the sink, if there is one, that the record is about to be freed. */
void record_sink_leave(struct record *r);
/* The bytes of memory that the record needs, about. */
size_t record_weight(const struct record *r);
/* The record of that connection, for the thread that frees records; NULL: it was freed. */
struct record *record_find(struct records *rs, const char *connection);
/* Whether an entry of a request in the record is a refusal. */
bool record_request_refused(const struct record *r);

#endif
