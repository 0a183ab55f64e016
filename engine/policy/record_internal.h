/* SPDX-License-Identifier: Apache-2.0 */
/* record_internal: what a record holds: record.c keeps it, record_json.c shows it, record_walk.c looks for it. */
#ifndef SALLYPORT_RECORD_INTERNAL_H
#define SALLYPORT_RECORD_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "policy/record.h"

struct check {
	char *name;   /* owned */
	char *detail; /* owned; its length beside it: a script's bytes */
	size_t detail_len;
	bool value;
};

struct recorded_request { /* which request an attach asking was about */
	char tran[TRAN_SIZE], program[NAME_SIZE], userid[NAME_SIZE];
	struct users users;
	size_t bytes;
};

struct granted { /* what an accept or install gave; empty: nothing beside the way in */
	char userid[NAME_SIZE];
	bool mapped; /* userid is the ring's maps.lua's, not the script's */
	bool sysplex;
	char ipconn[NAME_SIZE], template[NAME_SIZE], applid[NAME_SIZE];
	char *host; /* owned; NULL: as it came */
	int port;
	bool has_port;
};

struct record_entry {
	char *policy;      /* owned; NULL none */
	const char *where; /* the door's name, or the stage of an engine's decision, or "reload": the definitions of another generation; static */
	uint64_t generation; /* that asked again; 0: asked while the connection came in */
	double at;
	bool answered;
	char verdict[8], code[CODE_SIZE];
	char *text, *file; /* owned */
	int line;
	struct granted granted;
	double microseconds;
	struct check *check; /* owned */
	size_t nchecks;
	struct recorded_request *request; /* owned; NULL: no request's */
};

#define RECORD_REQUESTS_MAX 16     /* attach askings a connection's record keeps */
#define RECORD_REQUESTS_ACCEPTED 4 /* of these, accepted ones that no refused one displaces; and what is left of them when the connection ends */

struct record_requests { /* the entries of a connection's last requests, oldest first */
	struct record_entry *door[RECORD_REQUESTS_MAX]; /* owned */
	size_t n;
};

struct event {
	char *text; /* owned */
	double at;
};

struct record {
	struct record *older, *newer; /* in the order of opening */
	struct record *ended;         /* the next that ended */
	struct record *chain;         /* same bucket */
	struct records *owner;
	char connection[CONNECTION_SIZE];
	double opened;
	bool closed;
	struct facts *facts; /* owned; NULL until told */
	struct event *event; /* owned */
	struct record_entry **door; /* owned, each owned: callers hold their addresses */
	size_t nevents, ndoors;
	struct record_requests *requests; /* owned; NULL until the first request */
	struct installed *installed; /* owned; NULL: it was not */
	bool reasked; /* another generation refused it when it was in */
	char outcome[12];
	char stage[8], code[CODE_SIZE], reason[32];
};

struct records {
	struct record *oldest, *newest;
	struct record *first_ended, *last_ended;
	size_t nended, max, n;
	struct record **bucket; /* owned */
	size_t nbuckets;
	struct cursors walks; /* of those who explain, along older and newer */
};

/* The record of that connection; NULL: it is not remembered. */
struct record *record_find(const struct records *rs, const char *connection);
/* Whether a request of that connection was refused, as far as its entry is kept. */
bool record_request_refused(const struct record *r);

#endif
