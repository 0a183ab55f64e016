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
/* recheck_socket for each socket of i that was not asked under g yet, until one is refused. */
void recheck_ipconn(struct ipconn *i, struct generation *g, bool quiet, struct recheck_result *out);

#endif
