/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recheck: who is in is asked about again under another generation (policies/README.md): the doors each socket passed, with its stored
 * facts, `now` = now and facts.recheck = true; then, for an autoinstalled ipconn, the URM. Only refuse or not refuse counts.
 */
#ifndef SALLYPORT_RECHECK_H
#define SALLYPORT_RECHECK_H

#include "conn/ipconn.h"

struct recheck_result {
	bool refused;
	bool gone;             /* its listener or definition is not there any more: what asks nobody, and what no `recheck` keeps */
	bool failed;           /* the refusal is a policy_error or policy_limit: a fault of the generation */
	enum door door;        /* that refused; DOOR_COUNT: no door, the definitions */
	const char *script;    /* NULL: none */
	struct verdict verdict;
	char connection[CONNECTION_SIZE]; /* the socket that was refused */
	struct record_entry *entry; /* of its record, owned; NULL: no memory. recheck_record takes it, recheck_forget frees it */
};

/* What policies see while they are re-asked: the new definitions, without the ipconn that is asked about. */
struct recheck_view {
	const struct definition *definition;
	const struct ipconn *asked;
};

/* One socket that is (or is about to be) i's: admit, certify, bind, and whether its tcpipservice wants more TLS than it has; for the first
 * socket also the definition, or the URM. Stops at the first refusal. Not refused and DOOR_COUNT when nobody objects. */
void recheck_socket(struct conn *c, struct generation *g, const struct ipconn *i, bool first, struct recheck_result *out);
/* Only whether the listener of each of its sockets, and its definition, are still there. */
void recheck_gone(const struct ipconn *i, const struct generation *g, struct recheck_result *out);
/* c's record tells of the refusal; or it does not, since nothing came of it. The entry is gone. */
void recheck_record(struct recheck_result *r, struct conn *c);
void recheck_forget(struct recheck_result *r);
/* Every socket of an ipconn that was not asked under g yet. */
void recheck_ipconn(struct ipconn *i, struct generation *g, struct recheck_result *out);

#endif
