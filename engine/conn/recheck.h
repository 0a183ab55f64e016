/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recheck: asks the doors that an accepted socket has passed again under another generation (policies/README.md), with
 * its stored facts, the present time and facts.recheck = true; for an autoinstalled ipconn the URM too. Only whether a
 * door refuses counts.
 */
#ifndef SALLYPORT_RECHECK_H
#define SALLYPORT_RECHECK_H

#include "conn/ipconn.h"

struct recheck_result {
	bool refused;
	bool gone;             /* its tcpipservice or ipconn is no longer defined; released also under "report" */
	bool failed;           /* the refusal is policy_error or policy_limit: a fault of the generation */
	enum door door;        /* the door that refused; DOOR_COUNT: the definitions refused */
	const char *script;    /* of that door, borrowed; NULL: none */
	struct verdict verdict;
	char connection[CONNECTION_SIZE]; /* id of the socket that was refused */
	struct record_entry *entry; /* owned; NULL: no memory. recheck_record or recheck_write takes it, recheck_forget frees it */
};

/* The ipconns that a question sees, where they are not those of the region (struct ask). All borrowed. */
struct recheck_view {
	const struct definition *definition; /* asked again: its ipconns stand for the installed ones; NULL: the installed ones */
	const struct ipconn *asked;    /* asked again: the ipconn in question, which is not seen; NULL: none */
	const struct ipconn *presumed; /* seen as installed, in place of one of its name; NULL: none */
};

/*
 * A question that did not refuse is given to the file of records, unless the generation is only tried (quiet).
 *
 * Asks again about c, which is or will be a socket of i: the doors of a socket, and the TLS that its tcpipservice
 * requires. first: c is the first socket of i; then the definition of i or its URM too. Stops at the first refusal.
 * Without a refusal: refused is false and door is DOOR_COUNT.
 */
void recheck_socket(struct conn *c, struct generation *g, const struct ipconn *i, bool first, bool quiet, struct recheck_result *out);
/* Checks only that g defines the tcpipservices of i's sockets, and i. Asks no door. */
void recheck_gone(const struct ipconn *i, const struct generation *g, struct recheck_result *out);
/*
 * recheck_record adds the entry of the refusal to c's record; recheck_write gives it to the file of records only, since
 * the ipconn i stays; recheck_forget frees it. In each case the entry is gone.
 */
void recheck_record(struct recheck_result *r, struct conn *c);
void recheck_write(struct recheck_result *r, const struct ipconn *i);
void recheck_forget(struct recheck_result *r);

/* The questions about all sockets of an ipconn, until one is refused. Their scripts may wait. */
struct recheck_walk {
	/* the caller sets these; the rest is zero */
	const struct ipconn *ipconn;   /* NULL: recheck_early. Borrowed until the end, as generation. It is not freed before its sockets are closed */
	struct generation *generation;
	bool quiet; /* as for recheck_socket */
	bool waits; /* a call that waits suspends its script; else it has the answers of before only */
	void (*done)(struct recheck_walk *r); /* when recheck_begin has returned false; it may free r */
	void *arg;
	/* the result */
	struct recheck_result out;
	/* of the questions */
	struct conn *conn; /* borrowed: the socket under way; NULL: none */
	unsigned place;    /* of the next one */
	bool first;
	enum door door;    /* of the socket under way, the next one */
	const struct service *service;
	struct recheck_view view;
	struct facts facts;
	struct ask ask;
	struct record_entry *answered[DOOR_COUNT]; /* owned: the questions about the socket that did not refuse */
	size_t nanswered;
};

/*
 * Asks about each socket of the ipconn that was not asked under the generation yet. True: the result is in r->out.
 * False: a script waits; done() follows, unless recheck_cancel comes before. Then conn->recheck of that socket is r.
 */
bool recheck_begin(struct recheck_walk *r);
/*
 * Asks the doors before the CAPEX about c, which is no socket of an ipconn yet. As recheck_begin; at the end r->conn is
 * NULL, unless c has ended.
 */
bool recheck_early(struct recheck_walk *r, struct conn *c);
/* Ends questions whose script waits, without a result. done() is not called. why: for the record, copied. */
void recheck_cancel(struct recheck_walk *r, const char *why);
/* The socket c ends: ends the questions about its ipconn, without a refusal, and calls their done(). */
void recheck_lost(struct conn *c, const char *why);

#endif
