/* SPDX-License-Identifier: Apache-2.0 */
/*
 * member: a region as a member of a sysplex, that is of the regions which share a store and a name.
 *
 *   incarnation  a random word for one start of a region, or for its time since it was fenced
 *   session key  of an incarnation in the store; it ends by itself after the lease, unless it is renewed
 *   lease        how long a region may rely on its session key. The region counts it by its own clock, from before the
 *                renewal was sent, less a tenth, so that it ends here before it ends in the store
 *   fenced       the lease is over: others may have the names that the region had. It stays so until it has a new
 *                incarnation
 *   epoch        the time of one run of the store's server with its data. At its begin the store is *new* for a lease
 */
#ifndef SALLYPORT_MEMBER_H
#define SALLYPORT_MEMBER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/name.h"

struct ev_loop;
struct member;
struct store;

#define MEMBER_ROWS 201         /* regions that are known: MEMBERS_MAX of the script, and the own one */
#define MEMBER_WORD 48          /* one word of a region about itself, with its NUL */
#define MEMBER_BEAT_SECONDS 1.0 /* at most, between two renewals */

enum member_state { MEMBER_ACTIVE, MEMBER_DRAINING, MEMBER_FENCED, MEMBER_LOST };

struct member_row { /* the last known state of a region */
	char incarnation[TOKEN_SIZE];
	char region[2 * NAME_SIZE + 1]; /* NETWORKID.APPLID */
	enum member_state state;
	char version[MEMBER_WORD];
	unsigned long connections, conflicts;
	unsigned long limit; /* of its connections; 0: it takes no partner that another region sends */
};

enum member_event {
	MEMBER_JOINED,   /* a new incarnation has its session key; text: the incarnation */
	MEMBER_RENEWED,  /* the store is another one than at the last renewal, and the session key is there */
	MEMBER_LAPSED,   /* fenced; text: the reason */
	MEMBER_ARRIVED,  /* another region is there; text: its name */
	MEMBER_DEPARTED, /* another region has ended; text: its name */
	MEMBER_MISSED,   /* another region did not renew its session key; text: its name */
	MEMBER_TOLD,     /* another region has left a note; text: its words (store_script.h) */
};

struct member_owner {
	void (*event)(void *arg, enum member_event e, const char *text); /* from the loop */
	/*
	 * Fills in state (MEMBER_ACTIVE, MEMBER_DRAINING or MEMBER_FENCED), version, connections, conflicts and limit.
	 */
	void (*report)(void *arg, struct member_row *own);
	void *arg;
};

struct member_settings { /* borrowed during member_use */
	const char *sysplex; /* "": none */
	const char *applid, *networkid;
	double lease; /* seconds */
};

/* loop and store are borrowed; the store's events go to member_found. NULL: no memory. */
struct member *member_new(struct ev_loop *loop, struct store *store, const struct member_owner *owner);
/* Ends the session key, if the store can be reached, without an event. NULL is fine. */
void member_free(struct member *m);
/* Joins the sysplex of the settings from now on; another one than before is left. */
void member_use(struct member *m, const struct member_settings *s);
/* The store was found: renews at once. */
void member_found(struct member *m);
/* Renews soon, with a new report. */
void member_renew(struct member *m);
/* Ends the session key in an orderly end of the region. */
void member_leave(struct member *m);

/* The sysplex; "" none. */
const char *member_sysplex(const struct member *m);
/* The key of the sysplex in the store, and the name of this region there: NETWORKID.APPLID. */
const char *member_key(const struct member *m);
const char *member_region(const struct member *m);
/* Why the last renewal had no answer; "": it had one. */
const char *member_why(const struct member *m);
/* The lease in seconds. */
double member_lease(const struct member *m);
/* The present incarnation; it may have no session key yet. */
const char *member_incarnation(const struct member *m);
/* Whether the session key is certainly there, by the clock: it looks at the clock. */
bool member_holds(const struct member *m);
/* The seconds in which the store is still new, as of the last renewal. */
double member_newness(const struct member *m);
/*
 * Fills list with the regions, the own one first; returns their number. A region that was lost and is back counts
 * once.
 */
size_t member_list(const struct member *m, struct member_row list[MEMBER_ROWS]);
/*
 * Fills *row with the region of that name (NETWORKID.APPLID) that has its session key; this region is included. False:
 * no such region.
 */
bool member_find(const struct member *m, const char *region, struct member_row *row);
/* "ACTIVE", "DRAINING", "FENCED", "LOST". Static. */
const char *member_state_name(enum member_state s);

#endif
