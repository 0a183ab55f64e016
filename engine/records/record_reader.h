/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_reader: reads a file of records, while a region writes to it or when none does. It changes nothing and needs
 * no region.
 */
#ifndef SALLYPORT_RECORD_READER_H
#define SALLYPORT_RECORD_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

struct record_reader;

/* Opens the file. NULL with a sentence: it is not there, is no file of records, or has another version. */
struct record_reader *record_reader_open(const char *path, struct fault *f);
void record_reader_close(struct record_reader *r); /* NULL is fine */

struct record_reader_search {
	const char *connection; /* its id; NULL: any */
	bool refused;           /* as in record_walk.h */
};

/*
 * Calls each() for the account of every record that fits, the last one first, until it returns false. The account is
 * JSON (engine/records/README.md) and valid during the call. -1 with a sentence.
 */
int record_reader_records(struct record_reader *r, const struct record_reader_search *s,
	bool (*each)(void *arg, int64_t id, const char *account, size_t len), void *arg, struct fault *f);
struct record_reader_range { /* records by the time of their last write, seconds since 1970 */
	double since, until;
	const char *const *connections; /* only these ids; NULL: all */
	size_t nconnections;
};

/* The number of records in the range, of all ids. -1 with a sentence. */
int64_t record_reader_count(struct record_reader *r, const struct record_reader_range *g, struct fault *f);
/* As record_reader_records for the records of the range, the oldest first. */
int record_reader_each(struct record_reader *r, const struct record_reader_range *g,
	bool (*each)(void *arg, int64_t id, const char *account, size_t len), void *arg, struct fault *f);
/* The same for the last `max` requests of a record, the last one first. */
int record_reader_requests(struct record_reader *r, int64_t id, size_t max,
	bool (*each)(void *arg, int64_t id, const char *account, size_t len), void *arg, struct fault *f);
/* The same for the last `max` verdicts of shadows about the connection that differ, the last one first. */
int record_reader_shadows(struct record_reader *r, const char *connection, size_t max,
	bool (*each)(void *arg, int64_t id, const char *account, size_t len), void *arg, struct fault *f);

/*
 * The DER of a certificate that was presented, by its SHA-256 (lower-case hex): 1, and *der is owned by the caller; 0:
 * the file does not have it; -1 with a sentence.
 */
int record_reader_certificate(struct record_reader *r, const char *sha256, unsigned char **der, size_t *len, struct fault *f);

struct record_shadow { /* of a shadow's verdict; NULL: null */
	const char *candidate, *class, *why;
	const char *verdict, *code; /* in force */
};

struct record_decision { /* one question and its verdict; NULL: null */
	double time; /* seconds since 1970 */
	int64_t line, generation; /* line 0: none */
	bool recheck;             /* a later generation asked again about a connected partner */
	const char *connection, *door, *policy, *file, *verdict, *code, *text, *peer, *tcpipservice, *ipconn, *applid, *networkid;
	struct record_shadow shadow; /* NULL: the verdict is in force */
};

struct record_reader_query { /* NULL, or false: any */
	double since, until; /* seconds since 1970 */
	bool refused;
	bool shadows; /* the verdicts of shadows that differ, in place of those in force */
	/* An account of the connection is no JSON: it is left out, and told once. May be NULL. */
	void (*damaged)(void *arg, const char *connection);
	bool follow; /* the next call gives the decisions that were written after this one, however late they were */
	const char *door, *policy, *code, *ipconn, *applid;
};

/* Calls each() for every decision that fits, oldest first; d is valid during the call. -1 with a sentence. */
int record_reader_decisions(struct record_reader *r, const struct record_reader_query *q,
	void (*each)(void *arg, const struct record_decision *d), void *arg, struct fault *f);

#endif
